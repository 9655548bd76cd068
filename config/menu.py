"""The left menu as data: groups, their links, and the conditions under which they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.urls import reverse

from hours.offices import office_of

if TYPE_CHECKING:
    from accounts.requests import PersonRequest


def always(request: PersonRequest) -> bool:
    return True


def has_office(request: PersonRequest) -> bool:
    return bool(office_of(request))


def reviews_for_a_unit(request: PersonRequest) -> bool:
    return bool(office_of(request).units)


def is_superuser_without_office(request: PersonRequest) -> bool:
    return request.user.is_superuser and not has_office(request)


def is_staff(request: PersonRequest) -> bool:
    return request.user.is_staff


@dataclass(frozen=True)
class MenuLink:
    label: str
    url_name: str
    icon: str
    is_shown: Callable[[PersonRequest], bool] = always


@dataclass(frozen=True)
class MenuGroup:
    title: str
    links: tuple[MenuLink, ...]
    is_shown: Callable[[PersonRequest], bool] = always


@dataclass(frozen=True)
class MenuItem:
    """A link as it is shown on one page."""

    label: str
    url: str
    icon: str
    is_current: bool


# Links of the page frame outside the menu.
FRAME_LINKS = {
    "home": "home",
    "login": "accounts:login",
    "logout": "accounts:logout",
    "notices": "hours:notices",
    "profile": "accounts:profile",
    "password_change": "accounts:password_change",
    "help": "help",
}
GROUPS = (
    MenuGroup(
        "我的学时",
        (
            MenuLink("学时登记", "hours:list", "journal-check"),
            MenuLink("学时查询", "hours:lookup", "search"),
            MenuLink("学时证明", "hours:certificates", "award"),
        ),
    ),
    MenuGroup("单位", (MenuLink("单位注册", "register_unit", "building-add"),)),
    MenuGroup(
        "学时审核",
        (
            MenuLink("学时审核", "hours:review", "clipboard-check"),
            MenuLink("集体登记", "hours:collective", "people-fill", reviews_for_a_unit),
            MenuLink("统计", "hours:statistics", "bar-chart"),
            MenuLink("任职管理", "accounts:appointments", "people"),
        ),
        has_office,
    ),
    MenuGroup("统计", (MenuLink("统计", "hours:statistics", "bar-chart"),), is_superuser_without_office),
    MenuGroup("系统管理", (MenuLink("系统管理后台", "admin:index", "sliders"),), is_staff),
)


@cache
def address(url_name: str) -> str:
    """Return the URL of a frame link, cached: reverse() ten times on every page takes a third of the frame's time."""
    return reverse(url_name)


@cache
def addresses() -> dict[str, str]:
    """Return the URLs of FRAME_LINKS by name."""
    return {name: address(url_name) for name, url_name in FRAME_LINKS.items()}


def groups(request: PersonRequest) -> tuple[tuple[str, tuple[MenuItem, ...]], ...]:
    """Return the titles and items of the groups that the person sees.

    The item whose URL is the longest prefix of the requested path is current; on a page of FRAME_LINKS none is.
    """
    shown = {
        group: [link for link in group.links if link.is_shown(request)] for group in GROUPS if group.is_shown(request)
    }
    urls = {link: address(link.url_name) for links in shown.values() for link in links}
    candidates = {*urls.values(), *addresses().values()}
    current = max((url for url in candidates if request.path.startswith(url)), key=len, default="")
    return tuple((group.title, tuple(_item(link, urls[link], current) for link in shown[group])) for group in shown)


def _item(link: MenuLink, url: str, current: str) -> MenuItem:
    return MenuItem(link.label, url, link.icon, url == current)
