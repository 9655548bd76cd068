"""READ: the list of people for a 单位集体登记, from Excel or CSV; and the files that go back to its reviewer."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from accounts import identity

from .collective import MOST, Line, Row

NAME, NUMBER, HOURS, CERTIFICATE = "姓名", "证件号码", "学时", "证书编号"
COLUMNS = (NAME, NUMBER, HOURS, CERTIFICATE)
NEEDED = (NAME, NUMBER)
LINE, PROBLEM = "原行号", "问题"
# A file of bad lines may come back corrected, its last columns still there.
IGNORED = (LINE, PROBLEM)
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
LONGEST = {NAME: 50, NUMBER: 30, HOURS: 12, CERTIFICATE: 100}
DIGITS_KEPT = 15  # a spreadsheet's number has no more; an ID number that was typed as one has lost its end
ACCEPT = ".xlsx,.csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# (line number, cells as text, columns that hold a formula or a number too long to be right)
Cells = tuple[int, list[str], dict[int, str]]


def read(upload: UploadedFile) -> list[Row]:
    """The people named in the file; ValidationError with a sentence for a file that cannot be taken at all."""
    if upload.size > MOST_BYTES:
        raise ValidationError("文件超过 5 MB，请只保留名单一张表，每次最多 2000 行。")
    content = upload.read()
    if not content:
        raise ValidationError("文件是空的，请重新选择。")
    is_excel = content[:4] == b"PK\x03\x04"
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise ValidationError("这是旧版 .xls 或加密的 Excel 文件，请另存为不加密的 .xlsx 后上传。")
    lines = _excel(content) if is_excel else _csv(content)
    return _rows(lines)


def _excel(content: bytes) -> Iterator[Cells]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise ValidationError("文件解开后太大，请只保留名单一张表。")
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError):
        raise ValidationError("文件不完整，或不是 Excel（.xlsx）文件，请重新保存后上传。") from None
    if merged := [str(cells) for cells in sheet.merged_cells.ranges]:
        raise ValidationError(f"表中有合并的单元格（{'、'.join(merged[:5])}），请取消合并后上传。")
    for number, cells in enumerate(sheet.iter_rows(), 1):
        wrong = {place: problem for place, cell in enumerate(cells) if (problem := _unreadable(cell))}
        yield number, [_text(cell.value) for cell in cells], wrong


def _unreadable(cell) -> str:
    if cell.data_type == "f":
        return f"单元格 {get_column_letter(cell.column)}{cell.row} 是公式，请改为数值。"
    if cell.data_type == "e":
        return f"单元格 {get_column_letter(cell.column)}{cell.row} 是错误值。"
    if cell.data_type == "n" and isinstance(cell.value, int | float) and abs(cell.value) >= 10**DIGITS_KEPT:
        return (
            f"单元格 {get_column_letter(cell.column)}{cell.row} 是数字格式，末尾几位可能已丢失，"
            "请将该列设为文本后重新输入。"
        )
    return ""


def _csv(content: bytes) -> Iterator[Cells]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise ValidationError("文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）的 CSV，或 .xlsx。") from None
    if "\x00" in text:
        raise ValidationError("文件不是 Excel（.xlsx）或 CSV，请重新选择。")
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [_text(cell) for cell in cells], {}
    except csv.Error:
        raise ValidationError(f"第 {reader.line_num} 行无法识别，请检查引号是否成对。") from None


def _text(value) -> str:
    """A cell as text: whole numbers without .0, an apostrophe that guarded against a formula taken off."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(unicodedata.normalize("NFKC", str(value)).split())
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def _rows(lines: Iterable[Cells]) -> list[Row]:
    lines = iter(lines)
    columns = _columns(next(lines, (1, [], {}))[1])
    rows: list[Row] = []
    for number, cells, wrong in lines:
        if not any(cells):
            continue
        if len(rows) == MOST:
            raise ValidationError(f"名单超过 {MOST} 行，请分成几个文件上传。")
        rows.append(_row(number, cells, wrong, columns))
    if not rows:
        raise ValidationError("名单中没有人员：第一行是列名，从第二行起每行一人。")
    return rows


def _columns(heads: Sequence[str]) -> dict[str, int]:
    """Column -> place; ValidationError that names what is missing, unknown or there twice."""
    should = f"第一行应为列名：{'、'.join(COLUMNS)}（后两列可以没有）。"
    if missing := [column for column in NEEDED if column not in heads]:
        raise ValidationError(f"文件缺少列：{'、'.join(missing)}。{should}")
    known = (*COLUMNS, *IGNORED)
    if unknown := [head[:20] for head in heads if head and head not in known]:
        raise ValidationError(f"不认识的列：{'、'.join(unknown[:5])}。{should}")
    if twice := {head for head in heads if head and heads.count(head) > 1}:
        raise ValidationError(f"列名重复：{'、'.join(sorted(twice))}。{should}")
    return {column: heads.index(column) for column in COLUMNS if column in heads}


def _row(number: int, cells: Sequence[str], wrong: dict[int, str], columns: dict[str, int]) -> Row:
    values = {column: cells[place] if place < len(cells) else "" for column, place in columns.items()}
    problems = [wrong[place] for place in columns.values() if place in wrong]
    problems += [f"“{column}”列为空。" for column in NEEDED if not values[column]]
    for column, value in values.items():
        if len(value) > LONGEST[column]:
            problems.append(f"“{column}”列超过 {LONGEST[column]} 个字。")
            values[column] = value[: LONGEST[column]]
    return Row(
        number=number,
        name=values[NAME],
        id_number=identity.normalise(values[NUMBER]),
        hours=values.get(HOURS, ""),
        certificate_number="".join(values.get(CERTIFICATE, "").split()),
        problem="".join(problems),
    )


def template() -> bytes:
    """An empty list with the right columns."""
    return _workbook([list(COLUMNS)])


def bad_lines(lines: Iterable[Line]) -> bytes:
    """The lines that were refused, as their reviewer typed them, each with why; corrected it can be sent again."""
    rows = [[line.name, line.id_number, line.hours, line.certificate_number] for line in lines]
    told = [[str(line.number), "".join(line.problems)] for line in lines]
    return _workbook([[*COLUMNS, *IGNORED], *(row + why for row, why in zip(rows, told, strict=True))])


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Text in every cell: nothing becomes a formula, no ID number a figure."""
    book = Workbook()
    sheet = book.active
    sheet.title = "名单"
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value)
            cell.data_type, cell.number_format = "s", "@"
    for place, width in enumerate((14, 24, 8, 22, 8, 60)[: len(rows[0])], 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
