"""Read completions from tables one line at a time, so that memory does not grow with the file.

An error of the whole file is a FileProblem. An error of a line becomes the `problem` of its item, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from accounts import identity
from config.files.cells import guarded
from config.files.lines import Columns, Line, read_lines
from config.files.tables import PAGE, Bounds

from .items import CompletionItem, ItemError, parse_text, parse_whole_number, quotable
from .planning import ItemResult

ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY, NAME = "证件号码", "年度", "科目名称", "学时", "完成日期", "来源编号", "姓名"
COLUMNS = Columns(
    known=(ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY, NAME),
    required=(ID_NUMBER, YEAR, COURSE, DAY),
    ignored=("行", "列", "原因"),
)
ERROR_COLUMNS = ("行", "列", "原因", ID_NUMBER, YEAR, COURSE, KEY)
# Field of an ItemError -> column
FIELDS = {
    "id_number": ID_NUMBER,
    "year": YEAR,
    "course": COURSE,
    "hours": HOURS,
    "completed_on": DAY,
    "source_key": KEY,
    "name": NAME,
}


@dataclass(frozen=True)
class CompletionFile:
    """A readable file: an estimate of its number of lines, its items one by one, and the columns that are not used."""

    lines: int
    items: Iterator[CompletionItem]
    unused: tuple[str, ...]


def read(file: BinaryIO, bounds: Bounds = PAGE) -> CompletionFile:
    """Return the completions of a seekable binary file; raise FileProblem if it is no table with the right columns."""
    found = read_lines(file, COLUMNS, bounds)
    return CompletionFile(found.expected, map(parse_line, found.lines), found.unused)


def parse_line(line: Line) -> CompletionItem:
    """Return the item of a line, with its problem if a cell cannot be taken."""
    id_number = "" if line.cell(ID_NUMBER).problem else line.text(ID_NUMBER)
    try:
        if line.problem:
            raise ItemError("", line.problem)
        for name, column in FIELDS.items():
            if problem := line.cell(column).problem:
                raise ItemError(name, f"“{column}”{problem}")
        return CompletionItem(
            position=line.number,
            id_number=parse_text(id_number, "id_number"),
            year=parse_whole_number(line.text(YEAR), "year", "年度"),
            course=parse_text(line.text(COURSE), "course"),
            hours=line.text(HOURS),
            completed_on=line.text(DAY),
            key=parse_text(line.text(KEY), "source_key"),
            name=parse_text(line.text(NAME), "name"),
        )
    except ItemError as problem:
        return CompletionItem(line.number, id_number=id_number, problem=problem)


# --- Errors ----------------------------------------------------------------------------------------


def error_row(result: ItemResult) -> list[str]:
    """Return the cells of ERROR_COLUMNS for a waiting or refused line: ID number masked, no formulas."""
    item = result.item
    masked = identity.masked(identity.tail(item.id_number)) if item.id_number else ""
    column = FIELDS.get(result.field, "")
    row = [str(item.position), column, result.message, masked, str(item.year or ""), quotable(item.course), item.key]
    return [guarded(text) for text in row]
