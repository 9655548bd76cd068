"""What tests of the queue read of it, and how they make its registrations older."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from hours.models import Registration


def contents(response) -> list[str]:
    return [line.registration.content for line in response.context["lines"]]


def send_back_in_time(registration: Registration, days: int) -> None:
    moment = timezone.now() - timedelta(days=days)
    Registration.objects.filter(pk=registration.pk).update(submitted_at=moment)
