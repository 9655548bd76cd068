"""A form field for a region: one list, grouped by the tree, which works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator

from . import tree
from .models import Region
from .querysets import within


class GroupedRegions(ModelChoiceIterator):
    """Choices in groups: each region with children is a group of itself and its leaf children.

    They come from the cached tree; the chosen region is looked up in the database.
    """

    field: RegionField

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield "", self.field.empty_label
        groups: dict[int | None, tuple[str, list[tuple[str, str]]]] = {}
        for region in tree.current().within(self.field.areas):
            if not region.is_leaf_node():
                groups[region.pk] = (region.name, [(region.code, f"{region.name}（本级）")])
            elif region.parent_id in groups:
                groups[region.parent_id][1].append((region.code, region.name))
            else:
                groups[region.pk] = (region.name, [(region.code, region.name)])
        yield from groups.values()


class RegionField(forms.ModelChoiceField):
    """A choice of one region by its code."""

    iterator = GroupedRegions
    areas: Sequence[Region] | None = None  # None for all

    def __init__(self, **options: Any) -> None:
        options.setdefault("empty_label", "请选择")
        super().__init__(Region.objects.all(), to_field_name="code", **options)

    def limit_to(self, areas: Sequence[Region]) -> None:
        """Offer only these regions and all below them."""
        self.areas = areas
        self.queryset = Region.objects.filter(reduce(or_, map(within, areas)))
