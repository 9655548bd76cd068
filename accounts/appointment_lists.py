"""Tables of the page 任职管理: a person's own appointments, deputies, and the reviewers of units they manage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from config.constants import APPOINTMENTS_SHOWN
from organizations.models import Unit

from . import permissions
from .models import Appointment, User
from .profile import AppointmentState, appointment_state

STATE_ORDER = (
    AppointmentState.ACTIVE,
    AppointmentState.FUTURE,
    AppointmentState.UNCONFIRMED,
    AppointmentState.ENDED,
)


@dataclass(frozen=True)
class AppointmentRow:
    """One appointment and the reader's permissions on it."""

    appointment: Appointment
    state: AppointmentState
    may_end: bool
    may_deputise: bool = False


def reachable_by(person: User) -> QuerySet[Appointment]:
    """Appointments the person may open: their own, their deputies' and those in units they manage."""
    units = permissions.led_by(person).values("unit")
    mine = Q(person=person) | Q(deputy_of__person=person) | Q(unit__in=units)
    return _with_names(Appointment.objects.filter(mine))


def units_led_by(person: User) -> QuerySet[Unit]:
    """Units whose reviewers the person manages, by name."""
    return Unit.objects.filter(pk__in=permissions.led_by(person).values("unit")).order_by("name", "pk")


def own_rows(person: User) -> list[AppointmentRow]:
    """Return the person's own appointments, active ones first; one query."""
    rows = _with_names(person.appointments.all())[:APPOINTMENTS_SHOWN]
    return _in_order(
        AppointmentRow(
            appointment,
            appointment_state(appointment),
            may_end=bool(permissions.may_end(person, appointment)),
            may_deputise=bool(permissions.may_deputise(person, appointment)),
        )
        for appointment in rows
    )


def deputy_rows(person: User) -> list[AppointmentRow]:
    """Return the person's deputies in a region; deputies in a unit are in that unit's table. One query."""
    rows = Appointment.objects.filter(deputy_of__person=person, unit=None)
    return _in_order(_manageable_row(appointment) for appointment in _with_names(rows)[:APPOINTMENTS_SHOWN])


def rows_of_units(units: Iterable[Unit]) -> list[tuple[Unit, list[AppointmentRow]]]:
    """Return the reviewers of each unit, for a reader who manages all of these units; one query for all rows."""
    units = list(units)
    rows: defaultdict[Unit | None, list[AppointmentRow]] = defaultdict(list)
    found = _with_names(Appointment.objects.filter(unit__in=units))
    for appointment in found[: APPOINTMENTS_SHOWN * max(len(units), 1)]:
        rows[appointment.unit].append(_manageable_row(appointment))
    return [(unit, _in_order(rows[unit])) for unit in units]


def _manageable_row(appointment: Appointment) -> AppointmentRow:
    """Return the row of another person's appointment that the reader manages."""
    return AppointmentRow(appointment, appointment_state(appointment), may_end=bool(permissions.can_end(appointment)))


def _with_names(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    rows = rows.select_related("person", "unit", "region", "deputy_of__person")
    return rows.defer("person__id_number", "deputy_of__person__id_number").order_by("-valid_from", "-pk")


def _in_order(rows: Iterable[AppointmentRow]) -> list[AppointmentRow]:
    return sorted(rows, key=lambda row: STATE_ORDER.index(row.state))
