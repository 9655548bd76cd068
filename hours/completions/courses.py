"""Import and export of 公需科目."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from config.files.importing import Importer, PlannedLine, changes, compared, line_problems, refused
from config.files.lines import Columns, Line
from config.texts import comparison_key, fold_digits, normalise_number
from hours.models import Course
from hours.wording import format_number, parse_number
from organizations.import_log import log_import

from . import waiting
from .items import ItemError, parse_day
from .rules import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_COURSE_HOURS,
    course_code_problem,
    course_days_problem,
    is_valid_course_hours,
)

YEAR, NAME, KIND, HOURS = REQUIRED = ("年度", "科目名称", "科目类型", "学时")
FIRST_DAY, LAST_DAY = DAYS = ("最早完成日", "最晚完成日")
CODE = "课程编号"
COLUMNS = (*REQUIRED, CODE, *DAYS)
KINDS = {label: value for value, label in Course.Kind.choices}

CourseKey = tuple[int, str]


class CourseImporter(Importer):
    """A line updates the course of its year and name, or adds it. Hours of existing completions do not change.

    Names that differ only in width, case or spaces are the same.
    """

    columns = Columns(COLUMNS, REQUIRED, ("原行号", "问题"))
    shown = COLUMNS
    help = (
        "前四列必填；同一年度的同名科目将被更新，已有学习记录的学时不变。"
        "“最早完成日”和“最晚完成日”是可以完成该科目的第一日和最后一日，留空时为科目年度的首日和末日；“课程编号”供学习平台报送时使用。没有这些列时不改动。"
    )

    def __init__(self, actor: int) -> None:
        self.actor = actor
        self.first_lines: dict[CourseKey | str, int] = {}

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        years = {int(year) for line in lines if (year := fold_digits(line.text(YEAR))).isascii() and year.isdigit()}
        existing = {key_of(course): course for course in Course.objects.filter(year__in=years)}
        codes = {normalise_number(line.text(CODE)) for line in lines if line.text(CODE)}
        self.owners = {course.code: key_of(course) for course in Course.objects.filter(code__in=codes)}
        planned = [self._plan_line(line, existing) for line in lines]
        if write:
            self._write(*changes(planned))
        return [entry for entry, _ in planned]

    def _plan_line(self, line: Line, existing: dict[CourseKey, Course]) -> tuple[PlannedLine, Course]:
        """Plan one line; also return its course, with the values of the line unless it is wrong."""
        if problems := line_problems(line, self.columns) or list(self._problems(line)):
            return refused(line, problems), Course()
        year = int(fold_digits(line.text(YEAR)))
        course = existing.get((year, comparison_key(line.text(NAME)))) or Course(year=year)
        before = cells_of(course) if course.pk else None
        course.name, course.kind = line.text(NAME), KINDS[line.text(KIND)]
        course.hours = Decimal(fold_digits(line.text(HOURS)))
        course.first_day, course.last_day = _days(line, course)
        if CODE in line.cells:
            course.code = normalise_number(line.text(CODE)) or None
        return compared(line, before, cells_of(course)), course

    def _problems(self, line: Line) -> Iterator[str]:
        """Yield the problems of a line as sentences that follow its number."""
        year, name, kind, hours = (line.text(column) for column in REQUIRED)
        number = fold_digits(year)
        if not (len(number) == 4 and number.isascii() and number.isdigit() and FIRST_YEAR <= int(number) <= LAST_YEAR):
            yield f"“{YEAR}”列的值“{year}”应为 {FIRST_YEAR} 至 {LAST_YEAR} 之间的四位年份。"
            return
        if len(name) > Course.NAME_LENGTH:
            yield f"“{NAME}”列的值“{name[:20]}…”超过 {Course.NAME_LENGTH} 个字。"
        if kind not in KINDS:
            yield f"“{KIND}”列的值“{kind}”应为{'或'.join(KINDS)}。"
        if not _are_valid_hours(hours):
            yield f"“{HOURS}”列的值“{hours}”应为 0.5 的倍数，大于 0，不超过 {MAX_COURSE_HOURS}。"
        yield from self._code_problems(line, (int(number), comparison_key(name)))
        yield from self._day_problems(line, int(number))
        first = self.first_lines.setdefault((int(number), comparison_key(name)), line.number)
        if first != line.number:
            yield f"与第 {first} 行是同一年度的同名科目。"

    def _code_problems(self, line: Line, key: CourseKey) -> Iterator[str]:
        code = normalise_number(line.text(CODE))
        if not code:
            return
        if problem := course_code_problem(code):
            yield f"“{CODE}”列的值“{line.text(CODE)}”：{problem}"
        if self.owners.get(code, key) != key:
            yield f"“{CODE}”列的值“{code}”已用于另一科目。"
        first = self.first_lines.setdefault(code, line.number)
        if first != line.number:
            yield f"“{CODE}”列的值“{code}”与第 {first} 行重复。"

    def _day_problems(self, line: Line, year: int) -> Iterator[str]:
        wrong = [column for column in DAYS if line.text(column) and _day(line.text(column)) is None]
        for column in wrong:
            yield f"“{column}”列的值“{line.text(column)}”应为日期，例如 {year}-01-01。"
        if wrong:
            return
        if problem := course_days_problem(year, *(_day(line.text(column)) for column in DAYS)):
            yield problem[1]

    def _write(self, new: list[Course], changed: list[Course]) -> None:
        Course.objects.bulk_create(new)
        Course.objects.bulk_update(changed, ("name", "kind", "hours", "code", "first_day", "last_day"), batch_size=200)
        log_import(self.actor, new, changed)
        waiting.credit_courses([*new, *changed])


def key_of(course: Course) -> CourseKey:
    """Return what makes a course unique: its year and the comparison key of its name."""
    return course.year, comparison_key(course.name)


def cells_of(course: Course) -> list[str]:
    """Return the columns of a course as a file holds them."""
    days = [str(day) if day else "" for day in (course.first_day, course.last_day)]
    facts = [str(course.year), course.name, course.get_kind_display(), format_number(course.hours)]
    return [*facts, course.code or "", *days]


def _days(line: Line, course: Course) -> list[date | None]:
    """Return the first and last day of a line; a column that the file lacks leaves the course's own."""
    return [
        _day(line.text(column)) if column in line.cells else own
        for column, own in zip(DAYS, (course.first_day, course.last_day), strict=True)
    ]


def _day(text: str) -> date | None:
    """Return the day of a cell, or None if it is empty or no day."""
    try:
        return parse_day(text)
    except ItemError:
        return None


def _are_valid_hours(text: str) -> bool:
    hours = parse_number(fold_digits(text))
    return hours is not None and is_valid_course_hours(hours)
