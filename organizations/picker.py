"""READ: what the dialog 批量提交审核 shows to choose a unit: the region tree, the hits, 其他单位.

Two queries, whatever the size of the province: the number of the search index and the units of the page. One more for
a keyword that looks like a credit code, and one to count the matches if they are more than are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from config.web.texts import EMPTY

from . import search, tree, units
from .models import Region, Unit

PAGE_SIZE = 10
KEYWORD_LENGTH = 120  # no unit's name is longer
SHOWN = ("name", "credit_code", "region", "state", "is_unaffiliated")


class Node(NamedTuple):
    """A region as a line of the open tree; `depth` counts from the root, which has 0."""

    region: Region
    code: str
    name: str
    depth: int
    has_children: bool
    is_selected: bool
    is_open: bool


@dataclass(frozen=True)
class UnitPicker:
    """Parameters `region` (code), `q` (keyword) and `page`, and the answer to them.

    With a keyword: the best matches, `total` of all, `more` that are not shown, `similar` if no name has the keyword.
    Without one: `page`, and `total` units in the region's subtree.
    """

    root: Region
    region: Region
    tree: list[Node]
    keyword: str
    units: list[Unit]
    total: int
    similar: bool
    page: Page | None
    unaffiliated: Unit
    known: dict[int, Unit]

    @property
    def more(self) -> int:
        """How many matches are not shown; only a keyword search leaves any out."""
        return self.total - len(self.units) if self.keyword else 0

    @property
    def lines(self) -> Iterator[tuple[Unit, str, str, str, str]]:
        """The hits: each with its key, name, credit code and region as the text to write."""
        for unit in self.units:
            yield unit, str(unit.pk), unit.name, unit.credit_code or EMPTY, unit.region.name

    @property
    def is_everywhere(self) -> bool:
        return self.region == self.root


def unit_picker(data: QueryDict, also: Iterable[int] = ()) -> UnitPicker:
    """The picker for these parameters; an unknown region means the root, a page that does not exist the nearest one.

    Units whose keys are in `also` are read along with those of the page.
    """
    keyword = data.get("q", "").strip()[:KEYWORD_LENGTH]
    index = search.index()
    regions = tree.current(index.number)
    nodes = open_tree(data.get("region", ""), regions)
    root = nodes[0].region
    region = next(node.region for node in nodes if node.is_selected)
    # The root's subtree is all there is, unless this installation serves only a part of a bigger tree.
    within = None if region.is_root_node() else region
    number = _page_number(data.get("page", ""))
    found = search.find_keys(keyword, within, index) if keyword else _listed(number, within, index)
    known = _units({*found.keys, *also, index.unaffiliated} - {None}, regions)
    hits = [known[key] for key in found.keys if key in known]
    page = None if keyword else _page(hits, number, found.total)
    unaffiliated = known.get(index.unaffiliated) or units.unaffiliated(root)
    return UnitPicker(root, region, nodes, keyword, hits, found.total, found.similar, page, unaffiliated, known)


def _listed(number: int, within: Region | None, index: search.UnitIndex) -> search.KeyMatches:
    return search.KeyMatches(*search.list_keys(within, number, PAGE_SIZE, index))


def _page(hits: list[Unit], number: int, total: int) -> Page:
    pages = Paginator(range(total), PAGE_SIZE)
    return Page(hits, min(number, pages.num_pages), pages)


def _units(keys: Iterable[int], regions: tree.Tree) -> dict[int, Unit]:
    """Key -> selectable unit, its region from the tree that is kept; one query."""
    found = Unit.objects.selectable().only(*SHOWN).in_bulk(keys)
    for unit in found.values():
        if unit.region_id in regions.by_key:
            unit.region = regions.by_key[unit.region_id]
    return found


def open_tree(code: str, regions: tree.Tree | None = None) -> list[Node]:
    """The tree with the path to one region open: root, its children, and the children of each region on the path.

    Without that region, or if it is not below the root, only the root is open.
    """
    regions = regions or tree.current()
    root = regions.root
    chosen = regions.by_code.get(code, root)
    if not tree.is_within(chosen, root):
        chosen = root
    return list(_lines(root, 0, chosen, regions))


def _lines(region: Region, depth: int, chosen: Region, regions: tree.Tree) -> Iterator[Node]:
    below, is_open = regions.below[region.pk], not depth or tree.is_within(chosen, region)
    yield Node(region, region.code, region.name, depth, bool(below), region == chosen, is_open)
    if is_open:
        for child in below:
            yield from _lines(child, depth + 1, chosen, regions)


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 10 else 1
