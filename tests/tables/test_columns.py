"""Columns and values that would be dropped or changed in silence."""

from __future__ import annotations

import io

import pytest

from config.files.importing import Problem, all_problems
from config.files.lines import Columns, Line, read_lines

from .files import PEOPLE, lines, old_workbook, refusal, texts, workbook

STAFF = Columns(("姓名", "证件号码", "日期"), ("姓名",), names=("姓名",), secret=("证件号码",))


def unused(content: bytes) -> list[str]:
    """Return the unused columns once all lines are read."""
    found = read_lines(io.BytesIO(content), PEOPLE)
    list(found.lines)
    return found.unused


@pytest.mark.parametrize("heading", ["姓名,学时", "姓名,学时,,"])
def test_decimal_comma_makes_a_line_wrong(heading):
    [wrong, right] = lines(f"{heading}\n黄秋梦,7,5\n李工,4\n".encode())
    assert wrong.problem == (
        "此行有 3 列，列名只有 2 列，可能是值中有逗号等分隔符，请给该值加上英文双引号，或改用 .xlsx 上传。"
    )
    assert (right.text("学时"), right.problem) == ("4", "")


def test_quoted_comma_and_empty_cells_at_the_end_are_right():
    assert texts('姓名,学时\n黄秋梦,"7,5"\n李工,4,,\n'.encode()) == [(2, "黄秋梦", "7,5"), (3, "李工", "4")]


@pytest.mark.parametrize("make", [workbook, old_workbook])
def test_column_without_a_name_is_unused(make):
    assert unused(make(["备注", "姓名", "", "学时"], ["", "黄秋梦", "甲", 8, "", "乙"])) == [
        *("备注", "第 3 列（没有列名）", "第 6 列（没有列名）")
    ]


def test_column_without_a_name_in_text_is_unused():
    assert unused("姓名,,学时\n黄秋梦,甲,8\n李工,乙,4\n".encode()) == ["第 2 列（没有列名）"]


def test_long_names_of_unused_columns_are_cut():
    assert unused(f"姓名,{'长' * 1000}\n黄秋梦,8\n".encode()) == [f"{'长' * 20}…"]


def test_heading_over_two_columns_is_refused():
    content = workbook(
        ["姓名", "学时", None], ["黄秋梦", None, 8], change=lambda book: book.worksheets[0].merge_cells("B1:C1")
    )
    assert refusal(content) == "列名“学时”的单元格合并了几列，请取消合并，每列只写一个列名。"


def test_merged_title_above_the_heading_is_passed_over():
    content = workbook(["名单", None], ["姓名", "学时"], ["黄秋梦", 8], change=lambda b: b.active.merge_cells("A1:B1"))
    assert texts(content) == [(3, "黄秋梦", "8")]


def test_table_of_too_many_columns_is_refused():
    assert refusal(f"姓名,学时\n黄秋梦{',' * 300}8\n".encode()) == (
        "第 2 行超过 200 列，请只保留需要的列，并检查分隔符。"
    )
    assert refusal(f"姓名{',' * 1_000_000}学时\n黄秋梦\n".encode()).startswith("第 1 行超过 200 列")


@pytest.mark.parametrize("count", [250, 16_000])
def test_heading_of_a_workbook_beyond_the_columns_that_are_read_is_refused(count):
    assert refusal(workbook(["姓名", *[None] * count, "学时"], ["黄秋梦"])) == "第 1 行超过 200 列，请只保留需要的列。"
    words = "第 2 行超过 200 列，请只保留需要的列。"
    assert refusal(workbook([], [*[None] * count, "姓名", "学时"], [*[None] * count, "黄秋梦", 8])) == words
    assert refusal(workbook(["名单"], [*[None] * count, "姓名", "学时"])) == words


def test_heading_of_an_old_workbook_beyond_the_columns_that_are_read_is_refused():
    assert refusal(old_workbook(["姓名", *[""] * 250, "学时"], ["黄秋梦"])) == "第 1 行超过 200 列，请只保留需要的列。"


@pytest.mark.parametrize("make", [workbook, old_workbook])
def test_content_beyond_the_columns_that_are_read_is_unused(make):
    content = make(["姓名", "学时"], ["黄秋梦", 8, *[""] * 230, "x"], [*[""] * 230, "x"], ["李工", 4])
    assert texts(content) == [(2, "黄秋梦", "8"), (4, "李工", "4")]
    assert unused(content) == ["第 200 列以后（没有列名）"]


@pytest.mark.parametrize(
    ("typed", "text"),
    [("'0123", "0123"), ("’0123", "0123"), ("＇2026-05-12", "2026-05-12"), ("'", ""), ("‘甲’字 1 号", "‘甲’字 1 号")],
)
def test_apostrophe_that_keeps_a_text_is_removed(typed, text):
    assert texts(f"姓名,学时\n黄秋梦,{typed}\n".encode()) == [(2, "黄秋梦", text)]


def test_apostrophe_of_a_name_stays():
    assert texts("姓名\n'Aziz\n".encode(), STAFF) == [(2, "'Aziz")]


def test_number_behind_an_apostrophe_is_still_found_cut():
    [line] = lines("姓名,学时\n黄秋梦,'1.24501E+17\n".encode())
    assert line.cell("学时").problem.startswith("是存成数字的（1.24501E+17）")


def test_cell_longer_than_any_spreadsheet_holds_is_wrong():
    [line] = lines(f"姓名,学时\n黄秋梦,{'9' * 40_000}\n".encode())
    assert (line.text("学时"), line.cell("学时").problem) == ("9" * 50 + "…", "有 40,000 个字，最多 32,767 个。")


# --- Sentences -----------------------------------------------------------------------------------------


def sentences(text: str, *found: Problem) -> list[str]:
    [line] = lines(text.encode(), STAFF)
    return all_problems(line, STAFF, found)


def test_all_problems_of_a_line_are_named_once():
    found = (
        Problem("姓名", "太短。"),
        Problem("证件号码", "不对。"),
        Problem("日期", "不对。"),
        Problem("日期", "不对。"),
    )
    assert sentences("姓名,证件号码,日期\n,1.2E+17,昨天\n", *found) == [
        "“姓名”列为空。",
        "“证件号码”列是存成数字的（1.2E+17），末几位可能已丢失，请将该列设为“文本”格式后重新填写。",
        "“日期”列的值“昨天”不对。",
    ]


def test_quoted_value_is_cut_and_secret_one_masked():
    assert sentences(f"姓名,证件号码\n{'长' * 60},450102199110101236\n", Problem("姓名", "太长。")) == [
        f"“姓名”列的值“{'长' * 50}…”太长。"
    ]
    assert sentences("姓名,证件号码\n李工,450102199110101236\n", Problem("证件号码", "不对。")) == [
        "“证件号码”列的值“*****1236”不对。"
    ]
    assert sentences("姓名,证件号码\n李450102199110101236工,E1\n", Problem("姓名", "不对。")) == [
        "“姓名”列的值“李*****1236工”不对。"
    ]
    assert sentences("姓名,证件号码\n李E1234567工,E1234567\n", Problem("姓名", "不对。")) == [
        "“姓名”列的值“李*****4567工”不对。"
    ]


def test_line_that_cannot_be_read_has_one_problem():
    assert all_problems(Line(2, problem="此行有合并的单元格。"), STAFF, [Problem("姓名", "不对。")]) == [
        "此行有合并的单元格。"
    ]
