"""Import and export of 公需科目 as Excel and CSV. An import takes all lines or none and names each wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import fields, resources
from tablib import Dataset

from hours.counting import is_half_hour_multiple
from hours.models import Course
from hours.wording import format_number, parse_number
from organizations.resources import FORMULA_PREFIXES, cell_text

YEAR, NAME, KIND, HOURS = COLUMNS = ("年度", "科目名称", "科目类型", "学时")
KINDS = {label: value for value, label in Course.Kind.choices}
MAX_COURSE_HOURS = Decimal(500)
FIRST_YEAR, LAST_YEAR = 1990, 2100

ImportRow = dict[str, Any]


class CourseResource(resources.ModelResource):
    """A line updates the course of its year and name, or adds it. Hours of existing completions do not change."""

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

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        missing = [column for column in COLUMNS if column not in headers]
        if missing:
            del dataset[:]
            raise ValidationError(f"文件缺少列：{'、'.join(missing)}。第一行应为列名：{'、'.join(COLUMNS)}。")
        dataset.headers = headers
        self.first_lines: dict[tuple[str, str], int] = {}

    def before_import_row(self, row: ImportRow, **kwargs: Any) -> None:
        """Convert the cells to the model's values; raise ValidationError for a wrong line."""
        line = kwargs["row_number"] + 1  # the first line holds the column names
        for column in COLUMNS:
            row[column] = cell_text(row, column)
        if problems := list(self._problems(row, line)):
            raise ValidationError([f"第 {line} 行{problem}" for problem in problems])
        row["imported"] = [row[column] for column in COLUMNS]
        row[YEAR], row[KIND], row[HOURS] = int(row[YEAR]), KINDS[row[KIND]], Decimal(row[HOURS])

    def after_init_instance(self, instance: Course, new: bool, row: ImportRow, **kwargs: Any) -> None:
        """Keep the present values of an existing course for the preview."""
        if new:
            row["present"] = [None] * len(COLUMNS)
        else:
            hours = format_number(instance.hours)
            row["present"] = [str(instance.year), instance.name, instance.get_kind_display(), hours]

    def after_import_row(self, row: ImportRow, row_result: Any, **kwargs: Any) -> None:
        """Attach the cells of the preview: each value, and the value that it replaces."""
        row_result.line = kwargs["row_number"] + 1
        imported = [*row["imported"][:-1], format_number(row[HOURS])]
        row_result.cells = [
            {"value": value, "was": present if present != value else None}
            for value, present in zip(imported, row["present"], strict=True)
        ]

    def _problems(self, row: ImportRow, line: int) -> Iterator[str]:
        """Yield the problems of a line as sentences that follow its number."""
        year, name, kind, hours = (row[column] for column in COLUMNS)
        if not (len(year) == 4 and year.isascii() and year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR):
            yield f"“{YEAR}”列的值“{year}”应为四位年份。"
        if not 0 < len(name) <= 120:
            yield f"“{NAME}”列应为 1 至 120 个字。"
        if kind not in KINDS:
            yield f"“{KIND}”列的值“{kind}”应为{'或'.join(KINDS)}。"
        if not _are_valid_hours(hours):
            yield f"“{HOURS}”列的值“{hours}”应为 0.5 的倍数，大于 0，不超过 {MAX_COURSE_HOURS}。"
        if self.first_lines.setdefault((year, name), line) != line:
            yield f"与第 {self.first_lines[year, name]} 行是同一年度的同名科目。"

    def filter_export(self, queryset: QuerySet[Course], **kwargs: Any) -> QuerySet[Course]:
        return queryset.order_by("-year", "pk")

    def dehydrate_kind(self, course: Course) -> str:
        return course.get_kind_display()

    def dehydrate_hours(self, course: Course) -> str:
        return format_number(course.hours)

    def export_field(self, field: fields.Field, instance: Course, **kwargs: Any) -> str:
        value = str(super().export_field(field, instance, **kwargs) or "")
        return f"'{value}" if value.startswith(FORMULA_PREFIXES) else value


def _are_valid_hours(text: str) -> bool:
    hours = parse_number(text)
    return hours is not None and is_valid_course_hours(hours)


def is_valid_course_hours(hours: Decimal) -> bool:
    """Whether a course can have these hours."""
    return 0 < hours <= MAX_COURSE_HOURS and is_half_hour_multiple(hours)
