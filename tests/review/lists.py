"""Helpers for the lists of 学时审核."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from hours.models import Registration


def contents(response) -> list[str]:
    """Return the contents of the listed registrations."""
    return [line.registration.content for line in response.context["lines"]]


def backdate(registration: Registration, days: int) -> None:
    """Set the submission to so many days ago."""
    moment = timezone.now() - timedelta(days=days)
    Registration.objects.filter(pk=registration.pk).update(submitted_at=moment)
