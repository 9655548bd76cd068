"""Tables that people send: rows of a workbook or of separated text, read one at a time.

A file that cannot be read raises FileProblem; a line that cannot be read is a TableRow without cells. What the file is
decides its content, never its name. No file costs more than its Bounds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .cells import Cell

MEGABYTE = 1024 * 1024
CHUNK_SIZE = MEGABYTE
NO_TABLE = "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"
DAMAGED = "文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。"
PROTECTED = "文件有打开密码，请去掉密码后另存为 .xlsx 再上传。"
TOO_COMPLEX = "文件太复杂，读取时间过长，请只保留一张表并删除多余的行和格式，或拆分成几个文件。"


class FileProblem(Exception):
    """The file cannot be read; the message is a sentence for people."""


@dataclass(frozen=True)
class Bounds:
    """The most that one file may cost: lines with content, bytes after unpacking, seconds of reading, and cells.

    The number of cells also bounds the texts that they share, and the pieces of which a workbook consists.
    """

    rows: int = 1_048_576
    unpacked: int = 256 * MEGABYTE
    seconds: float = 20
    cells: int = 1_000_000

    def clock(self) -> Clock:
        return Clock(time.monotonic() + self.seconds)


# While a page waits, and in a management command.
PAGE, COMMAND = Bounds(), Bounds(unpacked=1024 * MEGABYTE, seconds=24 * 3600, cells=100_000_000)


@dataclass(frozen=True)
class Clock:
    """The moment at which reading ends, from `time.monotonic`."""

    end: float

    def check(self) -> None:
        """Raise FileProblem if the time is over."""
        if time.monotonic() > self.end:
            raise FileProblem(TOO_COMPLEX)


class TableRow(NamedTuple):
    """A row with the numbers of its first and last line, which differ if its cells hold line ends.

    `cells` is None for a line that is not valid CSV; `joined` holds the indexes of cells with line ends: an unclosed
    quote has joined several lines. `is_wide` rows have content in more columns than are read.
    """

    number: int
    last: int
    cells: list[Cell] | None
    joined: frozenset[int] = frozenset()
    is_wide: bool = False

    @property
    def is_empty(self) -> bool:
        return self.cells is not None and not any(cell.text or cell.problem for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """An estimate of the number of lines, the rows, ranges of merged cells such as A2:A3, and what is hidden.

    `hidden_columns` holds indexes, `hidden_rows` the first lines with content that are hidden or filtered away.
    """

    line_count: int
    rows: Iterator[TableRow]
    merged: list[str] = field(default_factory=list)
    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: tuple[int, ...] = ()
