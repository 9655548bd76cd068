"""Permission checks: may this person do this to this registration? A denial carries its reason for people.

Lists, pages, bulk actions and links use the same check; it reads the table in states.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property

from django.db.models import Q, prefetch_related_objects
from django.utils import timezone

from accounts.models import Appointment, User
from accounts.permissions import Allowed, Denied, Permission
from hours.models import Decision, Opening, Registration, YearRule
from hours.states import ALLOWED_IN_CLOSED_YEARS, Action, Capacity, Rule, Stage, Status, find_rule, rule_for
from organizations.models import Region, Unit


class Permissions:
    """The actions that one person may take on some registrations; at most eight queries for any number of them."""

    def __init__(self, person: User, registrations: Iterable[Registration]) -> None:
        self.person = person
        self.registrations = list(registrations)
        others = [registration for registration in self.registrations if registration.owner_id != person.pk]
        prefetch_related_objects(others, "region", "unit")

    def may(self, action: Action, registration: Registration) -> Permission:
        if not self.person.is_active:
            return Denied("您的账号已停用。")
        rule = find_rule(action, registration.status)
        if rule is None:
            return Denied(f"该登记目前为“{Status(registration.status).label}”，不能{action.label}。")
        own = registration.owner_id == self.person.pk
        if rule.capacity is Capacity.OWNER:
            return self._may_as_owner(rule, registration) if own else Denied(f"只有登记人本人可以{action.label}。")
        if own:
            return Denied("不能审核本人的登记。")
        if not self._holds(rule.capacity, registration):
            return Denied(f"您没有对该登记“{action.label}”的权限。")
        unit = registration.unit
        if rule.capacity is Capacity.UNIT_REVIEWER and unit and unit.is_pending:
            return Denied(f"单位“{unit.name}”待核实，管理员确认后才能初审。")
        other_stage = {Stage.FIRST: Stage.FINAL, Stage.FINAL: Stage.FIRST}.get(rule.stage)
        if other_stage and (registration.pk, other_stage) in self._decided:
            return Denied(f"您已对该登记作出{other_stage.label}决定，{rule.stage.label}须由另一人进行。")
        return Allowed() if action in ALLOWED_IN_CLOSED_YEARS else self._year_accepts(registration)

    def office_name(self, action: Action, registration: Registration) -> str:
        """Return the office in whose name this person takes an allowed action; empty for the owner.

        It is the unit if the person reviews for it, else the bureau of the person's appointment, also at the 初审 of a
        unit without reviewers. A superuser without an appointment acts for the bureau of the registration's region.
        """
        capacity = rule_for(action, registration.status).capacity
        if capacity is Capacity.OWNER:
            return ""
        for_unit = capacity is Capacity.UNIT_REVIEWER
        if for_unit and registration.unit_id in self._units:
            return registration.unit_name
        region = self._nearest(Capacity.REGION_REVIEWER if for_unit else capacity, registration) or registration.region
        return f"{region.name}人社部门" if region else ""

    def _may_as_owner(self, rule: Rule, registration: Registration) -> Permission:
        if rule.action is Action.ASK_RETURN and (registration.pk, registration.round, rule.stage) in self._asked:
            return Denied("此环节已请求过退回，请等待审核人员处理。")
        return Allowed()

    def _holds(self, capacity: Capacity, registration: Registration) -> bool:
        if capacity is Capacity.UNIT_REVIEWER:
            if registration.unit_id in self._units:
                return True
            return not self._has_eligible_reviewer(registration) and self._covers(
                Capacity.REGION_REVIEWER, registration
            )
        return self._covers(capacity, registration)

    def is_unattended(self, registration: Registration) -> bool:
        """Return whether the registration is 无人初审: its unit has no eligible reviewer, so the region decides."""
        unit = registration.unit
        if registration.status != Status.FIRST_REVIEW or unit is None or unit.is_pending:
            return False
        return not self._has_eligible_reviewer(registration)

    def _has_eligible_reviewer(self, registration: Registration) -> bool:
        """Return whether the unit has a reviewer who is not the owner."""
        return bool(registration.unit_id and self._reviewers[registration.unit_id] - {registration.owner_id})

    def _covers(self, capacity: Capacity, registration: Registration) -> bool:
        """Return whether the person holds this capacity in a region of the registration.

        A superuser administers every region, but reviews in none without an appointment.
        """
        if capacity is Capacity.REGION_ADMIN and self.person.is_superuser:
            return True
        return self._nearest(capacity, registration) is not None

    def _nearest(self, capacity: Capacity, registration: Registration) -> Region | None:
        """Return the closest of the registration's regions in which the person holds this capacity.

        The regions are those stored at the submission, as in the queues; the region tree may have changed since.
        """
        held = {
            appointment.region_id: appointment.region
            for appointment in self._appointments
            if appointment.role == capacity
        }
        places = (registration.region_id, registration.city_id, registration.province_id)
        return next((held[place] for place in places if place in held), None)

    def _year_accepts(self, registration: Registration) -> Permission:
        year = registration.year
        answer = year_accepts_decision(self._year_rules.get(year), year)
        return answer or year_accepts_decision(
            self._year_rules.get(year), year, reopened=self._is_reopened(registration)
        )

    def _is_reopened(self, registration: Registration) -> bool:
        """Return whether its year is open again today for its owner, its unit, or everybody."""
        targets = {(registration.owner_id, None), (None, registration.unit_id), (None, None)}
        return any((registration.year, *for_whom) in self._openings for for_whom in targets)

    @cached_property
    def _year_rules(self) -> dict[int, YearRule]:
        return YearRule.objects.in_bulk({registration.year for registration in self.registrations}, field_name="year")

    @cached_property
    def _openings(self) -> set[tuple[int, int | None, int | None]]:
        """The years that are open again today, each with the person or unit."""
        rows = Opening.objects.filter(year__in={registration.year for registration in self.registrations})
        return set(rows.filter(until__gte=timezone.localdate()).values_list("year", "person_id", "unit_id"))

    @cached_property
    def _appointments(self) -> list[Appointment]:
        return list(self.person.appointments.active().select_related("region"))

    @cached_property
    def _units(self) -> set[int]:
        """The units that the person reviews for."""
        return {appointment.unit_id for appointment in self._appointments if appointment.unit_id}

    @cached_property
    def _reviewers(self) -> dict[int, set[int]]:
        return reviewers_of({registration.unit_id for registration in self.registrations if registration.unit_id})

    @cached_property
    def _decided(self) -> set[tuple[int, str]]:
        return set(
            Decision.objects.filter(registration__in=self.registrations, actor=self.person)
            .exclude(stage=Stage.OWNER)
            .values_list("registration_id", "stage")
        )

    @cached_property
    def _asked(self) -> set[tuple[int, int, str]]:
        """The registration, round and stage of each 请求退回."""
        asked = Decision.objects.filter(registration__in=self.registrations, action=Action.ASK_RETURN)
        return set(asked.values_list("registration_id", "round", "stage"))


def reviewers_of(units: Iterable[int]) -> dict[int, set[int]]:
    """Return the people who may review for each unit today; empty for other units. One query."""
    reviewers: dict[int, set[int]] = defaultdict(set)
    appointments = Appointment.objects.active().filter(unit__in=units, person__is_active=True)
    for unit, person in appointments.values_list("unit_id", "person_id"):
        reviewers[unit].add(person)
    return reviewers


def may(person: User, action: Action, registration: Registration) -> Permission:
    """Return whether this person may take this action on one registration."""
    return Permissions(person, [registration]).may(action, registration)


def year_accepts_submission(
    rule: YearRule | None, year: int, today: date, *, returned: bool, reopened: bool = False
) -> Permission:
    """Return whether a year accepts a submission today.

    A year without a rule is closed, even if it was reopened. Returned registrations have a later last day.
    """
    if rule is None:
        return Denied(f"{year} 年度尚未开放登记（没有年度规则），请联系管理员。")
    if reopened:
        return Allowed()
    if rule.is_closed:
        return Denied(f"{year} 年度已关闭，不再接受提交。")
    last_day = rule.returned_closes_on if returned else rule.closes_on
    if today > last_day:
        return Denied(f"{year} 年度已于 {last_day:%Y-%m-%d} 截止提交。")
    return Allowed()


def year_accepts_decision(rule: YearRule | None, year: int, *, reopened: bool = False) -> Permission:
    """Return whether a year accepts decisions other than 撤销认定.

    A year without a rule is closed, even if it was reopened.
    """
    if rule is None:
        return Denied(f"{year} 年度没有年度规则，除撤销认定外不能办理，请联系管理员。")
    if rule.is_closed and not reopened:
        return Denied(f"{year} 年度已关闭，除撤销认定外不能办理；确需办理的，请管理员重新开放该年度。")
    return Allowed()


def reopened_years(person: User, units: Iterable[int | None], years: Iterable[int], today: date) -> set[int]:
    """Return the years that are open again today for this person, one of these units, or everybody."""
    for_person = Q(person=person) | Q(unit__in=set(units) - {None}) | Q(person=None, unit=None)
    rows = Opening.objects.filter(for_person, year__in=set(years), until__gte=today)
    return set(rows.values_list("year", flat=True))


def submission_answers(
    registrations: Iterable[Registration], today: date | None = None, unit: Unit | None = None
) -> dict[int, Permission]:
    """Return for each of one person's registrations, by its key, whether its year accepts a submission.

    `unit` is the unit it is sent to, in addition to the person's own. One query, and a second one if a year refuses
    that may be open again.
    """
    registrations = list(registrations)
    if not registrations:
        return {}
    today = today or timezone.localdate()
    years = {registration.year for registration in registrations}
    rules = YearRule.objects.in_bulk(years, field_name="year")

    def answers(reopened: set[int]) -> dict[int, Permission]:
        return {
            registration.pk: year_accepts_submission(
                rules.get(registration.year),
                registration.year,
                today,
                returned=registration.status == Status.RETURNED,
                reopened=registration.year in reopened,
            )
            for registration in registrations
        }

    usual = answers(set())
    if all(usual.values()):
        return usual
    owner = registrations[0].owner
    return answers(reopened_years(owner, [owner.unit_id, unit.pk if unit else None], years, today))
