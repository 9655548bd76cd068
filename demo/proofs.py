"""Sample proofs: a drawn certificate as PNG or PDF, plainly marked as a sample."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from hours.registrations.attachments import Proof, inspect

SIZE = (900, 640)
TYPES = {"png": "image/png", "pdf": "application/pdf"}
DIFFERENT = 8  # as many are drawn; their names tell the others apart


def proof(number: int) -> Proof:
    """The sample of this number, inspected like any upload; even ones are pictures, odd ones PDFs."""
    extension = "pdf" if number % 2 else "png"
    return replace(_inspected(number % DIFFERENT, extension), name=f"结业证书（示例{number}）.{extension}")


@lru_cache(maxsize=DIFFERENT)
def _inspected(number: int, extension: str) -> Proof:
    return inspect(SimpleUploadedFile(f"proof.{extension}", _certificate(number, extension), TYPES[extension]))


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
    """The typeface of the certificates: others may be missing, or have no Chinese."""
    return ImageFont.truetype(settings.CERTIFICATE_FONTS / "400Regular" / "NotoSansSC_400Regular.ttf", size)
