"""Separated text in the usual encodings, old workbooks, and files that are no table."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from contextlib import suppress
from datetime import date

import pytest
import xlwt

from config.files.lines import Columns, read_lines
from config.files.tables import Bounds, FileProblem

from .files import PEOPLE, lines, old_workbook, refusal, texts, workbook

TEXT = "姓名,学时\r\n黄秋梦,8\r\n李工,4\r\n"
READ = [(2, "黄秋梦", "8"), (3, "李工", "4")]
WEB_PAGE = "这是网页或 XML 格式的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"
PROTECTED = "文件有打开密码，请去掉密码后另存为 .xlsx 再上传。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separated_text_is_read(encoding, separator):
    assert texts(TEXT.replace(",", separator).encode(encoding)) == READ


@pytest.mark.parametrize(
    "text", ["sep=;\r\n姓名;学时\r\n黄秋梦;8\r\n", "\r\n,,\r\n姓名,学时\r\n,\r\n黄秋梦,8\r\n,,,\r\n"]
)
def test_first_lines_without_content_are_passed_over(text):
    assert [line[1:] for line in texts(text.encode())] == [("黄秋梦", "8")]


@pytest.mark.parametrize("separator", ["\t", ";", "，", "|"])
def test_title_with_commas_does_not_hide_the_separator(separator):
    title = "2026 年度名单,共 2 人,由人事科,填写\n"
    assert texts((title + TEXT.replace(",", separator)).encode()) == [(3, "黄秋梦", "8"), (4, "李工", "4")]


def test_decimal_commas_do_not_hide_the_semicolon():
    assert texts("姓名;学时\n黄秋梦;7,5\n李工;4,5\n".encode()) == [(2, "黄秋梦", "7,5"), (3, "李工", "4,5")]


@pytest.mark.parametrize("blank", ["\n", ",,,\n", " \n"])
def test_any_number_of_blank_lines_may_come_first(blank):
    assert [line[1:] for line in texts((blank * 100_000 + TEXT).encode())] == [("黄秋梦", "8"), ("李工", "4")]


def test_heading_below_many_lines_of_text_is_not_found():
    assert refusal(("说明\n" * 20 + TEXT).encode()).startswith("文件缺少列：姓名。")


def test_missing_columns_are_those_of_the_best_line():
    columns = Columns(("姓名", "学时"), ("姓名", "学时"))
    assert refusal("2026 年度名单\n姓名,课时\n黄秋梦,8\n".encode(), columns).startswith("文件缺少列：学时。")


def test_blank_lines_cost_bounded_time():
    bounds = Bounds(seconds=-1)
    assert refusal(b"\n" * 100_000, bounds=bounds).startswith("文件太复杂，读取时间过长")


@pytest.mark.parametrize(("typed", "text"), [('"=""00123"""', "00123"), ("'=1+1", "=1+1"), ("８", "8")])
def test_guards_of_spreadsheets_are_removed(typed, text):
    assert texts(f"姓名,学时\n黄秋梦,{typed}\n".encode()) == [(2, "黄秋梦", text)]


@pytest.mark.parametrize("shown", ["1.24501E+17", "1.38E+10", "4.50103e+17"])
def test_scientific_notation_is_named(shown):
    [line] = lines(f"姓名,学时\n黄秋梦,{shown}\n".encode())
    assert line.cell("学时").problem == (
        f"是存成数字的（{shown}），末几位可能已丢失，请将该列设为“文本”格式后重新填写。"
    )


def test_traditional_text_in_big5_is_refused_with_remedy():
    content = "姓名,單位,學時\n黃秋夢,甘棠鎮林業站,8\n".encode("big5")
    assert refusal(content, Columns(("姓名", "单位"), ("姓名", "单位"))) == (
        "文件像是 Big5（繁体中文）编码，请另存为 UTF-8 编码的 CSV 或 .xlsx，列名须用简体字。"
    )


@pytest.mark.parametrize("text", ['[{"姓名": "黄秋梦"}]', '{"姓名": "黄秋梦"}', '\n [["姓名"], ["黄秋梦"]]'])
def test_json_is_refused_with_remedy(text):
    assert refusal(text.encode()) == "这是 JSON，不是表格，请另存为 .xlsx 或 CSV 再上传。"


JOINED = "第 2 至 3 行被读作一行，请检查第 2 行的引号是否成对。"


@pytest.mark.parametrize("end", ["李工,乙,4\n", '李工,"乙,4\n', '李工,"乙",4\n', '李工,乙",4\n'])
def test_unclosed_quote_in_an_unused_column_is_named(end):
    line = lines(f'姓名,备注,学时\n黄秋梦,"甲,8\n{end}'.encode())[0]
    assert (line.number, line.problem) == (2, JOINED)


@pytest.mark.parametrize("line", ['黄秋梦,"甲,8', '黄秋梦,甲,"8', '"', '黄秋梦,甲,8,"'])
def test_quote_left_open_at_the_end_of_the_file_is_named(line):
    first, last = lines(f"姓名,备注,学时\n李工,,4\n{line}".encode())
    assert (first.text("学时"), last.problem) == ("4", "此行不是正确的 CSV，请检查引号是否成对。")


def test_line_ends_in_an_unused_column_are_no_problem():
    assert texts('姓名,备注,学时\n黄秋梦,"甲\n乙",8\n李工,"乙"'.encode()) == [(2, "黄秋梦", "8"), (4, "李工", "")]


@pytest.mark.parametrize("heading", ['姓名,学时,"备注\n黄秋梦,8,\n', '"名单\n姓名,学时\n'])
def test_unclosed_quote_that_swallows_the_table_is_named(heading):
    assert refusal(heading.encode()) == "第 1 至 2 行被读作一行，请检查第 1 行的引号是否成对。"
    assert refusal('姓名,学时,"备注'.encode()) == "第 1 行不是正确的 CSV，请检查引号是否成对。"


def test_missing_column_is_one_sentence():
    assert refusal("学时\n8\n".encode(), Columns(("姓名",), ("姓名",))) == "文件缺少列：姓名。第一行应为列名：姓名。"


def test_truncated_character_is_refused():
    assert refusal("姓名\n黄秋梦\n".encode()[:-2] + b"\xff").startswith("文件编码无法识别")


def test_text_with_late_null_byte_is_refused():
    content = "姓名\n".encode() + "黄秋梦\n".encode() * 200_000 + b"\x00\n"
    assert refusal(content) == "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"


# --- Old workbooks -----------------------------------------------------------------------------------


def test_old_workbook_is_read_as_it_is_seen():
    chinese_date = xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
    zeros = xlwt.easyxf(num_format_str="000000")
    content = old_workbook(
        ["姓名", "日期", "学时"], ["黄秋梦", (date(2026, 5, 12), chinese_date), (123, zeros)], [], ["李工", "", 7.5]
    )
    assert texts(content) == [(2, "黄秋梦", "2026-05-12", "000123"), (4, "李工", "", "7.5")]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.5, "h:mm", "12:00"),
        (1.5, "[h]:mm", "36:00"),
        (46154.25, "yyyy-mm-dd h:mm", "2026-05-12 06:00"),
        (1e9, "yyyy-mm-dd", "#VALUE!"),
    ],
)
def test_time_of_an_old_workbook_is_read_as_it_is_seen(value, number_format, text):
    content = old_workbook(["姓名", "日期"], ["黄秋梦", (value, xlwt.easyxf(num_format_str=number_format))])
    assert texts(content) == [(2, "黄秋梦", text)]


def test_dates_of_the_1904_system_in_an_old_workbook_are_read():
    def use_1904(book: xlwt.Workbook) -> None:
        book.dates_1904 = True

    day = (44692, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    assert texts(old_workbook(["姓名", "日期"], ["黄秋梦", day], change=use_1904)) == [(2, "黄秋梦", "2026-05-12")]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_of_an_old_workbook_that_is_none_is_named(value):
    [line] = lines(old_workbook(["姓名", "学时"], ["黄秋梦", value]))
    assert line.cell("学时").problem == "是错误值（#NUM!），请改正后再导入。"


def test_words_of_a_format_in_an_old_workbook_belong_to_the_value():
    name, code = xlwt.easyxf(num_format_str='@"先生"'), xlwt.easyxf(num_format_str='"GX-2026-"000')
    content = old_workbook(["姓名", "日期"], [("黄秋梦", name), (1, code)])
    assert texts(content) == [(2, "黄秋梦先生", "GX-2026-001")]


def test_old_workbook_with_hidden_parts_is_refused():
    def hide_row(book: xlwt.Workbook) -> None:
        book.get_sheet(0).row(2).hidden = True

    def hide_column(book: xlwt.Workbook) -> None:
        book.get_sheet(0).col(1).hidden = True

    rows = ["姓名", "学时"], ["黄秋梦", 8], ["李工", 4]
    assert refusal(old_workbook(*rows, change=hide_row)).startswith("第 3 行被隐藏或筛选掉了")
    assert refusal(old_workbook(*rows, change=hide_column)).startswith("列“学时”在表中是隐藏的")


def test_old_workbook_passes_over_hidden_and_empty_sheets():
    def add_sheets(book: xlwt.Workbook) -> None:
        book.get_sheet(0).visibility = 1
        book.add_sheet("空表")
        book.add_sheet("名单二").write(0, 0, "姓名")
        book.get_sheet(2).write(1, 0, "李工")
        book.set_active_sheet(2)

    assert texts(old_workbook(["姓名"], ["黄秋梦"], change=add_sheets)) == [(2, "李工")]


def test_lost_digits_and_errors_of_old_workbooks_are_named():
    [line] = lines(old_workbook(["姓名", "学时"], ["黄秋梦", 1.245010000000124e17]))
    assert line.cell("学时").problem.startswith("是存成数字的（1.24501E+17）")


@pytest.mark.parametrize(("height", "width"), [(0, 0), (15, 25)])
def test_old_workbook_with_parts_of_almost_no_size_is_refused(height, width):
    def flatten_row(book: xlwt.Workbook) -> None:
        book.get_sheet(0).row(1).height_mismatch = True
        book.get_sheet(0).row(1).height = height

    def flatten_column(book: xlwt.Workbook) -> None:
        book.get_sheet(0).col(1).width = width

    rows = ["姓名", "学时"], ["黄秋梦", 8]
    assert refusal(old_workbook(*rows, change=flatten_row)).startswith("第 2 行被隐藏或筛选掉了")
    assert refusal(old_workbook(*rows, change=flatten_column)).startswith("列“学时”在表中是隐藏的")


EMPTY_RESULT = b"\x03" + bytes(5) + b"\xff\xff"
REFRESH_ALL, RECALC_ID = b"\xb7\x01\x02\x00", b"\xc1\x01\x02\x00"


def old_formula(result: bytes, flags: int, *, is_calculated: bool = False) -> bytes:
    """Return a workbook with a formula whose record holds this result and these flags."""
    content = old_workbook(["姓名", "学时"], ["黄秋梦", xlwt.Formula("4+4")])
    written = EMPTY_RESULT + bytes(2)
    assert content.count(written) == content.count(REFRESH_ALL) == 1
    content = content.replace(written, result + flags.to_bytes(2, "little"))
    return content.replace(REFRESH_ALL, RECALC_ID) if is_calculated else content


@pytest.mark.parametrize(("result", "flags"), [(EMPTY_RESULT, 0), (EMPTY_RESULT, 2), (bytes(8), 2)])
def test_formula_of_an_old_workbook_without_a_value_is_named(result, flags):
    [line] = lines(old_formula(result, flags))
    assert line.cell("学时").problem == "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"


@pytest.mark.parametrize(
    ("result", "flags", "text"),
    [(EMPTY_RESULT, 0, ""), (bytes(8), 0, "0"), (struct.pack("<d", 8), 0, "8"), (struct.pack("<d", 8), 2, "8")],
)
def test_formula_of_an_old_workbook_counts_by_its_value(result, flags, text):
    assert texts(old_formula(result, flags, is_calculated=True)) == [(2, "黄秋梦", text)]


def test_empty_formula_beside_a_calculated_one_is_empty():
    """LibreOffice writes all formulas as to be calculated, and no version of its calculation."""
    content = old_workbook(["姓名", "学时"], ["黄秋梦", xlwt.Formula("4+4")], ["李工", xlwt.Formula('""')])
    calculated = content.replace(EMPTY_RESULT + bytes(2), struct.pack("<dH", 8, 2), 1)
    assert texts(calculated) == [(2, "黄秋梦", "8"), (3, "李工", "")]


def test_old_workbook_has_no_escapes():
    assert texts(old_workbook(["姓名", "学时"], ["A_x000D_B", 8])) == [(2, "A_x000D_B", "8")]


def test_heading_merged_over_columns_of_an_old_workbook_is_refused():
    def merge(book: xlwt.Workbook) -> None:
        book.get_sheet(0).merge(0, 0, 1, 2)

    words = "列名“学时”的单元格合并了几列，请取消合并，每列只写一个列名。"
    assert refusal(old_workbook(["姓名", "学时"], ["黄秋梦", 8, 9], change=merge)) == words


def test_merged_cells_of_an_old_workbook_are_named():
    def merge(book: xlwt.Workbook) -> None:
        book.get_sheet(0).merge(1, 2, 0, 0)
        book.get_sheet(0).write(2, 1, 4)

    [first, second] = lines(old_workbook(["姓名", "学时"], ["黄秋梦", 8], [], change=merge))
    assert {first.problem, second.problem} == {"此行有合并的单元格，请取消合并并逐行填写。"}


@pytest.mark.parametrize("size", [600, 2_000, 4_500])
def test_old_workbook_that_is_cut_short_is_refused_with_remedy(size):
    assert refusal(old_workbook(["姓名"], ["黄秋梦"])[:size]).endswith("请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。")


def encrypted_package() -> bytes:
    """Return an .xlsx file with a password, as far as its directory goes."""

    def entry(name: str) -> bytes:
        return name.encode("utf-16-le").ljust(64, b"\0") + bytes([2 * len(name) + 2, 0, 2])

    content = old_workbook(["姓名"], ["黄秋梦"])
    assert entry("Workbook") in content
    return content.replace(entry("Workbook"), entry("EncryptedPackage"))


def test_protected_workbook_is_refused():
    assert refusal(encrypted_package()) == PROTECTED


def test_text_about_protected_workbooks_protects_none():
    assert texts(old_workbook(["姓名", "学时"], ["EncryptedPackage 黄", 8])) == [(2, "EncryptedPackage 黄", "8")]
    damaged = old_workbook(["姓名"], ["EncryptedPackage 黄"])[:-1200]
    assert refusal(damaged).startswith("这个文件已损坏")


# --- Other files -------------------------------------------------------------------------------------


def archive(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in parts.items():
            target.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的，请重新选择。"),
        (b"<html><table>", "这是网页或 XML 格式的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>',
            "这是网页或 XML 格式的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
        ),
        (
            archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
            "这是 .ods（OpenDocument）文件，请另存为 .xlsx 再上传。",
        ),
        (
            archive(**{"Doc_0__Document.xml": b"", "OFD.xml": b""}),
            "这是 .ofd 文件，不是表格，请上传 .xlsx、.xls 或 CSV 文件。",
        ),
        (archive(word__document=b""), "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"),
        (b"PK\x03\x04broken", "文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。"),
        (b"%PDF-1.7\n%x\n", "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"),
    ],
    ids=["empty", "html", "xml", "ods", "ofd", "docx", "broken", "pdf", "png"],
)
def test_other_file_is_refused_with_remedy(content, words):
    assert refusal(content) == words


MHTML = b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
BROWSER = b"From: <Saved by Blink>\r\nSubject: =?utf-8?Q?x?=\r\n =?utf-8?Q?y?=\r\nMIME-Version: 1.0\r\n"


@pytest.mark.parametrize(
    "content",
    [
        b'<meta charset="utf-8"><table><tr><td>\xe5\xa7\x93,</td></tr></table>',
        b"\r\n<head><style>td{}</style></head>",
        b"<style>td{}</style><table>",
        b"<div class='x'>\n<table>",
        b"<!-- x --><table>",
        b"<Workbook xmlns:ss='urn:x'>",
        '<html xmlns:x="urn:x">\n'.encode("utf-16"),
        MHTML,
        BROWSER,
    ],
)
def test_web_page_is_refused_with_remedy(content):
    assert refusal(content) == WEB_PAGE


@pytest.mark.parametrize("title", ["<2026 年名单>", "<名单>", "a<b>"])
def test_title_in_angle_brackets_is_no_web_page(title):
    assert texts(f"{title}\n姓名,学时\n黄秋梦,8\n".encode()) == [(3, "黄秋梦", "8")]


@pytest.mark.parametrize("kind", ["xlsx", "csv", "utf-16", "xls"])
def test_mutated_file_is_read_or_refused(kind):
    """No change of bytes leads to anything but lines or FileProblem."""
    make = {"xlsx": lambda: workbook(["姓名", "学时"], *[["黄秋梦", 8]] * 20), "csv": TEXT.encode}
    make |= {"utf-16": lambda: TEXT.encode("utf-16"), "xls": lambda: old_workbook(["姓名"], *[["黄秋梦"]] * 20)}
    original, chance = make[kind](), random.Random(2026)
    for _ in range(8 if kind == "xls" else 60):
        content = bytearray(original)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with suppress(FileProblem):
            list(read_lines(io.BytesIO(bytes(content)), PEOPLE).lines)
