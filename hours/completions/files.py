"""Read completions from tables one line at a time, so that memory does not grow with the file.

An error of the whole file is a FileProblem. Errors of a line become the `problems` of its item, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from accounts import identity
from config.files.cells import guarded
from config.files.importing import Problem, all_problems
from config.files.lines import Columns, Line, read_lines
from config.files.tables import PAGE, Bounds

from .items import CompletionItem, ItemError, parse_year_or_id, quotable
from .plans import ItemResult

ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY, NAME = "证件号码", "年度", "科目名称", "学时", "完成日期", "来源编号", "姓名"
COLUMNS = Columns(
    known=(ID_NUMBER, YEAR, COURSE, HOURS, DAY, KEY, NAME),
    required=(ID_NUMBER, YEAR, COURSE, DAY),
    ignored=("行", "列", "原因"),
    names=(COURSE, NAME),
    secret=(ID_NUMBER,),
    numbers=(YEAR, HOURS),
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
    """A readable file: an estimate of its number of lines, its items one by one, and the columns that are not used.

    Those without a name are added while the items are read.
    """

    lines: int
    items: Iterator[CompletionItem]
    unused: list[str]


def read(file: BinaryIO, bounds: Bounds = PAGE) -> CompletionFile:
    """Return the completions of a seekable binary file; raise FileProblem if it is no table with the right columns."""
    found = read_lines(file, COLUMNS, bounds)
    return CompletionFile(found.expected, map(parse_line, found.lines), found.unused)


def parse_line(line: Line) -> CompletionItem:
    """Return the item of a line, with its problems if cells cannot be taken."""
    if line.problem:
        return CompletionItem(line.number, problems=(ItemError("", line.problem),), line=line)
    problems = [
        ItemError(name, f"“{column}”列{line.cell(column).problem}")
        for name, column in FIELDS.items()
        if line.cell(column).problem
    ]
    texts = {column: "" if line.cell(column).problem else line.text(column) for column in COLUMNS.known}
    year = None
    try:
        year = parse_year_or_id(texts[YEAR], "year", YEAR)
    except ItemError as problem:
        problems.append(problem)
    return CompletionItem(
        position=line.number,
        id_number=texts[ID_NUMBER],
        year=year,
        course=texts[COURSE],
        hours=texts[HOURS],
        completed_on=texts[DAY],
        key=texts[KEY],
        name=texts[NAME],
        problems=tuple(problems),
        line=line,
    )


def refusals(result: ItemResult) -> list[str]:
    """Return why the line of an item is refused, as sentences with column and value."""
    line = result.item.line
    return all_problems(line, COLUMNS, map(_problem, result.errors)) if line else list(map(str, result.errors))


def _problem(error: ItemError) -> Problem:
    column, message = FIELDS.get(error.field, ""), str(error)
    if column and message.startswith(f"{column}“"):  # with the value
        return Problem("", message)
    return Problem(column, f"：{message}" if column else message)


# --- Errors ----------------------------------------------------------------------------------------


def error_row(result: ItemResult) -> list[str]:
    """Return the cells of ERROR_COLUMNS for a waiting or refused line: ID number masked, no formulas."""
    item = result.item
    masked = identity.masked(identity.tail(item.id_number)) if item.id_number else ""
    fields = [error.field for error in result.errors] or [result.field]
    columns = "、".join(FIELDS[field] for field in fields if field in FIELDS)
    reason = "".join(refusals(result)) if result.errors else result.message
    row = [str(item.position), columns, reason, masked, str(item.year or ""), quotable(item.course), item.key]
    return [guarded(text) for text in row]
