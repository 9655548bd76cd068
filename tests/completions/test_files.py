"""Reading completions from CSV and XLSX, and the problems of files and lines."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from config.files.tables import COMMAND, FileProblem
from hours.completions import files
from hours.completions.files import read

COLUMNS = files.COLUMNS.known


GOOD = ["450103198503210012", "2026", "当代科学技术前沿知识", "9", "2026-05-12", "A-1", "黄秋梦"]


def csv(*rows: Sequence[str], headers: Sequence[str] = COLUMNS, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in (headers, *rows)).encode(encoding)


def workbook(*rows: Sequence[Any], headers: Sequence[str] = COLUMNS, merge: str = "") -> bytes:
    book = Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def items(content: bytes) -> list[tuple]:
    """Return (line, ID number, year, course, hours, day, key) of each item."""
    return [
        (item.position, item.id_number, item.year, item.course, item.hours, item.completed_on, item.key)
        for item in read(io.BytesIO(content)).items
    ]


def problems(content: bytes) -> list[tuple[int, str]]:
    return [(item.position, "".join(map(str, item.problems))) for item in read(io.BytesIO(content)).items]


def refusal(content: bytes) -> str:
    with pytest.raises(FileProblem) as problem:
        list(read(io.BytesIO(content)).items)
    return str(problem.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_encodings_of_spreadsheets_are_read(encoding):
    assert items(csv(GOOD, encoding=encoding)) == [(2, GOOD[0], 2026, "当代科学技术前沿知识", "9", "2026-05-12", "A-1")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_detected_from_header(delimiter):
    assert [item[1] for item in items(csv(GOOD, delimiter=delimiter))] == [GOOD[0]]


def test_workbook_values_are_read_as_seen():
    row = [GOOD[0], 2026.0, "当代科学技术前沿知识", 7.5, datetime(2026, 5, 12, 8, 30), 77]
    assert items(workbook(row)) == [
        (2, "450103198503210012", 2026, "当代科学技术前沿知识", "7.5", "2026-05-12 08:30", "77")
    ]
    assert items(workbook([*GOOD[:4], date(2026, 5, 12), None]))[0][5:] == ("2026-05-12", "")


def test_columns_in_any_order_without_optional_ones():
    content = csv(
        ["2026-05-12", "x", "当代", GOOD[0], "2026"], headers=["完成日期", "备注", "科目名称", "证件号码", "年度"]
    )
    assert items(content) == [(2, GOOD[0], 2026, "当代", "", "2026-05-12", "")]


def test_empty_lines_are_skipped_and_counted():
    assert [item[0] for item in items(csv(GOOD, [""] * 6, GOOD))] == [2, 4]
    assert [item[0] for item in items(workbook(GOOD, [None] * 6, GOOD))] == [2, 4]


def test_short_line_has_empty_values():
    assert items(csv(GOOD[:2]))[0] == (2, GOOD[0], 2026, "", "", "", "")


@pytest.mark.parametrize("make", [csv, workbook])
def test_wrong_line_does_not_stop_reading(make):
    wrong_year = [GOOD[0], "二〇二六", *GOOD[2:]]
    assert problems(make(wrong_year, GOOD)) == [(2, "年度应为整数。"), (3, "")]


def test_formula_is_problem_of_its_line():
    content = workbook([GOOD[0], 2026, "当代", "=4+5", "2026-05-12", "A"], GOOD)
    assert problems(content) == [
        (2, "“学时”列是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。"),
        (3, ""),
    ]


def test_merged_cells_are_problem_of_their_lines():
    content = workbook(GOOD, [None, *GOOD[1:]], GOOD, merge="A2:A3")
    words = "此行有合并的单元格，请取消合并并逐行填写。"
    assert problems(content) == [(2, words), (3, words), (4, "")]


def test_id_number_rounded_by_spreadsheet_is_problem():
    content = workbook([4.50103198503211e17, *GOOD[1:]])
    assert problems(content) == [
        (2, "“证件号码”列是存成数字的（4.50103E+17），末几位可能已丢失，请将该列设为“文本”格式后重新填写。")
    ]


def test_unclosed_quotation_mark_is_problem():
    """The lines below could belong to 来源编号, which takes any text. Line ends in unused columns are no problem."""
    opened = [*GOOD[:5], '"A-2']
    assert problems(csv(GOOD, opened, GOOD)) == [(2, ""), (3, "第 3 至 4 行被读作一行，请检查第 3 行的引号是否成对。")]
    headers = [*COLUMNS, "备注"]
    assert problems(csv([*GOOD, '"两行\r\n备注"'], [*GOOD, ""], headers=headers)) == [(2, ""), (4, "")]


def test_unused_columns_are_listed():
    content = csv([*GOOD, "9", ""], headers=[*COLUMNS, "学时数", ""])
    assert read(io.BytesIO(content)).unused == ["学时数"]


def test_error_value_is_problem_of_its_line():
    content = workbook([GOOD[0], 2026, "当代", "#N/A", "2026-05-12", "A"], GOOD)
    assert problems(content) == [(2, "“学时”列是错误值（#N/A），请改正后再导入。"), (3, "")]


def test_invalid_csv_line_is_problem():
    content = csv(["1", "2", '"' + "长" * 200_000 + '"'], GOOD)
    assert problems(content)[0] == (2, "此行不是正确的 CSV，请检查引号是否成对。")


def other_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    return stream.getvalue()


BROKEN = "文件不完整，或不是 Excel（.xlsx）文件，请重新保存后再试。"
NEEDED = "第一行应为列名：证件号码、年度、科目名称、学时、完成日期、来源编号、姓名（可以没有：学时、来源编号、姓名）。"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "文件是空的，请重新选择。", id="empty"),
        pytest.param(b"\r\n\r\n", f"文件没有内容。{NEEDED}", id="blank"),
        pytest.param(
            workbook(headers=[]), "工作表“Sheet”中没有内容，请把表格放在第一张可见的工作表。", id="empty sheet"
        ),
        pytest.param(
            csv(headers=["姓名", "年度"]), f"文件缺少列：证件号码、科目名称、完成日期。{NEEDED}", id="columns"
        ),
        pytest.param(csv(headers=[*COLUMNS, "年度"]), "列名重复：年度。请只保留一列。", id="twice"),
        pytest.param(b"%PDF-1.7\x00\x01", "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。", id="pdf"),
        pytest.param(
            b"\xd0\xcf\x11\xe0" + b"\x00" * 99,
            "这个文件已损坏，或不是表格（例如 Word 文件），请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
            id="another old document",
        ),
        pytest.param(other_zip(), "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。", id="zip"),
        pytest.param(workbook(GOOD)[:3000], BROKEN, id="cut off"),
        pytest.param(
            b"a,b\r\n\xff\xff\xff",
            "文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx。",
            id="encoding",
        ),
    ],
)
def test_unreadable_file_is_file_problem(content, words):
    assert refusal(content) == words


@pytest.mark.slow
@pytest.mark.parametrize("make", [csv, workbook])
def test_memory_does_not_grow_with_lines(make):
    """openpyxl keeps about 80 bytes for each line; the lines themselves are freed."""
    peaks = []
    for count in (10_000, 17_000):
        table = read(io.BytesIO(make(*[GOOD] * count)), COMMAND)  # tracing is slow; no bound of seconds
        tracemalloc.start()
        assert sum(1 for _ in table.items) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 7_000 * 100
