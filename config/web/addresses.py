"""Addresses of rows, the keys in them, and the list that somebody came from."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse

SOME_KEY = 987_654_321
OF_ONE_VISIT = ("tick", "open")  # what a list was asked for once


@cache
def _around(url_name: str) -> tuple[str, str]:
    """What stands before and after the key in the addresses of this name."""
    before, _, after = reverse(url_name, args=[SOME_KEY]).rpartition(str(SOME_KEY))
    return before, after


def url_with_pk(url_name: str, key: int) -> str:
    """`reverse(url_name, args=[key])`, for an address with a whole number in it.

    Forty look-ups by `{% url %}` are a third of what a list of twenty costs.
    """
    before, after = _around(url_name)
    return f"{before}{key}{after}"


def parse_pk(text: str) -> int | None:
    """The key that a text from a request names; None for anything that can be no key of a row."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def parse_uuid(text: str | None) -> UUID | None:
    """Return the UUID that the text spells, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def return_url(request: HttpRequest, *url_names: str) -> str:
    """The list that a dialog was opened from, with its filter and page.

    What the dialog's form says (`back`), else the page before this one. If that is none of the pages with these names,
    the first of them.
    """
    lists = [reverse(name) for name in url_names]
    try:
        before = urlsplit(request.POST.get("back") or request.headers.get("Referer", ""))
    except ValueError:
        return lists[0]
    if before.netloc not in ("", request.get_host()) or before.path not in lists:
        return lists[0]
    query = QueryDict(before.query, mutable=True)
    for name in OF_ONE_VISIT:
        query.pop(name, None)
    return f"{before.path}?{query.urlencode()}" if query else before.path
