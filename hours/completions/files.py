"""Read completions from CSV and XLSX one line at a time, so that memory does not grow with the file.

An error of the whole file is a FileProblem. An error of a line becomes the `problem` of its item, and reading goes on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, BinaryIO

from accounts import identity
from config.files import tables
from config.files.tables import ErrorValue, FileProblem, Formula, TableRow
from organizations.resources import FORMULA_PREFIXES

from .items import CompletionItem, ItemError, parse_text, parse_whole_number, quotable
from .recording import ItemResult

ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY = "证件号码", "年度", "科目名称", "学时", "完成日期", "来源编号"
COLUMNS = (ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY)
REQUIRED_COLUMNS = (ID_NUMBER, YEAR, COURSE, DAY)
ERROR_COLUMNS = ("行", "列", "原因", ID_NUMBER, YEAR, COURSE, KEY)
# Field of an ItemError -> column
FIELDS = {
    "id_number": ID_NUMBER,
    "year": YEAR,
    "course": COURSE,
    "hours": HOURS,
    "completed_on": DAY,
    "source_key": KEY,
}


@dataclass(frozen=True)
class CompletionFile:
    """A readable file: an estimate of its number of lines, its items one by one, and the columns that are not used."""

    lines: int
    items: Iterator[CompletionItem]
    unused: list[str]


def read(file: BinaryIO, max_unpacked: int = tables.PAGE_MAX_UNPACKED) -> CompletionFile:
    """Return the completions of a seekable binary file; raise FileProblem if it is no table with the right columns."""
    table = tables.read(file, max_unpacked)
    places = _places(table.column_names)
    unused = [head for head in table.column_names if head and head not in COLUMNS]
    return CompletionFile(table.line_count, _items(table.rows, places, _MergedLines(table.merged_cells)), unused)


class _MergedLines(Container[int]):
    """The lines with cells that are merged across lines or columns, from ranges such as "A2:A3"."""

    def __init__(self, ranges: list[str]) -> None:
        spans = sorted((int(first), int(last)) for first, last in (re.findall(r"\d+", cells) for cells in ranges))
        self.starts = [first for first, _ in spans]
        self.ends = list(accumulate((last for _, last in spans), max))

    def __contains__(self, line: object) -> bool:
        if not isinstance(line, int):
            return False
        started = bisect_right(self.starts, line)
        return started > 0 and line <= self.ends[started - 1]


# --- Lines -----------------------------------------------------------------------------------------


def _places(heads: list[str]) -> dict[str, int]:
    """Return the index of each known column; raise FileProblem for missing and repeated columns."""
    expected = f"第一行应为列名：{'、'.join(COLUMNS)}。"
    if not heads:
        raise FileProblem(f"文件没有内容。{expected}")
    if missing := [column for column in REQUIRED_COLUMNS if column not in heads]:
        raise FileProblem(f"文件缺少列：{'、'.join(missing)}。{expected}")
    if repeated := [column for column in COLUMNS if heads.count(column) > 1]:
        raise FileProblem(f"列名重复：{'、'.join(repeated)}。")
    return {column: heads.index(column) for column in COLUMNS if column in heads}


def _items(rows: Iterator[TableRow], places: dict[str, int], merged: Container[int]) -> Iterator[CompletionItem]:
    for row in rows:
        if row.cells is None or row.has_line_ends_in(places.values()):
            yield CompletionItem(row.number, problem=ItemError("", row.quote_problem))
        elif not row.is_empty:
            yield _item(row.number, row.cells, places, merged)


def _item(line: int, cells: Sequence[Any], places: dict[str, int], merged: Container[int]) -> CompletionItem:
    values = {column: cells[place] if place < len(cells) else None for column, place in places.items()}
    try:
        if line in merged:
            raise ItemError("", "此行有合并的单元格，请取消合并并逐行填写。")
        for name, column in FIELDS.items():
            if isinstance(values.get(column), Formula):
                raise ItemError(name, f"“{column}”是公式，请粘贴为数值。")
            if isinstance(values.get(column), ErrorValue):
                raise ItemError(name, f"“{column}”是错误值，请改正后再导入。")
        return CompletionItem(
            position=line,
            id_number=_id_number(values[ID_NUMBER]),
            year=parse_whole_number(values[YEAR], "year", "年度"),
            course=parse_text(values[COURSE], "course"),
            hours=values.get(HOURS),
            completed_on=values[DAY],
            key=parse_text(values.get(KEY), "source_key"),
        )
    except ItemError as problem:
        number = values[ID_NUMBER]
        return CompletionItem(line, id_number=number if type(number) is str else "", problem=problem)


def _id_number(value: object) -> str:
    """Return the ID number; raise ItemError for a number of 16 or more digits, of which a spreadsheet keeps only 15."""
    if isinstance(value, int | float) and abs(value) >= 10**15 and (isinstance(value, float) or value % 1000 == 0):
        raise ItemError("id_number", "证件号码被存成了数字，末几位已丢失，请设为文本格式后重新填写。")
    return parse_text(value, "id_number")


# --- Errors ----------------------------------------------------------------------------------------


def error_row(result: ItemResult) -> list[str]:
    """Return the cells of ERROR_COLUMNS for a refused line, with the ID number masked and without formulas."""
    item = result.item
    masked = identity.masked(identity.tail(item.id_number)) if item.id_number else ""
    column = FIELDS.get(result.field, "")
    row = [str(item.position), column, result.message, masked, str(item.year or ""), quotable(item.course), item.key]
    return [f"'{text}" if text.startswith(FORMULA_PREFIXES) else text for text in row]
