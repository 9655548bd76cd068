"""Platforms that report completions, with their tokens."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from config.web.forms import AdminForm, DateField
from hours.completions import platforms
from hours.models import Platform


class PlatformForm(AdminForm):
    class Meta:
        field_classes = {"expires_on": DateField}
        help_texts = {"name": "学习记录以此为来源，添加后不能更改。令牌在保存后显示，只显示一次。"}

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate() and "expires_on" in self.changed_data:
            raise forms.ValidationError("最后一日已过，请填写今天或以后的日期；要立即停用，请撤回令牌。")
        return day


@admin.register(Platform)
class PlatformAdmin(admin.ModelAdmin):
    """Platforms. A token is created with its platform, shown once, and can be replaced or withdrawn.

    Completions refer to a platform by its name, so it cannot be renamed or deleted.
    """

    form = PlatformForm
    list_display = ("name", "state", "shown_token", "expires_on", "created_at")
    search_fields = ("name",)
    search_help_text = "平台名称的一部分"
    status_fields = ("state", "shown_token", "last_used_at", "created_at")

    @admin.display(description="令牌")
    def shown_token(self, platform: Platform) -> str:
        return f"*****{platform.token_tail}" if platform.token_tail else "—"

    @admin.display(description="状态")
    def state(self, platform: Platform) -> str:
        return platforms.state_of(platform)

    def get_fields(self, request: HttpRequest, obj: Platform | None = None) -> tuple[str, ...]:
        return ("name", "expires_on", *(self.status_fields if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Platform | None = None) -> tuple[str, ...]:
        return ("name", *self.status_fields) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Platform | None = None) -> bool:
        return False

    def response_add(self, request: HttpRequest, obj: Platform, post_url_continue: str | None = None) -> HttpResponse:
        return self._token_page(request, obj, platforms.issue_token(obj))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/token/", view(self.new_token), name="hours_platform_token"),
            path("<int:pk>/withdraw/", view(self.withdraw), name="hours_platform_withdraw"),
            *super().get_urls(),
        ]

    def new_token(self, request: HttpRequest, pk: int) -> HttpResponse:
        platform = self._changeable(request, pk)
        if request.method != "POST":
            expired = "但平台已过最后一日，须先改后新令牌才有效。" if platforms.is_expired(platform) else ""
            question = f"将为“{platform}”生成新令牌，原令牌随即失效。新令牌只显示一次。{expired}"
            return self._page(request, platform, {"question": question, "answer": "生成新令牌"})
        token = platforms.issue_token(platform)
        self.log_change(request, platform, "生成新令牌")
        return self._token_page(request, platform, token)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        platform = self._changeable(request, pk)
        if request.method != "POST":
            question = f"将撤回“{platform}”的令牌，该平台随即不能再报送。已报送的学习记录不受影响。"
            return self._page(request, platform, {"question": question, "answer": "撤回令牌"})
        platforms.withdraw(platform)
        self.log_change(request, platform, "撤回令牌")
        messages.success(request, f"已撤回“{platform}”的令牌。")
        return redirect("admin:hours_platform_changelist")

    def _changeable(self, request: HttpRequest, pk: int) -> Platform:
        platform = get_object_or_404(Platform, pk=pk)
        if not self.has_change_permission(request, platform):
            raise PermissionDenied
        return platform

    def _token_page(self, request: HttpRequest, platform: Platform, token: str) -> HttpResponse:
        """Return the page that shows a new token, the only time."""
        url = request.build_absolute_uri(reverse("api_completions"))
        return self._page(request, platform, {"token": token, "address": url})

    def _page(self, request: HttpRequest, platform: Platform, context: dict[str, Any]) -> HttpResponse:
        common = {
            **self.admin_site.each_context(request),
            "title": "学习平台的令牌",
            "opts": self.opts,
            "platform": platform,
        }
        return TemplateResponse(request, "admin/hours/platform/token.html", {**common, **context})
