"""Completions from CSV and XLSX, a line at a time, so that memory does not grow with the file; and the lines not taken.

What is wrong with a file as a whole is a FileProblem; what is wrong with a line is that line's `problem`, and reading
goes on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from accounts import identity
from config.files import tables
from config.files.tables import ErrorValue, FileProblem, Formula, TableRow
from organizations.resources import FORMULA_PREFIXES

from .items import Item, Refusal, quotable, text_of, whole_number_of
from .recording import Result

ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY = "证件号码", "年度", "科目名称", "学时", "完成日期", "来源编号"
COLUMNS = (ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY)
NEEDED = (ID_NUMBER, YEAR, COURSE, DAY)
ERROR_COLUMNS = ("行", "列", "原因", ID_NUMBER, YEAR, COURSE, KEY)
FIELDS = {
    "id_number": ID_NUMBER,
    "year": YEAR,
    "course": COURSE,
    "hours": HOURS,
    "completed_on": DAY,
    "source_key": KEY,
}


@dataclass(frozen=True)
class Completions:
    """A file that can be read: about how many lines it has, its items one after the other, columns that say nothing."""

    lines: int
    items: Iterator[Item]
    unused: list[str]


def read(file: BinaryIO, max_unpacked: int = tables.PAGE_MAX_UNPACKED) -> Completions:
    """The completions in a seekable binary file. FileProblem if it is no table with the right columns."""
    table = tables.read(file, max_unpacked)
    places = _places(table.column_names)
    unused = [head for head in table.column_names if head and head not in COLUMNS]
    return Completions(table.line_count, _items(table.rows, places, _Merged(table.merged_cells)), unused)


class _Merged:
    """The lines that merged cells ("A2:A3") touch."""

    def __init__(self, cells: list[str]) -> None:
        spans = sorted((int(first), int(last)) for first, last in (re.findall(r"\d+", span) for span in cells))
        self.starts = [first for first, _ in spans]
        self.reach = list(accumulate((last for _, last in spans), max))

    def __contains__(self, line) -> bool:
        begun = bisect_right(self.starts, line)
        return begun > 0 and line <= self.reach[begun - 1]


# --- Lines -----------------------------------------------------------------------------------------


def _places(heads: list[str]) -> dict[str, int]:
    """Column -> its place."""
    should = f"第一行应为列名：{'、'.join(COLUMNS)}。"
    if not heads:
        raise FileProblem(f"文件没有内容。{should}")
    if missing := [column for column in NEEDED if column not in heads]:
        raise FileProblem(f"文件缺少列：{'、'.join(missing)}。{should}")
    if twice := [column for column in COLUMNS if heads.count(column) > 1]:
        raise FileProblem(f"列名重复：{'、'.join(twice)}。")
    return {column: heads.index(column) for column in COLUMNS if column in heads}


def _items(rows: Iterator[TableRow], places: dict[str, int], merged: Container[int]) -> Iterator[Item]:
    for row in rows:
        if row.cells is None or row.has_line_ends_in(places.values()):
            yield Item(row.number, problem=Refusal("", row.quote_problem))
        elif not row.is_empty:
            yield _item(row.number, row.cells, places, merged)


def _item(line: int, cells: list, places: dict[str, int], merged: Container[int]) -> Item:
    values = {column: cells[place] if place < len(cells) else None for column, place in places.items()}
    try:
        if line in merged:
            raise Refusal("", "此行有合并的单元格，请取消合并并逐行填写。")
        for name, column in FIELDS.items():
            if isinstance(values.get(column), Formula):
                raise Refusal(name, f"“{column}”是公式，请粘贴为数值。")
            if isinstance(values.get(column), ErrorValue):
                raise Refusal(name, f"“{column}”是错误值，请改正后再导入。")
        return Item(
            position=line,
            id_number=_id_number(values[ID_NUMBER]),
            year=whole_number_of(values[YEAR], "year", "年度"),
            course=text_of(values[COURSE], "course"),
            hours=values.get(HOURS),
            completed_on=values[DAY],
            key=text_of(values.get(KEY), "source_key"),
        )
    except Refusal as problem:
        number = values[ID_NUMBER]
        return Item(line, id_number=number if type(number) is str else "", problem=problem)


def _id_number(value) -> str:
    """A spreadsheet keeps 15 digits of a number: an ID number that was not typed as text ends with noughts."""
    if isinstance(value, int | float) and abs(value) >= 10**15 and (isinstance(value, float) or value % 1000 == 0):
        raise Refusal("id_number", "证件号码被存成了数字，末几位已丢失，请设为文本格式后重新填写。")
    return text_of(value, "id_number")


# --- What goes back --------------------------------------------------------------------------------


def error_row(result: Result) -> list[str]:
    """A refused line for a file of bad lines: where, why, and what it said; the ID number masked, no formulas."""
    item = result.item
    masked = identity.masked(identity.tail(item.id_number)) if item.id_number else ""
    column = FIELDS.get(result.field, "")
    row = [str(item.position), column, result.words, masked, str(item.year or ""), quotable(item.course), item.key]
    return [f"'{text}" if text.startswith(FORMULA_PREFIXES) else text for text in row]
