"""The import of a table: what each line would change, planned in batches. Importers of the apps say the rules.

An import is planned twice by the same code, once for the preview and once at the confirmation, which writes. Both must
give the same result, so importers compare lines of one file by what they have seen before, not by what was written.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, TypeVar

from config.texts import excerpt

from .lines import Columns, Line

BATCH_SIZE = 1_000
SHOWN_END = 4  # characters of a secret value
_ID_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
Row = TypeVar("Row")


class Outcome(StrEnum):
    """What an import does with a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    WRONG = "wrong"

    @property
    def label(self) -> str:
        labels = {"new": "新增", "changed": "更改", "unchanged": "未变", "waiting": "待认领", "wrong": "有误"}
        return labels[self]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the preview, and the one that it replaces (None if it replaces nothing)."""

    value: str
    was: str | None = None


class Problem(NamedTuple):
    """A column, or none for the line as a whole, and a reason, which follows the column and its value in a sentence."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A line with its outcome: its values in the preview's columns, and its problems or remarks as sentences."""

    line: Line
    outcome: Outcome
    values: tuple[Shown, ...] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Importer(ABC):
    """The rules of one kind of table. An instance serves one pass over a file; `shown` are the preview's columns."""

    columns: Columns
    shown: tuple[str, ...]
    help: str
    handout_columns: tuple[str, ...] = ()

    @abstractmethod
    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        """Return the plan of one batch in the order of its lines, and save the good ones if `write`."""

    def take_handout(self) -> list[list[str]]:
        """Return rows of `handout_columns` that the last written batch gives to the maker, such as first passwords."""
        return []

    def finish(self) -> None:  # noqa: B027  (most importers have nothing to do)
        """Do what is due once after all batches were written."""


@dataclass
class Pass:
    """The result of one pass over a file: counts, the first lines of each outcome, and a hash of all."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    first: dict[Outcome, list[PlannedLine]] = field(default_factory=dict)
    digest: str = ""


def run(
    importer: Importer,
    lines: Iterable[Line],
    *,
    write: bool,
    keep: int,
    on_batch: Callable[[list[PlannedLine]], None] | None = None,
) -> Pass:
    """Plan all lines in batches, and save the good ones if `write`; keep the first `keep` lines of each outcome."""
    result, digest, rest = Pass(), hashlib.sha256(), iter(lines)
    while batch := list(islice(rest, BATCH_SIZE)):
        planned = importer.plan(batch, write=write)
        for line in planned:
            result.counts[line.outcome] += 1
            digest.update(repr((line.line.number, line.outcome, line.values, line.problems, line.remarks)).encode())
            if len(first := result.first.setdefault(line.outcome, [])) < keep:
                first.append(line)
        if on_batch:
            on_batch(planned)
    if write:
        importer.finish()
    result.digest = digest.hexdigest()
    return result


def compared(
    line: Line, before: Sequence[str] | None, after: Sequence[str], remarks: tuple[str, ...] = ()
) -> PlannedLine:
    """Return the plan of a right line, from the texts of its row before and after; None for a new row."""
    values = tuple(
        Shown(now, was if before and now != was else None) for now, was in zip(after, before or after, strict=True)
    )
    outcome = Outcome.NEW if before is None else Outcome.UNCHANGED if before == after else Outcome.CHANGED
    return PlannedLine(line, outcome, values, remarks=remarks)


def changes(planned: Iterable[tuple[PlannedLine, Row]]) -> tuple[list[Row], list[Row]]:
    """Return the rows to insert and the rows to update."""
    new: list[Row] = []
    changed: list[Row] = []
    for entry, row in planned:
        if entry.outcome is Outcome.NEW:
            new.append(row)
        elif entry.outcome is Outcome.CHANGED:
            changed.append(row)
    return new, changed


def refused(line: Line, problems: Iterable[str]) -> PlannedLine:
    """Return the plan of a line that is not imported."""
    return PlannedLine(line, Outcome.WRONG, problems=tuple(problems))


def all_problems(line: Line, columns: Columns, found: Iterable[Problem] = ()) -> list[str]:
    """Return all problems of a line as sentences, each once, with column and value.

    `found` are those that the rules find. They are left out for a column that cannot be read or is empty but required,
    and for a line that cannot be read as a whole.
    """
    if line.problem:
        return [line.problem]
    wrong = {column: f"“{column}”列{cell.problem}" for column, cell in line.cells.items() if cell.problem}
    empty = {column: f"“{column}”列为空。" for column in columns.required if not line.text(column)}
    unread = empty | wrong
    sentences = [_sentence(line, columns, *problem) for problem in found if problem.column not in unread]
    return list(dict.fromkeys([*unread.values(), *sentences]))


def _sentence(line: Line, columns: Columns, column: str, reason: str) -> str:
    value = line.text(column)
    if not column or not value:
        return f"“{column}”列为空{reason}" if column else reason
    return f"“{column}”列的值“{_quoted(line, columns, column)}”{reason}"


def _quoted(line: Line, columns: Columns, column: str) -> str:
    """Return a value as a sentence quotes it; secret ones and ID numbers are masked, also in a wrong column."""
    value = line.text(column)
    if column in columns.secret:
        return _masked(value)
    for secret in map(line.text, columns.secret):
        if len(secret) > SHOWN_END:
            value = value.replace(secret, _masked(secret))
    return excerpt(_ID_NUMBER.sub(lambda found: _masked(found[0]), value) if columns.secret else value)


def _masked(value: str) -> str:
    return f"*****{value[-SHOWN_END:]}"
