"""The region tree in memory, cached by each process: some thousand rows that change once in years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from django.conf import settings

from . import revision
from .models import Region


def is_within(region: Region, other: Region) -> bool:
    """Return whether a region is the other one or lies below it, by the tree numbers of both."""
    return bool(region.tree_id == other.tree_id and other.lft <= region.lft and region.rght <= other.rght)


def is_in_scope(region: Region, scope: Sequence[Region] | None) -> bool:
    """Return whether a region is one of the scope's or lies below one; None is everywhere."""
    return scope is None or any(is_within(region, area) for area in scope)


class Tree:
    """All regions at one revision, in tree order. Threads share it, so its rows must not be changed."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rows: list[Region] = list(Region.objects.order_by("tree_id", "lft"))
        self.by_pk = {row.pk: row for row in self.rows}
        self.by_code = {row.code: row for row in self.rows}
        self.children: dict[int | None, list[Region]] = defaultdict(list)
        for row in self.rows:
            self.children[row.parent_id].append(row)

    def within(self, areas: Sequence[Region] | None) -> list[Region]:
        """Return these regions and all below them; all regions for None."""
        if areas is None:
            return self.rows
        return [row for row in self.rows if is_in_scope(row, areas)]

    @cached_property
    def root(self) -> Region:
        """The region that this installation serves; Region.DoesNotExist before it is loaded."""
        return self.by_code.get(settings.ROOT_REGION) or Region.objects.get(code=settings.ROOT_REGION)


_tree: Tree | None = None


def current(number: int | None = None) -> Tree:
    """Return the tree at the current revision; `number` is that revision, if the caller has just read it."""
    global _tree
    number = revision.current() if number is None else number
    tree = _tree
    if tree is None or tree.number != number:
        _tree = tree = Tree(number)
    return tree
