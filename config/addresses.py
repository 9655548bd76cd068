"""Addresses of rows without a look-up for each: forty `{% url %}` are a third of what a list of twenty costs."""

from __future__ import annotations

from functools import cache

from django.urls import reverse

SOME_KEY = 987_654_321


@cache
def _around(url_name: str) -> tuple[str, str]:
    """What stands before and after the key in the addresses of this name."""
    before, _, after = reverse(url_name, args=[SOME_KEY]).rpartition(str(SOME_KEY))
    return before, after


def of_row(url_name: str, key: int) -> str:
    """`reverse(url_name, args=[key])`, for an address with a whole number in it."""
    before, after = _around(url_name)
    return f"{before}{key}{after}"
