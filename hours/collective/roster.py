"""READ: the list of people for a 单位集体登记, from Excel or CSV; and the files that go back to its reviewer."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from accounts import identity
from config.files import tables
from config.web.texts import normalise_line, normalise_number

from .drafts import MAX_PEOPLE, RosterRow
from .preview import PreviewLine

NAME, NUMBER, HOURS, CERTIFICATE = "姓名", "证件号码", "学时", "证书编号"
COLUMNS = (NAME, NUMBER, HOURS, CERTIFICATE)
NEEDED = (NAME, NUMBER)
LINE, PROBLEM = "原行号", "问题"
# A file of bad lines may come back corrected, its last columns still there.
IGNORED = (LINE, PROBLEM)
MOST_BYTES = 5 * 1024 * 1024
LONGEST = {NAME: 50, NUMBER: 30, HOURS: 12, CERTIFICATE: 100}
DIGITS_KEPT = 15  # a spreadsheet's number has no more; an ID number that was typed as one has lost its end
ACCEPT = ".xlsx,.csv"


def read(upload: UploadedFile) -> list[RosterRow]:
    """The people named in the file; ValidationError with a sentence for a file that cannot be taken at all."""
    if upload.size > MOST_BYTES:
        raise ValidationError(f"文件超过 {MOST_BYTES // 1024**2} MB，请只保留名单一张表，每次最多 {MAX_PEOPLE} 行。")
    try:
        table = tables.read(upload)
        if table.merged_cells:
            raise ValidationError(f"表中有合并的单元格（{'、'.join(table.merged_cells[:5])}），请取消合并后上传。")
        return _rows(table.rows, _columns(table.column_names))
    except tables.FileProblem as problem:
        raise ValidationError(str(problem)) from None


def _rows(lines: Iterable[tables.TableRow], columns: dict[str, int]) -> list[RosterRow]:
    rows: list[RosterRow] = []
    for line in lines:
        if line.is_empty:
            continue
        if len(rows) == MAX_PEOPLE:
            raise ValidationError(f"名单超过 {MAX_PEOPLE} 行，请分成几个文件上传。")
        if line.cells is None or line.has_line_ends_in(columns.values()):
            rows.append(RosterRow(line.number, "", "", problem=line.quote_problem))
        else:
            rows.append(_row(line.number, line.cells, columns))
    if not rows:
        raise ValidationError("名单中没有人员：第一行是列名，从第二行起每行一人。")
    return rows


def _unreadable(value, place: int, line: int) -> str:
    """What stands in the way of reading a cell; empty for nothing."""
    cell = f"单元格 {get_column_letter(place + 1)}{line}"
    if isinstance(value, tables.Formula):
        return f"{cell} 是公式，请改为数值。"
    if isinstance(value, tables.ErrorValue):
        return f"{cell} 是错误值。"
    if isinstance(value, int | float) and abs(value) >= 10**DIGITS_KEPT:
        return f"{cell} 是数字格式，末尾几位可能已丢失，请将该列设为文本后重新输入。"
    return ""


def _text(value) -> str:
    """A cell as text: whole numbers without .0, an apostrophe that guarded against a formula taken off."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = normalise_line(unicodedata.normalize("NFKC", str(value)))
    return text[1:] if re.match(r"'[=+\-@]", text) else text


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


def _row(number: int, cells: Sequence, columns: dict[str, int]) -> RosterRow:
    found = {column: cells[place] if place < len(cells) else None for column, place in columns.items()}
    values = {column: _text(value) for column, value in found.items()}
    problems = [words for column, place in columns.items() if (words := _unreadable(found[column], place, number))]
    problems += [f"“{column}”列为空。" for column in NEEDED if not values[column]]
    for column, value in values.items():
        if len(value) > LONGEST[column]:
            problems.append(f"“{column}”列超过 {LONGEST[column]} 个字。")
            values[column] = value[: LONGEST[column]]
    return RosterRow(
        number=number,
        name=values[NAME],
        id_number=identity.normalise(values[NUMBER]),
        hours=values.get(HOURS, ""),
        certificate_number=normalise_number(values.get(CERTIFICATE, "")),
        problem="".join(problems),
    )


def template() -> bytes:
    """An empty list with the right columns."""
    return _workbook([list(COLUMNS)])


def bad_lines(lines: Iterable[PreviewLine]) -> bytes:
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
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
            cell.data_type, cell.number_format = "s", "@"
    for place, width in enumerate((14, 24, 8, 22, 8, 60)[: len(rows[0])], 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
