"""Pictures, PDF files and changed workbooks for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), colour: str = "navy", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def sideways_photo() -> bytes:
    """Return a photograph with a rotation and a GPS position in its metadata."""
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return picture(size=(60, 40), exif=exif, dpi=(72, 72))


def upload(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def pdf(name: str = "结业证书.pdf") -> SimpleUploadedFile:
    return upload(name, PDF, "application/pdf")


def replace_part(archive: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the workbook with one part of its archive changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return buffer.getvalue()
