"""READ: the region tree as each process keeps it: some thousand rows that change once in years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from django.conf import settings

from . import revision
from .models import Region


def is_within(region: Region, other: Region) -> bool:
    """Whether a region is this other one or lies below it, from the tree numbers that both carry."""
    return region.tree_id == other.tree_id and other.lft <= region.lft and region.rght <= other.rght


class Tree:
    """All regions at one revision, in the order of the tree; threads share it, so nobody may change its rows."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rows = list(Region.objects.order_by("tree_id", "lft"))
        self.by_key = {row.pk: row for row in self.rows}
        self.by_code = {row.code: row for row in self.rows}
        self.below: dict[int | None, list[Region]] = defaultdict(list)
        for row in self.rows:
            self.below[row.parent_id].append(row)

    def within(self, areas: Sequence[Region] | None) -> list[Region]:
        """These regions and all below them; everything for None."""
        if areas is None:
            return self.rows
        return [row for row in self.rows if any(is_within(row, area) for area in areas)]

    @cached_property
    def root(self) -> Region:
        """The region that this installation serves; Region.DoesNotExist before it is loaded."""
        return self.by_code.get(settings.ROOT_REGION) or Region.objects.get(code=settings.ROOT_REGION)


_kept: Tree | None = None


def current(number: int | None = None) -> Tree:
    """The tree at the present revision, which a caller who has just asked for it may tell."""
    global _kept
    number = revision.current() if number is None else number
    tree = _kept
    if tree is None or tree.number != number:
        _kept = tree = Tree(number)
    return tree


def forget() -> None:
    """Drop this process's tree; for tests, whose databases go back in time."""
    global _kept
    _kept = None
