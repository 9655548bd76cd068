"""Completions from CSV and XLSX, a line at a time, so that memory does not grow with the file; and the lines not taken.

What is wrong with a file as a whole is a FileProblem; what is wrong with a line is that line's `problem`, and reading
goes on.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from openpyxl import load_workbook

from accounts import identity
from organizations.resources import FORMULA_STARTS

from .completion_items import Item, Refusal, quotable, text_of, whole_number_of
from .completions import Result

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
PIECE = 1024 * 1024
MOST_UNPACKED = 512 * PIECE
_MERGED = re.compile(rb'<mergeCell ref="[A-Z]+(\d+):[A-Z]+(\d+)"')
# A row is its line number and its cells; None for a line that no CSV reader understands.
Row = tuple[int, list | None]


class FileProblem(Exception):
    """Why a file cannot be read at all, as a sentence for people."""


class Formula(str):
    """A cell that holds a formula instead of a value."""

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """A file that can be read: about how many lines it has, and its items one after the other."""

    lines: int
    items: Iterator[Item]


def read(file: BinaryIO) -> Table:
    """The completions in a seekable binary file. FileProblem if it is no table with the right columns."""
    file.seek(0)
    start = file.read(PIECE)
    file.seek(0)
    if not start:
        raise FileProblem("文件是空的。")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("旧版 Excel（.xls）或加密的文件不能读取，请另存为 .xlsx 或 CSV 后再导入。")
    if start.startswith(b"PK"):
        lines, rows, merged = _workbook(file)
    elif b"\x00" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileProblem("只能导入 .xlsx 或 CSV 文件。")
    else:
        lines, rows, merged = *_text(file), []
    return Table(lines, _items(rows, _header(rows), merged))


# --- CSV -------------------------------------------------------------------------------------------


def _text(file: BinaryIO) -> tuple[int, Iterator[Row]]:
    """UTF-8 with or without a mark, UTF-16 with one, or GB 18030, as Chinese spreadsheet programs write it."""
    start = file.read(4)
    is_utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_utf16 else ["utf-8-sig", "gb18030"]:
        if (lines := _lines_if(file, encoding)) is not None:
            file.seek(0)
            return lines, _csv_rows(io.TextIOWrapper(file, encoding, newline=""))
    raise FileProblem("文件的编码无法识别，请存为 UTF-8 或 GB18030 编码的 CSV，或 .xlsx。")


def _lines_if(file: BinaryIO, encoding: str) -> int | None:
    """How many lines the file has, if all of it is text in this encoding."""
    file.seek(0)
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    try:
        while piece := file.read(PIECE):
            lines += decoder.decode(piece).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def _csv_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    try:
        first = text.readline()
        delimiter = max(",\t;", key=first.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            line = reader.line_num + 1
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield line, None
    finally:
        if not text.closed:
            text.detach()  # the file is its opener's to close


# --- XLSX ------------------------------------------------------------------------------------------


def _workbook(file: BinaryIO) -> tuple[int, Iterator[Row], list[tuple[int, int]]]:
    """The first sheet, read as a stream, and the spans of lines with merged cells."""
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise FileProblem("文件解压后过大，请拆分后再导入。")
        sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
        with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path) as part:
            merged = _merged_lines(part)
        lines = sheet.max_row or 0
        sheet.reset_dimensions()  # what other programs write there is often wrong, and decides what is read
    except FileProblem:
        raise
    except Exception:  # openpyxl lets everything through that a broken archive or XML may raise
        raise FileProblem("文件不是可以读取的 .xlsx 工作簿。") from None
    return lines, _sheet_rows(sheet), merged


def _merged_lines(part) -> list[tuple[int, int]]:
    found, rest = [], b""
    while piece := part.read(PIECE):
        piece = rest + piece
        found += [(int(first), int(last)) for first, last in _MERGED.findall(piece)]
        rest = piece[piece.rfind(b"<") :][:200]
    return found


def _sheet_rows(sheet) -> Iterator[Row]:
    rows, line = iter(sheet.rows), 0
    while True:
        line += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception:
            raise FileProblem(f"工作簿自第 {line} 行起无法读取，此行之前的已处理。") from None
        yield line, [Formula(cell.value) if cell.data_type == "f" else cell.value for cell in cells]


# --- Lines -----------------------------------------------------------------------------------------


def _header(rows: Iterator[Row]) -> dict[str, int]:
    """Column -> its place, from the first line that is not empty."""
    for _, cells in islice(rows, 20):
        names = [str(cell or "").strip() for cell in cells or []]
        if not any(names):
            continue
        missing = [column for column in NEEDED if column not in names]
        twice = [column for column in COLUMNS if names.count(column) > 1]
        if missing:
            raise FileProblem(f"文件缺少列：{'、'.join(missing)}。第一行应为列名：{'、'.join(COLUMNS)}。")
        if twice:
            raise FileProblem(f"列名重复：{'、'.join(twice)}。")
        return {column: names.index(column) for column in COLUMNS if column in names}
    raise FileProblem(f"文件没有内容。第一行应为列名：{'、'.join(COLUMNS)}。")


def _items(rows: Iterable[Row], places: dict[str, int], merged: list[tuple[int, int]]) -> Iterator[Item]:
    for line, cells in rows:
        if cells is None:
            yield Item(line, problem=Refusal("", "此行不是正确的 CSV，请检查引号。"))
        elif any(cell is not None and str(cell).strip() for cell in cells):
            yield _item(line, cells, places, merged)


def _item(line: int, cells: list, places: dict[str, int], merged: list[tuple[int, int]]) -> Item:
    values = {column: cells[place] if place < len(cells) else None for column, place in places.items()}
    try:
        if any(first <= line <= last for first, last in merged):
            raise Refusal("", "此行有合并的单元格，请取消合并并逐行填写。")
        for name, column in FIELDS.items():
            if isinstance(values.get(column), Formula):
                raise Refusal(name, f"“{column}”是公式，请粘贴为数值。")
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
    return [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in row]
