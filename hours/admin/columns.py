"""Columns of the administrators' lists."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.db.models import Model

from config.texts import EMPTY
from hours.wording import format_number


def hours_column(field: str, label: str) -> Callable[[Model], str]:
    """Return a column of hours without trailing zeros: 8 or 7.5, never 8.0."""

    @admin.display(description=label, ordering=field)
    def shown(row: Model) -> str:
        value = getattr(row, field)
        return EMPTY if value is None else format_number(value)

    shown.__name__ = field
    return shown
