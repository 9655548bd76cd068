"""The left menu as data: groups, their items, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Group:
    title: str
    items: tuple[tuple[str, str, str], ...]  # label, URL name, icon
    is_for: Callable[[object], bool] = lambda person: person.is_authenticated


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    icon: str
    is_current: bool


GROUPS = (
    Group("我的学时", (("学时登记", "hours:list", "journal-check"), ("学时查询", "hours:lookup", "search"))),
    Group("单位", (("单位注册", "organizations:register", "building-add"),)),
    Group("系统管理", (("系统管理后台", "admin:index", "sliders"),), lambda person: person.is_staff),
)


def groups(request) -> list[tuple[str, list[Item]]]:
    """What this person's menu holds; the item whose address is the longest beginning of the present one is current."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return []
    shown = [(group.title, _with_urls(group)) for group in GROUPS if group.is_for(person)]
    urls = [url for _, items in shown for _, url, _ in items]
    current = max((url for url in urls if request.path.startswith(url)), key=len, default="")
    return [
        (title, [Item(label, url, icon, url == current) for label, url, icon in items])
        for title, items in shown
        if items
    ]


def _with_urls(group: Group) -> list[tuple[str, str, str]]:
    found = []
    for label, name, icon in group.items:
        try:
            found.append((label, reverse(name), icon))
        except NoReverseMatch:
            continue
    return found
