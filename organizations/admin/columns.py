"""How the administrators' pages show a column: hours without a needless decimal, yes and no in words."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.db.models import Model

from config.web.texts import EMPTY

admin.site.empty_value_display = EMPTY


def yes_no(field: str, label: str, yes: str = "是", no: str = EMPTY) -> Callable[[Model], str]:
    """A column that says in words what is true of a row; Django's own picture has an English text."""

    @admin.display(description=label, ordering=field)
    def shown(row: Model) -> str:
        return yes if getattr(row, field) else no

    shown.__name__ = field
    return shown
