"""Courses (公需科目) in the admin."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from hours.completions.courses import FIRST_YEAR, LAST_YEAR, MAX_COURSE_HOURS, CourseResource, is_valid_course_hours
from hours.models import Course
from organizations.admin.deletion import ProtectedAdmin
from organizations.admin.files import FileAdmin

from .columns import hours_column


class CourseForm(forms.ModelForm):
    """Checks the same bounds as the import of a file."""

    class Meta:
        help_texts = {
            "year": "已有学习记录的科目不能改年度，也不能删除。",
            "hours": "0.5 的倍数。改动只用于以后的学习记录，已有记录的学时不变。",
        }

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
        same = Course.objects.filter(year=year, name=name)
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "该年度已有同名公需科目。")


@admin.register(Course)
class CourseAdmin(FileAdmin, ProtectedAdmin):
    """Courses, edited one by one or imported with a preview."""

    form = CourseForm
    list_display = ("name", "year", "kind", hours_column("hours", "学时"))
    list_filter = ("year", "kind")
    search_fields = ("name",)
    search_help_text = "科目名称的一部分"
    resource_classes = [CourseResource]
    import_help = "各列都必填；同一年度的同名科目将被更新，已有学习记录的学时不变。"
    show_facets = admin.ShowFacets.NEVER

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Require the model's permissions; import_export by itself allows the import to all staff."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> tuple[str, ...]:
        """Fix the year once the course has completions, which count for that year."""
        return ("year",) if obj and obj.completions.exists() else ()
