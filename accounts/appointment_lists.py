"""READ: the page of appointments: one's own, and the reviewers of the units that one leads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from organizations.models import Unit

from . import appointments
from .models import Appointment, User
from .profile import AppointmentState, appointment_state

ROWS_PER_TABLE = 200  # of one unit or person; ended ones come last


@dataclass(frozen=True)
class AppointmentRow:
    """One appointment, and what the reader may do with it."""

    appointment: Appointment
    state: AppointmentState
    may_end: bool
    may_deputise: bool = False


def reachable_by(person: User) -> QuerySet[Appointment]:
    """What a person may ask to change: the own appointments, those of own deputies, those of units led."""
    units = appointments.led_by(person).values("unit")
    mine = Q(person=person) | Q(deputy_of__person=person) | Q(unit__in=units)
    return _with_names(Appointment.objects.filter(mine))


def units_led_by(person: User) -> QuerySet[Unit]:
    return Unit.objects.filter(pk__in=appointments.led_by(person).values("unit")).order_by("name", "pk")


def own_rows(person: User) -> list[AppointmentRow]:
    """The own appointments, those in force first; one query."""
    rows = _with_names(person.appointments.all())[:ROWS_PER_TABLE]
    return _in_order(
        AppointmentRow(
            appointment,
            appointment_state(appointment),
            may_end=bool(appointments.may_end(person, appointment)),
            may_deputise=bool(appointments.may_deputise(person, appointment)),
        )
        for appointment in rows
    )


def deputy_rows(person: User) -> list[AppointmentRow]:
    """Who stands in for the person where no unit's table tells it; one query."""
    rows = Appointment.objects.filter(deputy_of__person=person, unit=None)
    return _in_order(_row(appointment) for appointment in _with_names(rows)[:ROWS_PER_TABLE])


def rows_of_units(units: Iterable[Unit]) -> list[tuple[Unit, list[AppointmentRow]]]:
    """The reviewers of each of these units, as somebody sees them who leads it; one query for all."""
    found: dict[Unit, list[AppointmentRow]] = {unit: [] for unit in units}
    rows = Appointment.objects.filter(unit__in=found)
    for appointment in _with_names(rows)[: ROWS_PER_TABLE * max(len(found), 1)]:
        found[appointment.unit].append(_row(appointment))
    return [(unit, _in_order(rows)) for unit, rows in found.items()]


def _row(appointment: Appointment) -> AppointmentRow:
    """Of somebody else, for a reader who is known to be in charge of it."""
    return AppointmentRow(appointment, appointment_state(appointment), may_end=bool(appointments.can_end(appointment)))


def _with_names(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    rows = rows.select_related("person", "unit", "region", "deputy_of__person")
    return rows.defer("person__id_number", "deputy_of__person__id_number").order_by("-valid_from", "-pk")


def _in_order(rows: Iterable[AppointmentRow]) -> list[AppointmentRow]:
    rank = (AppointmentState.ACTIVE, AppointmentState.FUTURE, AppointmentState.UNCONFIRMED, AppointmentState.ENDED)
    return sorted(rows, key=lambda row: rank.index(row.state))
