"""公需科目, who completed them, and the platforms that report it; changed through hours/completions.py alone."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from accounts.admin import CHOOSE_PERSON_HELP, DIGEST_PREFIX, PersonLookupMedia, PostSearchMixin
from accounts.models import User
from config.files import sheets
from hours.completions import platforms, recording
from hours.completions.courses import FIRST_YEAR, LAST_YEAR, MAX_COURSE_HOURS, CourseResource, is_valid_course_hours
from hours.models import Completion, CompletionVersion, Course, Platform
from organizations.admin.deletion import ProtectedAdmin
from organizations.admin.files import FileAdmin
from organizations.admin.lists import MAX_COUNTED_ROWS, BoundedPaginator
from organizations.admin.prefill import PrefillAdmin

from . import completion_import
from .reading import hours

EXPORTED = (
    *(("姓名", 12), ("证件号码", 14), ("年度", 8), ("科目名称", 40), ("科目类型", 10)),
    *(("学时", 8), ("完成日期", 14), ("来源", 24), ("来源编号", 30)),
)


class CourseForm(forms.ModelForm):
    """The same bounds as for a file."""

    class Meta:
        help_texts = {
            "year": "已有学习记录的科目不能改年度，也不能删除。",
            "hours": "0.5 的倍数。改动只用于以后的学习记录，已有记录的学时不变。",
        }

    def clean_year(self) -> int:
        if not FIRST_YEAR <= (year := self.cleaned_data["year"]) <= LAST_YEAR:
            raise forms.ValidationError(f"年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。")
        return year

    def clean_hours(self):
        value = self.cleaned_data["hours"]
        if not is_valid_course_hours(value):
            raise forms.ValidationError(f"学时必须大于 0，不超过 {MAX_COURSE_HOURS}，且是 0.5 的倍数。")
        return value

    def clean(self) -> dict:
        cleaned = super().clean()
        same = Course.objects.filter(year=cleaned.get("year", self.instance.year), name=cleaned.get("name"))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "该年度已有同名公需科目。")
        return cleaned


@admin.register(Course)
class CourseAdmin(FileAdmin, ProtectedAdmin):
    """Courses come one by one or as a file, which shows what it would change before it does."""

    form = CourseForm
    list_display = ("name", "year", "kind", hours("hours", "学时"))
    list_filter = ("year", "kind")
    search_fields = ("name",)
    search_help_text = "科目名称的一部分"
    resource_classes = [CourseResource]
    import_help = "各列都必填；同一年度的同名科目将被更新，已有学习记录的学时不变。"
    show_facets = admin.ShowFacets.NEVER

    def has_import_permission(self, request: HttpRequest) -> bool:
        """The library's own answer is yes for everybody who may enter the administrators' pages."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> tuple[str, ...]:
        """Completions belong to the year of their course."""
        return ("year",) if obj and obj.completions.exists() else ()


class CompletionForm(forms.ModelForm):
    class Meta:
        help_texts = {"person": CHOOSE_PERSON_HELP}

    def clean(self) -> dict:
        cleaned = super().clean()
        course = self.instance.course if self.instance.pk else cleaned.get("course")
        hours, day = cleaned.get("hours"), cleaned.get("completed_on")
        if course and hours is not None and day and (problem := recording.find_problem(course, hours, day)):
            self.add_error(*problem)
        return cleaned


class VersionInline(admin.TabularInline):
    """What stood there before each correction."""

    model = CompletionVersion
    extra = 0
    can_delete = False
    fields = readonly_fields = ("replaced_at", hours("hours", "原学时"), "completed_on", "replaced_by")
    verbose_name_plural = "更正记录（更正前的内容）"

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(Completion)
class CompletionAdmin(PostSearchMixin, PrefillAdmin):
    """Searching works by POST, as for people: a whole ID number never stands in an address."""

    form = CompletionForm
    list_display = ("person", "shown_id", "course", hours("hours", "学时"), "completed_on", "source", "source_key")
    list_display_links = ("person", "course")
    list_select_related = ("person", "course")
    list_filter = ("course",)
    list_per_page = 50
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("person__name",)
    search_help_text = "姓名的开头、证件号码后四位，或完整的证件号码（不会出现在网址和日志中）。"
    raw_id_fields = ("person",)
    autocomplete_fields = ("course",)
    fields = ("person", "course", "hours", "completed_on")
    Media = PersonLookupMedia
    facts_of_source = ("person", "shown_id", "course", "source", "source_key")
    inlines = (VersionInline,)
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="证件号码")
    def shown_id(self, completion: Completion) -> str:
        return completion.person.masked_id

    def get_fields(self, request: HttpRequest, obj: Completion | None = None) -> tuple[str, ...]:
        return (*self.facts_of_source, "hours", "completed_on") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Completion | None = None) -> tuple[str, ...]:
        return self.facts_of_source if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Completion | None) -> tuple:
        return self.inlines if obj else ()

    # --- List -----------------------------------------------------------------------------------

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith(DIGEST_PREFIX):
            found = User.objects.filter(id_digest=term.removeprefix(DIGEST_PREFIX))
        else:
            found = User.objects.filter(Q(name__startswith=term) | Q(id_tail=term.upper()))
        return queryset.filter(person__in=found.values("pk")), False

    # --- Changes --------------------------------------------------------------------------------

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except recording.CompletionError as error:  # somebody else was quicker than this form
            messages.error(request, str(error))
            return redirect("admin:hours_completion_changelist")

    def save_model(self, request: HttpRequest, obj: Completion, form: CompletionForm, change: bool) -> None:
        if change:
            recording.correct(obj, obj.hours, obj.completed_on, by=request.user.name)
        else:
            obj.pk = recording.add(obj.person, obj.course, obj.hours, obj.completed_on).pk

    def delete_model(self, request: HttpRequest, obj: Completion) -> None:
        recording.remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        recording.remove(queryset)

    # --- Import and export ----------------------------------------------------------------------

    def get_urls(self) -> list:
        names = {
            "import": (self.has_add_permission, completion_import.upload),
            "import/confirm": (self.has_add_permission, completion_import.confirm),
            "import/bad-lines": (self.has_add_permission, lambda _, request: completion_import.bad_lines(request)),
            "export": (self.has_view_permission, CompletionAdmin.export),
        }
        own = [
            path(f"{name}/", self._guarded(*pair), name=f"hours_completion_{name.replace('/', '_').replace('-', '_')}")
            for name, pair in names.items()
        ]
        return own + super().get_urls()

    def _guarded(self, may, view):
        def guarded(request: HttpRequest) -> HttpResponse:
            if not may(request):
                raise PermissionDenied
            return view(self, request)

        return self.admin_site.admin_view(guarded)

    def export(self, request: HttpRequest) -> HttpResponse:
        """The filtered list as far as it is counted, ID numbers masked as on the screen."""
        rows = self.get_changelist_instance(request).queryset[:MAX_COUNTED_ROWS]
        sheet = sheets.Sheet("公需科目学习记录", EXPORTED, (_exported(row) for row in rows.iterator(chunk_size=1000)))
        return FileResponse(
            sheets.write([sheet]),
            as_attachment=True,
            filename="公需科目学习记录.xlsx",
            content_type=sheets.CONTENT_TYPE,
        )


def _exported(row: Completion) -> list:
    course = row.course
    told = [row.person.name, row.person.masked_id, course.year, course.name, course.get_kind_display()]
    return [*told, row.hours, str(row.completed_on), row.source, row.source_key]


class PlatformForm(forms.ModelForm):
    def clean_expires_on(self) -> date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate() and "expires_on" in self.changed_data:
            raise forms.ValidationError("最后一日已过，请填写今天或以后的日期；要立即停用，请撤回令牌。")
        return day


@admin.register(Platform)
class PlatformAdmin(admin.ModelAdmin):
    """A platform's token is made with it, shown once, and can be replaced or withdrawn.

    Completions name their platform, so that it keeps its name and is never deleted."""

    form = PlatformForm
    list_display = ("name", "state", "shown_token", "expires_on", "created_at")
    search_fields = ("name",)
    search_help_text = "平台名称的一部分"
    shown = ("state", "shown_token", "last_used_at", "created_at")

    @admin.display(description="令牌")
    def shown_token(self, platform: Platform) -> str:
        return f"*****{platform.token_tail}" if platform.token_tail else "—"

    @admin.display(description="状态")
    def state(self, platform: Platform) -> str:
        return platforms.state_of(platform)

    def get_fields(self, request: HttpRequest, obj: Platform | None = None) -> tuple[str, ...]:
        return ("name", "expires_on", *(self.shown if obj else ()))

    def get_form(self, request: HttpRequest, obj: Platform | None = None, change: bool = False, **kwargs):
        texts = {"name": "学习记录以此为来源，添加后不能更改。令牌在保存后显示，只显示一次。"}
        return super().get_form(request, obj, change, **{"help_texts": texts, **kwargs})

    def get_readonly_fields(self, request: HttpRequest, obj: Platform | None = None) -> tuple[str, ...]:
        return ("name", *self.shown) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Platform | None = None) -> bool:
        return False

    def response_add(self, request: HttpRequest, obj: Platform, post_url_continue=None) -> HttpResponse:
        return self._show(request, obj, platforms.issue_token(obj))

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/token/", view(self.new_token), name="hours_platform_token"),
            path("<int:pk>/withdraw/", view(self.withdraw), name="hours_platform_withdraw"),
            *super().get_urls(),
        ]

    def new_token(self, request: HttpRequest, pk: int) -> HttpResponse:
        platform = self._of(request, pk)
        if request.method != "POST":
            late = "但平台已过最后一日，须先改后新令牌才有效。" if platforms.is_expired(platform) else ""
            question = f"将为“{platform}”生成新令牌，原令牌随即失效。新令牌只显示一次。{late}"
            return self._page(request, platform, {"question": question, "answer": "生成新令牌"})
        token = platforms.issue_token(platform)
        self.log_change(request, platform, "生成新令牌")
        return self._show(request, platform, token)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        platform = self._of(request, pk)
        if request.method != "POST":
            question = f"将撤回“{platform}”的令牌，该平台随即不能再报送。已报送的学习记录不受影响。"
            return self._page(request, platform, {"question": question, "answer": "撤回令牌"})
        platforms.withdraw(platform)
        self.log_change(request, platform, "撤回令牌")
        messages.success(request, f"已撤回“{platform}”的令牌。")
        return redirect("admin:hours_platform_changelist")

    def _of(self, request: HttpRequest, pk: int) -> Platform:
        platform = get_object_or_404(Platform, pk=pk)
        if not self.has_change_permission(request, platform):
            raise PermissionDenied
        return platform

    def _show(self, request: HttpRequest, platform: Platform, token: str) -> HttpResponse:
        address = request.build_absolute_uri(reverse("api_completions"))
        return self._page(request, platform, {"token": token, "address": address})

    def _page(self, request: HttpRequest, platform: Platform, facts: dict) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "学习平台的令牌",
            "opts": self.opts,
            "platform": platform,
            **facts,
        }
        return TemplateResponse(request, "admin/hours/platform/token.html", context)
