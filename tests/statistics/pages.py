"""Functions that read the pages of 统计."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import Any

from openpyxl import load_workbook


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(response: Any, caption: str) -> list[list[str]]:
    """Return the cells of the table with this caption as text."""
    html = response.content.decode()
    table = next(table for table in re.findall(r"<table.*?</table>", html, re.S) if caption in table)
    body = table.split("<tbody>")[1]
    return [
        [text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.S)]
        for line in re.findall(r"<tr.*?</tr>", body, re.S)
    ]


def figures(response: Any) -> dict[str, str]:
    """Return the figures at the head of the page: name -> text."""
    html = response.content.decode()
    pairs = re.findall(r'<div class="stat-figure">\s*<dt>([^<]+).*?<strong>(.*?)</strong>', html, re.S)
    return dict(pairs)


def sheets(response: Any) -> dict[str, list[tuple]]:
    """Return the sheets of an Excel response: title -> rows, the header first."""
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return {page.title: list(page.iter_rows(values_only=True)) for page in book}
