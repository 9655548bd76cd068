"""The list of people for a 单位集体登记 from a table, and the files that go back to its reviewer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from accounts import identity
from config.files import tables
from config.files.cells import workbook_text
from config.files.importing import Problem, all_problems
from config.files.lines import Columns, Line, read_lines
from config.parsing import parse_number
from config.texts import normalise_number

from .drafts import RosterRow
from .preview import PreviewLine

NAME, ID_NUMBER, HOURS, CERTIFICATE = COLUMNS = "姓名", "证件号码", "学时", "证书编号"
IGNORED_COLUMNS = LINE, PROBLEM = "原行号", "问题"  # of a file of bad lines that comes back corrected
KNOWN = Columns(COLUMNS, (NAME, ID_NUMBER), IGNORED_COLUMNS, names=(NAME,), secret=(ID_NUMBER,), numbers=(HOURS,))
MAX_LENGTHS = {NAME: 50, ID_NUMBER: 30, HOURS: 12, CERTIFICATE: 100}
MAX_HOURS = 9999  # what the database column holds
ALMOST_RESIDENT = re.compile(r"\d{16,17}[\dXx]?|\d{19,20}")  # a 居民身份证 number with a digit too few or too many
ACCEPT = ".xlsx,.xls,.csv,.txt"


def read(upload: UploadedFile) -> tuple[list[RosterRow], list[str]]:
    """Return the people named in the file and its unused columns; ValidationError if the file cannot be accepted."""
    if (upload.size or 0) > settings.ROSTER_MAX_BYTES:
        size = f"{settings.ROSTER_MAX_BYTES // settings.MEGABYTE} MB"
        raise ValidationError(f"文件超过 {size}，请只保留名单一张表，每次最多 {settings.COLLECTIVE_MAX_PEOPLE} 行。")
    bounds = tables.Bounds(rows=settings.COLLECTIVE_MAX_PEOPLE)
    try:
        found = read_lines(upload, KNOWN, bounds)
        rows = [_row(line) for line in found.lines]
    except tables.FileProblem as problem:
        raise ValidationError(str(problem)) from None
    if not rows:
        raise ValidationError("名单中没有人员：第一行是列名，从第二行起每行一人。")
    return rows, list(found.unused)


def _row(line: Line) -> RosterRow:
    values = {column: line.text(column)[:longest] for column, longest in MAX_LENGTHS.items()}
    problems = list(_problems(line))
    wrong = {problem.column for problem in problems}
    is_named = all(line.text(column) and not line.cell(column).problem for column in KNOWN.required)
    return RosterRow(
        number=line.number,
        name=values[NAME],
        id_number=identity.normalise(values[ID_NUMBER]),
        hours=values[HOURS],
        certificate_number=normalise_number(values[CERTIFICATE]),
        problem="".join(all_problems(line, KNOWN, problems)),
        is_named=is_named and not line.problem and wrong.isdisjoint(KNOWN.required),
    )


def _problems(line: Line) -> Iterator[Problem]:
    for column, longest in MAX_LENGTHS.items():
        if len(line.text(column)) > longest:
            yield Problem(column, f"超过 {longest} 个字。")
    id_number = identity.normalise(line.text(ID_NUMBER)[: MAX_LENGTHS[ID_NUMBER]])
    if ALMOST_RESIDENT.fullmatch(id_number) and len(id_number) != identity.RESIDENT_LENGTH:
        yield Problem(ID_NUMBER, f"应为 {identity.RESIDENT_LENGTH} 位，现为 {len(id_number)} 位。")
    hours = parse_number(line.text(HOURS))
    if line.text(HOURS) and hours is None:
        yield Problem(HOURS, "不是数字，例如 8 或 7.5。")
    elif hours and abs(hours) > MAX_HOURS:
        yield Problem(HOURS, "太大了，请核对。")


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
            cell.value = workbook_text(value)
            cell.data_type, cell.number_format = "s", "@"
    for place, width in enumerate((14, 24, 8, 22, 8, 60)[: len(rows[0])], 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
