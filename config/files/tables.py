"""Rows of a CSV or XLSX file as input, read one at a time, so that memory use does not grow with the file.

A file that cannot be read raises FileProblem; a line that cannot be read is a TableRow without cells.
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
from typing import IO, Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

CHUNK_SIZE = 1024 * 1024
# Limits for the unpacked size of a workbook: while a page waits for it, and in a management command.
PAGE_MAX_UNPACKED, COMMAND_MAX_UNPACKED = 20 * CHUNK_SIZE, 512 * CHUNK_SIZE
STRINGS_SHARE = 4  # its texts are held in memory, so their limit is a quarter of that
MAX_SHEET_ROWS = 1_048_576
MAX_HEADER_ROWS, MAX_HEADER_COLUMNS = 20, 200  # the range that is searched for the column names
NO_TABLE = "文件不是 Excel（.xlsx）或 CSV，请重新选择。"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?\bref="([A-Z]+\d+:[A-Z]+\d+)"')
_IMPOSSIBLE_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="\d{8,}"')


class FileProblem(Exception):
    """The file cannot be read; the message is a sentence for people."""


class Formula(str):
    """The text of a cell that holds a formula instead of a value."""

    __slots__ = ()


class ErrorValue(str):
    """The text of a cell whose formula failed, such as #N/A."""

    __slots__ = ()


class TableRow(NamedTuple):
    """A row with the numbers of its first and last line, which differ if its cells hold line ends.

    `cells` is None for a line that is not valid CSV. Cells of CSV are texts; those of XLSX may be numbers and dates.
    """

    number: int
    last: int
    cells: list[Any] | None

    @property
    def is_empty(self) -> bool:
        return self.cells is not None and not any(cell is not None and str(cell).strip() for cell in self.cells)

    def has_line_ends_in(self, places: Iterable[int]) -> bool:
        """Return whether a cell at these positions holds line ends: an unclosed quote has joined several lines."""
        if self.last == self.number or self.cells is None:
            return False
        cells = (self.cells[place] for place in places if place < len(self.cells))
        return any("\n" in cell or "\r" in cell for cell in cells)

    @property
    def quote_problem(self) -> str:
        """Return the sentence about a row that is not valid CSV or joins several lines."""
        if self.last == self.number:
            return "此行不是正确的 CSV，请检查引号是否成对。"
        return f"第 {self.number} 至 {self.last} 行被读作一行，请检查第 {self.number} 行的引号是否成对。"


@dataclass(frozen=True)
class Table:
    """An estimate of the number of lines, the column names, the rows below them, and merged cells such as A2:A3."""

    line_count: int
    column_names: list[str]
    rows: Iterator[TableRow]
    merged_cells: list[str]


def read(file: IO[bytes], max_unpacked: int = PAGE_MAX_UNPACKED) -> Table:
    """Read the first sheet of a workbook, or a CSV, from a seekable file; FileProblem if it is neither."""
    file.seek(0)
    start = file.read(CHUNK_SIZE)
    if not start:
        raise FileProblem("文件是空的，请重新选择。")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("这是旧版 .xls 或加密的 Excel 文件，请另存为不加密的 .xlsx 或 CSV。")
    if start.startswith(b"PK"):
        return _read_workbook(file, max_unpacked)
    if b"\x00" in start and not _is_utf16(start):
        raise FileProblem(NO_TABLE)
    return _read_csv(file, start)


def _read_header(rows: Iterable[TableRow]) -> tuple[int, list[str]]:
    """Return the number of the first non-empty row and its column names, without empty cells at the end."""
    for row in islice(rows, MAX_HEADER_ROWS):
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


def _read_csv(file: IO[bytes], start: bytes) -> Table:
    """Read UTF-8 with or without BOM, UTF-16 with BOM, or GB 18030, as Chinese spreadsheet programs write it."""
    for encoding in ["utf-16"] if _is_utf16(start) else ["utf-8-sig", "gb18030"]:
        if (line_count := _count_lines(file, encoding)) is not None:
            file.seek(0)
            rows = _csv_rows(io.TextIOWrapper(file, encoding, newline=""))
            return Table(line_count, _read_header(rows)[1], rows, [])
    raise FileProblem("文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx。")


def _count_lines(file: IO[bytes], encoding: str) -> int | None:
    """Return the number of lines, or None if the file is not text in this encoding."""
    file.seek(0)
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    try:
        while chunk := file.read(CHUNK_SIZE):
            text = decoder.decode(chunk)
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
            text.detach()  # the caller closes the file


# --- XLSX ------------------------------------------------------------------------------------------


def _read_workbook(file: IO[bytes], max_unpacked: int) -> Table:
    """Read the first sheet, as wide as its column names: a stray cell far to the right does not lengthen every row."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_size(archive, max_unpacked)
        sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
        path = sheet._worksheet_path  # type: ignore[attr-defined]  # the stub gives a sheet for writing
        with zipfile.ZipFile(file) as archive, archive.open(path) as part:
            merged_cells = _find_merged_cells(part)
        line_count = min(sheet.max_row or 0, MAX_SHEET_ROWS)
        sheet.reset_dimensions()  # other programs often write wrong dimensions, and openpyxl reads no further
        number, names = _read_header(_sheet_rows(sheet, 1, MAX_HEADER_ROWS, MAX_HEADER_COLUMNS))
    except FileProblem:
        raise
    except Exception:  # openpyxl lets every error of a broken archive or broken XML through
        raise FileProblem("文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。") from None
    return Table(line_count, names, _sheet_rows(sheet, number + 1, MAX_SHEET_ROWS, max(len(names), 1)), merged_cells)


def _check_size(archive: zipfile.ZipFile, max_unpacked: int) -> None:
    """Raise FileProblem for an archive that unpacks to too much; zipfile unpacks no more than the sizes it states."""
    parts = archive.infolist()
    strings = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if sum(part.file_size for part in parts) > max_unpacked or strings > max_unpacked // STRINGS_SHARE:
        raise FileProblem("文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。")


def _find_merged_cells(part: IO[bytes]) -> list[str]:
    """Return the ranges of merged cells; FileProblem for a row number so high that openpyxl would never finish."""
    found, rest = [], b""
    while chunk := part.read(CHUNK_SIZE):
        chunk = rest + chunk
        if _IMPOSSIBLE_ROW.search(chunk):
            raise FileProblem("工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。")
        found += [cells.decode() for cells in _MERGED.findall(chunk)]
        rest = chunk[chunk.rfind(b"<") :][:200]
    return found


def _sheet_rows(sheet: Worksheet, first: int, last: int, width: int) -> Iterator[TableRow]:
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


def _value(cell: Any) -> Any:
    if cell.data_type == "f":
        return Formula(cell.value)
    return ErrorValue(cell.value) if cell.data_type == "e" else cell.value
