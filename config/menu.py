"""The left menu as data: groups, their items, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import reverse

from hours.offices import office_of


@dataclass(frozen=True)
class Link:
    label: str
    url_name: str
    icon: str
    is_for: Callable[[HttpRequest], bool] = lambda request: True


@dataclass(frozen=True)
class Group:
    title: str
    links: tuple[Link, ...]
    is_for: Callable[[HttpRequest], bool] = lambda request: True


@dataclass(frozen=True)
class Item:
    """A link as one page shows it."""

    label: str
    url: str
    icon: str
    is_current: bool


def has_duties(request) -> bool:
    return bool(office_of(request))


def reviews_for_a_unit(request) -> bool:
    return bool(office_of(request).units)


def sees_all_without_duties(request) -> bool:
    return request.user.is_superuser and not has_duties(request)


def administers(request) -> bool:
    return request.user.is_staff


HEAD = {
    "home": "home",
    "login": "accounts:login",
    "logout": "accounts:logout",
    "notices": "hours:notices",
    "profile": "accounts:profile",
    "password_change": "accounts:password_change",
    "help": "help",
}
GROUPS = (
    Group(
        "我的学时",
        (
            Link("学时登记", "hours:list", "journal-check"),
            Link("学时查询", "hours:lookup", "search"),
            Link("学时证明", "hours:certificates", "award"),
        ),
    ),
    Group("单位", (Link("单位注册", "register_unit", "building-add"),)),
    Group(
        "学时审核",
        (
            Link("学时审核", "hours:review", "clipboard-check"),
            Link("集体登记", "hours:collective", "people-fill", reviews_for_a_unit),
            Link("统计", "hours:statistics", "bar-chart"),
            Link("任职管理", "accounts:appointments", "people"),
        ),
        has_duties,
    ),
    Group("统计", (Link("统计", "hours:statistics", "bar-chart"),), sees_all_without_duties),
    Group("系统管理", (Link("系统管理后台", "admin:index", "sliders"),), administers),
)


@cache
def address(url_name: str) -> str:
    """An address of the frame, looked up once: ten look-ups on every page would be a third of the frame's time."""
    return reverse(url_name)


@cache
def addresses() -> dict[str, str]:
    """Where the links of the head lead."""
    return {name: address(url_name) for name, url_name in HEAD.items()}


def groups(request: HttpRequest) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """What the menu holds for whoever is logged in.

    The link whose address is the longest prefix of the present one is current.
    """
    offered = {
        group: [link for link in group.links if link.is_for(request)] for group in GROUPS if group.is_for(request)
    }
    urls = {link: address(link.url_name) for links in offered.values() for link in links}
    pages = {*urls.values(), *addresses().values()}  # a page of the head is nobody's in the menu
    current = max((url for url in pages if request.path.startswith(url)), key=len, default="")
    return tuple((group.title, tuple(_item(link, urls[link], current) for link in offered[group])) for group in offered)


def _item(link: Link, url: str, current: str) -> Item:
    return Item(link.label, url, link.icon, url == current)
