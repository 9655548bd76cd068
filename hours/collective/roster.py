"""The list of people for a 单位集体登记 from Excel or CSV, and the files that go back to its reviewer."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from accounts import identity
from config.files import tables
from config.web.texts import normalise_line, normalise_number

from .drafts import RosterRow
from .preview import PreviewLine

NAME, ID_NUMBER, HOURS, CERTIFICATE = "姓名", "证件号码", "学时", "证书编号"
COLUMNS = (NAME, ID_NUMBER, HOURS, CERTIFICATE)
REQUIRED_COLUMNS = (NAME, ID_NUMBER)
IGNORED_COLUMNS = LINE, PROBLEM = "原行号", "问题"  # of a file of bad lines that comes back corrected
MAX_LENGTHS = {NAME: 50, ID_NUMBER: 30, HOURS: 12, CERTIFICATE: 100}
EXACT_DIGITS = 15  # a spreadsheet rounds longer numbers, so that an ID number typed as a number has lost its end
ACCEPT = ".xlsx,.csv"


def read(upload: UploadedFile) -> list[RosterRow]:
    """Return the people named in the file; raise ValidationError if the file as a whole cannot be accepted."""
    if (upload.size or 0) > settings.ROSTER_MAX_BYTES:
        size = f"{settings.ROSTER_MAX_BYTES // settings.MEGABYTE} MB"
        raise ValidationError(f"文件超过 {size}，请只保留名单一张表，每次最多 {settings.COLLECTIVE_MAX_PEOPLE} 行。")
    try:
        table = tables.read(upload)
        if table.merged_cells:
            raise ValidationError(f"表中有合并的单元格（{'、'.join(table.merged_cells[:5])}），请取消合并后上传。")
        return _rows(table.rows, _column_indexes(table.column_names))
    except tables.FileProblem as problem:
        raise ValidationError(str(problem)) from None


def _rows(lines: Iterable[tables.TableRow], indexes: dict[str, int]) -> list[RosterRow]:
    rows: list[RosterRow] = []
    for line in lines:
        if line.is_empty:
            continue
        if len(rows) == settings.COLLECTIVE_MAX_PEOPLE:
            raise ValidationError(f"名单超过 {settings.COLLECTIVE_MAX_PEOPLE} 行，请分成几个文件上传。")
        if line.cells is None or line.has_line_ends_in(indexes.values()):
            rows.append(RosterRow(line.number, "", "", problem=line.quote_problem))
        else:
            rows.append(_row(line.number, line.cells, indexes))
    if not rows:
        raise ValidationError("名单中没有人员：第一行是列名，从第二行起每行一人。")
    return rows


def _column_indexes(names: Sequence[str]) -> dict[str, int]:
    """Return the index of each known column; raise ValidationError for missing, unknown and repeated columns."""
    expected = f"第一行应为列名：{'、'.join(COLUMNS)}（后两列可以没有）。"
    if missing := [column for column in REQUIRED_COLUMNS if column not in names]:
        raise ValidationError(f"文件缺少列：{'、'.join(missing)}。{expected}")
    known = (*COLUMNS, *IGNORED_COLUMNS)
    if unknown := [name[:20] for name in names if name and name not in known]:
        raise ValidationError(f"不认识的列：{'、'.join(unknown[:5])}。{expected}")
    if repeated := {name for name in names if name and names.count(name) > 1}:
        raise ValidationError(f"列名重复：{'、'.join(sorted(repeated))}。{expected}")
    return {column: names.index(column) for column in COLUMNS if column in names}


def _row(number: int, cells: Sequence[object], indexes: dict[str, int]) -> RosterRow:
    found = {column: cells[index] if index < len(cells) else None for column, index in indexes.items()}
    values = {column: _text(value) for column, value in found.items()}
    problems = [_cell_problem(found[column], index, number) for column, index in indexes.items()]
    problems += [f"“{column}”列为空。" for column in REQUIRED_COLUMNS if not values[column]]
    for column, value in values.items():
        if len(value) > MAX_LENGTHS[column]:
            problems.append(f"“{column}”列超过 {MAX_LENGTHS[column]} 个字。")
            values[column] = value[: MAX_LENGTHS[column]]
    return RosterRow(
        number=number,
        name=values[NAME],
        id_number=identity.normalise(values[ID_NUMBER]),
        hours=values.get(HOURS, ""),
        certificate_number=normalise_number(values.get(CERTIFICATE, "")),
        problem="".join(problems),
    )


def _cell_problem(value: object, index: int, line: int) -> str:
    """Return why the cell cannot be read; empty if it can."""
    cell = f"单元格 {get_column_letter(index + 1)}{line}"
    if isinstance(value, tables.Formula):
        return f"{cell} 是公式，请改为数值。"
    if isinstance(value, tables.ErrorValue):
        return f"{cell} 是错误值。"
    if isinstance(value, int | float) and abs(value) >= 10**EXACT_DIGITS:
        return f"{cell} 是数字格式，末尾几位可能已丢失，请将该列设为文本后重新输入。"
    return ""


def _text(value: object) -> str:
    """Return the cell as text: whole numbers without .0, and without an apostrophe that guarded against a formula."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = normalise_line(unicodedata.normalize("NFKC", str(value)))
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def template() -> bytes:
    """Return an empty list with the right columns."""
    return text_workbook([COLUMNS])


def bad_lines_file(lines: Iterable[PreviewLine]) -> bytes:
    """Return the lines as they were typed, with their problems; the corrected file can be uploaded again."""
    rows = [
        (line.name, line.id_number, line.hours, line.certificate_number, str(line.number), "".join(line.problems))
        for line in lines
    ]
    return text_workbook([(*COLUMNS, *IGNORED_COLUMNS), *rows])


def text_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Return an Excel file with text in every cell: no formula is evaluated, no ID number becomes a number."""
    book = Workbook()
    sheet = book.worksheets[0]
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
