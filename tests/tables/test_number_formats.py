"""Cells of workbooks as their number formats show them: rounded, as days and times, with words around them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from tests.files import replace_part

from .files import texts, workbook


def formatted(cell: str, value: Any, number_format: str) -> bytes:
    """Return a workbook of 黄秋梦 with 8 hours, in which one cell has this value and format."""

    def change(book: Workbook) -> None:
        sheet = book.worksheets[0]
        sheet[cell], sheet[cell].number_format = value, number_format

    return workbook(["姓名", "学时"], ["黄秋梦", 8], change=change)


@pytest.mark.parametrize("number_format", range(27, 37))
def test_built_in_chinese_date_formats_are_dates(number_format):
    content = workbook(["姓名", "日期"], ["黄秋梦", 46154])
    styles = (b'<xf numFmtId="0"', b'<xf numFmtId="%d"' % number_format)
    content = replace_part(content, "xl/styles.xml", lambda xml: xml.replace(*styles))
    assert texts(content) == [(2, "黄秋梦", "2026-05-12")]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (datetime(2026, 5, 12), 'yyyy"年"m"月"d"日"', "2026-05-12"),
        (datetime(2026, 5, 12, 8, 30), "yyyy-mm-dd hh:mm", "2026-05-12 08:30"),
        (123, "000000", "000123"),
        (7.5, "General", "7.5"),
        (0.1 + 0.2, "General", "0.3"),
        (13800000000, "General", "13800000000"),
        (0.5, "0%", "50%"),
        (0.125, "0.0%", "12.5%"),
        (7.56, "0.0", "7.6"),
        (8, "0.00", "8"),
        (7.5, "0", "8"),
        (1234.5, "#,##0.00", "1234.5"),
        (8, '0"学时"', "8"),
        (-4, "0.0;[Red]-0.0", "-4"),
        (13807710001, "000-0000-0000", "138-0771-0001"),
        (7.25, "# ?/?", "7.25"),
        (8000, "0,", "8000"),
        (8.5, "[>=10]0;0.0", "8.5"),
        (8.5, "0.0;[ <0 ]0", "8.5"),
        (0.5, "[=0]?;0%", "0.5"),
        (8.5, "[Red]0.0", "8.5"),
        (7.56, "[$-804]0.0", "7.6"),
        (7.56, "[DBNum1][$-804]0.0", "7.56"),
        (7.25, "0." + "0" * 100, "7.25"),
        (7.25, "[" * 300 + "0", "7.25"),
        (True, "General", "TRUE"),
        (1.5, "[h]:mm", "36:00"),
        (1.5 + 30 / 86400, "[h]:mm:ss", "36:00:30"),
        (-0.25, "[h]:mm", "-6:00"),
        (0.5, "h:mm", "12:00"),
        (0.75 + 1 / 86400, "h:mm:ss", "18:00:01"),
        ("  两　个 \n 词 ", "@", "两 个 词"),
        ("'=1", "@", "=1"),
    ],
)
def test_cell_is_read_as_it_is_seen(value, number_format, text):
    assert texts(formatted("B2", value, number_format)) == [(2, "黄秋梦", text)]


WORDED = [
    (1, '"GX-2026-"000', "GX-2026-001"),
    ("黄秋梦", '@"先生"', "黄秋梦先生"),
    ("黄秋梦", '0;-0;0;"甲"@', "甲黄秋梦"),
    ("黄秋梦", '0"元"', "黄秋梦"),
    (5, '@"号"', "5号"),
    (12, '0"年"0"月"', "1年2月"),
    (123, r"0\.00", "1.23"),
    (8.5, 'General"学时"', "8.5学时"),
    (8.5, 'G/通用格式"学时"', "8.5学时"),
    (-8.5, '"约"0.0', "-约8.5"),
    (-8, '0"正";0"负"', "8负"),
    (0, '0"个";0"个";"无"', "无"),
    (0, '0;-0;"-"', "0"),
    (12345.5, "[$¥-804]#,##0.00", "¥12,345.50"),
    (26, '"20"00', "2026"),
    (26, '"第"0', "第26"),
    (26, '"a;b_c*d"0', "a;b_c*d26"),
    (26, '"共"0;@', "共26"),
    (7, '0,000"号"', "0,007号"),
    (7.5, '0.0#"元"', "7.5元"),
    (8500, '0\\.0,"万"', "8500"),
    (8500, "0.0,", "8500"),
    (0.125, '"约"0.0%', "约12.5%"),
    (26, '"共"yyyy', "1900-01-26"),
]


@pytest.mark.parametrize(("value", "number_format", "text"), WORDED)
def test_words_of_a_format_belong_to_the_value(value, number_format, text):
    assert texts(formatted("A2", value, number_format)) == [(2, text, "8")]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (8, '0.0"学时"', "8"),
        ("8", '@"学时"', "8"),
        (8.5, 'General"学时"', "8.5"),
        (1234.5, '"¥"#,##0.00', "1234.5"),
        (26, '"20"00', "2026"),
        (1, '"A1-"0', "A1-1"),
    ],
)
def test_units_of_a_format_do_not_belong_to_a_number(value, number_format, text):
    assert texts(formatted("B2", value, number_format)) == [(2, "黄秋梦", text)]


@pytest.mark.parametrize(
    ("value", "own", "text"), [(8.5, "0.0", "8.5"), (datetime(2026, 5, 12), "yyyy-mm-dd", "2026-05-12")]
)
def test_conditional_format_does_not_change_the_cells_own(value, own, text):
    codes = b"".join(b'<numFmt numFmtId="%d" formatCode="0"/>' % number for number in (164, 165))
    conditional = b"<dxfs><dxf>" + codes + b"</dxf></dxfs><tableStyles"
    content = formatted("B2", value, own)
    content = replace_part(content, "xl/styles.xml", lambda xml: xml.replace(b"<tableStyles", conditional))
    assert texts(content) == [(2, "黄秋梦", text)]
