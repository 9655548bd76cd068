"""Excel files as output, written row by row, so that memory use does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .cells import workbook_text

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOLD = Font(bold=True)
Cell = str | int | float | Decimal | datetime | date | None


@dataclass(frozen=True)
class Sheet:
    """A worksheet: title (at most 31 characters), columns as (name, width in characters), and rows."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Cell]]


def write(sheets: Iterable[Sheet]) -> IO[bytes]:
    """Return an .xlsx file as an open temporary file at its start; closing it deletes it."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        _write_sheet(book.create_sheet(sheet.title), sheet)
    file = TemporaryFile()  # noqa: SIM115  (the response closes it after sending)
    book.save(file)
    file.seek(0)
    return file


def _write_sheet(page: Worksheet, sheet: Sheet) -> None:
    page.freeze_panes = "A2"
    for position, (_, width) in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(position)].width = width
    page.append([_cell(page, name, bold=True) for name, _ in sheet.columns])
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])


def _cell(page: Worksheet, value: Cell, *, bold: bool = False) -> SheetCell:
    """Return a cell; a text stays text, also if it begins with = like a formula."""
    cell = WriteOnlyCell(page)
    if not isinstance(value, str):
        cell.value = value
        return cell
    cell.value = workbook_text(value)
    cell.data_type = "s"
    if bold:
        cell.font = BOLD
    return cell
