"""Rendering of template sources in tests."""

from typing import Any

from django.http import HttpRequest
from django.template import engines


def render(source: str, request: HttpRequest, **context: Any) -> str:
    """Return a template source, rendered with the context processors."""
    return engines["django"].from_string(source).render(context, request)
