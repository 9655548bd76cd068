"""The list of people from Excel and CSV in the usual encodings, and each reason to reject a file or a line."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook

from hours.collective import roster
from hours.collective.drafts import RosterRow
from tests import files
from tests.files import replace_part

LINES = "姓名,证件号码,学时,证书编号\n黄秋梦,45010319850321001X,7.5,A-1\n李工, 450103198503210028 ,,\n"
ROWS = [RosterRow(2, "黄秋梦", "45010319850321001X", "7.5", "A-1"), RosterRow(3, "李工", "450103198503210028")]


def read(content: bytes | str, name: str = "名单.csv") -> list[RosterRow]:
    content = content.encode() if isinstance(content, str) else content
    return roster.read(files.upload(name, content))[0]


def refused(content: bytes | str) -> str:
    with pytest.raises(ValidationError) as error:
        read(content)
    return error.value.messages[0]


def excel(*rows, change=None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


HEADS = ("姓名", "证件号码", "学时", "证书编号")


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        LINES.encode("utf-8-sig"),
        LINES.encode("gb18030"),
        LINES.replace(",", "\t").encode("gb18030"),
        LINES.replace("\n", "\r\n").encode(),
        LINES.replace(",", ";").encode(),
    ],
    ids=["utf-8", "utf-8 with a mark", "gb18030", "tabs", "crlf", "semicolons"],
)
def test_csv_is_read_in_any_encoding(content):
    assert read(content) == ROWS


def test_excel_is_read():
    content = excel(HEADS, ("黄秋梦", "45010319850321001x", 7.5, "A-1"), (None,) * 4, ("李工", "450103198503210028"))
    assert read(content) == [ROWS[0], RosterRow(4, "李工", "450103198503210028")]
    assert read(excel(HEADS, ("黄秋梦", "E12345678", 8)))[0].hours == "8"


def test_column_order_and_optional_columns():
    assert read("证件号码,姓名\n450103198503210028,李工\n") == [RosterRow(2, "李工", "450103198503210028")]


def test_empty_lines_are_skipped():
    assert [row.number for row in read("姓名,证件号码\n\n李工,E1234567\n,,\n韦工,E1234568\n")] == [3, 5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的，请重新选择。"),
        ("姓名,学时\n李工,8\n", "文件缺少列：证件号码。"),
        ("名字,身份证\n李工,8\n", "文件缺少列：姓名、证件号码。"),
        ("姓名,证件号码,姓名\n李工,E1234567,李工\n", "列名重复：姓名。"),
        ("姓名,证件号码\n", "名单中没有人员"),
        (b"\xff\xfe\xff\xff\xff", "文件编码无法识别"),
        (b"GIF89a\x00\x01", "文件不是 Excel（.xlsx、.xls）或 CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "这个文件已损坏，或不是表格"),
        (b"PK\x03\x04broken", "文件不完整，或不是 Excel（.xlsx）文件"),
        ("姓名,证件号码\n" + "李工,E1234567\n" * 2001, "文件超过 2,000 行，请分成几个文件上传。"),
        (b"x" * (5 * 1024 * 1024 + 1), "文件超过 5 MB"),
    ],
)
def test_invalid_file_is_rejected(content, sentence):
    assert sentence in refused(content)


def test_two_thousand_lines_are_accepted():
    assert len(read("姓名,证件号码\n" + "李工,E1234567\n" * 2000)) == 2000


def test_zip_without_workbook_is_rejected():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "甲")
    assert refused(buffer.getvalue()) == "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"


def test_zip_bomb_is_rejected():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (257 * 1024 * 1024))
    assert "文件解压后过大" in refused(buffer.getvalue())


def test_broken_workbook_is_rejected():
    content = replace_part(excel(HEADS, ("李工", "E1234567")), "xl/worksheets/sheet1.xml", lambda xml: xml[:300])
    assert refused(content) == "工作簿自第 1 行起无法读取，请重新保存后再试。"


def test_unclosed_quote_is_a_problem():
    rows = read('姓名,证件号码,学时,证书编号\n李工,E1234567,8,"A-1\n韦工,E1234568,8,A-2\n')
    words = "第 2 至 3 行被读作一行，请检查第 2 行的引号是否成对。"
    assert rows == [RosterRow(2, "", "", problem=words, is_named=False)]


def test_invisible_characters_are_removed():
    assert read("姓名,证件号码\n李\u200b工,E1234567\u200e\n") == [RosterRow(2, "李工", "E1234567")]


def test_merged_cells_are_a_problem():
    content = excel(HEADS, ("李工", "E1234567"), change=lambda sheet: sheet.merge_cells("A2:A3"))
    assert read(content)[0].problem == "此行有合并的单元格，请取消合并并逐行填写。"


def test_formula_is_a_problem():
    [row] = read(excel(HEADS, ("李工", "E1234567", "=4+4")))
    assert row.problem == "“学时”列是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"


def test_numeric_id_number_is_a_problem():
    [row] = read(excel(HEADS, ("李工", 450103198503210028)))
    assert row.problem.startswith("“证件号码”列是存成数字的（4.50103E+17），末几位可能已丢失")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",E1234567,", "“姓名”列为空。"),
        ("李工,,", "“证件号码”列为空。"),
        ("李工,E1234567,八", "“学时”列的值“八”不是数字，例如 8 或 7.5。"),
        ("李工,E1234567,NaN", "“学时”列的值“NaN”不是数字，例如 8 或 7.5。"),
        ("李工,E1234567,1000000000", "“学时”列的值“1000000000”太大了，请核对。"),
        (
            ",45010319850321002,∞",
            "“姓名”列为空。“证件号码”列的值“*****1002”应为 18 位，现为 17 位。“学时”列的值“∞”不是数字，例如 8 或 7.5。",
        ),
        (f"{'李' * 51},E1234567,", f"“姓名”列的值“{'李' * 50}…”超过 50 个字。"),
    ],
)
def test_invalid_line_is_kept_with_its_problem(line, problem):
    [row] = read(f"姓名,证件号码,学时\n{line}\n")
    assert row.problem == problem


def test_formula_like_text_stays_text():
    content = roster.bad_lines_file([])
    assert read("姓名,证件号码\n'=李工,E1234567\n")[0].name == "=李工"
    assert refused(content).startswith("名单中没有人员")


def test_number_with_a_digit_too_few_names_both_lengths():
    [row] = read("姓名,证件号码\n李工,45010319850321002\n")
    assert row.problem == "“证件号码”列的值“*****1002”应为 18 位，现为 17 位。"


def test_unknown_columns_are_named_as_unused():
    content = excel(("序号", *HEADS), (1, "黄秋梦", "45010319850321001X", "7.5", "A-1"))
    assert roster.read(files.upload("名单.xlsx", content)) == ([ROWS[0]], ["序号"])


def test_certificate_number_keeps_its_leading_zeros_and_date():
    def as_shown(sheet):
        sheet["D2"].number_format = "000000"
        sheet["D3"].number_format = "yyyy/m/d"

    day = datetime(2026, 5, 12)
    rows = read(excel(HEADS, ("李工", "E1234567", 8, 123), ("韦工", "E1234568", 8, day), change=as_shown))
    assert [row.certificate_number for row in rows] == ["000123", "2026-05-12"]
