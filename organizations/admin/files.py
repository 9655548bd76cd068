"""Lists that come and go as files: upload, a preview of what would change, confirmation; export."""

from __future__ import annotations

from pathlib import PurePath

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import XLSX
from import_export.forms import ExportForm, ImportForm
from import_export.results import RowResult

from organizations.resources import ChineseCSV

UNREADABLE = "文件无法读取：它不是有效的 .xlsx 或 .csv 文件，或没有数据行。请用表格软件另存后重试。"
LOGGED = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}


class UploadForm(ImportForm):
    """The name of the file says what format it has, so that nobody is asked."""

    media = forms.Media()  # without the script that guesses the format

    def __init__(self, formats, resources, **kwargs) -> None:
        super().__init__(formats, resources, **kwargs)
        self.suffixes = {f".{each().get_extension()}": f"{place}" for place, each in enumerate(formats)}
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
    """The first format unless another one is chosen."""

    def _init_formats(self, formats) -> None:
        super()._init_formats(formats)
        self.fields["format"].choices = [choice for choice in self.fields["format"].choices if choice[0]]


class FileAdmin(ImportExportModelAdmin):
    """Resources give `COLUMNS`, and each previewed row its line and its cells (see UnitResource.after_import_row)."""

    formats = [XLSX, ChineseCSV]
    import_form_class = UploadForm
    export_form_class = DownloadForm
    import_template_name = "admin/import.html"
    export_template_name = "admin/export.html"
    import_help = ""

    def get_import_context_data(self, **kwargs) -> dict:
        return {"columns": self.resource_classes[0].COLUMNS, "import_help": self.import_help}

    def add_data_read_fail_error_to_form(self, form: UploadForm, e: Exception) -> None:
        form.add_error("import_file", UNREADABLE)

    def process_dataset(self, dataset, form, request, **kwargs):
        return super().process_dataset(dataset, form, request, rollback_on_validation_errors=True, **kwargs)

    def process_import(self, request: HttpRequest, **kwargs) -> HttpResponse:
        """The second of two clicks finds the file taken away by the first."""
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            messages.warning(request, "没有等待确认的文件：可能已经导入，请核对列表；否则请重新上传。")
            return redirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def process_result(self, result, request: HttpRequest) -> HttpResponse:
        """The confirmed file is read again, and the table may have changed since the preview."""
        if not result.has_errors() and not result.has_validation_errors():
            return super().process_result(result, request)
        messages.error(request, "预览之后数据有变动，未导入任何内容，请重新上传文件查看。")
        return redirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def generate_log_entries(self, result, request: HttpRequest) -> None:
        for import_type, flag in LOGGED.items():
            if rows := [row.instance for row in result if row.import_type == import_type]:
                LogEntry.objects.log_actions(request.user.pk, rows, flag, "由文件导入")

    def add_success_message(self, result, request: HttpRequest) -> None:
        totals = result.totals
        messages.success(
            request, f"导入完成：新增 {totals['new']} 个，更新 {totals['update']} 个，未变 {totals['skip']} 个。"
        )
