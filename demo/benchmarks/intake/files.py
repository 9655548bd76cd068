"""Files for measurements: workbooks with far cells, tables of a province's size, a large photograph."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from openpyxl import Workbook
from PIL import Image

from config.files import sheets
from hours.completions.files import COLUMNS
from organizations import imports

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET = "xl/worksheets/sheet1.xml"
UNIT = ("测量单位", "12450100MB0000500Y", "450102")
BLANK_ROWS = 1_000_000
SIDE = 7740  # pixels


def extent(path: Path, kind: str) -> None:
    """Write a workbook of one line and a space in F1048576, a cell in XFD1048576, or a million formatted rows."""
    if kind == "space":
        extra: Iterable[str] = ['<row r="1048576"><c r="F1048576" t="inlineStr"><is><t> </t></is></c></row>']
    elif kind == "corner":
        extra = ['<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>']
    else:
        extra = (_blank_row(number) for number in range(3, BLANK_ROWS + 3))
    empty = io.BytesIO()
    Workbook().save(empty)
    with zipfile.ZipFile(empty) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part != SHEET:
                target.writestr(part, source.read(part))
        with target.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write((HEAD + _row(1, imports.COLUMNS[:3]) + _row(2, UNIT)).encode())
            for row in extra:
                sheet.write(row.encode())
            sheet.write(b"</sheetData></worksheet>")


def _row(number: int, texts: Iterable[str]) -> str:
    cells = (
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABC", texts, strict=True)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def _blank_row(number: int) -> str:
    cells = "".join(f'<c r="{letter}{number}" s="0"/>' for letter in "ABCDEF")
    return f'<row r="{number}" s="1">{cells}</row>'


def table(path: Path, columns: Iterable[str], rows: Iterator[list[str]]) -> None:
    with sheets.write([sheets.Sheet("1", [(name, 20) for name in columns], rows)]) as file:
        path.write_bytes(file.read())


def units(path: Path, codes: Iterable[str], region: str) -> None:
    """Write new units of one region."""
    table(path, imports.COLUMNS[:3], ([f"测量导入单位{code}", code, region] for code in codes))


def completions(path: Path, rows: Iterator[list[str]]) -> None:
    table(path, COLUMNS.known, rows)


def photograph(side: int = SIDE) -> bytes:
    """Return a JPEG like a photograph, below the limit of a file."""
    noise = Image.effect_noise((side // 6, side // 6), 60).convert("RGB").resize((side, side))
    stream = io.BytesIO()
    noise.save(stream, "JPEG", quality=70)
    return stream.getvalue()
