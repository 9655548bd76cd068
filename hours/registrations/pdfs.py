"""Uploaded PDF files, cleaned by qpdf in a process of its own, because a broken one may take any memory and time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

from django.core.exceptions import ValidationError

CLEANER = Path(__file__).with_name("pdf_cleaner.py")
MEMORY, OUTPUT = 1024 * 1024 * 1024, 64 * 1024 * 1024
SECONDS = 20
MAX_PAGES = 1000
# Exit code of the cleaner -> sentence after the file's name
PROBLEMS = {
    3: "有打开密码，请去掉密码后上传。",
    4: "没有页面，请重新生成后上传。",
    5: f"超过 {MAX_PAGES} 页，请只上传证明所需的页。",
}
DAMAGED = "不完整或已损坏（可能下载或传输中断），请重新生成后上传。"


def clean(name: str, content: bytes) -> bytes:
    """Return the PDF without scripts, automatic actions and attached files, repaired if need be.

    ValidationError names a file that has a password, no pages, or is beyond repair.
    """
    command = [sys.executable, "-I", str(CLEANER), str(MEMORY), str(SECONDS), str(OUTPUT), str(MAX_PAGES)]
    with TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603
                command, input=content, stdout=output, stderr=subprocess.DEVNULL, timeout=SECONDS * 2, check=False
            )
        except subprocess.TimeoutExpired:
            raise ValidationError(f"“{name}”{DAMAGED}") from None
        if done.returncode:
            raise ValidationError(f"“{name}”{PROBLEMS.get(done.returncode, DAMAGED)}")
        output.seek(0)
        return output.read()
