"""Reading the pages of 统计."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

from openpyxl import load_workbook


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(response, caption: str) -> list[list[str]]:
    """The lines of the table with this caption, as words."""
    html = response.content.decode()
    table = next(one for one in re.findall(r"<table.*?</table>", html, re.S) if caption in one)
    body = table.split("<tbody>")[1]
    return [
        [text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.S)]
        for line in re.findall(r"<tr.*?</tr>", body, re.S)
    ]


def figures(response) -> dict[str, str]:
    """The figures at the head: their name -> the number of the year."""
    html = response.content.decode()
    pairs = re.findall(r'<div class="stat-figure">\s*<dt>([^<]+).*?<strong>(.*?)</strong>', html, re.S)
    return dict(pairs)


def sheets(response) -> dict[str, list[tuple]]:
    """An Excel answer: name of the sheet -> its lines, the head first."""
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return {page.title: list(page.iter_rows(values_only=True)) for page in book}
