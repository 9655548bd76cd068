"""The import page of completions: upload, preview, confirmation.

Between preview and confirmation the file is stored encrypted, because it holds ID numbers; only the administrator's
session knows its key. The confirmed file is imported in one transaction, and only if the result equals the preview.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.crypto import decrypt, encrypt
from accounts.models import User
from config.constants import IMPORT_PREVIEW_ROWS
from config.files.tables import FileProblem
from config.web.forms import LineField
from hours.completions import files, recording
from hours.completions.items import CompletionItem
from hours.completions.recording import ItemOutcome, ItemResult
from hours.models import Completion
from hours.wording import format_number

MAX_SIZE = f"{settings.IMPORT_MAX_BYTES // settings.MEGABYTE} MB"
FOLDER, SESSION_KEY = "imports", "completion_import"
CHANGED = "预览之后数据有变动，尚未导入任何内容。以下是现在的预览，请重新核对后确认。"


class CompletionImportForm(forms.Form):
    source = LineField(
        label="来源",
        max_length=Completion.SOURCE_LENGTH,
        error_messages={"required": "请填写来源。"},
        help_text="谁提供的记录，例如“广西继续教育网”。同一来源请始终用同一名称，更正时按来源和来源编号对应。",
    )
    file = forms.FileField(
        label="文件",
        help_text=f"CSV 或 .xlsx，最多 {MAX_SIZE}、{settings.IMPORT_MAX_ROWS:,} 行；更多请用导入命令。",
        error_messages={"required": "请选择要导入的文件。", "empty": "这个文件是空的，请重新选择。"},
    )
    items: list[CompletionItem]
    unused: list[str]  # columns

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_SIZE}，请拆分，或用命令 import_completions 导入。")
        try:
            self.items, self.unused = _read_items(file.read())
        except FileProblem as problem:
            raise forms.ValidationError(str(problem)) from None
        return file


@dataclass(frozen=True)
class PendingUpload:
    """An uploaded file that waits for its confirmation, as the session stores it."""

    key: str
    source: str
    name: str
    unused: list[str]

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.key}"

    def read(self) -> bytes:
        with default_storage.open(self.path) as file:
            return base64.b64decode(decrypt(file.read().decode()))


@dataclass(frozen=True)
class PreviewRow:
    """A result with the texts that the preview shows."""

    result: ItemResult
    label: str
    person: User | None
    column: str


# --- Views -----------------------------------------------------------------------------------------


def upload(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    form = CompletionImportForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return _page(model_admin, request, "import.html", {"form": form})
    file = form.cleaned_data["file"]
    file.seek(0)
    pending = PendingUpload(_store(file.read()), form.cleaned_data["source"], file.name, form.unused)
    request.session[SESSION_KEY] = asdict(pending)
    return _preview(model_admin, request, pending, form.items)


def confirm(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Import the previewed file in one transaction; show another preview if the result would differ now."""
    pending = _pending(request)
    if request.method != "POST" or pending is None:
        return _start_again(request)
    items, _ = _read_items(pending.read())
    with transaction.atomic():
        results = [result for batch in recording.record_all(items, pending.source) for result in batch]
        is_as_previewed = _fingerprint(results) == request.POST.get("fingerprint")
        if not is_as_previewed:
            transaction.set_rollback(True)
    if not is_as_previewed:
        messages.warning(request, CHANGED)
        return _preview(model_admin, request, pending, items)
    default_storage.delete(pending.path)
    del request.session[SESSION_KEY]
    messages.success(request, f"导入完成：{_summary(results)}。")
    return redirect("admin:hours_completion_changelist")


def refused_rows(request: HttpRequest) -> HttpResponse:
    """Return the refused rows with their reasons as CSV, ID numbers masked."""
    pending = _pending(request)
    if pending is None:
        return _start_again(request)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(files.ERROR_COLUMNS)
    for result in recording.plan_batch(_read_items(pending.read())[0], pending.source).results:
        if result.outcome is ItemOutcome.REFUSED:
            writer.writerow(files.error_row(result))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="bad-lines.csv"'
    return response


def _start_again(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "没有等待确认的文件，请重新上传。")
    return redirect("admin:hours_completion_import")


def _page(
    model_admin: admin.ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]
) -> TemplateResponse:
    common = {
        **model_admin.admin_site.each_context(request),
        "title": "导入学习记录",
        "opts": model_admin.opts,
        "columns": files.COLUMNS,
    }
    return TemplateResponse(request, f"admin/hours/completion/{template}", {**common, **context})


# --- Preview ---------------------------------------------------------------------------------------


def _read_items(content: bytes) -> tuple[list[CompletionItem], list[str]]:
    """Return the items of the file, and its unused columns. FileProblem if there are none or too many."""
    file = files.read(io.BytesIO(content))
    items: list[CompletionItem] = []
    for item in file.items:
        if len(items) == settings.IMPORT_MAX_ROWS:
            raise FileProblem(f"文件超过 {settings.IMPORT_MAX_ROWS:,} 行，请拆分，或用命令 import_completions 导入。")
        items.append(item)
    if not items:
        raise FileProblem("文件中没有数据行。")
    return items, file.unused


def _preview(
    model_admin: admin.ModelAdmin, request: HttpRequest, pending: PendingUpload, items: list[CompletionItem]
) -> HttpResponse:
    results = recording.plan_batch(items, pending.source).results
    rows = _preview_rows(results)
    refused = [row for row in rows if row.result.outcome is ItemOutcome.REFUSED]
    changing = [row for row in rows if row.result.outcome in (ItemOutcome.SAVED, ItemOutcome.CORRECTED)]
    context = {
        "name": pending.name,
        "source": pending.source,
        "counted": _summary(results),
        "unused": pending.unused,
        "refused": refused[:IMPORT_PREVIEW_ROWS],
        "refused_count": len(refused),
        "changing": changing[:IMPORT_PREVIEW_ROWS],
        "changing_count": len(changing),
        "fingerprint": _fingerprint(results),
    }
    return _page(model_admin, request, "preview.html", context)


def _preview_rows(results: list[ItemResult]) -> list[PreviewRow]:
    people = User.objects.only("name", "id_tail").in_bulk({result.person for result in results if result.person})
    return [
        PreviewRow(
            result,
            result.outcome.label,
            people.get(result.person) if result.person else None,
            files.FIELDS.get(result.field, ""),
        )
        for result in results
    ]


def _summary(results: Iterable[ItemResult]) -> str:
    counts = Counter(result.outcome for result in results)
    return "，".join(f"{outcome.label} {counts[outcome]:,} 条" for outcome in ItemOutcome)


def _fingerprint(results: Iterable[ItemResult]) -> str:
    """Return a hash that is equal for results with the same effect."""
    digest = hashlib.sha256()
    for result in results:
        course = result.course.pk if result.course else None
        hours = None if result.hours is None else format_number(result.hours)
        facts = (result.item.position, result.outcome.value, result.message, result.person, course, hours, result.day)
        digest.update(repr(facts).encode())
    return digest.hexdigest()


# --- The stored file -------------------------------------------------------------------------------


def _store(content: bytes) -> str:
    """Store the file encrypted and return its key; delete expired files."""
    _delete_expired()
    key = secrets.token_hex(16)
    default_storage.save(f"{FOLDER}/{key}", ContentFile(encrypt(base64.b64encode(content).decode()).encode()))
    return key


def _pending(request: HttpRequest) -> PendingUpload | None:
    """Return the upload that this session has previewed, or None if it has expired."""
    stored = request.session.get(SESSION_KEY)
    pending = PendingUpload(**stored) if stored else None
    return pending if pending and default_storage.exists(pending.path) else None


def _delete_expired() -> None:
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        if timezone.now() - default_storage.get_modified_time(f"{FOLDER}/{name}") > timedelta(
            hours=settings.IMPORT_CONFIRM_HOURS
        ):
            default_storage.delete(f"{FOLDER}/{name}")
