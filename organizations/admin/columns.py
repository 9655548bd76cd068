"""Columns of administration pages."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.db.models import Model

from config.texts import EMPTY

admin.site.empty_value_display = EMPTY


def yes_no(field: str, label: str, yes: str = "是", no: str = EMPTY) -> Callable[[Model], str]:
    """Return a column that shows a Boolean field as text; Django's icon has an English alternative text."""

    @admin.display(description=label, ordering=field)
    def shown(row: Model) -> str:
        return yes if getattr(row, field) else no

    shown.__name__ = field
    return shown
