"""Courses (公需科目) in the admin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import ExportAdmin
from accounts.requests import person_of
from config.texts import comparison_digest, normalise_number
from config.web.forms import AdminForm, DateField, LineField, NumberField
from hours.completions import waiting
from hours.completions.courses import CourseImporter, cells_of
from hours.completions.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_COURSE_HOURS,
    course_days_problems,
    is_valid_course_hours,
    typed_code_problem,
)
from hours.models import Course
from organizations.admin.deletion import ProtectedAdmin

from .columns import hours_column


class CourseForm(AdminForm):
    """Checks the same bounds as the import of a file."""

    class Meta:
        field_classes = {
            "name": LineField,
            "code": LineField,
            "hours": NumberField,
            "first_day": DateField,
            "last_day": DateField,
        }
        help_texts = {
            "year": "已有学习记录的科目不能改年度，也不能删除。",
            "code": "学习平台报送时使用的编号，例如 GX-2026-01；可以留空。",
            "hours": "0.5 的倍数。改动只用于以后的学习记录，已有记录的学时不变。",
            "first_day": "可以完成该科目的第一日，留空时为科目年度的 1 月 1 日。",
            "last_day": (
                "可以完成该科目的最后一日，留空时为科目年度的 12 月 31 日；可以晚于该年度，学时仍计入科目的年度。"
                "改动只用于以后的学习记录。"
            ),
        }

    def clean_code(self) -> str | None:
        typed = self.cleaned_data["code"] or ""
        if typed and (problem := typed_code_problem(typed)):
            raise forms.ValidationError(problem)
        return normalise_number(typed) or None

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise forms.ValidationError(f"年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。")
        return year

    def clean_hours(self) -> Decimal:
        value: Decimal = self.cleaned_data["hours"]
        if not is_valid_course_hours(value):
            raise forms.ValidationError(f"学时必须大于 0，不超过 {MAX_COURSE_HOURS}，且是 0.5 的倍数。")
        return value

    def clean(self) -> None:
        super().clean()
        year, name = self.cleaned_data.get("year", self.instance.year), self.cleaned_data.get("name")
        others = Course.objects.filter(year=year, name_key=comparison_digest(name)).exclude(pk=self.instance.pk)
        if name and others.exists():
            self.add_error("name", "该年度已有同名公需科目。")
        days = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        if year and not {"year", "first_day", "last_day"} & self.errors.keys():
            for field, problem in course_days_problems(year, *days).items():
                self.add_error(field, problem)


@admin.register(Course)
class CourseAdmin(ExportAdmin, ProtectedAdmin):
    """Courses, edited one by one or imported with a preview."""

    form = CourseForm
    list_display = ("name", "code", "year", "kind", hours_column("hours", "学时"), "first_day", "last_day")
    list_filter = ("year", "kind")
    search_fields = ("name", "code")
    search_help_text = "科目名称或课程编号的一部分"
    export_order = ("-year", "pk")
    show_facets = admin.ShowFacets.NEVER

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> CourseImporter:
        return CourseImporter(person_of(request).pk)

    def export_cells(self, row: Course) -> list[str]:
        return cells_of(row)

    def save_model(self, request: HttpRequest, obj: Course, form: CourseForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        waiting.credit_courses([obj])

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> tuple[str, ...]:
        """Fix the year once the course has completions, which count for that year."""
        return ("year",) if obj and obj.completions.exists() else ()
