"""待认领学时 in the admin: a list with a second attempt and deletion. No page shows a full ID number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import identity
from accounts.admin import DIGEST_PREFIX, PostSearchMixin
from config.constants import CREDITED_AT_ONCE
from config.texts import normalise_line
from hours.completions.plans import ItemOutcome
from hours.completions.recording import credit
from hours.models import WaitingCompletion
from hours.wording import format_number
from organizations.admin.lists import BoundedPaginator

from .actions import BulkActionAdmin

SOURCES_SHOWN = 50


class SourceFilter(admin.SimpleListFilter):
    title = "来源"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, name) for name in _sources()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WaitingCompletion]) -> QuerySet[WaitingCompletion]:
        return queryset.filter(source=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """Repeated reports count already, so the list shows them only when asked."""

    title = "状态"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return WaitingCompletion.State.choices

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "尚未计入"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[WaitingCompletion]) -> QuerySet[WaitingCompletion]:
        if self.value():
            return queryset.filter(state=self.value())
        return queryset.exclude(state=WaitingCompletion.State.REPEATED)


def _sources() -> Iterator[str]:
    """Yield the sources of waiting completions, one step through their index each."""
    rows, last = WaitingCompletion.objects.order_by("source").values_list("source", flat=True), ""
    for _ in range(SOURCES_SHOWN):
        name = rows.filter(source__gt=last).first()
        if name is None:
            return
        yield name
        last = name


@admin.register(WaitingCompletion)
class WaitingCompletionAdmin(PostSearchMixin, BulkActionAdmin):
    """Waiting completions, for superusers and staff with the model's permissions."""

    measure_word, noun = "条", "待认领学时"
    actions = ("retry",)
    list_display = (
        *("shown_id", "shown_course", "shown_hours", "completed_on", "state", "reason", "source", "received_at"),
    )
    fields = readonly_fields = (*list_display[:-1], "source_key", "received_at")
    list_display_links = ("shown_id",)
    list_filter = (SourceFilter, StateFilter)
    list_per_page = settings.ADMIN_PAGE_SIZE
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("id_tail",)
    search_help_text = "证件号码后四位，或完整的证件号码（不会出现在网址和日志中）。"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="证件号码")
    def shown_id(self, row: WaitingCompletion) -> str:
        return row.masked_id

    @admin.display(description="科目")
    def shown_course(self, row: WaitingCompletion) -> str:
        return row.course_text

    @admin.display(description="学时")
    def shown_hours(self, row: WaitingCompletion) -> str:
        return "按科目" if row.hours is None else format_number(row.hours)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitingCompletion]:
        return super().get_queryset(request).defer("id_number")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WaitingCompletion], search_term: str
    ) -> tuple[QuerySet[WaitingCompletion], bool]:
        term = normalise_line(search_term)
        if not term:
            return queryset, False
        if term.startswith(DIGEST_PREFIX):
            return queryset.filter(id_digest=term.removeprefix(DIGEST_PREFIX)), False
        return queryset.filter(id_tail=identity.normalise(term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WaitingCompletion | None = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hours.change_waitingcompletion")

    @admin.action(description="重新计入", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[WaitingCompletion]) -> None:
        outcomes = credit(WaitingCompletion.objects.filter(pk__in=queryset.values("pk")), CREDITED_AT_ONCE)
        waits, refused = outcomes[ItemOutcome.WAITING], outcomes[ItemOutcome.REFUSED]
        credited = outcomes.total() - waits - refused
        messages.success(request, f"已计入 {credited} 条，仍待认领 {waits} 条，不能计入 {refused} 条。")
