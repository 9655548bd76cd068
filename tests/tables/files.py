"""Workbooks and old workbooks for tests of the reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook

from config.files.lines import Columns, Line, read_lines
from config.files.tables import PAGE, Bounds, FileProblem
from tests.files import replace_part

SHEET = "xl/worksheets/sheet1.xml"
PEOPLE = Columns(("姓名", "学时", "日期"), ("姓名",), numbers=("学时",))


def workbook(*rows: list[Any], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if change:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_xml(old: bytes, new: bytes, *rows: list[Any]) -> bytes:
    """Return a workbook with this piece of its sheet's XML replaced."""
    rows = rows or (["姓名", "学时"], ["黄秋梦", 8])
    content = replace_part(workbook(*rows), SHEET, lambda xml: xml.replace(old, new))
    assert new in _sheet_of(content)
    return content


def with_row(row: bytes) -> bytes:
    """Return a workbook of two lines and this row, written as raw XML."""
    return with_xml(b"</sheetData>", row + b"</sheetData>")


def _sheet_of(content: bytes) -> bytes:
    found = []
    replace_part(content, SHEET, lambda xml: found.append(xml) or xml)
    return found[0]


def old_workbook(*rows: list[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(number, place, *(value if isinstance(value, tuple) else (value,)))
    if change:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def lines(content: bytes, columns: Columns = PEOPLE, bounds: Bounds = PAGE) -> list[Line]:
    return list(read_lines(io.BytesIO(content), columns, bounds).lines)


def texts(content: bytes, columns: Columns = PEOPLE) -> list[tuple[Any, ...]]:
    """Return the number of each line and the texts of its known columns."""
    return [(line.number, *(cell.text for cell in line.cells.values())) for line in lines(content, columns)]


def refusal(content: bytes, columns: Columns = PEOPLE, bounds: Bounds = PAGE) -> str:
    with pytest.raises(FileProblem) as problem:
        lines(content, columns, bounds)
    return str(problem.value)
