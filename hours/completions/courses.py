"""Import and export of 公需科目."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from config.files.importing import Importer, PlannedLine, Problem, all_problems, changes, compared, refused
from config.files.lines import Columns, Line
from config.parsing import parse_day, parse_number, parse_whole_number
from config.texts import comparison_digest, comparison_key, normalise_number
from hours.models import Course
from hours.wording import format_number
from organizations.import_log import log_import

from . import waiting
from .rules import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_COURSE_HOURS,
    course_days_problems,
    is_valid_course_hours,
    typed_code_problem,
)

YEAR, NAME, KIND, HOURS = REQUIRED = ("年度", "科目名称", "科目类型", "学时")
FIRST_DAY, LAST_DAY = DAYS = ("最早完成日", "最晚完成日")
CODE = "课程编号"
DAY_COLUMNS = {"first_day": FIRST_DAY, "last_day": LAST_DAY}  # by the fields of a course
COLUMNS = (*REQUIRED, CODE, *DAYS)
KINDS = {label: value for value, label in Course.Kind.choices}

CourseKey = tuple[int, str]


class CourseImporter(Importer):
    """A line updates the course of its year and name, or adds it. Hours of existing completions do not change.

    Names that differ only in width, case or spaces are the same.
    """

    columns = Columns(COLUMNS, REQUIRED, ("原行号", "问题"), names=(NAME,), numbers=(YEAR, HOURS))
    shown = COLUMNS
    help = (
        "前四列必填；同一年度的同名科目将被更新，已有学习记录的学时不变。"
        "“最早完成日”和“最晚完成日”是可以完成该科目的第一日和最后一日，留空时为科目年度的首日和末日；“课程编号”供学习平台报送时使用。没有这些列时不改动。"
    )

    def __init__(self, actor: int) -> None:
        self.actor = actor
        self.first_lines: dict[CourseKey | str, int] = {}

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        years = {year for line in lines if (year := _year(line.text(YEAR)))}
        names = {comparison_digest(line.text(NAME)) for line in lines}
        existing = {key_of(course): course for course in Course.objects.filter(year__in=years, name_key__in=names)}
        codes = {normalise_number(line.text(CODE)) for line in lines if line.text(CODE)}
        self.owners = {course.code: key_of(course) for course in Course.objects.filter(code__in=codes)}
        planned = [self._plan_line(line, existing) for line in lines]
        if write:
            self._write(*changes(planned))
        return [entry for entry, _ in planned]

    def _plan_line(self, line: Line, existing: dict[CourseKey, Course]) -> tuple[PlannedLine, Course]:
        """Plan one line; also return its course, with the values of the line unless it is wrong."""
        year, hours = _year(line.text(YEAR)), parse_number(line.text(HOURS))
        problems = all_problems(line, self.columns, self._problems(line, year, hours))
        if problems or year is None or hours is None:
            return refused(line, problems), Course()
        course = existing.get((year, comparison_key(line.text(NAME)))) or Course(year=year)
        before = cells_of(course) if course.pk else None
        course.name, course.kind = line.text(NAME), KINDS[line.text(KIND)]
        course.hours = hours
        course.first_day, course.last_day = _days(line, course)
        if CODE in line.cells:
            course.code = normalise_number(line.text(CODE)) or None
        return compared(line, before, cells_of(course)), course

    def _problems(self, line: Line, year: int | None, hours: Decimal | None) -> Iterator[Problem]:
        """Yield what the rules find wrong in a line."""
        name, kind = line.text(NAME), line.text(KIND)
        if year is None:
            yield Problem(YEAR, f"应为 {FIRST_YEAR} 至 {LAST_YEAR} 之间的四位年份。")
        if len(name) > Course.NAME_LENGTH:
            yield Problem(NAME, f"超过 {Course.NAME_LENGTH} 个字。")
        if kind not in KINDS:
            yield Problem(KIND, f"应为{'或'.join(KINDS)}。")
        if hours is None or not is_valid_course_hours(hours):
            yield Problem(HOURS, f"应为 0.5 的倍数，大于 0，不超过 {MAX_COURSE_HOURS}。")
        key = None if year is None else (year, comparison_key(name))
        yield from self._code_problems(line, key)
        yield from _day_problems(line, year)
        if key and (first := self.first_lines.setdefault(key, line.number)) != line.number:
            yield Problem(NAME, f"与第 {first} 行是同一年度的同名科目。")

    def _code_problems(self, line: Line, key: CourseKey | None) -> Iterator[Problem]:
        code = normalise_number(line.text(CODE))
        if not code:
            return
        if problem := typed_code_problem(line.text(CODE)):
            yield Problem(CODE, f"：{problem}")
        if key and self.owners.get(code, key) != key:
            yield Problem(CODE, "已用于另一科目。")
        first = self.first_lines.setdefault(code, line.number)
        if first != line.number:
            yield Problem(CODE, f"与第 {first} 行重复。")

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


def _year(text: str) -> int | None:
    year = parse_whole_number(text)
    return year if year and FIRST_YEAR <= year <= LAST_YEAR else None


def _days(line: Line, course: Course) -> list[date | None]:
    """Return the first and last day of a line; a column that the file lacks leaves the course's own."""
    return [
        parse_day(line.text(column)) if column in line.cells else own
        for column, own in zip(DAYS, (course.first_day, course.last_day), strict=True)
    ]


def _day_problems(line: Line, year: int | None) -> Iterator[Problem]:
    wrong = [column for column in DAYS if line.text(column) and parse_day(line.text(column)) is None]
    for column in wrong:
        yield Problem(column, f"应为日期，例如 {year or FIRST_YEAR}-01-01。")
    if wrong or year is None:
        return
    for field, problem in course_days_problems(year, *(parse_day(line.text(column)) for column in DAYS)).items():
        yield Problem(DAY_COLUMNS[field], f"：{problem}")
