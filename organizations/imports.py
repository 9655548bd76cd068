"""The columns and the import of units.

A credit code with a wrong check character is not an error: it is stored as it is, flagged for the administrator, and
remarked in the preview.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from django.core.exceptions import ValidationError

from config.files.importing import Importer, PlannedLine, Problem, all_problems, changes, compared, refused
from config.files.lines import Columns, Line

from . import credit_code, revision, tree, units
from .forms import MIN_NAME_LENGTH, contact_phone_validator
from .import_log import log_import
from .models import Region, Unit

NAME, CODE, REGION, STATE, CONTACT, PHONE = COLUMNS = (
    "单位名称",
    "统一社会信用代码",
    "区划代码",
    "状态",
    "联系人",
    "联系电话",
)
STATES = {label: value for value, label in Unit.State.choices}
LENGTHS = ((NAME, 120), (CONTACT, 50), (PHONE, 30))
FIELDS = ("name", "region", "state", "contact_name", "contact_phone")


class UnitImporter(Importer):
    """A line updates the unit with its code, or adds one; only in the subtrees of `scope` (None: everywhere)."""

    columns = Columns(COLUMNS, (NAME, CODE, REGION), ("原行号", "问题"), names=(NAME, CONTACT))
    shown = COLUMNS
    help = (
        "单位名称、统一社会信用代码、区划代码必填；代码已存在的单位将被更新；状态可填待核实、正常、停用，"
        "留空时新单位为正常。校验位不正确的代码按原样保留并标记，待核对。"
    )

    def __init__(self, actor: int, scope: list[Region] | None = None) -> None:
        self.actor, self.scope = actor, scope
        self.first_lines: dict[str, int] = {}

    @cached_property
    def regions(self) -> dict[str, Region]:
        return {region.code: region for region in Region.objects.all()}

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        codes = [credit_code.normalise(line.text(CODE)) for line in lines]
        rows = Unit.objects.select_related("region").filter(credit_code__in=[code for code in codes if code])
        existing = {unit.credit_code: unit for unit in rows}
        units_of_lines = [existing.get(code) or _new_unit(code) for code in codes]
        planned = [self._plan_line(line, unit) for line, unit in zip(lines, units_of_lines, strict=True)]
        if write:
            self._write(*changes(zip(planned, units_of_lines, strict=True)))
        return planned

    def finish(self) -> None:
        revision.advance()

    def _plan_line(self, line: Line, unit: Unit) -> PlannedLine:
        """Plan one line, and set its values on the unit unless it is wrong."""
        if problems := all_problems(line, self.columns, self._problems(line, unit)):
            return refused(line, problems)
        before = cells_of(unit) if unit.pk else None
        unit.name, unit.region = line.text(NAME), self.regions[line.text(REGION)]
        if line.text(STATE) or not unit.pk:
            unit.state = STATES[line.text(STATE) or Unit.State.ACTIVE.label]
        if CONTACT in line.cells:
            unit.contact_name = line.text(CONTACT)
        if PHONE in line.cells:
            unit.contact_phone = line.text(PHONE)
        problem = credit_code.problem(unit.credit_code or "")
        return compared(line, before, cells_of(unit), (f"{problem}将按原样保留并标记。",) if problem else ())

    def _problems(self, line: Line, unit: Unit) -> Iterator[Problem]:
        """Yield what the rules find wrong in a line."""
        for column, longest in LENGTHS:
            if len(line.text(column)) > longest:
                yield Problem(column, f"超过 {longest} 个字。")
        if line.text(NAME) == units.UNAFFILIATED_NAME or len(line.text(NAME)) < MIN_NAME_LENGTH:
            yield Problem(NAME, f"不是单位全称，至少 {MIN_NAME_LENGTH} 个字。")
        yield from self._code_problems(line, unit)
        region, state = self.regions.get(line.text(REGION)), line.text(STATE)
        if region is None:
            yield Problem(REGION, "不是已有的区划代码。")
        elif not tree.is_in_scope(region, self.scope):
            yield Problem(REGION, "不在您管理的区域内。")
        if state and state not in STATES:
            yield Problem(STATE, f"无效，应为{'、'.join(STATES)}之一。")
        if phone := line.text(PHONE):
            try:
                contact_phone_validator(phone)
            except ValidationError as error:
                yield Problem(PHONE, f"不正确，{error.message}")

    def _code_problems(self, line: Line, unit: Unit) -> Iterator[Problem]:
        code = unit.credit_code or ""
        if len(code) > credit_code.LENGTH:
            yield Problem(CODE, f"超过 {credit_code.LENGTH} 位。")
        first = self.first_lines.setdefault(code, line.number)
        if first != line.number:
            yield Problem(CODE, f"与第 {first} 行重复。")
        if unit.pk and not tree.is_in_scope(unit.region, self.scope):
            yield Problem(CODE, f"属于“{unit.name}”（{unit.region}），不在您管理的区域内。")
        if unit.merged_into_id:
            yield Problem(CODE, f"属于已被合并的单位“{unit.name}”，不能再更改。")

    def _write(self, new: list[Unit], changed: list[Unit]) -> None:
        Unit.objects.bulk_create(new)
        Unit.objects.bulk_update(changed, FIELDS, batch_size=200)
        log_import(self.actor, new, changed)


def _new_unit(code: str) -> Unit:
    return Unit(credit_code=code, credit_code_flagged=bool(credit_code.problem(code)))


def cells_of(unit: Unit) -> list[str]:
    """Return the columns of a unit as a file holds them."""
    return [
        unit.name,
        unit.credit_code or "",
        unit.region.code,
        unit.get_state_display(),
        unit.contact_name,
        unit.contact_phone,
    ]
