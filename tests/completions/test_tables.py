"""Tables that people upload: the cost of broken and oversized files, and the report of unreadable lines."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from openpyxl import Workbook

from config.files import tables
from config.files.tables import ErrorValue, FileProblem, Formula
from tests.files import replace_part

SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: list) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_row(row: bytes) -> bytes:
    """Return a workbook of two lines and this row, written as raw XML."""
    plain = workbook(["姓名", "学时"], ["黄秋梦", 8])
    return replace_part(plain, SHEET, lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>"))


def cells(content: bytes) -> list[tuple[int, list]]:
    return [(row.number, row.cells) for row in tables.read(io.BytesIO(content)).rows if not row.is_empty]


def refusal(content: bytes, most: int = tables.PAGE_MAX_UNPACKED) -> str:
    with pytest.raises(FileProblem) as problem:
        list(tables.read(io.BytesIO(content), most).rows)
    return str(problem.value)


@pytest.mark.slow
def test_stray_cell_in_last_row_is_read_quickly():
    stray = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    start = time.monotonic()
    assert cells(with_row(stray)) == [(2, ["黄秋梦", 8])]
    assert time.monotonic() - start < 10


def test_impossible_row_number_is_refused():
    content = with_row(b'<row spans="1:2" r="999999999999"><c t="n"><v>1</v></c></row>')
    assert refusal(content) == "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。"


def test_truncated_sheet_names_line():
    content = replace_part(workbook(["姓名"], *[["黄秋梦"]] * 2000), SHEET, lambda xml: xml[: len(xml) // 2])
    assert refusal(content).startswith("工作簿自第 ")
    assert refusal(content).endswith(" 行起无法读取，请重新保存后再试。")


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_workbook_with_broken_part_is_refused(name):
    content = replace_part(workbook(["姓名"]), name, lambda xml: b"<a>")
    assert refusal(content) == "文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。"


def test_workbook_with_large_content_is_refused():
    words = "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。"
    assert refusal(workbook(["姓名"]), most=1000) == words
    texts = io.BytesIO()
    with zipfile.ZipFile(texts, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<si/>" * 1_100_000)
    assert refusal(texts.getvalue()) == words


def test_formulas_and_errors_have_their_own_types():
    [(_, row)] = cells(workbook(["甲", "乙", "丙"], ["=1+1", "#N/A", 3]))
    assert [type(cell) for cell in row] == [Formula, ErrorValue, int]


def test_truncated_character_is_refused():
    assert refusal("姓名\n黄秋梦\n".encode()[:-2] + b"\xff").startswith("文件编码无法识别")


def test_text_with_late_null_byte_is_refused():
    content = "姓名\n".encode() + "黄秋梦\n".encode() * 200_000 + b"\x00\n"
    assert refusal(content) == "文件不是 Excel（.xlsx）或 CSV，请重新选择。"
