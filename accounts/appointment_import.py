"""The import of appointments by an administrator: reviewers of units, reviewers and administrators of regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property

from django.utils import timezone

from config.files.importing import Importer, Outcome, PlannedLine, Problem, Shown, all_problems, refused
from config.files.lines import Columns, Line
from config.parsing import parse_day
from config.texts import name_key
from organizations import tree
from organizations.import_log import log_import
from organizations.models import Region, Unit
from organizations.named_units import NamedUnits

from . import identity
from .models import Appointment, User, identity_digest
from .permissions import date_problems, may_hold
from .positions import Position

NAME, ID_NUMBER, ROLE, UNIT, REGION, FROM, UNTIL = COLUMNS = (
    "姓名",
    "证件号码",
    "职责",
    "单位",
    "区划代码",
    "起始日",
    "最后一日",
)
ROLES = {label: value for value, label in Appointment.Role.choices}
DATE_COLUMNS = {"valid_from": FROM, "valid_until": UNTIL}  # by the fields of an appointment
REGIONAL = (Appointment.Role.REGION_REVIEWER, Appointment.Role.REGION_ADMIN)


class AppointmentImporter(Importer):
    """A line appoints a person; one that repeats an appointment in force is unchanged.

    With a `scope` of regions only unit reviewers of their subtrees can be appointed.
    """

    columns = Columns(COLUMNS, (NAME, ID_NUMBER, ROLE), ("原行号", "问题"), names=(NAME,), secret=(ID_NUMBER,))
    shown = COLUMNS
    help = (
        "职责为单位审核员、终审员或区域管理员；单位审核员填单位（统一社会信用代码或全称），其他填区划代码；"
        "起始日不早于今天，留空为今天；最后一日留空为长期。任职经导入即已确认。"
    )

    def __init__(self, actor: int, scope: list[Region] | None = None) -> None:
        self.actor, self.scope = actor, scope
        self.first_lines: dict[tuple[object, ...], int] = {}

    @cached_property
    def regions(self) -> dict[str, Region]:
        return {region.code: region for region in Region.objects.all()}

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        digests = {identity_digest(line.text(ID_NUMBER)) for line in lines if line.text(ID_NUMBER)}
        people = {person.id_digest: person for person in User.objects.filter(id_digest__in=digests).defer("id_number")}
        active = Unit.objects.filter(state=Unit.State.ACTIVE)
        self.units = NamedUnits((line.text(UNIT) for line in lines), active)
        planned, new = [], []
        for line in lines:
            person = people.get(identity_digest(line.text(ID_NUMBER)))
            entry, appointment = self._plan_line(line, person)
            planned.append(entry)
            if appointment:
                new.append(appointment)
        if write and new:
            Appointment.objects.bulk_create(new)
            log_import(self.actor, new)
        return planned

    def _plan_line(self, line: Line, person: User | None) -> tuple[PlannedLine, Appointment | None]:
        position = Position(ROLES.get(line.text(ROLE), ""), self._unit(line), self.regions.get(line.text(REGION)))
        start, until = parse_day(line.text(FROM)) or timezone.localdate(), parse_day(line.text(UNTIL))
        is_complete = position.unit or position.region
        is_in_force = bool(person and is_complete and _exists(person, position, start, until))
        found = [*self._problems(line, person, position), *([] if is_in_force else _date_problems(line, start, until))]
        problems = all_problems(line, self.columns, found)
        if not problems and person and not is_in_force:
            problems = all_problems(line, self.columns, self._conflicts(line, person, position, start, until))
        if problems or person is None:
            return refused(line, problems), None
        values = tuple(Shown(text) for text in _texts(person, position, start, until))
        if is_in_force:
            return PlannedLine(line, Outcome.UNCHANGED, values), None
        appointment = Appointment(
            person=person,
            role=position.role,
            unit=position.unit,
            region=position.region,
            valid_from=start,
            valid_until=until,
            confirmed_at=timezone.now(),
        )
        return PlannedLine(line, Outcome.NEW, values), appointment

    def _unit(self, line: Line) -> Unit | None:
        is_of_unit = line.text(ROLE) == Appointment.Role.UNIT_REVIEWER.label
        return self.units.get(line.text(UNIT)) if is_of_unit else None

    def _problems(self, line: Line, person: User | None, position: Position) -> Iterator[Problem]:
        """Yield what the rules find wrong in a line, except for its dates."""
        if person is None:
            yield Problem(ID_NUMBER, "：系统中没有这个证件号码的人员，请核对，或先导入人员。")
        elif name_key(person.name) != name_key(line.text(NAME)):
            yield Problem(NAME, "与证件号码不一致，请核对。")
        if not position.role:
            yield Problem(ROLE, f"应为{'、'.join(ROLES)}之一。")
        elif position.role in REGIONAL:
            yield from self._region_problems(line, position)
        else:
            yield from self._unit_problems(line, position)

    def _region_problems(self, line: Line, position: Position) -> Iterator[Problem]:
        if line.text(UNIT):
            yield Problem(UNIT, f"应删去：{line.text(ROLE)}不填单位。")
        if not line.text(REGION):
            yield Problem(REGION, f"：{line.text(ROLE)}须填区划代码。")
        elif position.region is None:
            yield Problem(REGION, "不是已有的区划代码。")
        if self.scope is not None:
            yield Problem(ROLE, "：您只能任命单位审核员。")

    def _unit_problems(self, line: Line, position: Position) -> Iterator[Problem]:
        if line.text(REGION):
            yield Problem(REGION, "应删去：单位审核员不填区划代码。")
        if not line.text(UNIT):
            yield Problem(UNIT, "：单位审核员须填单位。")
        elif problem := self.units.problem(line.text(UNIT)):
            yield Problem(UNIT, problem)
        elif position.unit and not tree.is_in_scope(position.unit.region, self.scope):
            yield Problem(UNIT, "不在您管理的区域内。")

    def _conflicts(
        self, line: Line, person: User, position: Position, start: date, until: date | None
    ) -> Iterator[Problem]:
        """Yield other appointments, whose dates only a right line shows."""
        if not (permission := may_hold(person, position, start, until)):
            yield Problem(ID_NUMBER, f"：{permission.reason}")
        key = (person.pk, position.role, position.unit and position.unit.pk, position.region and position.region.pk)
        first = self.first_lines.setdefault(key, line.number)
        if first != line.number:
            yield Problem(ID_NUMBER, f"与第 {first} 行是同一人的相同任职。")


def _date_problems(line: Line, start: date, until: date | None) -> Iterator[Problem]:
    wrong = [column for column in (FROM, UNTIL) if line.text(column) and parse_day(line.text(column)) is None]
    for column in wrong:
        yield Problem(column, "无法识别，应如 2026-05-12。")
    for field, sentence in date_problems(start, until).items():
        if not wrong:
            yield Problem(DATE_COLUMNS[field], f"：{sentence}")


def _exists(person: User, position: Position, start: date, until: date | None) -> bool:
    """Whether the same appointment is in force: with the same last day, from the first day or before."""
    same = Appointment.objects.filter(
        person=person, role=position.role, unit=position.unit, region=position.region, confirmed_at__isnull=False
    )
    return same.filter(valid_from__lte=start, valid_until=until, deputy_of=None).exists()


def _texts(person: User, position: Position, start: date, until: date | None) -> Iterator[str]:
    yield from (person.name, identity.masked(person.id_tail), Appointment.Role(position.role).label)
    yield from (str(position.unit or ""), position.region.code if position.region else "")
    yield from (str(start), str(until or ""))
