"""Sample proofs: a drawn certificate as PNG or PDF, marked as a sample."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from hours.registrations.attachments import Proof, inspect

SIZE = (900, 640)
CONTENT_TYPES = {"png": "image/png", "pdf": "application/pdf"}
DRAWN = 8  # different files; further samples differ by name only


def sample_proof(number: int) -> Proof:
    """Return the sample with this number, inspected like any upload; even ones are pictures, odd ones PDFs."""
    extension = "pdf" if number % 2 else "png"
    return replace(_inspected(number % DRAWN, extension), name=f"结业证书（示例{number}）.{extension}")


@lru_cache(maxsize=DRAWN)
def _inspected(number: int, extension: str) -> Proof:
    return inspect(SimpleUploadedFile(f"proof.{extension}", _certificate(number, extension), CONTENT_TYPES[extension]))


def _certificate(number: int, extension: str) -> bytes:
    picture = Image.new("L", SIZE, 250)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=70, width=6)
    draw.rectangle((36, 36, SIZE[0] - 36, SIZE[1] - 36), outline=150, width=2)
    for height, size, text in (
        (150, 60, "结 业 证 书"),
        (260, 26, f"示例第 {number:04d} 号"),
        (350, 26, "证书持有人参加专业技术人员继续教育培训，"),
        (395, 26, "修完规定内容，考核合格，准予结业。"),
        (520, 24, "（虚构材料，仅供演示）"),
    ):
        draw.text((SIZE[0] / 2, height), text, fill=50, font=_font(size), anchor="mm")
    buffer = io.BytesIO()
    picture.save(buffer, extension.upper())
    return buffer.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the typeface of the certificates: others may be missing or have no Chinese characters."""
    return ImageFont.truetype(settings.CERTIFICATE_FONTS / "400Regular" / "NotoSansSC_400Regular.ttf", size)
