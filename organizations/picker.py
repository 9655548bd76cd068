"""READ: what the dialog 批量提交审核 shows to choose a unit: the region tree, the hits, 其他单位.

Five queries at the most, whatever the size of the province: the open part of the tree, the number of the search index,
the units of the page, 其他单位, and one more for a keyword that looks like a credit code.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import QueryDict

from . import regions, search, units
from .models import Region, Unit

PAGE_SIZE = 10
KEYWORD_LENGTH = 120  # no unit's name is longer


@dataclass(frozen=True)
class Node:
    """A region as a line of the open tree; `depth` counts from the root, which has 0."""

    region: Region
    depth: int
    is_selected: bool
    is_open: bool

    @property
    def code(self) -> str:
        return self.region.code

    @property
    def name(self) -> str:
        return self.region.name

    @property
    def has_children(self) -> bool:
        return not self.region.is_leaf_node()


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

    @property
    def more(self) -> int:
        """How many matches are not shown; only a keyword search leaves any out."""
        return self.total - len(self.units) if self.keyword else 0

    @property
    def is_everywhere(self) -> bool:
        return self.region == self.root


def unit_picker(data: QueryDict) -> UnitPicker:
    """The picker for these parameters; an unknown region means the root, a page that does not exist the nearest one."""
    keyword = data.get("q", "").strip()[:KEYWORD_LENGTH]
    tree = open_tree(data.get("region", ""))
    root = tree[0].region
    region = next(node.region for node in tree if node.is_selected)
    # The root's subtree is all there is, unless this installation serves only a part of a bigger tree.
    within = None if region.is_root_node() else region
    if keyword:
        found = search.best_matches(keyword, within)
        hits, total, similar, page = found.units, found.total, found.similar, None
    else:
        number = _page_number(data.get("page", ""))
        hits, total = search.listed(within, number, PAGE_SIZE)
        pages = Paginator(range(total), PAGE_SIZE)
        page, similar = Page(hits, min(number, pages.num_pages), pages), False
    unaffiliated = units.unaffiliated(root)
    return UnitPicker(root, region, tree, keyword, hits, total, similar, page, unaffiliated)


def open_tree(code: str) -> list[Node]:
    """The tree with the path to one region open: root, its children, and the children of each region on the path.

    One query. Without that region, or if it is not below the root, only the root is open.
    """
    open_below = Q(code=settings.ROOT_REGION) | Q(parent__code=settings.ROOT_REGION)
    if code.isascii() and code.isdigit() and code != settings.ROOT_REGION:
        selected = Region.objects.filter(code=code).order_by()[:1]
        path = Region.objects.filter(
            tree_id=selected.values("tree_id"), lft__lte=selected.values("lft"), rght__gte=selected.values("rght")
        )
        open_below |= Q(parent__in=path.values("pk"))
    rows = list(Region.objects.filter(open_below).order_by("tree_id", "lft"))
    root = next((row for row in rows if row.code == settings.ROOT_REGION), None) or regions.root()
    rows = [row for row in rows if _is_within(row, root)]
    chosen = next((row for row in rows if row.code == code), root)
    return [
        Node(row, row.level - root.level, is_selected=row == chosen, is_open=row == root or _is_within(chosen, row))
        for row in rows
    ]


def _is_within(region: Region, other: Region) -> bool:
    """Whether a region is this other one or lies below it, from the tree numbers that both carry."""
    return region.tree_id == other.tree_id and other.lft <= region.lft and region.rght <= other.rght


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 10 else 1
