"""Deletion of rows that other rows may reference."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import PROTECT, ForeignObjectRel, Model
from django.http import HttpRequest


def is_referenced(row: Model) -> bool:
    """Return whether a protected foreign key points at this row; unlike Django's collector it reads one row at most."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: row}).exists()
        for relation in row._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT
    )


class ProtectedAdmin(admin.ModelAdmin):
    """Rows are deleted one at a time and only if nothing references them; the others are set inactive."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is not None and super().has_delete_permission(request, obj) and not is_referenced(obj)
