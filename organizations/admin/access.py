"""Which regions an administrator's pages cover: everything for a superuser, else what the person is appointed to."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from organizations.models import Region
from organizations.querysets import within


def scope(request: HttpRequest) -> list[Region] | None:
    """The regions that this person administers today, read once a request; None for a superuser, who has all."""
    if request.user.is_superuser:
        return None
    if not hasattr(request, "administered_regions"):
        request.administered_regions = request.user.administered_regions()
    return request.administered_regions


def is_administrator(request: HttpRequest) -> bool:
    """Whether the person may see any administrator's page of units at all."""
    return request.user.is_active and request.user.is_staff and (request.user.is_superuser or bool(scope(request)))


def within_scope(queryset: QuerySet, request: HttpRequest, path: str = "") -> QuerySet:
    """Those rows whose region (by `path`, see querysets.within) this administrator covers."""
    regions = scope(request)
    if regions is None:
        return queryset
    if not regions:
        return queryset.none()
    condition = Q()
    for region in regions:
        condition |= within(region, path)
    return queryset.filter(condition)
