"""Actions on selected rows of a list."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config.web.addresses import parse_pk


class BulkActionAdmin(admin.ModelAdmin):
    """A list whose actions change each row by itself, after a confirmation page.

    `measure_word` and `noun` are used in the sentences about the selection.
    """

    measure_word, noun = "", ""

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:  # type: ignore[override]
        # The stub has a parameter of Django 6.
        if error := self.selection_error(request, queryset):
            messages.error(request, error)
            return redirect(request.get_full_path())
        return super().response_action(request, queryset)

    def selection_error(self, request: HttpRequest, queryset: QuerySet) -> str:
        """Return why no action can take the selected rows, or an empty string."""
        if any(parse_pk(key) is None for key in selected_keys(request)):
            return f"勾选的{self.noun}无法识别，请重新勾选。"
        limit = settings.ADMIN_MAX_SELECTED
        if _is_across_pages(request) and queryset[: limit + 1].count() > limit:
            return f"一次最多处理 {limit} {self.measure_word}{self.noun}，请用搜索或筛选缩小范围。"
        return ""

    def confirmation_page(
        self, request: HttpRequest, template: str, action: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        """Return the page that repeats the selection and asks for a confirmation."""
        common = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "action": action,
            "across": request.POST.get("select_across", "0"),
            "selected": selected_keys(request),
        }
        return TemplateResponse(request, template, {**common, **context})


def selected_keys(request: HttpRequest) -> list[str]:
    return request.POST.getlist(ACTION_CHECKBOX_NAME)


def is_confirmed(request: HttpRequest) -> bool:
    return "confirmed" in request.POST


def _is_across_pages(request: HttpRequest) -> bool:
    """Return whether all rows of the list are selected, not only those of the shown page."""
    return request.POST.get("select_across", "0") != "0"
