"""Queries for regions and units. Only `within` knows how django-mptt stores a subtree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet

if TYPE_CHECKING:
    from .models import Region, Unit


def within(region: Region, path: str = "") -> Q:
    """Return the condition "in this region or anywhere below it".

    `path` is the lookup from the filtered model to its region, such as "unit__region"; empty for Region itself.
    """
    prefix = f"{path}__" if path else ""
    return Q(
        **{
            f"{prefix}tree_id": region.tree_id,
            f"{prefix}lft__gte": region.lft,
            f"{prefix}lft__lte": region.rght,
        }
    )


class RegionQuerySet(TreeQuerySet):
    def within(self, region: Region) -> RegionQuerySet:
        return self.filter(within(region))

    def with_ancestors(self, region: Region) -> RegionQuerySet:
        """Return the path from the root down to this region, both included."""
        return self.filter(tree_id=region.tree_id, lft__lte=region.lft, rght__gte=region.rght).order_by("lft")


class UnitQuerySet(models.QuerySet["Unit"]):
    def within(self, region: Region) -> UnitQuerySet:
        return self.filter(within(region, "region"))

    def selectable(self) -> UnitQuerySet:
        """Return the units that a person may submit to: all except disabled ones."""
        return self.exclude(state=self.model.State.DISABLED)

    def with_regions(self) -> UnitQuerySet:
        """Load the regions and their ancestors for `regions.ancestors_by_kind`."""
        return self.select_related("region__parent__parent")

    def in_tree_order(self) -> UnitQuerySet:
        return self.order_by("region__tree_id", "region__lft", "name", "pk")


RegionManager = TreeManager.from_queryset(RegionQuerySet)
