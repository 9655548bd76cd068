"""Workbooks that are made to cost much: they are refused, or read in the usual time and memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from config.files.tables import COMMAND, MEGABYTE
from tests.files import replace_part

from .files import lines, refusal, texts, with_row, workbook

ROWS = (["姓名", "学时"], ["黄秋梦", 8])
TOO_LARGE = "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。"


def with_styles(count: int) -> bytes:
    return replace_part(
        workbook(*ROWS), "xl/styles.xml", lambda xml: xml.replace(b"</cellXfs>", b"<xf/>" * count + b"</cellXfs>")
    )


def test_many_cell_formats_are_read_and_far_too_many_are_refused():
    assert texts(with_styles(64_000)) == [(2, "黄秋梦", "8")]
    assert refusal(with_styles(2_000_000)) == TOO_LARGE


@pytest.mark.parametrize("tag", [b'<c r="A3">', b"<c>", b'<row r="3">', b"<v>", b"<t>", b"</c>", b"<c><f", b"<col "])
def test_tags_without_an_end_are_refused_at_once(tag):
    start = time.process_time()
    content = with_row(b'<row r="3"><c r="A3"><v>1</v></c>' + tag * 300_000)
    assert refusal(content, bounds=COMMAND) == "工作簿自第 3 行起无法读取，请重新保存后再试。"
    assert time.process_time() - start < 20  # 1.5; the square of the tags would take hours


def test_wide_rows_are_held_a_few_at_a_time():
    cells = b"<c><v>1</v></c>" * 16_000
    content = with_row(b"".join(b'<row r="%d">%s</row>' % (number, cells) for number in range(3, 23)))
    tracemalloc.start()
    try:
        assert len(lines(content, bounds=COMMAND)) == 21  # tracing is slow; no bound of seconds
        assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE  # 31 MB; 72 MB if all rows are held
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("escaped", ["_xD800_", "_xDFFF_"])
def test_half_of_a_surrogate_pair_is_shown_as_a_sign(escaped):
    assert texts(workbook(["姓名", "学时"], [f"黄{escaped}梦", 8])) == [(2, "黄\ufffd梦", "8")]


def test_cell_without_attributes_is_a_value():
    assert texts(with_row(b"<row><c><v>4</v></c></row>")) == [(2, "黄秋梦", "8"), (3, "4", "")]
