"""A region as a form field: one list in the groups of the tree, which also works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from django import forms
from django.forms.models import ModelChoiceIterator

from . import tree
from .models import Region
from .querysets import within

Choice = tuple[str, str]


class GroupedRegions(ModelChoiceIterator):
    """Each region that has others below it is a group: first itself, then the lowest ones directly below it.

    From the tree that is kept: what is chosen is looked up in the database all the same.
    """

    def __iter__(self) -> Iterator[Choice | tuple[str, list[Choice]]]:
        yield "", self.field.empty_label
        groups: dict[int | None, tuple[str, list[Choice]]] = {}
        for region in tree.current().within(self.field.areas):
            if not region.is_leaf_node():
                groups[region.pk] = (region.name, [(region.code, f"{region.name}（本级）")])
            elif region.parent_id in groups:
                groups[region.parent_id][1].append((region.code, region.name))
            else:
                groups[region.pk] = (region.name, [(region.code, region.name)])
        yield from groups.values()


class RegionField(forms.ModelChoiceField):
    """Choose one of all regions, by code."""

    iterator = GroupedRegions
    areas: Sequence[Region] | None = None  # None: everywhere

    def __init__(self, **options) -> None:
        options.setdefault("empty_label", "请选择")
        super().__init__(Region.objects.all(), to_field_name="code", **options)

    def limit_to(self, areas: Sequence[Region]) -> None:
        """Only these regions and all below them."""
        self.areas = areas
        self.queryset = Region.objects.filter(reduce(or_, map(within, areas)))
