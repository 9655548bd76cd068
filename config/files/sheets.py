"""Tables as Excel files, written row by row: memory stays flat, and no text ever becomes a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOLD = Font(bold=True)
Cell = str | int | float | Decimal | datetime | date | None


@dataclass(frozen=True)
class Sheet:
    """One table: its name (at most 31 characters), its columns as (name, width in characters), and its rows."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Cell]]


def write(sheets: Iterable[Sheet]) -> IO[bytes]:
    """An .xlsx file in a temporary file, at its beginning; it is gone once it is closed."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        for place, (_, width) in enumerate(sheet.columns, start=1):
            page.column_dimensions[get_column_letter(place)].width = width
        page.append([_cell(page, name, bold=True) for name, _ in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    file = TemporaryFile()  # noqa: SIM115  (the answer closes it when it has been sent)
    book.save(file)
    file.seek(0)
    return file


def _cell(page, value: Cell, *, bold: bool = False) -> WriteOnlyCell:
    if not isinstance(value, str):
        return WriteOnlyCell(page, value)
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"  # a text that begins with = would be a formula
    if bold:
        cell.font = BOLD
    return cell
