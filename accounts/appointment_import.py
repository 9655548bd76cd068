"""The import of appointments by an administrator: reviewers of units, reviewers and administrators of regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property

from dateutil.parser import isoparse
from django.utils import timezone

from config.files.importing import Importer, Outcome, PlannedLine, Shown, line_problems, refused
from config.files.lines import Columns, Line
from config.texts import fold_digits, name_key
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
REGIONAL = (Appointment.Role.REGION_REVIEWER, Appointment.Role.REGION_ADMIN)


class AppointmentImporter(Importer):
    """A line appoints a person; one that repeats an appointment in force is unchanged.

    With a `scope` of regions only unit reviewers of their subtrees can be appointed.
    """

    columns = Columns(COLUMNS, (NAME, ID_NUMBER, ROLE), ("原行号", "问题"))
    shown = COLUMNS
    help = (
        "职责为单位审核员、终审员或区域管理员；单位审核员填单位（统一社会信用代码或全称），其他填区划代码；"
        "起始日留空为今天，最后一日留空为长期。任职经导入即已确认。"
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
        problems = line_problems(line, self.columns)
        if not problems and person is None:
            problems = [f"“{ID_NUMBER}”列：系统中没有这个证件号码的人员，请核对，或先导入人员。"]
        position = Position(ROLES.get(line.text(ROLE), ""), self._unit(line), self.regions.get(line.text(REGION)))
        valid_from, valid_until = _day(line.text(FROM)), _day(line.text(UNTIL))
        if not problems and person:
            problems = list(self._problems(line, person, position))
        if problems or person is None:
            return refused(line, problems), None
        start = valid_from or timezone.localdate()
        values = tuple(Shown(text) for text in _texts(person, position, start, valid_until))
        if _exists(person, position, start, valid_until):
            return PlannedLine(line, Outcome.UNCHANGED, values), None
        if problems := list(self._period_problems(line, person, position, start, valid_until)):
            return refused(line, problems), None
        appointment = Appointment(
            person=person,
            role=position.role,
            unit=position.unit,
            region=position.region,
            valid_from=start,
            valid_until=valid_until,
            confirmed_at=timezone.now(),
        )
        return PlannedLine(line, Outcome.NEW, values), appointment

    def _unit(self, line: Line) -> Unit | None:
        is_of_unit = line.text(ROLE) == Appointment.Role.UNIT_REVIEWER.label
        return self.units.get(line.text(UNIT)) if is_of_unit else None

    def _problems(self, line: Line, person: User, position: Position) -> Iterator[str]:
        """Yield each error of a line as a sentence that begins with the column."""
        if name_key(person.name) != name_key(line.text(NAME)):
            yield f"“{NAME}”列的值“{line.text(NAME)}”与证件号码不一致，请核对。"
        for column in (FROM, UNTIL):
            if line.text(column) and _day(line.text(column)) is None:
                yield f"“{column}”列的值“{line.text(column)}”无法识别，应如 2026-05-12。"
        if not position.role:
            yield f"“{ROLE}”列的值“{line.text(ROLE)}”应为{'、'.join(ROLES)}之一。"
        elif position.role in REGIONAL:
            yield from self._region_problems(line, position)
        else:
            yield from self._unit_problems(line, position)

    def _region_problems(self, line: Line, position: Position) -> Iterator[str]:
        if line.text(UNIT):
            yield f"“{UNIT}”列：{line.text(ROLE)}不填单位。"
        if not line.text(REGION):
            yield f"“{REGION}”列为空：{line.text(ROLE)}须填区划代码。"
        elif position.region is None:
            yield f"“{REGION}”列的值“{line.text(REGION)}”不是已有的区划代码。"
        if self.scope is not None:
            yield f"“{ROLE}”列：您只能任命单位审核员。"

    def _unit_problems(self, line: Line, position: Position) -> Iterator[str]:
        if line.text(REGION):
            yield f"“{REGION}”列：单位审核员不填区划代码。"
        if not line.text(UNIT):
            yield f"“{UNIT}”列为空：单位审核员须填单位。"
        elif problem := self.units.problem(line.text(UNIT)):
            yield f"“{UNIT}”列{problem}"
        elif position.unit and not tree.is_in_scope(position.unit.region, self.scope):
            yield f"“{UNIT}”列的值“{line.text(UNIT)}”不在您管理的区域内。"

    def _period_problems(
        self, line: Line, person: User, position: Position, start: date, until: date | None
    ) -> Iterator[str]:
        yield from date_problems(start, until).values()
        if not (permission := may_hold(person, position, start, until)):
            yield permission.reason
        key = (person.pk, position.role, position.unit and position.unit.pk, position.region and position.region.pk)
        first = self.first_lines.setdefault(key, line.number)
        if first != line.number:
            yield f"与第 {first} 行是同一人的相同任职。"


def _day(text: str) -> date | None:
    """Return the day of a text such as 2026-05-12, 2026/5/12 or 2026年5月12日; None for any other."""
    parts = fold_digits(text).replace("年", "-").replace("月", "-").rstrip("日").replace("/", "-").split("-")
    try:
        return isoparse(f"{int(parts[0]):04}-{int(parts[1]):02}-{int(parts[2]):02}").date() if len(parts) == 3 else None
    except (ValueError, OverflowError):
        return None


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
