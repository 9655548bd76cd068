"""The sheet of a workbook: rows with content, and what it hides and merges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

from config.files import records
from config.files.records import MAX_COLUMNS, MAX_HIDDEN, MAX_MERGED, Refused

from .archive import MAX_TAG, Archive, Attributes, is_true, whole
from .book import Book, Texts

MIN_WIDTH, MIN_HEIGHT = 0.3, 1.5  # of what a person can see: characters of a column, points of a row
LAST_ROW = 1_048_576
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# Rows that have formats only, each with its number; the last one is caught.
BLANK_ROWS = re.compile(rb'(?:<row((?: [^<>]*?)? r="[0-9]{1,7}"[^<>]*?)(?:/>|>(?:<c [^<>]*(?<=/)>)*+</row>))++')

Cell = list[Any] | None


class Sheet(Texts):
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

    def __init__(self, book: Book, rows: IO[str], cells: int) -> None:
        super().__init__(cells)
        self.book, self.rows = book, rows
        self.hidden_columns: set[int] = set()
        self.hidden_rows: list[int] = []
        self.merged: list[str] = []
        self.row = self.last = 0
        self.is_hidden = self.has_formula = self.has_value = False
        self.is_wide = self.has_wide_rows = False  # with content beyond the last column that is read
        self.cells: dict[int, Cell] = {}
        self.cell: Attributes = {}
        self.place, self.places_after = "", 0  # the last cell that says its place, and the cells after it
        self.value = ""

    def read(self, archive: Archive, name: str) -> None:
        try:
            super().read(archive, name)
        except (Refused, MemoryError, OSError):
            raise
        except Exception as error:  # of expat, and of zipfile for a broken archive
            if getattr(error, "code", None) == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise MemoryError from None
            raise Refused("broken", row=self.row or 1) from None

    def pieces_of(self, part: IO[bytes]) -> Iterator[bytes]:
        """Yield the XML with one row in place of many that have formats only, which a sheet may hold by the million."""
        rest, is_plain = b"", True
        for piece in super().pieces_of(part):
            text = rest + piece
            cut = text.rfind(b"<")
            text, rest = text[:cut], text[cut:]
            if len(rest) > MAX_TAG:
                raise Refused("large")
            is_plain = is_plain and b"<!" not in text  # tags in comments and CDATA are none
            yield BLANK_ROWS.sub(rb"<row\1/>", text) if is_plain else text
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
        if _is_below(MIN_WIDTH, attributes.get("defaultColWidth", "")):
            self.hidden_columns.update(range(MAX_COLUMNS))

    def note_columns(self, attributes: Attributes) -> None:
        span = range(whole(attributes["min"]) - 1, min(whole(attributes["max"]), MAX_COLUMNS))
        if is_true(attributes.get("hidden")) or _is_below(MIN_WIDTH, attributes.get("width", "")):
            self.hidden_columns.update(span)
        else:
            self.hidden_columns.difference_update(span)

    def begin_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        self.row = self.row + 1 if number is None else whole(number)
        if not 0 < self.row <= LAST_ROW:
            raise Refused("rows")
        self.place, self.places_after, self.cells, self.is_wide = "", 0, {}, False
        self.is_hidden = is_true(attributes.get("hidden")) or _is_below(MIN_HEIGHT, attributes.get("ht", ""))

    def end_row(self) -> None:
        self.has_wide_rows = self.has_wide_rows or self.is_wide
        if not self.cells:
            if self.is_wide:
                records.write([self.row, [], True], self.rows)
            return
        if self.row <= self.last:
            raise Refused("rows")
        self.last = self.row
        if self.is_hidden and len(self.hidden_rows) < MAX_HIDDEN:
            self.hidden_rows.append(self.row)
        cells = [self.cells.get(column) for column in range(1, max(self.cells) + 1)]
        records.write([self.row, cells, self.is_wide], self.rows)

    def begin_cell(self, attributes: Attributes) -> None:
        self.cell = attributes
        if "r" in attributes:
            self.place, self.places_after = attributes["r"], 0
        else:
            self.places_after += 1

    def end_cell(self) -> None:
        if not (self.value or self.text or self.has_formula):
            return
        self.count()
        cell, column = self._read_cell(), self._column()
        self.value, self.text, self.has_formula, self.has_value = "", "", False, False
        if cell and column > MAX_COLUMNS:
            self.is_wide = True
        elif cell and column in self.cells:
            raise Refused("repeated")
        elif cell:
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
        self.value, self.has_value = self.take_text(), True

    def _read_cell(self) -> Cell:
        kind, value = self.cell.get("t", "n"), self.value
        if self._is_unsaved(kind):
            return ["formula", None, ""]
        if kind == "inlineStr":
            return self._text(self.text)
        if not value.strip():
            return None
        if kind == "s":
            return self._text(self.book.strings[whole(value.strip())])
        if kind == "str":
            return self._text(value)
        if kind in ("b", "e", "d"):
            return [{"b": "boolean", "e": "error", "d": "date"}[kind], value.strip(), ""]
        return self._number(value.strip())

    def _is_unsaved(self, kind: str) -> bool:
        """Whether the cell has a formula without its value. Programs that compute nothing write 0, or no value."""
        if not self.has_formula:
            return False
        if kind in ("str", "inlineStr"):
            return not (self.has_value or self.text)
        return not self.value.strip() or (self.value == "0" and self.book.is_to_calculate)

    def _number(self, value: str) -> Cell:
        if not NUMBER.fullmatch(value):
            raise ValueError("not a number")
        return ["number", value, self._format()]

    def _text(self, text: str) -> Cell:
        number_format = self._format()
        return ["text", text, number_format if isinstance(number_format, str) else ""] if text.strip() else None

    def _format(self) -> str | int:
        place = whole(self.cell.get("s", "0"))
        return self.book.formats[place] if place < len(self.book.formats) else ""

    def note_merged(self, attributes: Attributes) -> None:
        reference = attributes.get("ref", "").upper()
        if not self.last or PLACE.fullmatch(reference):  # one cell
            return
        found = RANGE.fullmatch(reference)
        if not found:
            raise ValueError("not a range")
        if len(self.merged) >= MAX_MERGED:
            raise Refused("merged")
        left, right = sorted((found[1], found[3]), key=lambda column: (len(column), column))
        top, bottom = sorted((int(found[2]), int(found[4])))
        self.merged.append(f"{left}{top}:{right}{bottom}")


def _is_below(limit: float, size: str) -> bool:
    return bool(NUMBER.fullmatch(size)) and float(size) < limit
