"""Decisions, notices, returned versions and submissions in the admin, read-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import stored_name_key
from config.texts import EMPTY, normalise_line
from config.web.addresses import parse_pk
from hours.models import Decision, Notice, ReturnedVersion, Submission
from hours.registrations.return_changes import LABELS
from organizations.admin import access

from .columns import hours_column
from .read_only import ReadOnlyAdmin


class RegistrationRecordAdmin(ReadOnlyAdmin):
    """Rows of a registration, searched by its number, which has an index."""

    registration_path = "registration__"
    list_select_related: ClassVar[tuple[str, ...]] = ("registration",)
    search_fields = ("registration",)
    search_help_text = "登记编号（见“学时登记”列表）"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        key = parse_pk(term)
        return queryset.none() if key is None else queryset.filter(registration=key), False


@admin.register(Decision)
class DecisionAdmin(RegistrationRecordAdmin):
    list_display = (
        *("created_at", "registration", "stage", "action", "office", "actor_name"),
        *(hours_column("hours", "学时"), "reason_name", "words"),
    )
    list_filter = ("action", "stage")
    fields = readonly_fields = (  # type: ignore[assignment]  # the stub lacks callables
        *("registration", "round", "stage", "action", "status", "office", "actor_name"),
        *(hours_column("hours", "学时"), "reason_name", "words", "created_at"),
    )


@admin.register(Notice)
class NoticeAdmin(RegistrationRecordAdmin):
    list_display = ("created_at", "person", "registration", "decision", "read_at", "mailed_at", "mail_attempts")
    list_select_related = ("person", "registration", "decision")
    fields = (
        *("person", "registration", "decision", "created_at", "read_at"),
        *("mailed_at", "mail_due_at", "mail_attempts"),
    )


@admin.register(ReturnedVersion)
class ReturnedVersionAdmin(RegistrationRecordAdmin):
    list_display = ("created_at", "registration_link", "round")
    fields = ("registration_link", "round", "created_at", "content")
    readonly_fields = ("registration_link", "content")

    @admin.display(description="学时登记")
    def registration_link(self, version: ReturnedVersion) -> str:
        url = reverse("admin:hours_registration_change", args=[version.registration_id])
        return render_to_string("admin/link.html", {"url": url, "text": version.registration})

    @admin.display(description="退回时的内容")
    def content(self, version: ReturnedVersion) -> str:
        return render_to_string("admin/hours/returnedversion/content.html", {"rows": _labelled(version.facts)})


def _labelled(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return label and value of each field, then the names of the files."""
    fields = [(LABELS.get(name, name), value or EMPTY) for name, value in facts.items() if not isinstance(value, dict)]
    files = [("附件", name) for value in facts.values() if isinstance(value, dict) for name in value.values()]
    return fields + files


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("unit_name", "owner", "entries", hours_column("hours", "申请学时合计"), "created_at")
    list_select_related = ("owner",)
    search_fields = ("unit_name",)
    search_help_text = "提交时的单位名称的开头，或提交人姓名（完整）"
    fields = readonly_fields = (  # type: ignore[assignment]  # the stub lacks callables
        *("owner", "unit_name", "unit_credit_code", "place", "entries"),
        *(hours_column("hours", "申请学时合计"), "created_at"),
    )

    @admin.display(description="区域")
    def place(self, submission: Submission) -> str:
        return str(submission.region)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        if not (term := normalise_line(search_term)):
            return queryset, False
        return queryset.filter(Q(unit_name__startswith=term) | Q(owner__name_key=stored_name_key(term))), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Filter by the submission's own region: it has no columns for city and province."""
        return access.within_scope(admin.ModelAdmin.get_queryset(self, request), request, "region")
