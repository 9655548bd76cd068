"""The import pages of a list: upload, preview and result of a stored plan, bad lines, an empty table; and exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from accounts import imports
from accounts.imports import ImportOutdated
from accounts.models import ImportPlan
from accounts.requests import person_of
from config.constants import ADMIN_COUNT_LIMIT
from config.files import sheets
from config.files.cells import guarded
from config.files.importing import Importer, Outcome
from config.files.tables import FileProblem

ACCEPT = ".xlsx,.xls,.csv,.txt"
CHANGED = "预览之后数据有变动，尚未导入任何内容。以下是现在的预览，请重新核对后确认。"
DONE = "这个文件已经导入过，没有再次导入。"
CELL_WIDTH = 20


class UploadForm(forms.Form):
    """A table to import. Subclasses add options, which the plan keeps."""

    file = forms.FileField(
        label="文件",
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": "请选择要导入的文件。", "empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "file"
        ].help_text = f"Excel（.xlsx、.xls）或 CSV，最多 {_megabytes()} MB、{settings.IMPORT_MAX_ROWS:,} 行。"

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {_megabytes()} MB，请拆分成几个文件。")
        return file

    @property
    def options(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}


def _megabytes() -> int:
    return int(settings.IMPORT_MAX_BYTES // settings.MEGABYTE)


class ImportAdmin(admin.ModelAdmin):
    """A list with an import. Subclasses say who may import and return the importer of a request."""

    import_form: type[UploadForm] = UploadForm
    change_list_template = "admin/import_change_list.html"

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> Importer:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
            ("import/", "import", self.import_view),
            ("import/template/", "import_template", self.import_template_view),
            ("import/<uuid:key>/", "import_plan", self.import_plan_view),
            ("import/<uuid:key>/bad-lines/", "import_bad_lines", self.import_bad_lines_view),
            ("import/<uuid:key>/handout/", "import_handout", self.import_handout_view),
        ]
        return [*(self._import_path(*page) for page in pages), *super().get_urls()]

    def _import_path(self, route: str, name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not self.has_import_permission(request):
                raise PermissionDenied
            return view(request, **kwargs)

        return path(route, self.admin_site.admin_view(guarded), name=f"{self._kind}_{name}")

    @property
    def _kind(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"has_import_permission": self.has_import_permission(request), "list_limit": ADMIN_COUNT_LIMIT}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    # --- Pages --------------------------------------------------------------------------------------

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take a table; its preview has an address of its own."""
        form = self.import_form(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                return redirect(f"admin:{self._kind}_import_plan", key=self._make_plan(request, form).pk)
            except FileProblem as problem:
                form.add_error("file", str(problem))
        importer = self.make_importer(request, {})
        return self._import_page(request, "upload", {"form": form, "importer": importer})

    def import_plan_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Show the preview or the result; a POST confirms."""
        plan = self._plan_or_404(request, key)
        if request.method == "POST":
            self._confirm(request, plan)
            return redirect(request.path)
        importer = self.make_importer(request, plan.options)
        preview = imports.preview_of(plan)
        groups = [
            (outcome, preview.counts[outcome], [_labelled(importer, line) for line in preview.first[outcome]])
            for outcome in (Outcome.WRONG, Outcome.WAITING, Outcome.NEW, Outcome.CHANGED)
            if preview.counts[outcome]
        ]
        context = {
            "plan": plan,
            "importer": importer,
            "preview": preview,
            "groups": groups,
            "counts": preview.labelled_counts,
        }
        return self._import_page(request, "plan", context)

    def import_bad_lines_view(self, request: HttpRequest, key: UUID) -> FileResponse:
        """Send the lines with problems as they were typed."""
        plan = self._plan_or_404(request, key)
        sheet = imports.bad_lines_sheet(plan, self.make_importer(request, plan.options))
        return _excel(sheet, "有误的行.xlsx")

    def import_handout_view(self, request: HttpRequest, key: UUID) -> FileResponse:
        """Send what the import gave to its maker."""
        plan = self._plan_or_404(request, key)
        sheet = imports.handout_sheet(plan, self.make_importer(request, plan.options))
        if sheet is None:
            raise Http404
        return _excel(sheet, "初始密码.xlsx")

    def import_template_view(self, request: HttpRequest) -> FileResponse:
        """Send an empty table with the right columns."""
        sheet = imports.template_sheet(self.make_importer(request, {}))
        return _excel(sheet, f"{self.opts.verbose_name}导入.xlsx")

    def _make_plan(self, request: HttpRequest, form: UploadForm) -> ImportPlan:
        file, options = form.cleaned_data["file"], form.options
        return imports.make_plan(
            person_of(request), self._kind, file, file.name, lambda: self.make_importer(request, options), options
        )

    def _plan_or_404(self, request: HttpRequest, key: UUID) -> ImportPlan:
        plan = ImportPlan.objects.filter(pk=key, kind=self._kind, maker=person_of(request)).first()
        if plan is None:
            raise Http404
        return plan

    def _confirm(self, request: HttpRequest, plan: ImportPlan) -> None:
        try:
            done = imports.confirm(plan, lambda: self.make_importer(request, plan.options))
        except ImportOutdated:
            messages.warning(request, CHANGED)
            return
        if not done:
            messages.info(request, DONE)
            return
        counts = imports.preview_of(plan).labelled_counts
        messages.success(request, f"导入完成：{'，'.join(f'{label} {count:,}' for label, count in counts)}。")

    def _import_page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        common = {
            **self.admin_site.each_context(request),
            "title": f"导入{self.opts.verbose_name}",
            "opts": self.opts,
            "confirm_hours": settings.IMPORT_CONFIRM_HOURS,
            "list_url": reverse(f"admin:{self._kind}_changelist"),
            "import_url": reverse(f"admin:{self._kind}_import"),
            "template_url": reverse(f"admin:{self._kind}_import_template"),
        }
        if plan := context.get("plan"):
            common["bad_lines_url"] = reverse(f"admin:{self._kind}_import_bad_lines", args=[plan.pk])
            has_handout = plan.applied_at and imports.handout_sheet(plan, context["importer"])
            common["handout_url"] = reverse(f"admin:{self._kind}_import_handout", args=[plan.pk]) if has_handout else ""
        return TemplateResponse(request, f"admin/import_{name}.html", {**common, **context})


class ExportAdmin(ImportAdmin):
    """A list that can be exported in the columns of its import, as Excel and CSV."""

    export_order: tuple[str, ...]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def export_cells(self, row: Any) -> list[str]:
        """Return the cells of a row in the importer's columns."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        def guarded(request: HttpRequest, kind: str) -> HttpResponseBase:
            if not self.has_export_permission(request):
                raise PermissionDenied
            return self.export_view(request, kind)

        view = self.admin_site.admin_view(guarded)
        return [path("export.<slug:kind>", view, name=f"{self._kind}_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"has_export_permission": self.has_export_permission(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the list as filtered: xlsx or csv."""
        if kind not in ("xlsx", "csv"):
            raise Http404
        columns = self.make_importer(request, {}).columns.known
        found = self.get_changelist_instance(request).queryset.order_by(*self.export_order)[: settings.EXPORT_MAX_ROWS]
        rows = ([guarded(cell) for cell in self.export_cells(row)] for row in found.iterator(chunk_size=1000))
        name = f"{self.opts.verbose_name}.{kind}"
        if kind == "xlsx":
            return _excel(sheets.Sheet("导出", [(column, CELL_WIDTH) for column in columns], rows), name)
        response = StreamingHttpResponse(_csv(columns, rows), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        return response


def _labelled(importer: Importer, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a preview with its cells as pairs of column and value; a line with problems has none."""
    return {**line, "cells": list(zip(importer.shown, line["values"], strict=False))}


def _csv(columns: Iterable[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    """Yield the lines of a CSV that Chinese spreadsheet programs read."""
    yield "\ufeff".encode()
    for row in (columns, *rows):
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue().encode()


def _excel(sheet: sheets.Sheet, name: str) -> FileResponse:
    return FileResponse(sheets.write([sheet]), as_attachment=True, filename=name, content_type=sheets.CONTENT_TYPE)
