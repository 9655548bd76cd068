"""What was decided, told and submitted: rows that nobody changes."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from config.web.addresses import parse_pk
from config.web.texts import EMPTY
from hours.models import Decision, Notice, ReturnedVersion, Submission
from hours.registrations.versions import LABELS
from organizations.admin import access

from .reading import ReadOnlyAdmin, hours


class OfRegistration(ReadOnlyAdmin):
    """Found by the number of the registration, which an index serves."""

    registration_path = "registration__"
    list_select_related = ("registration",)
    search_fields = ("registration",)
    search_help_text = "登记编号（见“学时登记”列表）"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        term = search_term.strip()
        if not term:
            return queryset, False
        key = parse_pk(term)
        return queryset.none() if key is None else queryset.filter(registration=key), False


@admin.register(Decision)
class DecisionAdmin(OfRegistration):
    list_display = (
        *("created_at", "registration", "stage", "action", "office", "actor_name"),
        *(hours("hours", "学时"), "reason_name", "words"),
    )
    list_filter = ("action", "stage")
    fields = readonly_fields = (
        *("registration", "round", "stage", "action", "status", "office", "actor_name"),
        *(hours("hours", "学时"), "reason_name", "words", "created_at"),
    )


@admin.register(Notice)
class NoticeAdmin(OfRegistration):
    list_display = ("created_at", "person", "registration", "decision", "read_at", "mailed_at", "mail_attempts")
    list_select_related = ("person", "registration", "decision")
    fields = (
        *("person", "registration", "decision", "created_at", "read_at"),
        *("mailed_at", "mail_due_at", "mail_attempts"),
    )


@admin.register(ReturnedVersion)
class ReturnedVersionAdmin(OfRegistration):
    list_display = ("created_at", "registration", "round")
    fields = ("registration", "round", "created_at", "told")
    readonly_fields = ("registration", "told")

    @admin.display(description="学时登记")
    def registration(self, version: ReturnedVersion) -> str:
        address = reverse("admin:hours_registration_change", args=[version.registration_id])
        return format_html('<a href="{}">{}</a>', address, version.registration)

    @admin.display(description="退回时的内容")
    def told(self, version: ReturnedVersion) -> str:
        return format_html_join("", "<div>{}：{}</div>", _in_words(version.facts))


def _in_words(facts: dict) -> list[tuple[str, str]]:
    """Label and value of each field; the files by their names."""
    told = [(LABELS.get(name, name), value or EMPTY) for name, value in facts.items() if not isinstance(value, dict)]
    files = [("附件", name) for value in facts.values() if isinstance(value, dict) for name in value.values()]
    return told + files


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("unit_name", "owner", "entries", hours("hours", "申请学时合计"), "created_at")
    list_select_related = ("owner",)
    search_fields = ("unit_name__startswith", "owner__name__exact")
    search_help_text = "提交时的单位名称的开头，或提交人姓名（完整）"
    fields = readonly_fields = (
        *("owner", "unit_name", "unit_credit_code", "place", "entries"),
        *(hours("hours", "申请学时合计"), "created_at"),
    )

    @admin.display(description="区域")
    def place(self, submission: Submission) -> str:
        return str(submission.region)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """By the region of the batch itself: it has no columns for the places above."""
        return access.within_scope(admin.ModelAdmin.get_queryset(self, request), request, "region")
