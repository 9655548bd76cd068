"""What the workflow wrote: read by administrators in their own regions, changed by nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from config.web.texts import EMPTY
from hours.offices import NO_ROWS, in_region
from hours.wording import format_number
from organizations.admin import access
from organizations.admin.lists import BoundedPaginator


def hours(field: str, label: str) -> Callable[[Model], str]:
    """A column of hours as people write them: 8 or 7.5, never 8.0."""

    @admin.display(description=label, ordering=field)
    def shown(row: Model) -> str:
        value = getattr(row, field)
        return EMPTY if value is None else format_number(value)

    shown.__name__ = field
    return shown


class ReadOnlyAdmin(admin.ModelAdmin):
    """No adding, changing or deleting; lists that count no further than they are shown and sort by their key alone.

    `registration_path` leads from the model to the registration whose place says who may read the row.
    """

    registration_path = ""
    list_per_page = 50
    ordering = ("-pk",)
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        regions = access.scope(request)
        if regions is None:
            return rows
        return rows.filter(reduce(or_, (in_region(region, self.registration_path) for region in regions), NO_ROWS))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return access.is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return access.is_administrator(request)

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
