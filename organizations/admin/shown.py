"""How the administrators' pages show a column: hours without a needless decimal, yes and no in words."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.db.models import PROTECT, Model

from config.web.texts import EMPTY

admin.site.empty_value_display = EMPTY


def yes_no(field: str, label: str, yes: str = "是", no: str = EMPTY) -> Callable[[Model], str]:
    """A column that says in words what is true of a row; Django's own picture has an English text."""

    @admin.display(description=label, ordering=field)
    def shown(row: Model) -> str:
        return yes if getattr(row, field) else no

    shown.__name__ = field
    return shown


def is_used(row: Model) -> bool:
    """Whether a row stands that would forbid its deletion. Django's own question lists them all, be they millions."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: row}).exists()
        for relation in row._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and getattr(relation, "on_delete", None) is PROTECT
    )


class KeptIfUsed(admin.ModelAdmin):
    """Rows are deleted one by one, and only those that nothing refers to; the others are put out of use."""

    def has_delete_permission(self, request, obj: Model | None = None) -> bool:
        return obj is not None and super().has_delete_permission(request, obj) and not is_used(obj)
