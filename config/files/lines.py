"""Lines of a table by the names of its columns."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import IO

from . import separated, workbooks
from .cells import EMPTY, Cell
from .tables import CHUNK_SIZE, NO_TABLE, PAGE, Bounds, FileProblem, Table, TableRow

MAX_HEADING_ROWS = 20  # the first lines, among which the column names are looked for
NAMED = 5  # columns named in a sentence
_DECORATION = re.compile(r"[\s*:]")  # of a column's name


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of table in their order, and those that it must have.

    `ignored` ones come back in a file of bad lines and are not named as unused.
    """

    known: tuple[str, ...]
    required: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        optional = [column for column in self.known if column not in self.required]
        words = f"（可以没有：{'、'.join(optional)}）" if optional else ""
        return f"第一行应为列名：{'、'.join(self.known)}{words}。"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with content: its number in the file, its known cells, and why it cannot be read as a whole."""

    number: int
    cells: dict[str, Cell] = field(default_factory=dict)
    problem: str = ""

    def cell(self, column: str) -> Cell:
        return self.cells.get(column, EMPTY)

    def text(self, column: str) -> str:
        return self.cell(column).text


@dataclass(frozen=True)
class Lines:
    """The lines of a table one by one, its known columns in their order, unused ones, and an estimate of the number."""

    columns: tuple[str, ...]
    unused: tuple[str, ...]
    lines: Iterator[Line]
    expected: int


def read_lines(file: IO[bytes], columns: Columns, bounds: Bounds = PAGE) -> Lines:
    """Return the lines of a seekable file; FileProblem if it is no table with these columns.

    Blank lines are passed over. While the lines are read, FileProblem is raised for more lines than the bounds allow.
    """
    table = _read_table(file, bounds)
    heading, names = _find_heading(table.rows, columns)
    places = _places(names, columns)
    if hidden := [column for column, place in places.items() if place in table.hidden_columns]:
        raise FileProblem(f"列“{hidden[0]}”在表中是隐藏的，请取消隐藏，或删除这一列后再上传。")
    if hidden_rows := [row for row in table.hidden_rows if row > heading]:
        raise FileProblem(f"第 {hidden_rows[0]} 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。")
    unused = tuple(dict.fromkeys(name for name in names if name and name not in (*columns.known, *columns.ignored)))
    return Lines(tuple(places), unused, _lines(table, places, bounds), max(table.line_count - heading, 0))


def _read_table(file: IO[bytes], bounds: Bounds) -> Table:
    """Read the first visible sheet with content, or separated text, from a seekable file; FileProblem otherwise."""
    file.seek(0)
    start = file.read(CHUNK_SIZE)
    file.seek(0)
    if not start:
        raise FileProblem("文件是空的，请重新选择。")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return workbooks.read_old(file, bounds)
    if start.lstrip().startswith(b"%PDF-"):
        raise FileProblem(NO_TABLE)
    if start.startswith(b"PK"):
        return workbooks.read(file, bounds)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:300].lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise FileProblem("这是网页或 XML 格式的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。")
    return separated.read(file, start, bounds)


# --- The heading -----------------------------------------------------------------------------------


def _find_heading(rows: Iterator[TableRow], columns: Columns) -> tuple[int, list[str]]:
    """Return line number and names of the first line that has all required columns; else of the first with content."""
    first: tuple[int, list[str]] | None = None
    for row in islice(rows, MAX_HEADING_ROWS):
        if row.cells is None or row.is_empty:
            continue
        names = [_name(cell, columns) for cell in row.cells]
        if set(columns.required) <= set(names):
            return row.number, names
        first = first or (row.number, names)
    if first is None:
        raise FileProblem(f"文件没有内容。{columns.expected}")
    missing = [column for column in columns.required if column not in first[1]]
    raise FileProblem(f"文件缺少列：{'、'.join(missing)}。{columns.expected}")


def _name(cell: Cell, columns: Columns) -> str:
    """Return the name of a column: a known one also if it is written 姓　名, *姓名 or 姓名：."""
    name = " ".join(unicodedata.normalize("NFKC", cell.text).split())
    bare = _DECORATION.sub("", name)
    return bare if bare in columns.known else name


def _places(names: Sequence[str], columns: Columns) -> dict[str, int]:
    """Return the index of each known column in the order of the file; FileProblem for a name that appears twice."""
    if repeated := list(dict.fromkeys(name for name in names if name and names.count(name) > 1)):
        shown = "、".join(name[:20] for name in repeated[:NAMED])
        raise FileProblem(f"列名重复：{shown}。请只保留一列。")
    return {name: place for place, name in enumerate(names) if name in columns.known}


# --- Lines -----------------------------------------------------------------------------------------


class _MergedLines:
    """The lines with cells that are merged across lines or columns, from ranges such as "A2:A3"."""

    def __init__(self, ranges: Sequence[str]) -> None:
        spans = sorted((int(first), int(last)) for first, last in (re.findall(r"\d+", cells) for cells in ranges))
        self.starts = [first for first, _ in spans]
        self.ends = list(accumulate((last for _, last in spans), max))

    def __contains__(self, line: int) -> bool:
        started = bisect_right(self.starts, line)
        return started > 0 and line <= self.ends[started - 1]


def _lines(table: Table, places: dict[str, int], bounds: Bounds) -> Iterator[Line]:
    merged, count = _MergedLines(table.merged), 0
    for row in table.rows:
        if row.is_empty:
            continue
        count += 1
        if count > bounds.rows:
            raise FileProblem(f"文件超过 {bounds.rows:,} 行，请分成几个文件上传。")
        yield _line(row, places, merged)


def _line(row: TableRow, places: dict[str, int], merged: _MergedLines) -> Line:
    if row.cells is None:
        return Line(row.number, problem=_quote_problem(row))
    cells = {name: row.cells[place] if place < len(row.cells) else EMPTY for name, place in places.items()}
    if not row.joined.isdisjoint(places.values()):
        return Line(row.number, problem=_quote_problem(row))
    if row.number in merged:
        return Line(row.number, cells, "此行有合并的单元格，请取消合并并逐行填写。")
    return Line(row.number, cells)


def _quote_problem(row: TableRow) -> str:
    """Return the sentence about a row that is not valid CSV or joins several lines."""
    if row.last == row.number:
        return "此行不是正确的 CSV，请检查引号是否成对。"
    return f"第 {row.number} 至 {row.last} 行被读作一行，请检查第 {row.number} 行的引号是否成对。"
