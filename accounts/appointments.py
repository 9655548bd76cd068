"""CHANGE: appointments, and the confirmation of units that brings their first reviewer."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from organizations import units
from organizations.models import Unit

from .models import Appointment, User


def appoint(
    person: User, role: str, *, unit=None, region=None, valid_from=None, valid_until=None, deputy_of=None
) -> Appointment:
    """A confirmed appointment; without dates it holds from today on."""
    return Appointment.objects.create(
        person=person,
        role=role,
        unit=unit,
        region=region,
        valid_from=valid_from or timezone.localdate(),
        valid_until=valid_until,
        deputy_of=deputy_of,
        confirmed_at=timezone.now(),
    )


def ask_to_review(person: User, unit: Unit) -> Appointment:
    """The wish of a unit's responsible person to review for it; it holds once an administrator has confirmed it."""
    wish = Appointment.objects.awaiting().filter(person=person, unit=unit).first()
    return wish or Appointment.objects.create(person=person, role=Appointment.Role.UNIT_REVIEWER, unit=unit)


@transaction.atomic
def confirm(appointments) -> int:
    """Let these wishes hold from today on; return how many there were."""
    return appointments.filter(confirmed_at__isnull=True).update(
        confirmed_at=timezone.now(), valid_from=timezone.localdate()
    )


@transaction.atomic
def confirm_unit(unit: Unit) -> None:
    """待核实 -> 正常, and who registered the unit becomes its first reviewer. UnitError if it is not 待核实."""
    units.confirm(unit)
    confirm(Appointment.objects.filter(unit=unit))
