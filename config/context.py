"""What every page's frame shows."""

import csv
from functools import lru_cache, partial

from django.conf import settings

from hours.notices import inbox
from organizations.regions import NATIONAL_LIST

from . import menu
from .web.dialogs import dialog_layout


def frame(request) -> dict[str, object]:
    """The frame's words, the layout of a dialog for this request; menu and unread notices when a template asks."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "product_version": settings.PRODUCT_VERSION,
        "help_contact": settings.HELP_CONTACT,
        "region_name": region_name(settings.ROOT_REGION),
        "addresses": menu.addresses,
        "menu_groups": partial(menu.groups, request),
        "unread_notices": partial(unread_notices, request),
        "dialog_layout": dialog_layout(request),
    }


def unread_notices(request) -> int:
    """The number at the bell."""
    return inbox.unread_count(request.user)


@lru_cache(maxsize=4)
def region_name(code: str) -> str:
    """The served region's name as the national list has it; empty for a code it lacks.

    The list and not the table: the name never changes while a process runs, and no page should pay a query for it.
    """
    with NATIONAL_LIST.open(encoding="utf-8") as lines:
        return next((row["name"] for row in csv.DictReader(lines) if row["code"] == code), "")
