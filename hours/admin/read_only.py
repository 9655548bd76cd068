"""Read-only pages for rows that the workflow writes, limited to the administrator's regions."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, NoReturn

from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from hours.offices import NO_ROWS, in_region
from organizations.admin import access
from organizations.admin.lists import BoundedPaginator


class ReadOnlyAdmin(admin.ModelAdmin):
    """Pages without adding, changing or deleting; lists have a bounded count and sort by primary key only.

    `registration_path` leads from the model to the registration whose region decides who may read the row.
    """

    registration_path = ""
    list_per_page = settings.ADMIN_PAGE_SIZE
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

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RegistrationInline(ReadOnlyInline):
    """Rows of a registration, for every administrator who may read the registration."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.is_administrator(request)
