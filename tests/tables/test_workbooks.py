"""Workbooks (.xlsx) as people save them: what is read, what is refused, and what a broken one costs."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from config.files.tables import Bounds
from tests.files import replace_part

from .files import PEOPLE, SHEET, lines, refusal, texts, with_row, with_xml, workbook

ROWS = (["姓名", "学时"], ["黄秋梦", 8])
SPACE_AT_END = b'<row r="1048576"><c r="F1048576" t="inlineStr"><is><t> </t></is></c></row>'
STRAY_CORNER = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'


def blank_rows(count: int) -> bytes:
    return b"".join(
        b'<row r="%d" s="1"><c r="A%d" s="0"/><c r="B%d" s="0"/></row>' % (n, n, n) for n in range(3, count)
    )


@pytest.mark.parametrize("extra", [SPACE_AT_END, STRAY_CORNER, blank_rows(300_000)], ids=["space", "corner", "blank"])
def test_far_stray_cell_costs_nothing(extra):
    assert texts(with_row(extra)) == [(2, "黄秋梦", "8")]


def test_blank_lines_in_the_middle_are_passed_over():
    assert texts(workbook(*ROWS, [None, " "], ["\u3000"], ["李工", 4])) == [(2, "黄秋梦", "8"), (5, "李工", "4")]


def test_title_above_the_heading_is_passed_over():
    def merge(book: Workbook) -> None:
        book.worksheets[0].merge_cells("A1:B1")

    assert texts(workbook(["2026 年名单"], [None], *ROWS, change=merge)) == [(4, "黄秋梦", "8")]


def test_first_visible_sheet_with_content_is_read():
    def add_sheets(book: Workbook) -> None:
        book.worksheets[0].sheet_state = "hidden"
        book.create_sheet("空表")
        book.create_sheet("名单").append(["姓名"])
        book["名单"].append(["李工"])

    assert texts(workbook(*ROWS, change=add_sheets)) == [(2, "李工")]


def test_empty_workbook_names_its_sheets():
    assert refusal(workbook()) == "工作表“Sheet”中没有内容，请把表格放在第一张可见的工作表。"


def test_heading_that_appears_twice_is_refused():
    assert refusal(workbook(["姓名", "学时", "学时"], ["黄秋梦", 8, 80])) == "列名重复：学时。请只保留一列。"
    assert refusal(workbook(["姓名", "备注", "备 注", "备注"])) == "列名重复：备注。请只保留一列。"
    assert refusal(workbook(["姓名", "学时", "学 时："])) == "列名重复：学时。请只保留一列。"


def test_known_heading_may_be_spaced_starred_or_end_in_a_colon():
    assert texts(workbook(["*姓　名", "学 时：", "日期（年月日）"], ["黄秋梦", 8, "x"])) == [(2, "黄秋梦", "8")]


def test_hidden_column_with_a_known_heading_is_refused():
    def hide(book: Workbook) -> None:
        book.worksheets[0].column_dimensions["B"].hidden = True

    assert refusal(workbook(*ROWS, change=hide)) == "列“学时”在表中是隐藏的，请取消隐藏，或删除这一列后再上传。"
    assert texts(workbook(["姓名", "备注"], ["黄秋梦", "x"], change=hide)) == [(2, "黄秋梦")]


def test_filtered_row_is_refused():
    def hide(book: Workbook) -> None:
        book.worksheets[0].row_dimensions[3].hidden = True

    words = "第 3 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。"
    assert refusal(workbook(*ROWS, ["李工", 4], change=hide)) == words


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="3" ht="0"',
        b'<row r="3" ht="0.0" customHeight="1"',
        b'<row r="3" ht="0.75" customHeight="1"',
        b'<row r="3" hidden="true"',
    ],
)
def test_row_without_height_is_hidden(row):
    words = "第 3 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。"
    assert refusal(with_row(row + b"><c><v>4</v></c></row>")) == words


def test_hidden_title_does_not_hide_a_hidden_line():
    def hide(book: Workbook) -> None:
        book.worksheets[0].row_dimensions[1].hidden = True

    content = workbook(["2026 年名单"], *ROWS, change=hide)
    assert texts(content) == [(3, "黄秋梦", "8")]
    hidden_line = replace_part(content, SHEET, lambda xml: xml.replace(b'<row r="3"', b'<row r="3" hidden="1"'))
    assert refusal(hidden_line) == "第 3 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。"


@pytest.mark.parametrize(
    "columns",
    [
        b'<cols><col min="2" max="2" width="0" customWidth="1"/></cols>',
        b'<cols><col min="2" max="2" width="0.1" customWidth="1"/></cols>',
        b'<sheetFormatPr defaultColWidth="0.29"/><cols><col min="1" max="1" width="9"/></cols>',
        b'<sheetFormatPr defaultColWidth="0"/><cols><col min="1" max="1" width="9"/></cols>',
    ],
)
def test_column_without_width_is_hidden(columns):
    content = with_xml(b"<sheetData>", columns + b"<sheetData>")
    assert refusal(content) == "列“学时”在表中是隐藏的，请取消隐藏，或删除这一列后再上传。"


def test_narrow_columns_and_low_rows_are_seen():
    columns = b'<cols><col min="1" max="2" width="0.3" customWidth="1"/></cols>'
    content = with_xml(b"<sheetData>", columns + b"<sheetData>")
    content = replace_part(content, SHEET, lambda xml: xml.replace(b'<row r="2"', b'<row r="2" ht="1.5"'))
    assert texts(content) == [(2, "黄秋梦", "8")]


def test_dates_of_the_1904_system_are_read():
    def use_1904(book: Workbook) -> None:
        book.epoch = datetime(1904, 1, 1)

    assert texts(workbook(["姓名", "日期"], ["黄秋梦", datetime(2026, 5, 12)], change=use_1904)) == [
        (2, "黄秋梦", "2026-05-12")
    ]


@pytest.mark.parametrize(
    ("value", "shown"), [(1.245010000000124e17, "1.24501E+17"), (450103198503210012, "4.50103E+17")]
)
def test_number_that_lost_digits_is_named(value, shown):
    [line] = lines(workbook(["姓名", "学时"], ["黄秋梦", value]))
    assert line.cell("学时").problem == (
        f"是存成数字的（{shown}），末几位可能已丢失，请将该列设为“文本”格式后重新填写。"
    )


def test_number_of_fifteen_digits_is_exact():
    assert texts(workbook(["姓名", "学时"], ["黄秋梦", 450103850321001])) == [(2, "黄秋梦", "450103850321001")]


def test_formula_counts_by_its_value():
    cell = b'<c r="B2"><f>4+4</f><v>8</v></c>'
    assert texts(with_xml(b'<c r="B2" t="n"><v>8</v></c>', cell)) == [(2, "黄秋梦", "8")]


def test_formula_without_a_value_and_error_are_named():
    [formula, error] = lines(workbook(["姓名", "学时"], ["黄秋梦", "=4+4"], ["李工", "#N/A"]))
    assert formula.cell("学时").problem == "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"
    assert error.cell("学时").problem == "是错误值（#N/A），请改正后再导入。"


def test_formula_without_a_value_is_named_in_a_cell_without_a_place():
    [_, line] = lines(with_row("<row><c t='inlineStr'><is><t>李工</t></is></c><c><f>4+4</f></c></row>".encode()))
    assert line.cell("学时").problem == "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"


@pytest.mark.parametrize(
    "cell",
    [
        b'<c t="str"><f>4+4</f></c>',
        b'<c t="inlineStr"><f>4+4</f></c>',
        b'<c t="s"><f>4+4</f></c>',
        b"<c><f>4+4</f><v>0</v></c>",
    ],
)
def test_formula_whose_value_the_file_does_not_hold_is_named(cell):
    [_, line] = lines(with_row(b'<row r="3"><c><v>4</v></c>' + cell + b"</row>"))
    assert line.cell("学时").problem == "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"


def test_formula_that_gives_zero_is_read():
    content = with_row(b'<row r="3"><c><v>4</v></c><c><f>4-4</f><v>0</v></c></row>')
    content = replace_part(content, "xl/workbook.xml", lambda xml: xml.replace(b'fullCalcOnLoad="1"', b""))
    assert texts(content)[1] == (3, "4", "0")


def test_formula_with_an_empty_result_is_empty():
    [_, line] = lines(with_row(b'<row r="3"><c><v>4</v></c><c t="str"><f>""</f><v></v></c></row>'))
    assert (line.text("学时"), line.cell("学时").problem) == ("", "")


@pytest.mark.parametrize("value", [b"<![CDATA[40]]>", b"4<!-- < -->0", b"<?pi a?>40", b"&#52;0"])
def test_value_is_read_through_comments_and_marked_text(value):
    content = with_row(b'<row r="3"><c><v>1</v></c><c><v>' + value + b"</v></c></row>")
    assert texts(content)[1] == (3, "1", "40")


def test_rows_in_comments_are_none():
    content = with_row(b'<!-- <row r="3"><c r="A3"/></row> --><row r="4"><c><v>1</v></c></row>')
    assert texts(content)[1] == (4, "1", "")


def test_phonetic_hints_are_not_part_of_the_text():
    text = '<is><r><t>韦工</t></r><rPh sb="0" eb="1"><t>wei</t></rPh></is>'.encode()
    content = with_row(b'<row r="3"><c r="A3" t="inlineStr">' + text + b"</c></row>")
    assert texts(content)[1] == (3, "韦工", "")


def test_rows_and_cells_without_places_are_read():
    content = with_row(b"<row><c t='inlineStr'><is><t>A</t></is></c><c><v>4</v></c></row>".replace(b"'", b'"'))
    assert texts(content)[1] == (3, "A", "4")


def test_attributes_in_single_quotes_are_understood():
    hidden = b"<row r='3' hidden='1'><c r='A3' t='inlineStr'><is><t>A</t></is></c></row>"
    assert refusal(with_row(hidden)) == ("第 3 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。")
    unsaved = b"<row r='3'><c r='A3' t='inlineStr'><is><t>A</t></is></c><c r='B3'><f>4+4</f></c></row>"
    assert lines(with_row(unsaved))[1].cell("学时").problem.startswith("是没有保存结果的公式")


def test_rows_out_of_order_are_refused():
    content = with_row(b'<row r="2"><c r="A2"><v>1</v></c></row>')
    assert refusal(content) == "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。"


def test_two_cells_with_one_place_are_refused():
    content = with_row(b'<row r="3"><c r="A3"><v>1</v></c><c r="A3"/><c r="A3"><v>2</v></c></row>')
    assert refusal(content) == "工作簿中有位置相同的单元格，请用 Excel 或 WPS 重新保存后再试。"


@pytest.mark.parametrize("cells", [b"A2:A3", b"$A$2:$A$3", b"A3:A2", b"B3:A2", b"a2:A$3"])
def test_merged_cells_are_named_however_they_are_written(cells):
    row = b'<row r="3"><c r="B3"><v>4</v></c></row></sheetData>'
    merged = b'<mergeCells><mergeCell ref="C7"/><mergeCell ref="' + cells + b'"/></mergeCells>'
    found = lines(with_xml(b"</sheetData>", row + merged))
    assert [line.problem for line in found] == ["此行有合并的单元格，请取消合并并逐行填写。"] * 2


@pytest.mark.parametrize("cells", [b"", b"A:A", b"A2:A3 B2:B3"])
def test_merged_cells_that_cannot_be_read_are_refused(cells):
    content = with_xml(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="' + cells + b'"/></mergeCells>')
    assert refusal(content) == "工作簿自第 2 行起无法读取，请重新保存后再试。"


def test_cell_of_another_row_is_refused():
    content = with_row(b'<row r="3"><c r="A4"><v>1</v></c></row>')
    assert refusal(content) == "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。"


@pytest.mark.parametrize("value", [b"abc", b"1_000", "１".encode(), b"0x10", b"1 000"])
def test_number_that_is_none_is_refused(value):
    content = with_row(b'<row r="3"><c r="A3"><v>' + value + b"</v></c></row>")
    assert refusal(content) == "工作簿自第 3 行起无法读取，请重新保存后再试。"


def test_number_of_any_length_is_named():
    [_, line] = lines(with_row(b'<row r="3"><c r="A3"><v>%s</v></c></row>' % (b"9" * 5000)))
    assert line.cell("姓名").problem.startswith("是存成数字的（1.00000E+5000），末几位可能已丢失")


@pytest.mark.parametrize("number_format", ["General", "yyyy-mm-dd"])
def test_number_beyond_all_others_is_named(number_format):
    def set_format(book: Workbook) -> None:
        book.worksheets[0]["B2"].number_format = number_format

    content = workbook(["姓名", "学时"], ["黄秋梦", 8], change=set_format)
    content = replace_part(content, SHEET, lambda xml: xml.replace(b"<v>8</v>", b"<v>1e400</v>"))
    assert lines(content)[0].cell("学时").problem.startswith("是存成数字的（1.00000E+400），末几位可能已丢失")


def test_impossible_row_number_is_refused():
    content = with_row(b'<row spans="1:2" r="999999999999"><c t="n"><v>1</v></c></row>')
    assert refusal(content) == "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。"


def test_wrong_dimension_does_not_matter():
    assert texts(with_xml(b'<dimension ref="A1:B2"', b'<dimension ref="A1:A1"')) == [(2, "黄秋梦", "8")]


def test_strict_open_xml_is_read():
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(*ROWS))) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.namelist():
            xml = old.read(part)
            xml = xml.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            )
            xml = xml.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"
            )
            new.writestr(part, xml)
    assert texts(buffer.getvalue()) == [(2, "黄秋梦", "8")]


# --- Broken and costly ones --------------------------------------------------------------------------


def test_truncated_sheet_names_line():
    content = replace_part(workbook(["姓名"], *[["黄秋梦"]] * 2000), SHEET, lambda xml: xml[: len(xml) // 2])
    assert refusal(content).startswith("工作簿自第 ")
    assert refusal(content).endswith(" 行起无法读取，请重新保存后再试。")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/styles.xml", b"<fonts count=", b'<fonts odd="x" count='),
        ("xl/styles.xml", b'<cellXfs count="', b'<cellXfs count="-7'),
        ("xl/workbook.xml", b"<bookViews", b'<bookViews odd="x"'),
        ("xl/workbook.xml", b"calcId=", b'odd="1" calcId='),
    ],
)
def test_odd_values_that_a_table_does_not_need_do_no_harm(part, old, new):
    changed = replace_part(workbook(*ROWS), part, lambda xml: xml.replace(old, new))
    assert texts(changed) == [(2, "黄秋梦", "8")]


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_workbook_with_broken_part_is_refused(name):
    content = replace_part(workbook(["姓名"]), name, lambda xml: b"<a>")
    assert refusal(content) == "文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。"


def test_workbook_with_large_content_is_refused():
    words = "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。"
    assert refusal(workbook(["姓名"]), bounds=Bounds(unpacked=1000)) == words
    content = replace_part(workbook(["姓名"]), "xl/theme/theme1.xml", lambda xml: b" " * 257 * 1024 * 1024)
    assert refusal(content) == words


def test_reading_ends_with_its_time():
    words = "文件太复杂，读取时间过长，请只保留一张表并删除多余的行和格式，或拆分成几个文件。"
    assert refusal(workbook(*ROWS), bounds=Bounds(seconds=-1)) == words


def test_more_lines_than_allowed_are_refused():
    words = "文件超过 1 行，请分成几个文件上传。"
    assert refusal(workbook(*ROWS, ["李工", 4]), PEOPLE, Bounds(rows=1)) == words


def test_entities_are_refused():
    row = b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>'
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet>' + row + b"</worksheet>"
    content = replace_part(workbook(*ROWS), SHEET, lambda xml: bomb)
    assert refusal(content) == "工作簿自第 1 行起无法读取，请重新保存后再试。"
