"""Pictures, PDF files and changed workbooks for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PDF = (
    b"%PDF-1.3\n%\xbf\xf7\xa2\xfe\n1 0 obj\n<< /Pages 2 0 R /Type /Catalog >>\nendobj\n"
    b"2 0 obj\n<< /Count 1 /Kids [ 3 0 R ] /Type /Pages >>\nendobj\n"
    b"3 0 obj\n<< /Contents 4 0 R /MediaBox [ 0 0 200 100 ] /Parent 2 0 R /Resources << >> /Type /Page >>\nendobj\n"
    b"4 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\nxref\n0 5\n0000000000 65535 f \n0000000015 00000 n \n"
    b"0000000064 00000 n \n0000000123 00000 n \n0000000229 00000 n \ntrailer << /Root 1 0 R /Size 5 "
    b"/ID [<b05636eb61dff26639c5e1fe92e4cfdc><818aad86d5d92a9d5cce42e4a92644a6>] >>\nstartxref\n278\n%%EOF\n"
)  # one empty page, as the product stores it


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), colour: str = "navy", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def heic(size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, "navy")).save(buffer)
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
