"""Workbooks (.xlsx), also Strict Open XML: the first visible sheet with content.

A scan of the sheet's XML comes first: it finds the last row that holds a value, what is hidden, merged cells and
formulas without a value. openpyxl's parser then reads no further than that row, so a stray cell costs nothing. Its
`load_workbook` is not used: it parses a whole sheet to learn its size, and yields each missing row.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import coordinate_to_tuple
from openpyxl.worksheet._reader import WorkSheetParser

from .cells import EMPTY, Cell, error, from_value, unsaved_formula
from .tables import CHUNK_SIZE, DAMAGED, MAX_COLUMNS, NO_TABLE, Bounds, Clock, FileProblem, Table, TableRow

STRINGS_SHARE = 4  # texts are held in memory, so their limit is a quarter of that of the whole file
MAX_ROW_BYTES = 8 * CHUNK_SIZE
MAX_PARTS = 2_000
MAX_SHEETS_TRIED = 20
MAX_NOTED = 10_000  # merged ranges and formulas without a value
ROWS_AT_ONCE = 500  # between two looks at the clock
CELLS_AT_ONCE = 50_000
# Parts that openpyxl holds in memory: end of the name, what begins an element, and the most of them that are read.
# Excel itself keeps 64,000 cell formats.
MOST_ELEMENTS = (("sharedStrings.xml", b"<si", 1_500_000), ("styles.xml", b"<", 400_000), (".rels", b"<", 100_000))
WRONG_ROWS = "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。"
TOO_LARGE = "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。"
# Built-in formats of Chinese and Japanese Excel that hold dates; openpyxl takes them for plain numbers.
FIRST_CUSTOM_FORMAT = 164
EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})
STRICT = b"http://purl.oclc.org/ooxml/"
STRICT_NAMES = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
)

# No pattern looks past the next tag, so that tags without an end cost no more than others.
_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]*)>")
_ROW_START = re.compile(rb"<(?:\w+:)?row[\s>/]")
_CELL = re.compile(
    rb"<(?:\w+:)?c(?=[\s>])([^<>]*)(?<!/)>((?:[^<]++|<(?!(?:\w+:)?c[\s>/])(?!/(?:\w+:)?c>))*+)</(?:\w+:)?c>"
)
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^<>]*>([^<]*+)</")
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^<>]*>([^<]*+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_NUMBER = re.compile(rb"""\br=["']([^"']*)["']""")
_TYPE = re.compile(rb"""\bt=["'](\w+)["']""")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^<>]*)>")
_SPAN = re.compile(rb"""\b(min|max)=["'](\d{1,5})["']""")
_END = re.compile(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell [^<>]*?\bref=["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})["']""")


def read(file: IO[bytes], bounds: Bounds) -> Table:
    """Read the first visible sheet with content; FileProblem if there is none or the file is no workbook."""
    clock = bounds.clock()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and features that openpyxl does not keep
            return _first_sheet(_Book(_open(file, bounds)), clock)
    except FileProblem:
        raise
    except Exception:  # openpyxl and zipfile let every error of a broken archive or broken XML through
        raise FileProblem(DAMAGED) from None


_ParsedRow = tuple[int, list[dict[str, Any]]]


# --- The archive -----------------------------------------------------------------------------------


def _open(file: IO[bytes], bounds: Bounds) -> IO[bytes]:
    """Return the file, or a copy in Transitional Open XML of a Strict one; FileProblem for other and huge archives."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        _check_kind(archive, names)
        strings = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
        total = sum(part.file_size for part in parts)
        if total > bounds.unpacked or strings > bounds.unpacked // STRINGS_SHARE or len(parts) > MAX_PARTS:
            raise FileProblem(TOO_LARGE)
        with archive.open("[Content_Types].xml") as types:
            types.read(CHUNK_SIZE)
        _check_elements(archive)
        return _transitional(archive) if _is_strict(archive, names) else file


def _check_elements(archive: zipfile.ZipFile) -> None:
    """Raise FileProblem if a part that openpyxl holds in memory has too many elements; see MOST_ELEMENTS."""
    for name in archive.namelist():
        for ending, start, most in MOST_ELEMENTS:
            if name.endswith(ending):
                with archive.open(name) as part:
                    count = sum(chunk.count(start) for chunk in iter(partial(part.read, CHUNK_SIZE), b""))
                if count > most:
                    raise FileProblem(TOO_LARGE)


def _check_kind(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            if b"opendocument" in part.read(100):
                raise FileProblem("这是 .ods（OpenDocument）文件，请另存为 .xlsx 再上传。")
    if "xl/workbook.bin" in names:
        raise FileProblem("这是 .xlsb 文件，请另存为 .xlsx 再上传。")
    if "[Content_Types].xml" not in names or any(name.startswith(("word/", "ppt/")) for name in names):
        raise FileProblem(NO_TABLE)


def _is_strict(archive: zipfile.ZipFile, names: set[str]) -> bool:
    if "xl/workbook.xml" not in names:
        return False
    with archive.open("xl/workbook.xml") as part:
        return STRICT in part.read(CHUNK_SIZE)


def _transitional(archive: zipfile.ZipFile) -> IO[bytes]:
    """Return a copy of a Strict workbook with the names of Transitional Open XML, which openpyxl knows."""
    copy = BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for part in archive.infolist():
            with archive.open(part) as source, target.open(part.filename, "w") as sink:
                while chunk := source.read(CHUNK_SIZE):
                    for strict, name in STRICT_NAMES:  # they stand at the beginning of each part
                        chunk = chunk.replace(strict, name)
                    sink.write(chunk)
    copy.seek(0)
    return copy


class _Book:
    """The parts of a workbook that its sheets need: names and paths of visible sheets, texts and number formats."""

    def __init__(self, file: IO[bytes]) -> None:
        reader: Any = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        self.archive: zipfile.ZipFile = reader.archive
        self.strings: list[str] = reader.shared_strings
        self.blank_strings = {str(place).encode() for place, text in enumerate(self.strings) if not text.strip()}
        self.sheets = [
            (sheet.name, relation.target)
            for sheet, relation in reader.parser.find_sheets()
            if sheet.state == "visible" and relation.target in reader.valid_files and "worksheet" in relation.Type
        ]
        self.epoch, self.durations = reader.wb.epoch, reader.wb._timedelta_formats
        numbers = [style.numFmtId for style in reader.wb._cell_styles]
        self.dates = reader.wb._date_formats | {place for place, n in enumerate(numbers) if n in EAST_ASIAN_DATES}
        custom = dict(enumerate(reader.wb._number_formats, start=FIRST_CUSTOM_FORMAT))
        self.formats = [custom.get(number) or BUILTIN_FORMATS.get(number, "") for number in numbers]

    def parse(self, part: IO[bytes]) -> Iterator[_ParsedRow]:
        """Yield the number and the cells of each row that the sheet's XML holds."""
        rows: Iterator[_ParsedRow] = WorkSheetParser(
            part,
            self.strings,
            data_only=True,
            epoch=self.epoch,
            date_formats=self.dates,
            timedelta_formats=self.durations,
        ).parse()
        return rows


# --- The scan --------------------------------------------------------------------------------------


@dataclass
class Extent:
    """What a sheet's XML holds: the last row with a value, merged cells, hidden parts, and formulas without a value."""

    last_row: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    hidden_row: int | None = None
    unsaved: set[tuple[int, int]] = field(default_factory=set)


class _Scanner:
    """Scans the rows of a sheet, which come in pieces of whole rows."""

    def __init__(self, blank_strings: set[bytes]) -> None:
        self.extent, self.blank_strings = Extent(), blank_strings
        self.row = 0

    def add_head(self, piece: bytes) -> None:
        for found in _COLUMN.finditer(piece):
            if _HIDDEN.search(found[1]):
                span = {name: int(number) for name, number in _SPAN.findall(found[1])}
                first, last = span.get(b"min", 0), min(span.get(b"max", 0), MAX_COLUMNS)
                self.extent.hidden_columns.update(range(first - 1, last))

    def add_rows(self, piece: bytes) -> None:
        """Note what the rows of a piece hold. Rows without a value are passed over at once."""
        starts = [found.start() for found in _ROW_START.finditer(piece)]
        if not starts:
            return
        if b"v>" not in piece and b"t>" not in piece and b"f>" not in piece and b"<f" not in piece:
            self.row = self._number(_ROW.match(piece, starts[-1]), self.row + len(starts) - 1)
            return
        for start, end in zip(starts, [*starts[1:], len(piece)], strict=True):
            self._add_row(piece[start:end])

    def _add_row(self, row: bytes) -> None:
        head = _ROW.match(row)
        number = self._number(head, self.row)
        has_value = self._has_value(row)
        if has_value and number <= self.row:
            raise FileProblem(WRONG_ROWS)
        self.row = number
        if b"<f" in row or b":f" in row:
            has_value = self._note_formulas(row, number) or has_value
        if not has_value:
            return
        self.extent.last_row = number
        if self.extent.hidden_row is None and head and _HIDDEN.search(head[1]):
            self.extent.hidden_row = number

    def _number(self, head: re.Match[bytes] | None, previous: int) -> int:
        found = _NUMBER.search(head[1]) if head else None
        if not found:
            return previous + 1
        if not re.fullmatch(rb"\d{1,7}", found[1]):
            raise FileProblem(WRONG_ROWS)
        return int(found[1])

    def _has_value(self, row: bytes) -> bool:
        for attributes, content in _CELL.findall(row):
            kind = _TYPE.search(attributes)
            if kind and kind[1] == b"inlineStr":
                if b"".join(_TEXT.findall(content)).decode(errors="replace").strip():
                    return True
                continue
            value = _VALUE.search(content)
            is_text = kind and kind[1] == b"s"
            if value and value[1].strip() and not (is_text and value[1].strip() in self.blank_strings):
                return True
        return False

    def _note_formulas(self, row: bytes, number: int) -> bool:
        """Note the row's formulas without a value; return whether there are any."""
        unsaved = False
        for attributes, content in _CELL.findall(row):
            value, kind, place = _VALUE.search(content), _TYPE.search(attributes), _NUMBER.search(attributes)
            if not _FORMULA.search(content) or (value and value[1].strip()) or (kind and kind[1] == b"str"):
                continue
            unsaved = True
            if place and len(self.extent.unsaved) < MAX_NOTED:
                with suppress(ValueError):
                    self.extent.unsaved.add((number, coordinate_to_tuple(place[1].decode())[1]))
        return unsaved


def _scan(part: IO[bytes], blank_strings: set[bytes], clock: Clock) -> Extent:
    scanner, rest, in_rows, is_whole = _Scanner(blank_strings), b"", False, False
    while chunk := part.read(CHUNK_SIZE):
        clock.check()
        piece = rest + chunk
        is_whole = is_whole or bool(_END.search(piece))
        scanner.extent.merged += [cells.decode() for cells in _MERGED.findall(piece)]
        del scanner.extent.merged[MAX_NOTED:]
        if not in_rows and (first := _ROW_START.search(piece)):
            scanner.add_head(piece[: first.start()])
            piece, in_rows = piece[first.start() :], True
        cut = _last_row_start(piece) if in_rows else max(piece.rfind(b"<"), 0)
        if in_rows:
            scanner.add_rows(piece[:cut])
        rest = piece[cut:]
        if len(rest) > MAX_ROW_BYTES:
            raise FileProblem(TOO_LARGE)
    if in_rows:
        scanner.add_rows(rest)
    if not is_whole:
        raise FileProblem(f"工作簿自第 {scanner.row or 1} 行起无法读取，请重新保存后再试。")
    scanner.extent.merged = list(dict.fromkeys(scanner.extent.merged))
    return scanner.extent


def _last_row_start(piece: bytes) -> int:
    """Return where the last row of the piece begins, or what follows the rows."""
    place = len(piece)
    while (place := max(piece.rfind(b"row ", 0, place), piece.rfind(b"row>", 0, place))) > 0:
        start = piece.rfind(b"<", 0, place)
        if _ROW_START.match(piece, start):
            return start
    return max(piece.rfind(b"<"), 0)


# --- Sheets and rows -------------------------------------------------------------------------------


def _first_sheet(book: _Book, clock: Clock) -> Table:
    """Return the first visible sheet with content."""
    for _, path in book.sheets[:MAX_SHEETS_TRIED]:
        with book.archive.open(path) as part:
            extent = _scan(part, book.blank_strings, clock)
        if extent.last_row:
            hidden = frozenset(extent.hidden_columns)
            return Table(extent.last_row, _rows(book, path, extent, clock), extent.merged, hidden, extent.hidden_row)
    named = "、".join(f"“{name[:20]}”" for name, _ in book.sheets[:5])
    raise FileProblem(
        f"工作表{named}中没有内容，请把表格放在第一张可见的工作表。" if named else "文件中没有可见的工作表。"
    )


def _rows(book: _Book, path: str, extent: Extent, clock: Clock) -> Iterator[TableRow]:
    """Yield the rows up to the last one with a value; FileProblem at one that cannot be read."""
    number = 0
    with book.archive.open(path) as part:
        rows = book.parse(part)
        while number < extent.last_row:
            clock.check()
            batch, is_broken = _next_rows(rows, extent.last_row)
            for number, cells in batch:
                yield TableRow(number, number, _cells(book, number, cells, extent.unsaved))
            if is_broken:
                raise FileProblem(f"工作簿自第 {number + 1} 行起无法读取，请重新保存后再试。")
            if not batch:
                return


def _next_rows(rows: Iterator[_ParsedRow], last_row: int) -> tuple[list[_ParsedRow], bool]:
    """Return up to ROWS_AT_ONCE rows or CELLS_AT_ONCE cells, and whether the XML is broken after them."""
    batch: list[_ParsedRow] = []
    count = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dates outside the calendar, which become error values
        try:
            while len(batch) < ROWS_AT_ONCE and count < CELLS_AT_ONCE and (not batch or batch[-1][0] < last_row):
                batch.append(next(rows))
                count += len(batch[-1][1])
        except StopIteration:
            return batch, False
        except Exception:  # of openpyxl, for broken XML
            return batch, True
    return batch, False


def _cells(book: _Book, row: int, found: list[dict[str, Any]], unsaved: set[tuple[int, int]]) -> list[Cell]:
    """Return the first MAX_COLUMNS cells of a row in the order of their columns."""
    cells = {
        cell["column"]: _cell(book, cell, unsaved and (row, cell["column"]) in unsaved)
        for cell in found
        if cell["column"] <= MAX_COLUMNS
    }
    width = max(cells, default=0)
    return [cells.get(column, EMPTY) for column in range(1, width + 1)]


def _cell(book: _Book, cell: dict[str, Any], is_unsaved: object) -> Cell:
    if cell["value"] is None:
        return unsaved_formula() if is_unsaved else EMPTY
    if cell["data_type"] == "e":
        return error(str(cell["value"]))
    is_number = cell["data_type"] == "n" and cell["style_id"] < len(book.formats)
    return from_value(cell["value"], book.formats[cell["style_id"]] if is_number else "")
