"""Completions of courses in the admin; changes go through hours.completions.manual."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from accounts import identity
from accounts.admin import (
    CHOOSE_PERSON_HELP,
    DIGEST_PREFIX,
    ImportAdmin,
    PersonLookupMedia,
    PostSearchMixin,
    UploadForm,
)
from accounts.models import User, stored_name_key
from accounts.requests import person_of
from config.constants import ADMIN_COUNT_LIMIT
from config.files import sheets
from config.texts import normalise_line
from config.web.forms import AdminForm, DateField, LineField, NumberField
from hours.completions import manual, rules
from hours.completions.importing import CompletionImporter
from hours.models import Completion, CompletionVersion
from organizations.admin.lists import BoundedPaginator
from organizations.admin.prefill import PrefillAdmin

from .columns import hours_column
from .read_only import ReadOnlyInline

ADD_FIELDS = ("person", "course", "hours", "completed_on")
# (heading, width)
EXPORT_COLUMNS = (
    *(("姓名", 12), ("证件号码", 14), ("年度", 8), ("科目名称", 40), ("科目类型", 10)),
    *(("学时", 8), ("完成日期", 14), ("来源", 24), ("来源编号", 30)),
)


class CompletionForm(AdminForm):
    class Meta:
        field_classes = {"hours": NumberField, "completed_on": DateField}
        help_texts = {"person": CHOOSE_PERSON_HELP}

    def clean(self) -> None:
        super().clean()
        cleaned = self.cleaned_data
        course = self.instance.course if self.instance.pk else cleaned.get("course")
        hours, day = cleaned.get("hours"), cleaned.get("completed_on")
        if course and hours is not None and day:
            for field, problem in rules.find_problems(course, hours, day).items():
                self.add_error(field, problem)


class CompletionUploadForm(UploadForm):
    """Also names the source of the completions."""

    source = LineField(
        label="来源",
        max_length=Completion.SOURCE_LENGTH,
        error_messages={"required": "请填写来源。"},
        help_text="谁提供的记录，例如“广西继续教育网”。同一来源请始终用同一名称，更正时按来源和来源编号对应。",
    )
    field_order = ("source", "file")


class CompletionVersionInline(ReadOnlyInline):
    """The former values of a corrected completion."""

    model = CompletionVersion
    fields = readonly_fields = (  # type: ignore[assignment]  # the stub lacks callables
        "replaced_at",
        hours_column("hours", "原学时"),
        "completed_on",
        "replaced_by",
    )
    verbose_name_plural = "更正记录（更正前的内容）"


@admin.register(Completion)
class CompletionAdmin(PostSearchMixin, ImportAdmin, PrefillAdmin):
    """Completions, with a search by POST as for people."""

    form = CompletionForm
    import_form = CompletionUploadForm
    change_list_template = "admin/hours/completion/change_list.html"
    list_display = (
        "person",
        "shown_id",
        "course",
        hours_column("hours", "学时"),
        "completed_on",
        "source",
        "source_key",
    )
    list_display_links = ("person", "course")
    list_select_related = ("person", "course")
    list_filter = ("course",)
    list_per_page = settings.ADMIN_PAGE_SIZE
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("person__name",)
    search_help_text = "姓名的开头、证件号码后四位，或完整的证件号码（不会出现在网址和日志中）。"
    raw_id_fields = ("person",)
    autocomplete_fields = ("course",)
    fields = ADD_FIELDS
    Media = PersonLookupMedia
    source_fields = ("person", "shown_id", "course", "source", "source_key")
    inlines = (CompletionVersionInline,)
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="证件号码")
    def shown_id(self, completion: Completion) -> str:
        return completion.person.masked_id

    def get_fields(self, request: HttpRequest, obj: Completion | None = None) -> tuple[str, ...]:
        return (*self.source_fields, "hours", "completed_on") if obj else ADD_FIELDS

    def get_readonly_fields(self, request: HttpRequest, obj: Completion | None = None) -> tuple[str, ...]:
        return self.source_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Completion | None) -> tuple[type[ReadOnlyInline], ...]:
        return self.inlines if obj else ()

    # --- List -----------------------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Completion], search_term: str
    ) -> tuple[QuerySet[Completion], bool]:
        term = normalise_line(search_term)
        if not term:
            return queryset, False
        if term.startswith(DIGEST_PREFIX):
            people = User.objects.filter(id_digest=term.removeprefix(DIGEST_PREFIX))
        else:
            people = User.objects.filter(
                Q(name_key__startswith=stored_name_key(term)) | Q(id_tail=identity.normalise(term))
            )
        return queryset.filter(person__in=people.values("pk")), False

    # --- Changes --------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except manual.CompletionError as error:  # a concurrent change
            messages.error(request, str(error))
            return redirect("admin:hours_completion_changelist")

    def save_model(self, request: HttpRequest, obj: Completion, form: CompletionForm, change: bool) -> None:
        if change:
            manual.correct(obj, obj.hours, obj.completed_on, by=person_of(request).name)
        else:
            obj.pk = manual.add(obj.person, obj.course, obj.hours, obj.completed_on).pk

    def delete_model(self, request: HttpRequest, obj: Completion) -> None:
        manual.remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Completion]) -> None:
        manual.remove(queryset)

    # --- Import and export ----------------------------------------------------------------------

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> CompletionImporter:
        return CompletionImporter(options.get("source", ""))

    def get_urls(self) -> list[URLPattern]:
        def guarded(request: HttpRequest) -> FileResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return self.export(request)

        export = self.admin_site.admin_view(guarded)
        return [path("export/", export, name="hours_completion_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> FileResponse:
        """Return the filtered list as an Excel file, at most ADMIN_COUNT_LIMIT rows, ID numbers masked."""
        rows = self.get_changelist_instance(request).queryset[:ADMIN_COUNT_LIMIT]
        cells = (_cells(row) for row in rows.iterator(chunk_size=1000))
        return FileResponse(
            sheets.write([sheets.Sheet("公需科目学习记录", EXPORT_COLUMNS, cells)]),
            as_attachment=True,
            filename="公需科目学习记录.xlsx",
            content_type=sheets.CONTENT_TYPE,
        )


def _cells(row: Completion) -> list[Any]:
    person, course = row.person, row.course
    return [
        *(person.name, person.masked_id, course.year, course.name, course.get_kind_display()),
        *(row.hours, str(row.completed_on), row.source, row.source_key),
    ]
