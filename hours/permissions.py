"""DECIDE: may this person do this to this registration? The answer carries its reason, as a sentence for people.

The same check serves list, detail, bulk and any link; it reads the table in states.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from accounts.models import Appointment, User

from .models import Decision, Registration, YearRule
from .states import Action, Role, Stage, Status, rule_for


@dataclass(frozen=True)
class Allowed:
    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Denied:
    reason: str

    def __bool__(self) -> bool:
        return False


Answer = Allowed | Denied


class Standing:
    """In what capacities one person stands towards some registrations; four queries, however many there are."""

    def __init__(self, person: User, registrations: Iterable[Registration]) -> None:
        self.person = person
        self.registrations = list(registrations)

    def may(self, action: Action, registration: Registration) -> Answer:
        rule = rule_for(action, registration.status)
        if rule is None:
            return Denied(f"该登记目前为“{Status(registration.status).label}”，不能{action.label}。")
        own = registration.owner_id == self.person.pk
        if rule.role is Role.OWNER:
            return Allowed() if own else Denied(f"只有登记人本人可以{action.label}。")
        if own:
            return Denied("不能审核本人的登记。")
        if not self._holds(rule.role, registration):
            return Denied(f"您没有对该登记“{action.label}”的权限。")
        other_stage = {Stage.FIRST: Stage.FINAL, Stage.FINAL: Stage.FIRST}.get(rule.stage)
        if other_stage and (registration.pk, other_stage) in self._decided:
            return Denied(f"您已对该登记作出{other_stage.label}决定，{rule.stage.label}须由另一人进行。")
        return Allowed()

    def _holds(self, role: Role, registration: Registration) -> bool:
        if role is Role.UNIT_REVIEWER:
            if any(appointment.unit_id == registration.unit_id for appointment in self._appointments if appointment.unit_id):
                return True
            # 无人初审: a unit whose reviewers are all gone does not swallow entries.
            return registration.unit_id not in self._units_with_reviewer and self._covers(Role.REGION_REVIEWER, registration)
        return self._covers(role, registration)

    def _covers(self, role: Role, registration: Registration) -> bool:
        place = registration.region
        return any(
            appointment.role == role.value
            and appointment.region.tree_id == place.tree_id
            and appointment.region.lft <= place.lft
            and place.rght <= appointment.region.rght
            for appointment in self._appointments
            if appointment.region_id
        )

    @cached_property
    def _appointments(self) -> list[Appointment]:
        return list(self.person.appointments.active().select_related("region"))

    @cached_property
    def _units_with_reviewer(self) -> set[int]:
        units = {registration.unit_id for registration in self.registrations if registration.unit_id}
        return set(
            Appointment.objects.active()
            .filter(role=Appointment.Role.UNIT_REVIEWER, unit__in=units, person__is_active=True)
            .values_list("unit_id", flat=True)
        )

    @cached_property
    def _decided(self) -> set[tuple[int, str]]:
        return set(
            Decision.objects.filter(registration__in=self.registrations, actor=self.person)
            .exclude(stage=Stage.OWNER)
            .values_list("registration_id", "stage")
        )


def may(person: User, action: Action, registration: Registration) -> Answer:
    """Whether this person may do this to this one registration."""
    return Standing(person, [registration]).may(action, registration)


def year_takes(rule: YearRule | None, year: int, today: date, *, returned: bool) -> Answer:
    """Whether a year takes a submission today; without a rule it is closed. Returned entries have a day of their own."""
    if rule is None:
        return Denied(f"{year} 年度尚未开放登记（没有年度规则），请联系管理员。")
    if rule.is_closed:
        return Denied(f"{year} 年度已关闭，不再接受提交。")
    last_day = rule.returned_closes_on if returned else rule.closes_on
    if today > last_day:
        return Denied(f"{year} 年度已于 {last_day:%Y-%m-%d} 截止提交。")
    return Allowed()


def years_take(registrations: Iterable[Registration], today: date | None = None) -> dict[int, Answer]:
    """For each registration's key whether its year takes it today (or on another day); one query."""
    registrations = list(registrations)
    rules = YearRule.objects.in_bulk({registration.year for registration in registrations}, field_name="year")
    today = today or timezone.localdate()
    return {
        registration.pk: year_takes(
            rules.get(registration.year), registration.year, today, returned=registration.status == Status.RETURNED
        )
        for registration in registrations
    }
