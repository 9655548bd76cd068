"""The context that every template gets."""

from __future__ import annotations

import csv
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from django.conf import settings

from hours.notices import inbox
from organizations.regions import NATIONAL_LIST

from . import menu
from .web.dialogs import dialog_layout

if TYPE_CHECKING:
    from accounts.requests import PersonRequest


def frame(request: PersonRequest) -> dict[str, object]:
    """Return what the page frame and the dialogs show.

    Menu and unread notices are functions, called only by templates that show them: pages for a signed-in person.
    """
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


def unread_notices(request: PersonRequest) -> int:
    """Return the number of unread notices, shown at the bell."""
    return inbox.unread_count(request.user)


@lru_cache(maxsize=4)
def region_name(code: str) -> str:
    """Return a region's name from the national list, or an empty text for an unknown code.

    The list saves a query on every page; the name does not change while a process runs.
    """
    with NATIONAL_LIST.open(encoding="utf-8") as lines:
        return next((row["name"] for row in csv.DictReader(lines) if row["code"] == code), "")
