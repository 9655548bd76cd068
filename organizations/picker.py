"""The unit picker of the dialog 批量提交审核: region tree, search results, 其他单位.

It takes two queries, whatever the size of the province: the revision and the units of the page. A keyword that looks
like a credit code takes one more, and one to count its matches if not all are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from config.constants import MAX_KEYWORD_LENGTH, PICKER_PAGE_SIZE
from config.texts import EMPTY

from . import search, tree, units
from .models import Region, Unit

COLUMNS = ("name", "credit_code", "region", "state", "is_unaffiliated")


class Node(NamedTuple):
    """A line of the open region tree; the root has depth 0."""

    region: Region
    code: str
    name: str
    depth: int
    has_children: bool
    is_selected: bool
    is_open: bool


@dataclass(frozen=True)
class UnitPicker:
    """The parameters `region` (code), `q` (keyword) and `page`, and their result.

    With a keyword: the best matches, `total` of all, `more` that are not shown, `similar` if no name contains it.
    Without one: `page`, and `total` units in the region's subtree. `known` holds all loaded units by key.
    """

    root: Region
    region: Region
    tree: list[Node]
    keyword: str
    units: list[Unit]
    total: int
    similar: bool
    page: Page[Unit] | None
    unaffiliated: Unit
    known: dict[int, Unit]

    @property
    def more(self) -> int:
        """Return the number of matches that are not shown; without a keyword there are pages instead."""
        return self.total - len(self.units) if self.keyword else 0

    @property
    def lines(self) -> Iterator[tuple[Unit, str, str, str, str]]:
        """Yield each unit with its key, name, credit code and region as texts."""
        for unit in self.units:
            yield unit, str(unit.pk), unit.name, unit.credit_code or EMPTY, unit.region.name

    @property
    def is_everywhere(self) -> bool:
        return self.region == self.root


def unit_picker(data: QueryDict, also: Iterable[int] = ()) -> UnitPicker:
    """Return the picker for these parameters. An unknown region becomes the root, an unknown page the nearest one.

    The units with the keys in `also` are loaded together with those of the page.
    """
    keyword = data.get("q", "").strip()[:MAX_KEYWORD_LENGTH]
    index = search.index()
    regions = tree.current(index.number)
    nodes = open_tree(data.get("region", ""), regions)
    root = nodes[0].region
    region = next(node.region for node in nodes if node.is_selected)
    # All units, unless this installation serves only a part of the loaded tree.
    within = None if region.is_root_node() else region
    number = _page_number(data.get("page", ""))
    found = search.find_keys(keyword, within, index) if keyword else _listed(number, within, index)
    others = [] if index.unaffiliated is None else [index.unaffiliated]
    known = _units({*found.keys, *also, *others}, regions)
    hits = [known[key] for key in found.keys if key in known]
    page = None if keyword else _page(hits, number, found.total)
    unaffiliated = next((known[key] for key in others if key in known), None) or units.unaffiliated(root)
    return UnitPicker(root, region, nodes, keyword, hits, found.total, found.similar, page, unaffiliated, known)


def _listed(number: int, within: Region | None, index: search.UnitIndex) -> search.KeyMatches:
    return search.KeyMatches(*search.list_keys(within, number, PICKER_PAGE_SIZE, index))


def _page(hits: list[Unit], number: int, total: int) -> Page[Unit]:
    pages: Paginator[Any] = Paginator(range(total), PICKER_PAGE_SIZE)
    return Page(hits, min(number, pages.num_pages), pages)


def _units(keys: Iterable[int], regions: tree.Tree) -> dict[int, Unit]:
    """Return the selectable units by key in one query, with regions from the cached tree."""
    found = Unit.objects.selectable().only(*COLUMNS).in_bulk(keys)
    for unit in found.values():
        if unit.region_id in regions.by_pk:
            unit.region = regions.by_pk[unit.region_id]
    return found


def open_tree(code: str, regions: tree.Tree | None = None) -> list[Node]:
    """Return the tree with the path to a region open: the children of the root and of each region on the path.

    For an unknown region, or one outside the root, only the root is open.
    """
    regions = regions or tree.current()
    root = regions.root
    chosen = regions.by_code.get(code, root)
    if not tree.is_within(chosen, root):
        chosen = root
    return list(_lines(root, 0, chosen, regions))


def _lines(region: Region, depth: int, chosen: Region, regions: tree.Tree) -> Iterator[Node]:
    children, is_open = regions.children[region.pk], not depth or tree.is_within(chosen, region)
    yield Node(region, region.code, region.name, depth, bool(children), region == chosen, is_open)
    if is_open:
        for child in children:
            yield from _lines(child, depth + 1, chosen, regions)


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 10 else 1
