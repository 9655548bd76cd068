"""The import page of completions: upload, a preview of exactly what will be saved, confirm.

Between preview and confirmation the file lies encrypted in the store, because it holds ID numbers; its key is known to
the administrator's session only. The confirmed file is taken in one transaction, and only if it still does what the
preview said.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.crypto import decrypt, encrypt
from accounts.models import User
from config.web.forms import LineField
from hours.completions import files, recording
from hours.completions.files import ERROR_COLUMNS, FileProblem, error_row
from hours.completions.items import CompletionItem
from hours.completions.recording import ItemOutcome, ItemResult
from hours.models import Completion
from hours.wording import format_number

FOLDER, SESSION = "imports", "completion_import"
MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 10_000
SHOWN = 200
KEPT = timedelta(hours=12)
CHANGED = "预览之后数据有变动，尚未导入任何内容。以下是现在的预览，请重新核对后确认。"


class ImportForm(forms.Form):
    source = LineField(
        label="来源",
        max_length=Completion.SOURCE_LENGTH,
        error_messages={"required": "请填写来源。"},
        help_text="谁提供的记录，例如“广西继续教育网”。同一来源请始终用同一名称，更正时按来源和来源编号对应。",
    )
    file = forms.FileField(
        label="文件",
        help_text=f"CSV 或 .xlsx，最多 5 MB、{MOST_LINES:,} 行；更多请用导入命令。",
        error_messages={"required": "请选择要导入的文件。", "empty": "这个文件是空的，请重新选择。"},
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("文件超过 5 MB，请拆分，或用命令 import_completions 导入。")
        try:
            self.items, self.unused = _read(file.read())
        except FileProblem as problem:
            raise forms.ValidationError(str(problem)) from None
        return file


@dataclass(frozen=True)
class Line:
    """A result as the preview shows it."""

    result: ItemResult
    label: str
    person: User | None
    column: str


def upload(model_admin, request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return _page(model_admin, request, "import.html", {"form": form})
    file = form.cleaned_data["file"]
    file.seek(0)
    request.session[SESSION] = {
        "key": _store(file.read()),
        "source": form.cleaned_data["source"],
        "name": file.name,
        "unused": form.unused,
    }
    return _preview(model_admin, request, form.items)


def confirm(model_admin, request: HttpRequest) -> HttpResponse:
    """Take in what was previewed, all in one transaction; another preview if it would now do something else."""
    waiting = _waiting(request)
    if request.method != "POST" or waiting is None:
        return _start_again(request)
    items, _ = _read(waiting["content"])
    with transaction.atomic():
        results = [result for batch in recording.record_all(items, waiting["source"]) for result in batch]
        is_as_shown = _fingerprint(results) == request.POST.get("fingerprint")
        if not is_as_shown:
            transaction.set_rollback(True)
    if not is_as_shown:
        messages.warning(request, CHANGED)
        return _preview(model_admin, request, items)
    default_storage.delete(f"{FOLDER}/{waiting['key']}")
    del request.session[SESSION]
    messages.success(request, f"导入完成：{_counted(results)}。")
    return redirect("admin:hours_completion_changelist")


def bad_lines(request: HttpRequest) -> HttpResponse:
    """The lines that are not taken, with their reasons, as CSV; ID numbers masked."""
    waiting = _waiting(request)
    if waiting is None:
        return _start_again(request)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(ERROR_COLUMNS)
    for result in recording.plan_batch(_read(waiting["content"])[0], waiting["source"]).results:
        if result.outcome is ItemOutcome.REFUSED:
            writer.writerow(error_row(result))
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="bad-lines.csv"'
    return answer


def _read(content: bytes) -> tuple[list[CompletionItem], list[str]]:
    """The items of the file, and its columns that are not used."""
    file, items = files.read(io.BytesIO(content)), []
    for item in file.items:
        if len(items) == MOST_LINES:
            raise FileProblem(f"文件超过 {MOST_LINES:,} 行，请拆分，或用命令 import_completions 导入。")
        items.append(item)
    if not items:
        raise FileProblem("文件中没有数据行。")
    return items, file.unused


def _preview(model_admin, request: HttpRequest, items: list[CompletionItem]) -> HttpResponse:
    results = recording.plan_batch(items, request.session[SESSION]["source"]).results
    lines = _lines(results)
    refused = [line for line in lines if line.result.outcome is ItemOutcome.REFUSED]
    changing = [line for line in lines if line.result.outcome in (ItemOutcome.SAVED, ItemOutcome.CORRECTED)]
    facts = {
        "name": request.session[SESSION]["name"],
        "source": request.session[SESSION]["source"],
        "counted": _counted(results),
        "unused": request.session[SESSION].get("unused", []),
        "refused": refused[:SHOWN],
        "refused_count": len(refused),
        "changing": changing[:SHOWN],
        "changing_count": len(changing),
        "fingerprint": _fingerprint(results),
    }
    return _page(model_admin, request, "preview.html", facts)


def _lines(results: Iterable[ItemResult]) -> list[Line]:
    people = User.objects.only("name", "id_tail").in_bulk({result.person for result in results if result.person})
    columns = files.FIELDS
    return [
        Line(result, result.outcome.label, people.get(result.person), columns.get(result.field, ""))
        for result in results
    ]


def _counted(results: Iterable[ItemResult]) -> str:
    counts = Counter(result.outcome for result in results)
    return "，".join(f"{outcome.label} {counts[outcome]:,} 条" for outcome in ItemOutcome)


def _fingerprint(results: Iterable[ItemResult]) -> str:
    """Equal for results that do the same."""
    seen = hashlib.sha256()
    for result in results:
        course = result.course.pk if result.course else None
        hours = None if result.hours is None else format_number(result.hours)
        facts = (result.item.position, result.outcome.value, result.message, result.person, course, hours, result.day)
        seen.update(repr(facts).encode())
    return seen.hexdigest()


# --- The file between preview and confirmation -----------------------------------------------------


def _store(content: bytes) -> str:
    _forget_old()
    key = secrets.token_hex(16)
    default_storage.save(f"{FOLDER}/{key}", ContentFile(encrypt(base64.b64encode(content).decode()).encode()))
    return key


def _waiting(request: HttpRequest) -> dict | None:
    """The upload that this session has previewed, with its content; None if it is gone."""
    waiting = request.session.get(SESSION)
    if not waiting or not default_storage.exists(f"{FOLDER}/{waiting['key']}"):
        return None
    with default_storage.open(f"{FOLDER}/{waiting['key']}") as file:
        return {**waiting, "content": base64.b64decode(decrypt(file.read().decode()))}


def _forget_old() -> None:
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        if timezone.now() - default_storage.get_modified_time(f"{FOLDER}/{name}") > KEPT:
            default_storage.delete(f"{FOLDER}/{name}")


def _start_again(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "没有等待确认的文件，请重新上传。")
    return redirect(reverse("admin:hours_completion_import"))


def _page(model_admin, request: HttpRequest, template: str, facts: dict) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "导入学习记录",
        "opts": model_admin.opts,
        "columns": files.COLUMNS,
        **facts,
    }
    return TemplateResponse(request, f"admin/hours/completion/{template}", context)
