"""Prefilled forms for new rows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from config.web.addresses import parse_pk


class PrefillAdmin(admin.ModelAdmin):
    """Ignores parameters of an add page that are no primary keys of related rows; Django fails on them."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        relations = {field.name for field in self.opts.fields if field.is_relation}
        return {
            name: value for name, value in initial.items() if name not in relations or parse_pk(str(value)) is not None
        }
