"""Uploading and confirming tables on the administrators' import pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from config.files.importing import Outcome
from tests.pages import message_texts


def workbook(headers: Sequence[str], *rows: Sequence[Any]) -> bytes:
    book = Workbook()
    for row in (headers, *rows):
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv(headers: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in (headers, *rows)).encode(encoding)


def upload(client: Client, kind: str, content: bytes, name: str = "表.xlsx", **options: str) -> Any:
    """Upload a table to the import page of a list, such as hours_course; return the preview or the form with errors."""
    file = SimpleUploadedFile(name, content)
    return client.post(reverse(f"admin:{kind}_import"), {"file": file, **options}, follow=True)


def confirm(client: Client, preview: Any) -> Any:
    return client.post(address(preview), follow=True)


def import_table(client: Client, kind: str, content: bytes, **options: str) -> list[str]:
    """Upload and confirm a table; return the messages."""
    return message_texts(confirm(client, upload(client, kind, content, **options)))


def address(preview: Any) -> str:
    """Return the address of a preview, which the upload led to."""
    path: str = preview.request["PATH_INFO"]
    return path


def counts(preview: Any) -> dict[str, int]:
    """Return the number of lines of each outcome, without those that there are none of."""
    return {outcome.label: count for outcome, count in preview.context["preview"].counts.items() if count}


def problems(preview: Any) -> list[str]:
    """Return the bad lines of a preview as it names them."""
    lines = preview.context["preview"].first[Outcome.WRONG]
    return [f"第 {line['number']} 行：{''.join(line['problems'])}" for line in lines]


def rows(response: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a downloaded workbook."""
    content = b"".join(response.streaming_content)
    return list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))


def errors(response: Any) -> list[str]:
    """Return the errors of the file of a refused upload."""
    return list(response.context["form"].errors["file"])
