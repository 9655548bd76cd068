"""The pages of appointments as the tests use them."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import Appointment

UNIT = Appointment.Role.UNIT_REVIEWER


def day(offset: int) -> date:
    return timezone.localdate() + timedelta(days=offset)


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]
