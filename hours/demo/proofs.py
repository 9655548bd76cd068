"""Sample proofs: a drawn certificate as PNG or PDF, plainly marked as a sample."""

from __future__ import annotations

import io
from functools import lru_cache

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

SIZE = (900, 640)
TYPES = {"png": "image/png", "pdf": "application/pdf"}


def proof(number: int) -> SimpleUploadedFile:
    """The sample of this number; even ones are pictures, odd ones PDFs."""
    extension = "pdf" if number % 2 else "png"
    name = f"结业证书（示例{number}）.{extension}"
    return SimpleUploadedFile(name, _certificate(number % 8, extension), TYPES[extension])


@lru_cache(maxsize=8)
def _certificate(number: int, extension: str) -> bytes:
    picture = Image.new("L", SIZE, 250)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=70, width=6)
    draw.rectangle((36, 36, SIZE[0] - 36, SIZE[1] - 36), outline=150, width=2)
    lines = [(170, 64, "CERTIFICATE"), (300, 34, f"SAMPLE No. {number:04d}"), (430, 26, "invented for demonstration")]
    for height, size, text in lines:
        draw.text((SIZE[0] / 2, height), text, fill=50, font=ImageFont.load_default(size), anchor="mm")
    buffer = io.BytesIO()
    picture.save(buffer, extension.upper())
    return buffer.getvalue()
