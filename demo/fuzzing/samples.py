"""Sound files that are changed before they are sent."""

from __future__ import annotations

import io
from collections.abc import Sequence
from random import Random

import pikepdf
import pillow_heif
from openpyxl import Workbook
from PIL import Image

KINDS = ("JPEG", "PNG", "WEBP")


def workbook(*rows: Sequence[str]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(*rows: Sequence[str], encoding: str = "utf-8", separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in rows).encode(encoding)


def tables(*rows: Sequence[str]) -> list[tuple[str, bytes]]:
    """Return the rows as files of several kinds, with their names."""
    return [
        ("a.xlsx", workbook(*rows)),
        ("a.csv", text(*rows)),
        ("b.csv", text(*rows, encoding="gb18030")),
        ("c.txt", text(*rows, encoding="utf-16", separator="\t")),
    ]


def proofs() -> list[tuple[str, bytes]]:
    """Return pictures of all kinds and a PDF."""
    found = []
    picture = Image.frombytes("RGB", (120, 80), Random(0).randbytes(120 * 80 * 3))  # noqa: S311
    for kind in KINDS:
        stream = io.BytesIO()
        picture.save(stream, kind)
        found.append((f"a.{kind.lower()}", stream.getvalue()))
    heic = io.BytesIO()
    pillow_heif.from_pillow(picture).save(heic)
    pdf, stream = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.save(stream)
    return [*found, ("a.heic", heic.getvalue()), ("a.pdf", stream.getvalue())]
