"""The import of completions by an administrator. The rules are those of `planning`, the lines those of `files`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from accounts.identity import masked, normalise, tail
from accounts.models import User
from config.files.importing import Importer, Outcome, PlannedLine, Shown, all_problems, refused
from config.files.lines import Line
from hours.wording import format_number

from . import files, planning, recording
from .files import COURSE, DAY, HOURS, ID_NUMBER, YEAR
from .items import CompletionItem, ItemError
from .plans import ItemOutcome, ItemResult

OUTCOMES = {
    ItemOutcome.SAVED: Outcome.NEW,
    ItemOutcome.CORRECTED: Outcome.CHANGED,
    ItemOutcome.UNCHANGED: Outcome.UNCHANGED,
    ItemOutcome.WAITING: Outcome.WAITING,
    ItemOutcome.REFUSED: Outcome.WRONG,
}


class CompletionImporter(Importer):
    """A line saves or corrects a completion of a person; ID numbers are masked in the preview."""

    columns = replace(files.COLUMNS, ignored=("原行号", "问题"))
    shown = ("姓名", ID_NUMBER, YEAR, COURSE, HOURS, DAY)
    help = (
        "“学时”留空时按科目的学时；“来源编号”留空时按人员和科目对应；填写“姓名”的，须与该证件号码的人员一致。"
        "同一文件可以重复导入，不会重复计算；更正时来源和来源编号须与原来相同。"
        "人员尚未注册或科目尚未录入的行先留存为待认领，以后自动计入。"
    )

    def __init__(self, source: str) -> None:
        self.source = source
        self.first_lines: dict[tuple[str, ...], int] = {}

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        items = [self._item(line) for line in lines]
        results = recording.record(items, self.source) if write else planning.plan_batch(items, self.source).results
        people = User.objects.only("name", "id_tail").in_bulk({result.person for result in results if result.person})
        return [self._planned(line, result, people) for line, result in zip(lines, results, strict=True)]

    def _item(self, line: Line) -> CompletionItem:
        """Return the item of a line; an earlier line about the same is one of its problems."""
        item = files.parse_line(line)
        if item.problems or all_problems(line, self.columns):
            return item
        key = ("completion", normalise(item.id_number), str(item.year), item.course)
        problems = [*self._repetition(key, line, "course", "同一人员的同一科目")]
        if item.key:
            problems += self._repetition(("key", item.key), line, "source_key", "同一来源编号")
        return replace(item, problems=tuple(problems))

    def _repetition(self, key: tuple[str, ...], line: Line, field: str, what: str) -> Iterator[ItemError]:
        first = self.first_lines.setdefault(key, line.number)
        if first != line.number:
            yield ItemError(field, f"与第 {first} 行是{what}，请只保留一行。")

    def _planned(self, line: Line, result: ItemResult, people: dict[int, User]) -> PlannedLine:
        if result.outcome is ItemOutcome.REFUSED:
            return refused(line, files.refusals(result))
        if result.outcome is ItemOutcome.WAITING:
            return self._waiting(line, result)
        person = people.get(result.person or 0)
        course, hours = result.course, result.hours
        was_hours, was_day = result.previous or (hours, result.day)
        values = (
            Shown(person.name if person else ""),
            Shown(masked(tail(line.text(ID_NUMBER)))),
            Shown(str(course.year) if course else ""),
            Shown(course.name if course else ""),
            Shown(_number(hours), _number(was_hours) if was_hours != hours else None),
            Shown(str(result.day), str(was_day) if was_day != result.day else None),
        )
        return PlannedLine(line, OUTCOMES[result.outcome], values)

    def _waiting(self, line: Line, result: ItemResult) -> PlannedLine:
        """Show the values of a waiting line as they were typed."""
        typed = (line.text(column) for column in (YEAR, COURSE, HOURS, DAY))
        values = (Shown(""), Shown(masked(tail(line.text(ID_NUMBER)))), *map(Shown, typed))
        return PlannedLine(line, Outcome.WAITING, values, remarks=(result.message,))


def _number(hours: Decimal | None) -> str:
    return "" if hours is None else format_number(hours)
