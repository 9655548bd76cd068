"""Helpers for the pages of appointments."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import Appointment

UNIT = Appointment.Role.UNIT_REVIEWER


def day(offset: int) -> date:
    """Return the date so many days from today."""
    return timezone.localdate() + timedelta(days=offset)
