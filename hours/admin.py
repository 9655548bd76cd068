"""The administrator's side of hours: lists that can be edited, and a record that can only be read."""

from __future__ import annotations

from django.contrib import admin
from django.db import models

from .models import Attachment, Category, Completion, Course, Decision, Reason, Registration, Submission, YearRule


class ReadOnlyAdmin(admin.ModelAdmin):
    """What the workflow wrote: seen by administrators, changed by nobody."""

    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class SecondLevel(admin.TabularInline):
    model = Category
    fk_name = "parent"
    extra = 1
    verbose_name = verbose_name_plural = "二级类型"
    fields = ("name", "counts_by_half_day", "hint", "is_example", "is_active", "position")


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """One page per first-level type, with its second level below."""

    list_display = ("name", "is_example", "is_active", "position")
    list_editable = ("position",)
    search_fields = ("name", "children__name")
    fields = ("name", "is_example", "is_active", "position")
    inlines = (SecondLevel,)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(parent=None)


@admin.register(YearRule)
class YearRuleAdmin(admin.ModelAdmin):
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = (
        "year",
        "total",
        "professional",
        "closes_on",
        "returned_closes_on",
        "is_closed",
        "is_example",
        "source",
    )


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    list_display = ("name", "frees_unit", "is_active", "position")
    list_editable = ("is_active", "position")


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin):
    list_display = ("name", "year", "kind", "hours")
    list_filter = ("year", "kind")
    search_fields = ("name",)


@admin.register(Completion)
class CompletionAdmin(admin.ModelAdmin):
    list_display = ("person", "course", "hours", "completed_on", "source")
    list_select_related = ("person", "course")
    search_fields = ("person__name", "source_key")
    raw_id_fields = ("person",)
    autocomplete_fields = ("course",)
    show_full_result_count = False


class DecisionInline(admin.TabularInline):
    model = Decision
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "created_at",
        "stage",
        "action",
        "office",
        "actor_name",
        "hours",
        "reason_name",
        "words",
    )

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class AttachmentInline(admin.TabularInline):
    model = Attachment
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "content_type", "size", "created_at")

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    list_display = (
        "content",
        "owner",
        "year",
        "category",
        "hours_applied",
        "hours_recognised",
        "status",
        "unit_name",
        "submitted_at",
    )
    list_select_related = ("owner", "category")
    list_filter = ("status",)
    search_fields = ("content", "owner__name", "owner__id_tail", "certificate_number")
    search_help_text = "认定内容、姓名、证件号码后四位或证书编号"
    ordering = ("-pk",)
    inlines = (AttachmentInline, DecisionInline)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("unit_name", "owner", "entries", "hours", "created_at")
    list_select_related = ("owner",)
    search_fields = ("unit_name", "owner__name")
    ordering = ("-pk",)
