"""PDF files for tests."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf

from tests import files


def made_pdf(change: Callable[[pikepdf.Pdf], Any] = lambda pdf: None, **options: Any) -> bytes:
    """Return a PDF of one page after a change, saved with these options."""
    pdf = pikepdf.open(io.BytesIO(files.PDF))
    change(pdf)
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    return buffer.getvalue()


def page_with(pdf: pikepdf.Pdf, **resources: Any) -> pikepdf.Object:
    """Give the page resources, and return it."""
    pdf.pages[0].obj.Resources = pikepdf.Dictionary(**resources)
    return pdf.pages[0].obj
