"""What an address may fill into the form of a new row."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from config.web.addresses import parse_pk


class PrefillAdmin(admin.ModelAdmin):
    """Of the rows that an address offers those are passed over whose key can be none; Django's lists fail on them."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        offered = super().get_changeform_initial_data(request)
        rows = {field.name for field in self.opts.fields if field.is_relation}
        return {name: value for name, value in offered.items() if name not in rows or parse_pk(str(value)) is not None}
