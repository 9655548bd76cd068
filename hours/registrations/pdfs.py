"""Uploaded PDF files, cleaned by qpdf in a process of its own, because a broken one may take any memory and time."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from config.files import child
from config.files.tables import MEGABYTE

CLEANER = "hours.registrations.pdf_cleaner"
LIMITS = child.Limits(memory=1024 * MEGABYTE, seconds=20, output=64 * MEGABYTE)
MAX_PAGES = 1000
MAX_UNPACKED = 1024 * MEGABYTE  # of the content of all pages and pictures; takes two seconds
TOO_COMPLEX = "太复杂，无法检查，请用“打印为 PDF”重新生成后上传。"
# Exit code of the cleaner -> sentence after the file's name
PROBLEMS = {
    3: "有打开密码，请去掉密码后上传。",
    4: "没有页面，请重新生成后上传。",
    5: f"超过 {MAX_PAGES} 页，请只上传证明所需的页。",
    7: TOO_COMPLEX,
    8: f"展开后超过 {MAX_UNPACKED // MEGABYTE // 1024} GB，请减少页数或降低清晰度，重新生成后上传。",
    9: "已加密，无法读取，请去掉加密或用“打印为 PDF”重新生成后上传。",
}
DAMAGED = "不完整或已损坏（可能下载或传输中断），请重新生成后上传。"


def clean(name: str, content: bytes) -> bytes:
    """Return the PDF without scripts, automatic actions and attached files, repaired if need be.

    ValidationError names a file that has a password, no pages or too many, is too complex or large, encrypted in
    an unknown way, incomplete or beyond repair.
    """
    try:
        code, cleaned = child.run(CLEANER, content, LIMITS, MAX_PAGES, MAX_UNPACKED)
    except child.ChildTimeout:
        raise ValidationError(f"“{name}”{TOO_COMPLEX}") from None
    if code:
        raise ValidationError(f"“{name}”{PROBLEMS.get(code, DAMAGED)}")
    return cleaned
