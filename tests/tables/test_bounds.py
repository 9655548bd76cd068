"""Workbooks that are made to cost much: they are refused, or read in the usual time and memory."""

from __future__ import annotations

import io
import resource
import tracemalloc
import zipfile

import pytest

from config.files.tables import COMMAND, MEGABYTE, Bounds
from tests.files import replace_part

from .files import lines, refusal, texts, with_row, with_xml, workbook

ROWS = (["姓名", "学时"], ["黄秋梦", 8])
PACKAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TOO_LARGE = "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。"


def child_seconds() -> float:
    """Return the seconds of the processor that ended child processes have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def with_shared(rows: bytes, texts: bytes) -> bytes:
    """Return the workbook with more rows, and with shared texts in a part of another name."""
    relation = f'<Relationship Id="texts" Type="{PACKAGE}/sharedStrings" Target="/xl/Odd.xml"/></Relationships>'
    content = replace_part(
        with_row(rows),
        "xl/_rels/workbook.xml.rels",
        lambda xml: xml.replace(b"</Relationships>", relation.encode()),
    )
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/odd.xml", f'<x:sst xmlns:x="{MAIN}">'.encode() + texts + b"</x:sst>")
    return stream.getvalue()


def with_more(part: str, before: bytes, more: bytes) -> bytes:
    """Return the workbook with more XML in a part."""
    return replace_part(workbook(*ROWS), part, lambda xml: xml.replace(before, more + before))


@pytest.mark.parametrize(
    ("part", "before", "more"),
    [
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>"),
        ("[Content_Types].xml", b"</Types>", b'<Override PartName="/a" ContentType="b"/>'),
        ("xl/workbook.xml", b"</workbook>", b'<definedName name="a">b</definedName>'),
        ("xl/workbook.xml", b"</sheets>", b'<sheet name="a" sheetId="2" state="hidden"/>'),
        ("xl/_rels/workbook.xml.rels", b"</Relationships>", b'<Relationship Id="x" Type="a" Target="b"/>'),
    ],
    ids=["formats", "types", "names", "sheets", "relations"],
)
def test_what_a_workbook_declares_is_passed_over_by_the_hundred_thousand(part, before, more):
    start = child_seconds()
    assert texts(with_more(part, before, more * 200_000)) == [(2, "黄秋梦", "8")]
    assert child_seconds() - start < 10  # under 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_shared(b"", b"<x:si><x:t>a</x:t></x:si>" * 6_000_000),
        lambda: with_shared(b"", b"<x:si>" + b"<x:r/>" * 12_000_000 + b"</x:si>"),
        lambda: with_more("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 12_000_000),
        lambda: with_more("xl/workbook.xml", b"</workbook>", b"<a/>" * 12_000_000),
        lambda: with_row(
            b"".join(b'<row r="%d">%s</row>' % (row, b"<c><v>1</v></c>" * 200) for row in range(3, 20_000))
        ),
        lambda: with_row(b'<row r="3">' + b"<c><v> </v></c>" * 6_000_000 + b"</row>"),
        lambda: with_row(b'<row r="3">' + b"<c/>" * 12_000_000 + b"</row>"),
    ],
    ids=["texts", "runs", "styles", "names", "cells", "blank", "empty"],
)
def test_content_by_the_million_is_refused_early(make):
    content, start = make(), child_seconds()
    assert refusal(content) == TOO_LARGE
    assert child_seconds() - start < 10  # under 3; up to 20 before


def test_workbook_as_large_as_a_page_allows_is_read():
    cells = b"<c><v>1</v></c>" * 200
    content = with_row(b"".join(b'<row r="%d">%s</row>' % (row, cells) for row in range(3, 1_003)))
    assert len(lines(content, bounds=Bounds(cells=200_010))) == 1_001
    assert refusal(content, bounds=Bounds(cells=200_000)) == TOO_LARGE


def test_texts_of_a_part_with_any_name_and_prefix_are_read():
    cell = b'<row r="3"><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
    assert texts(with_shared(cell, b"<x:si><x:t>8</x:t></x:si><x:si><x:r><x:t>A</x:t></x:r></x:si>"))[1] == (
        3,
        "A",
        "8",
    )


def test_long_text_that_many_cells_share_is_refused():
    rows = b"".join(b'<row r="%d"><c t="s"><v>0</v></c></row>' % number for number in range(3, 20_000))
    assert refusal(with_shared(rows, b"<x:si><x:t>%s</x:t></x:si>" % (b"y" * 35_000))) == TOO_LARGE


@pytest.mark.parametrize("start", [b'<row r="3" a="', b'<row r="3"><c r="A3" t="inlineStr"><is><t>'])
def test_attribute_or_text_of_many_megabytes_is_refused_at_once(start):
    begin = child_seconds()
    assert refusal(with_row(start + b"row " * 20_000_000)) == TOO_LARGE
    assert child_seconds() - begin < 10  # 0.1; with the square of the length the time would run out


@pytest.mark.parametrize("tag", [b'<c r="A3">', b"<c>", b'<row r="3">', b"<v>", b"<t>", b"</c>", b"<c><f", b"<col "])
def test_tags_without_an_end_are_refused_at_once(tag):
    start = child_seconds()
    content = with_row(b'<row r="3"><c r="A3"><v>1</v></c>' + tag * 300_000)
    assert refusal(content, bounds=COMMAND) == "工作簿自第 3 行起无法读取，请重新保存后再试。"
    assert child_seconds() - start < 20  # 0.3; the square of the tags would take hours


def test_wide_rows_are_read_one_at_a_time():
    cells = b"<c><v>1</v></c>" * 16_000
    content = with_row(b"".join(b'<row r="%d">%s</row>' % (number, cells) for number in range(3, 203)))
    tracemalloc.start()
    try:
        assert len(lines(content, bounds=COMMAND)) == 201  # tracing is slow; no bound of seconds
        assert tracemalloc.get_traced_memory()[1] < 10 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_more_merged_cells_than_can_be_named_are_refused():
    merged = b"".join(b'<mergeCell ref="A%d:A%d"/>' % (row, row + 1) for row in range(3, 20_005, 2))
    content = with_xml(b"</sheetData>", b"</sheetData><mergeCells>" + merged + b"</mergeCells>")
    assert refusal(content) == "表中合并的单元格太多，请取消合并并逐行填写后再上传。"


def test_each_formula_without_a_value_is_named():
    rows = b"".join(b'<row r="%d"><c r="A%d"><f>B1</f></c></row>' % (row, row) for row in range(3, 12_003))
    found = lines(with_row(rows))[1:]
    assert {line.cell("姓名").problem for line in found} == {
        "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"
    }
    assert len(found) == 12_000


@pytest.mark.parametrize("escaped", ["_xD800_", "_xDFFF_"])
def test_half_of_a_surrogate_pair_is_shown_as_a_sign(escaped):
    assert texts(workbook(["姓名", "学时"], [f"黄{escaped}梦", 8])) == [(2, "黄\ufffd梦", "8")]


def test_cell_without_attributes_is_a_value():
    assert texts(with_row(b"<row><c><v>4</v></c></row>")) == [(2, "黄秋梦", "8"), (3, "4", "")]
