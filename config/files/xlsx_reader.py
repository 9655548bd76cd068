"""Program that reads a workbook (.xlsx) from its input and writes its first visible sheet as lines of JSON.

The first line describes the sheet or holds a "reason" for refusing it; then follows [row number, cells] for each row
with content, and "end". A cell is null or [kind, value, number format]; a built-in format is its number. Arguments:
bytes of memory, seconds, bytes of output, bytes after unpacking.

Each part of the archive is read once, piece by piece, and only what a table needs is kept. No library gives hidden
rows, merged cells, number formats and formulas without a value without holding the whole sheet.
"""

import io
import json
import posixpath
import re
import resource
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any
from xml.parsers import expat

CHUNK_SIZE = 256 * 1024
MAX_PARTS = 2_000
MAX_SHEETS_TRIED = 20
MAX_COLUMNS = 200
MAX_MERGED = 10_000
MAX_HIDDEN = 100  # rows; the reader of lines needs one after the heading
MAX_TAG = 4 * 1024 * 1024  # bytes; the parser reads an unfinished one again with each piece
MAX_TEXT = 40_000  # characters of a cell; Excel holds 32,767
MAX_FORMAT = 255  # characters
LAST_ROW = 1_048_576
SHEET_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # Strict
)
RELATIONS_NAMESPACES = ("http://schemas.openxmlformats.org/package/2006/relationships",)
FIRST_CUSTOM_FORMAT = 164
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
WHOLE = re.compile(r"[0-9]{1,15}")
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
BLANK_ROW = re.compile(rb"<row( [^<>]*)>(?:<c [^<>]*(?<=/)>)++</row>")
RANGE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7}")
ZERO = re.compile(r"0+(?:\.0*)?")

Attributes = dict[str, str]
Cell = list[Any] | None


class Refused(Exception):
    """The file cannot be read: the reason, and what its sentence names."""

    def __init__(self, reason: str, **named: Any) -> None:
        super().__init__(reason)
        self.record = {"reason": reason, **named}


def main() -> None:
    memory, seconds, output, unpacked = map(int, sys.argv[1:])
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, output)):
        resource.setrlimit(limit, (most, most))
    try:
        _write_sheet(sys.stdin.buffer.read(), unpacked)
    except Refused as refusal:
        _write(refusal.record)
    except (MemoryError, OSError):  # OSError: more output than allowed
        _write({"reason": "large"})
    except Exception:  # zipfile lets every error of a broken archive through
        _write({"reason": "damaged"})


def _write(record: Any) -> None:
    sys.stdout.write(json.dumps(record) + "\n")


def _write_sheet(content: bytes, unpacked: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        archive = _Archive(file)
        archive.check(unpacked)
        book = _Book(archive)
        for _, path in book.sheets[:MAX_SHEETS_TRIED]:
            with TemporaryFile("w+") as rows:
                sheet = _Sheet(book, rows)
                sheet.read(archive, path)
                if sheet.last:
                    _write(sheet.description())
                    rows.seek(0)
                    shutil.copyfileobj(rows, sys.stdout)
                    _write("end")
                    return
        raise Refused("empty", sheets=[name[:20] for name, _ in book.sheets[:5]])


class _Archive:
    """The parts of the archive by their names, which ignore case."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file
        self.parts = {part.filename.replace("\\", "/").lower(): part for part in file.infolist()}

    def check(self, unpacked: int) -> None:
        """Raise Refused if the archive is no workbook or too large."""
        if len(self.parts) > MAX_PARTS or sum(part.file_size for part in self.parts.values()) > unpacked:
            raise Refused("large")
        if "mimetype" in self.parts:
            with self.file.open(self.parts["mimetype"]) as part:
                if b"opendocument" in part.read(100):
                    raise Refused("ods")
        if "xl/workbook.bin" in self.parts:
            raise Refused("xlsb")
        if "[content_types].xml" not in self.parts or any(name.startswith(("word/", "ppt/")) for name in self.parts):
            raise Refused("no_table")

    def open(self, name: str) -> IO[bytes]:
        return self.file.open(self.parts[name.lower()])

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the parts that a part refers to: identifier -> (last word of the type, name of the part)."""
        folder, _, file = name.rpartition("/")
        place = f"{folder}/_rels/{file}.rels".lstrip("/")
        if place.lower() not in self.parts:
            return {}
        relations = _Relations(folder)
        relations.read(self, place)
        return relations.found


class _Part:
    """Reads the XML of a part: calls methods by the local names of elements in these namespaces, and collects text."""

    namespaces: tuple[str, ...] = SHEET_NAMESPACES
    starts: dict[str, str] = {}
    ends: dict[str, str] = {}

    def __init__(self) -> None:
        self.pieces: list[str] | None = None

    def read(self, archive: _Archive, name: str) -> None:
        starts, ends = self._handlers(self.starts), self._handlers(self.ends)

        def start(element: str, attributes: Attributes) -> None:
            if handler := starts.get(element):
                handler(attributes)

        def end(element: str) -> None:
            if handler := ends.get(element):
                handler()

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = self._collect
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        with archive.open(name) as part:
            fed = 0
            for piece in self.pieces_of(part):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MAX_TAG:
                    raise Refused("large")
            parser.Parse(b"", True)

    def pieces_of(self, part: IO[bytes]) -> Iterator[bytes]:
        return iter(partial(part.read, CHUNK_SIZE), b"")

    def _handlers(self, names: dict[str, str]) -> dict[str, Callable[..., None]]:
        return {
            f"{namespace} {element}": getattr(self, method)
            for namespace in self.namespaces
            for element, method in names.items()
        }

    def _refuse_doctype(self, *_: Any) -> None:
        raise ValueError("a workbook declares no document type")

    def _collect(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)

    def begin_text(self, _: Attributes) -> None:
        self.pieces = []

    def take_text(self) -> str:
        text, self.pieces = "".join(self.pieces or ())[:MAX_TEXT], None
        return text


class _Relations(_Part):
    namespaces = RELATIONS_NAMESPACES
    starts = {"Relationship": "add"}

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder, self.found = folder, dict[str, tuple[str, str]]()

    def add(self, attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External":
            path = posixpath.join("/", self.folder, attributes["Target"].replace("\\", "/"))
            kind = attributes["Type"].rpartition("/")[2]
            self.found[attributes["Id"]] = (kind, posixpath.normpath(path).lstrip("/"))


class _Book:
    """What the sheets of a workbook share, and the names and paths of its visible sheets."""

    def __init__(self, archive: _Archive) -> None:
        targets = dict(archive.relations("").values())
        name = targets.get("officeDocument", "xl/workbook.xml")
        relations = archive.relations(name)
        paths = dict(relations.values())
        workbook, styles, self.strings = _Workbook(), _Styles(), list[str]()
        workbook.read(archive, name)
        if "styles" in paths:
            styles.read(archive, paths["styles"])
        if "sharedStrings" in paths:
            texts = _Texts()
            texts.read(archive, paths["sharedStrings"])
            self.strings = texts.found
        self.is_1904 = workbook.is_1904
        self.formats = styles.formats()
        sheets = [(sheet, *relations.get(relation, ("", ""))) for sheet, relation in workbook.visible]
        self.sheets = [
            (sheet, path) for sheet, kind, path in sheets if kind == "worksheet" and path.lower() in archive.parts
        ]


class _Workbook(_Part):
    starts = {"sheet": "add_sheet", "workbookPr": "note_dates"}

    def __init__(self) -> None:
        super().__init__()
        self.visible: list[tuple[str, str]] = []
        self.is_1904 = False

    def add_sheet(self, attributes: Attributes) -> None:
        relation = next((value for name, value in attributes.items() if name.endswith(" id")), "")
        if attributes.get("state", "visible") == "visible":
            self.visible.append((attributes.get("name", ""), relation))

    def note_dates(self, attributes: Attributes) -> None:
        self.is_1904 = _is_true(attributes.get("date1904"))


class _Styles(_Part):
    starts = {"numFmt": "add_code", "cellXfs": "begin_cells", "xf": "add_cell"}
    ends = {"cellXfs": "end_cells"}

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.cells: list[str] = []
        self.in_cells = False

    def add_code(self, attributes: Attributes) -> None:
        code = attributes.get("formatCode", "")
        self.codes[attributes.get("numFmtId", "")] = code if len(code) <= MAX_FORMAT else ""

    def begin_cells(self, _: Attributes) -> None:
        self.in_cells = True

    def end_cells(self) -> None:
        self.in_cells = False

    def add_cell(self, attributes: Attributes) -> None:
        if self.in_cells:
            self.cells.append(attributes.get("numFmtId", "0"))

    def formats(self) -> list[str | int]:
        """Return the number format of each cell style: a code, or the number of a built-in one."""
        return [self.codes.get(number) or self._built_in(number) for number in self.cells]

    def _built_in(self, number: str) -> str | int:
        return int(number) if WHOLE.fullmatch(number) and int(number) < FIRST_CUSTOM_FORMAT else ""


class _Texts(_Part):
    """Shared texts, without the phonetic hints in them."""

    starts = {"si": "begin", "t": "begin_text", "rPh": "begin_hint"}
    ends = {"si": "end", "t": "end_text", "rPh": "end_hint"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text, self.in_hint = "", False

    def begin(self, _: Attributes) -> None:
        self.text = ""

    def end(self) -> None:
        self.found.append(self.text)

    def begin_hint(self, _: Attributes) -> None:
        self.in_hint = True

    def end_hint(self) -> None:
        self.in_hint = False

    def end_text(self) -> None:
        text = self.take_text()
        if not self.in_hint and len(self.text) < MAX_TEXT:
            self.text += text


class _Sheet(_Texts):
    """Writes the rows of a sheet that have content, and notes what the sheet hides and merges."""

    starts = {
        "sheetFormatPr": "note_default_width",
        "col": "note_columns",
        "row": "begin_row",
        "c": "begin_cell",
        "is": "begin",
        "v": "begin_text",
        "f": "note_formula",
        "t": "begin_text",
        "rPh": "begin_hint",
        "mergeCell": "note_merged",
    }
    ends = {"row": "end_row", "c": "end_cell", "v": "end_value", "t": "end_text", "rPh": "end_hint"}

    def __init__(self, book: _Book, rows: IO[str]) -> None:
        super().__init__()
        self.book, self.rows = book, rows
        self.hidden_columns: set[int] = set()
        self.hidden_rows: list[int] = []
        self.merged: list[str] = []
        self.row = self.last = 0
        self.is_hidden = self.has_formula = False
        self.cells: dict[int, Cell] = {}
        self.cell: Attributes = {}
        self.place, self.places_after = "", 0  # the last cell that says its place, and the cells after it
        self.value = ""

    def read(self, archive: _Archive, name: str) -> None:
        try:
            super().read(archive, name)
        except (Refused, MemoryError, OSError):
            raise
        except Exception as error:  # of expat, and of zipfile for a broken archive
            if getattr(error, "code", None) == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise MemoryError from None
            raise Refused("broken", row=self.row or 1) from None

    def pieces_of(self, part: IO[bytes]) -> Iterator[bytes]:
        """Yield the XML with rows that have formats only cut short, which a sheet may hold by the million."""
        rest, is_plain = b"", True
        for piece in super().pieces_of(part):
            text = rest + piece
            cut = text.rfind(b"<")
            text, rest = text[:cut], text[cut:]
            if len(rest) > MAX_TAG:
                raise Refused("large")
            is_plain = is_plain and b"<!" not in text  # tags in comments and CDATA are none
            yield BLANK_ROW.sub(rb"<row\1/>", text) if is_plain else text
        yield rest

    def description(self) -> dict[str, Any]:
        return {
            "rows": self.last,
            "is_1904": self.book.is_1904,
            "merged": self.merged,
            "hidden_columns": sorted(self.hidden_columns),
            "hidden_rows": self.hidden_rows,
        }

    def note_default_width(self, attributes: Attributes) -> None:
        if ZERO.fullmatch(attributes.get("defaultColWidth", "")):
            self.hidden_columns.update(range(MAX_COLUMNS))

    def note_columns(self, attributes: Attributes) -> None:
        span = range(_whole(attributes["min"]) - 1, min(_whole(attributes["max"]), MAX_COLUMNS))
        if _is_true(attributes.get("hidden")) or ZERO.fullmatch(attributes.get("width", "")):
            self.hidden_columns.update(span)
        else:
            self.hidden_columns.difference_update(span)

    def begin_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        self.row = self.row + 1 if number is None else _whole(number)
        if not 0 < self.row <= LAST_ROW:
            raise Refused("rows")
        self.place, self.places_after, self.cells = "", 0, {}
        self.is_hidden = _is_true(attributes.get("hidden")) or bool(ZERO.fullmatch(attributes.get("ht", "")))

    def end_row(self) -> None:
        if not self.cells:
            return
        if self.row <= self.last:
            raise Refused("rows")
        self.last = self.row
        if self.is_hidden and len(self.hidden_rows) < MAX_HIDDEN:
            self.hidden_rows.append(self.row)
        cells = [self.cells.get(column) for column in range(1, max(self.cells) + 1)]
        self.rows.write(json.dumps([self.row, cells]) + "\n")

    def begin_cell(self, attributes: Attributes) -> None:
        self.cell = attributes
        if "r" in attributes:
            self.place, self.places_after = attributes["r"], 0
        else:
            self.places_after += 1

    def end_cell(self) -> None:
        if not (self.value or self.text or self.has_formula):
            return
        cell, column = self._read_cell(), self._column()
        self.value, self.text, self.has_formula = "", "", False
        if cell and column <= MAX_COLUMNS:
            self.cells[column] = cell

    def _column(self) -> int:
        """Return the column of the cell; the first is 1. Cells that do not say their place follow each other."""
        if not self.place:
            return self.places_after
        found = PLACE.fullmatch(self.place)
        if not found or int(found[2]) != self.row:
            raise Refused("rows")
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        return column + self.places_after

    def note_formula(self, _: Attributes) -> None:
        self.has_formula = True

    def end_value(self) -> None:
        self.value = self.take_text()

    def _read_cell(self) -> Cell:
        kind, value = self.cell.get("t", "n"), self.value
        if kind == "inlineStr":
            return _text(self.text)
        if not value.strip():
            return ["formula", None, ""] if self.has_formula and kind != "str" else None
        if kind == "s":
            return _text(self.book.strings[_whole(value.strip())])
        if kind == "str":
            return _text(value)
        if kind in ("b", "e", "d"):
            return [{"b": "boolean", "e": "error", "d": "date"}[kind], value.strip(), ""]
        return self._number(value.strip())

    def _number(self, value: str) -> Cell:
        if not NUMBER.fullmatch(value):
            raise ValueError("not a number")
        place = _whole(self.cell.get("s", "0"))
        return ["number", value, self.book.formats[place] if place < len(self.book.formats) else ""]

    def note_merged(self, attributes: Attributes) -> None:
        if not RANGE.fullmatch(cells := attributes.get("ref", "")):
            return
        if len(self.merged) >= MAX_MERGED:
            raise Refused("merged")
        self.merged.append(cells)


def _text(text: str) -> Cell:
    return ["text", text, ""] if text.strip() else None


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")


if __name__ == "__main__":
    main()
