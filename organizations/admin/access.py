"""Access to the administration: all regions for a superuser, else the regions of the person's appointments."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from organizations.models import Region
from organizations.querysets import within

RowT = TypeVar("RowT", bound=Model)


def scope(request: HttpRequest) -> list[Region] | None:
    """Return the regions that the person administers today, read once per request; None (all) for a superuser."""
    if request.user.is_superuser:
        return None
    cache = vars(request)
    if "administered_regions" not in cache:
        person = request.user
        cache["administered_regions"] = person.administered_regions() if person.is_authenticated else []
    regions: list[Region] = cache["administered_regions"]
    return regions


def is_administrator(request: HttpRequest) -> bool:
    """Return whether the person has access to the administration of units."""
    return request.user.is_active and request.user.is_staff and (request.user.is_superuser or bool(scope(request)))


def within_scope(queryset: QuerySet[RowT], request: HttpRequest, path: str = "") -> QuerySet[RowT]:
    """Return the rows whose region is in the person's scope; for `path` see querysets.within."""
    regions = scope(request)
    if regions is None:
        return queryset
    if not regions:
        return queryset.none()
    condition = Q()
    for region in regions:
        condition |= within(region, path)
    return queryset.filter(condition)
