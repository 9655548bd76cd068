"""Import of administration lists from files, with preview and confirmation, and export."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import XLSX, Format
from import_export.forms import ExportForm, ImportForm
from import_export.resources import Resource
from import_export.results import Result, RowResult
from tablib import Dataset

from organizations.resources import ChineseCSV

if TYPE_CHECKING:
    from accounts.requests import PersonRequest

UNREADABLE = "文件无法读取：它不是有效的 .xlsx 或 .csv 文件，或没有数据行。请用表格软件另存后重试。"
LOG_FLAGS = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}


Formats = list[type[Format]]


class UploadForm(ImportForm):
    """Takes the format from the file name instead of asking for it."""

    media = forms.Media()  # without the script that sets the format

    def __init__(self, formats: Formats, resources: list[type[Resource]], **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        self.suffixes = {f".{kind().get_extension()}": str(place) for place, kind in enumerate(formats)}
        self.fields["format"] = forms.CharField(required=False, widget=forms.HiddenInput)
        file = self.fields["import_file"]
        file.label, file.help_text = "文件", f"{' 或 '.join(self.suffixes)} 文件。"
        file.error_messages |= {"required": "请选择要导入的文件。", "empty": "这个文件是空的，请重新选择。"}
        file.widget.attrs = {"accept": ",".join(self.suffixes)}

    def clean_format(self) -> str:
        file = self.cleaned_data.get("import_file")
        suffix = PurePath(file.name).suffix.lower() if file else ""
        if file and suffix not in self.suffixes:
            self.add_error("import_file", f"请上传{self.fields['import_file'].help_text}其他格式请先用表格软件另存。")
        return self.suffixes.get(suffix, "")


class DownloadForm(ExportForm):
    """Offers no empty choice, so that the first format is the default."""

    def _init_formats(self, formats: Formats) -> None:
        super()._init_formats(formats)
        self.fields["format"].choices = [choice for choice in self.fields["format"].choices if choice[0]]


class FileAdmin(ImportExportModelAdmin):
    """Needs a resource with `COLUMNS` that adds line and cells to each row (see UnitResource.after_import_row)."""

    formats = [XLSX, ChineseCSV]
    import_form_class = UploadForm
    export_form_class = DownloadForm
    import_template_name = "admin/import.html"
    export_template_name = "admin/export.html"
    import_help = ""

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"columns": self.resource_classes[0].COLUMNS, "import_help": self.import_help}

    def add_data_read_fail_error_to_form(self, form: UploadForm, e: Exception) -> None:
        form.add_error("import_file", UNREADABLE)

    def process_dataset(self, dataset: Dataset, form: UploadForm, request: HttpRequest, **kwargs: Any) -> Result:
        return super().process_dataset(dataset, form, request, rollback_on_validation_errors=True, **kwargs)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the confirmed file; a second click finds that the first one has removed it."""
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            messages.warning(request, "没有等待确认的文件：可能已经导入，请核对列表；否则请重新上传。")
            return redirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Report the import; it has errors if the table changed between preview and confirmation."""
        if not result.has_errors() and not result.has_validation_errors():
            return super().process_result(result, request)
        messages.error(request, "预览之后数据有变动，未导入任何内容，请重新上传文件查看。")
        return redirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def generate_log_entries(self, result: Result, request: PersonRequest) -> None:
        for import_type, flag in LOG_FLAGS.items():
            if rows := [row.instance for row in result if row.import_type == import_type]:
                LogEntry.objects.log_actions(request.user.pk, rows, flag, "由文件导入")

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        totals = result.totals
        messages.success(
            request, f"导入完成：新增 {totals['new']} 个，更新 {totals['update']} 个，未变 {totals['skip']} 个。"
        )
