"""The left menu as data: groups, their items, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from accounts.appointments import has_duties


@dataclass(frozen=True)
class Entry:
    label: str
    url_name: str
    icon: str


@dataclass(frozen=True)
class Group:
    title: str
    entries: tuple[Entry, ...]
    is_for: Callable[[object], bool] = lambda person: True


@dataclass(frozen=True)
class Item:
    """An entry as one page shows it."""

    label: str
    url: str
    icon: str
    is_current: bool


HEAD = {
    "home": "home",
    "login": "accounts:login",
    "logout": "accounts:logout",
    "notices": "hours:notices",
    "profile": "accounts:profile",
    "password_change": "accounts:password_change",
}
GROUPS = (
    Group(
        "我的学时",
        (
            Entry("学时登记", "hours:list", "journal-check"),
            Entry("学时查询", "hours:lookup", "search"),
            Entry("学时证明", "hours:certificates", "award"),
        ),
    ),
    Group("单位", (Entry("单位注册", "organizations:register", "building-add"),)),
    Group("学时审核", (Entry("学时审核", "hours:review", "clipboard-check"), Entry("任职管理", "accounts:appointments", "people")), has_duties),
    Group("系统管理", (Entry("系统管理后台", "admin:index", "sliders"),), lambda person: person.is_staff),
)


@cache
def address(url_name: str) -> str:
    """An address of the frame, looked up once: ten look-ups on every page would be a third of the frame's time."""
    return reverse(url_name)


def addresses() -> dict[str, str]:
    """Where the links of the head lead."""
    return {name: address(url_name) for name, url_name in HEAD.items()}


def groups(request) -> list[tuple[str, list[Item]]]:
    """What the menu holds for whoever is logged in.

    The entry whose address is the longest beginning of the present one is current.
    """
    shown = [group for group in GROUPS if group.is_for(request.user)]
    urls = {entry: address(entry.url_name) for group in shown for entry in group.entries}
    pages = {*urls.values(), *addresses().values()}  # a page of the head is nobody's in the menu
    current = max((url for url in pages if request.path.startswith(url)), key=len, default="")
    return [(group.title, [_item(entry, urls[entry], current) for entry in group.entries]) for group in shown]


def _item(entry: Entry, url: str, current: str) -> Item:
    return Item(entry.label, url, entry.icon, url == current)
