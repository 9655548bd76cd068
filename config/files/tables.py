"""READ: the rows of a CSV or XLSX file that people send, one at a time, so that memory does not grow with the file.

What is wrong with a file as a whole is a FileProblem; a line of it that cannot be read is a TableRow that says so.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple

from openpyxl import load_workbook

PIECE = 1024 * 1024
# What a workbook may come to when it is unpacked: where somebody waits for the page, and where a command reads it.
PAGE_MAX_UNPACKED, COMMAND_MAX_UNPACKED = 20 * PIECE, 512 * PIECE
STRINGS_SHARE = 4  # its texts are held in memory, so that they may be a quarter of it
LAST_ROW = 1_048_576  # of a worksheet
HEAD_ROWS, WIDEST = 20, 200  # where the column names are looked for
NO_TABLE = "文件不是 Excel（.xlsx）或 CSV，请重新选择。"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?\bref="([A-Z]+\d+:[A-Z]+\d+)"')
_BEYOND = re.compile(rb'<(?:\w+:)?row [^>]*?\br="\d{8,}"')


class FileProblem(Exception):
    """Why a file cannot be read at all, as a sentence for people."""


class Formula(str):
    """A cell that holds a formula instead of a value."""

    __slots__ = ()


class ErrorValue(str):
    """A cell whose formula went wrong, such as #N/A."""

    __slots__ = ()


class TableRow(NamedTuple):
    """A line and its cells; None for one that is no CSV. One with line ends in its cells goes on to the line `last`."""

    number: int
    last: int
    cells: list | None

    @property
    def is_empty(self) -> bool:
        return self.cells is not None and not any(cell is not None and str(cell).strip() for cell in self.cells)

    def has_line_ends_in(self, places: Iterable[int]) -> bool:
        """Whether one of these cells holds line ends: its quotation mark has no end, and the lines below are gone."""
        if self.last == self.number or self.cells is None:
            return False
        here = (self.cells[place] for place in places if place < len(self.cells))
        return any("\n" in cell or "\r" in cell for cell in here)

    @property
    def quote_problem(self) -> str:
        """What is wrong with a line that is no CSV or swallows others."""
        if self.last == self.number:
            return "此行不是正确的 CSV，请检查引号是否成对。"
        return f"第 {self.number} 至 {self.last} 行被读作一行，请检查第 {self.number} 行的引号是否成对。"


@dataclass(frozen=True)
class Table:
    """About how many lines there are, the names of the columns, the rows below them, and merged cells ("A2:A3")."""

    line_count: int
    column_names: list[str]
    rows: Iterator[TableRow]
    merged_cells: list[str]


def read(file: IO[bytes], max_unpacked: int = PAGE_MAX_UNPACKED) -> Table:
    """The first sheet of a workbook, or a CSV, in a seekable binary file. FileProblem if it is neither."""
    file.seek(0)
    start = file.read(PIECE)
    if not start:
        raise FileProblem("文件是空的，请重新选择。")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("这是旧版 .xls 或加密的 Excel 文件，请另存为不加密的 .xlsx 或 CSV。")
    if start.startswith(b"PK"):
        return _workbook(file, max_unpacked)
    if b"\x00" in start and not _is_utf16(start):
        raise FileProblem(NO_TABLE)
    return _text(file, start)


def _heads(rows: Iterable[TableRow]) -> tuple[int, list[str]]:
    """The first line that is not empty: its number and what it says, without empty cells at its end."""
    for row in islice(rows, HEAD_ROWS):
        if row.cells is None or row.is_empty:
            continue
        names = [" ".join(unicodedata.normalize("NFKC", str(cell or "")).split()) for cell in row.cells]
        while not names[-1]:
            names.pop()
        return row.number, names
    return 0, []


# --- CSV -------------------------------------------------------------------------------------------


def _is_utf16(start: bytes) -> bool:
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _text(file: IO[bytes], start: bytes) -> Table:
    """UTF-8 with or without a mark, UTF-16 with one, or GB 18030, as Chinese spreadsheet programs write it."""
    for encoding in ["utf-16"] if _is_utf16(start) else ["utf-8-sig", "gb18030"]:
        if (lines := _lines_if(file, encoding)) is not None:
            file.seek(0)
            rows = _csv_rows(io.TextIOWrapper(file, encoding, newline=""))
            return Table(lines, _heads(rows)[1], rows, [])
    raise FileProblem("文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx。")


def _lines_if(file: IO[bytes], encoding: str) -> int | None:
    """How many lines the file has, if all of it is text in this encoding."""
    file.seek(0)
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    try:
        while piece := file.read(PIECE):
            text = decoder.decode(piece)
            if "\x00" in text:
                raise FileProblem(NO_TABLE)
            lines += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def _csv_rows(text: io.TextIOWrapper) -> Iterator[TableRow]:
    try:
        first = text.readline()
        delimiter = max(",\t;", key=first.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = None
            yield TableRow(number, max(reader.line_num, number), cells)
    finally:
        if not text.closed:
            text.detach()  # the file is its opener's to close


# --- XLSX ------------------------------------------------------------------------------------------


def _workbook(file: IO[bytes], max_unpacked: int) -> Table:
    """As wide as the column names: a stray cell far to the right does not lengthen every line."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_size(archive, max_unpacked)
        sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
        with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path) as part:
            merged = _merged(part)
        lines = min(sheet.max_row or 0, LAST_ROW)
        sheet.reset_dimensions()  # what other programs write there is often wrong, and decides what is read
        number, heads = _heads(_sheet_rows(sheet, 1, HEAD_ROWS, WIDEST))
    except FileProblem:
        raise
    except Exception:  # openpyxl lets everything through that a broken archive or XML may raise
        raise FileProblem("文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。") from None
    return Table(lines, heads, _sheet_rows(sheet, number + 1, LAST_ROW, max(len(heads), 1)), merged)


def _check_size(archive: zipfile.ZipFile, most: int) -> None:
    """A small archive may hold a huge table; the sizes that it states are those that are unpacked at most."""
    parts = archive.infolist()
    strings = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if sum(part.file_size for part in parts) > most or strings > most // STRINGS_SHARE:
        raise FileProblem("文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。")


def _merged(part) -> list[str]:
    """The spans of merged cells; a row that no worksheet can have would be waited for without end."""
    found, rest = [], b""
    while piece := part.read(PIECE):
        piece = rest + piece
        if _BEYOND.search(piece):
            raise FileProblem("工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。")
        found += [cells.decode() for cells in _MERGED.findall(piece)]
        rest = piece[piece.rfind(b"<") :][:200]
    return found


def _sheet_rows(sheet, first: int, last: int, width: int) -> Iterator[TableRow]:
    rows, number = iter(sheet.iter_rows(min_row=first, max_row=last, max_col=width)), first - 1
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception:
            raise FileProblem(f"工作簿自第 {number} 行起无法读取，请重新保存后再试。") from None
        yield TableRow(number, number, [_value(cell) for cell in cells])


def _value(cell):
    if cell.data_type == "f":
        return Formula(cell.value)
    return ErrorValue(cell.value) if cell.data_type == "e" else cell.value
