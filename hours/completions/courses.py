"""公需科目 to and from Excel and CSV: all lines or none, each wrong one named with line, column and value."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.core.exceptions import ValidationError
from import_export import fields, resources

from hours.counting import is_half_hour_multiple
from hours.models import Course
from hours.wording import format_number, parse_number
from organizations.resources import FORMULA_PREFIXES, cell_text

YEAR, NAME, KIND, HOURS = COLUMNS = ("年度", "科目名称", "科目类型", "学时")
KINDS = {label: value for value, label in Course.Kind.choices}
MOST_HOURS = Decimal(500)
EARLIEST, LATEST = 1990, 2100


class CourseResource(resources.ModelResource):
    """A course of a year that exists is updated, others are new. Hours already completed stay as they are."""

    COLUMNS = COLUMNS
    year = fields.Field("year", YEAR)
    name = fields.Field("name", NAME)
    kind = fields.Field("kind", KIND)
    hours = fields.Field("hours", HOURS)

    class Meta:
        model = Course
        fields = ("year", "name", "kind", "hours")
        import_id_fields = ("year", "name")
        use_transactions = True
        skip_unchanged = True
        report_skipped = True

    def before_import(self, dataset, **kwargs) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        missing = [column for column in COLUMNS if column not in headers]
        if missing:
            del dataset[:]
            raise ValidationError(f"文件缺少列：{'、'.join(missing)}。第一行应为列名：{'、'.join(COLUMNS)}。")
        dataset.headers = headers
        self.first_lines: dict[tuple[str, str], int] = {}

    def before_import_row(self, row, **kwargs) -> None:
        """Cells as the model has them; a line that is wrong goes no further."""
        line = kwargs["row_number"] + 1  # the first line holds the column names
        for column in COLUMNS:
            row[column] = cell_text(row, column)
        if problems := list(self._problems(row, line)):
            raise ValidationError([f"第 {line} 行{problem}" for problem in problems])
        row["told"] = [row[column] for column in COLUMNS]
        row[YEAR], row[KIND], row[HOURS] = int(row[YEAR]), KINDS[row[KIND]], Decimal(row[HOURS])

    def after_init_instance(self, instance: Course, new: bool, row, **kwargs) -> None:
        """Before the line is taken over; a new course has nothing that it would replace."""
        shown = (
            (instance.year, instance.name, instance.get_kind_display(), format_number(instance.hours))
            if not new
            else ()
        )
        row["was"] = [str(value) for value in shown] or [None] * len(COLUMNS)

    def after_import_row(self, row, row_result, **kwargs) -> None:
        """What the preview shows of a line: each value, and what it replaces."""
        row_result.line = kwargs["row_number"] + 1
        told = [*row["told"][:-1], format_number(row[HOURS])]
        row_result.cells = [
            {"value": value, "was": was if was != value else None} for value, was in zip(told, row["was"], strict=True)
        ]

    def _problems(self, row, line: int) -> Iterator[str]:
        """Each thing that is wrong with a line, from the column's name on."""
        year, name, kind, hours = (row[column] for column in COLUMNS)
        if not (len(year) == 4 and year.isascii() and year.isdigit() and EARLIEST <= int(year) <= LATEST):
            yield f"“{YEAR}”列的值“{year}”应为四位年份。"
        if not 0 < len(name) <= 120:
            yield f"“{NAME}”列应为 1 至 120 个字。"
        if kind not in KINDS:
            yield f"“{KIND}”列的值“{kind}”应为{'或'.join(KINDS)}。"
        if not _are_hours(hours):
            yield f"“{HOURS}”列的值“{hours}”应为 0.5 的倍数，大于 0，不超过 {MOST_HOURS}。"
        if self.first_lines.setdefault((year, name), line) != line:
            yield f"与第 {self.first_lines[year, name]} 行是同一年度的同名科目。"

    def filter_export(self, queryset, **kwargs):
        return queryset.order_by("-year", "pk")

    def dehydrate_kind(self, course: Course) -> str:
        return course.get_kind_display()

    def dehydrate_hours(self, course: Course) -> str:
        return format_number(course.hours)

    def export_field(self, field, instance, **kwargs) -> str:
        value = str(super().export_field(field, instance, **kwargs) or "")
        return f"'{value}" if value.startswith(FORMULA_PREFIXES) else value


def _are_hours(text: str) -> bool:
    hours = parse_number(text)
    return hours is not None and are_course_hours(hours)


def are_course_hours(hours: Decimal) -> bool:
    """Whether a course can have so many."""
    return 0 < hours <= MOST_HOURS and is_half_hour_multiple(hours)
