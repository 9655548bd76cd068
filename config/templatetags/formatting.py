"""Formatting in templates: hours without needless zeros, — for an empty value, page numbers with gaps, URLs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.template.context import RequestContext
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import SafeString

from config.texts import EMPTY

register = template.Library()
GAP = "…"


@register.filter("hours")
def format_hours(value: Decimal | int | float | str | None) -> str:
    """Return hours without needless zeros: 8 or 7.5, never 8.0; — without a value."""
    if value is None or value == "":
        return EMPTY
    return f"{Decimal(str(value)).normalize():f}"


@register.simple_tag
def setting(name: str) -> object:
    """Return a setting, such as 10 for UNIT_SEARCH_HITS."""
    return getattr(settings, name)


@register.filter
def or_dash(value: Any) -> Any:
    """Return the value, or — for an empty one."""
    return value if value not in (None, "") else EMPTY


@register.filter
def at_most(count: int, limit: int) -> str:
    """Return a count as a short text: 99+ for more than 99."""
    return f"{limit}+" if count > limit else str(count)


@register.filter
def page_numbers(page: Page[Any]) -> list[int | str]:
    """Return the numbers to offer: the ends and the neighbours of the page, … for what lies between."""
    last, here = page.paginator.num_pages, page.number
    first = max(min(here - 1, last - 2), 1)
    shown = sorted({1, last, *range(first, min(first + 2, last) + 1)})
    numbers: list[int | str] = []
    for number, before in zip(shown, [0, *shown], strict=False):
        if number - before == 2:
            numbers.append(number - 1)
        elif number - before > 2:
            numbers.append(GAP)
        numbers.append(number)
    return numbers


@register.simple_tag(takes_context=True)
def page_url(context: RequestContext, number: int, name: str = "page") -> str:
    """Return the present URL with another page number."""
    return query_with(context, **{name or "page": number})


@register.simple_tag(takes_context=True)
def query_with(context: RequestContext, **changes: str | int | None) -> str:
    """Return the present query string with some parameters changed; None or an empty text removes a parameter."""
    query = context.request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def again(context: RequestContext, name: str) -> SafeString:
    """Return the content of this page's block of that name a second time, for a title that is also the heading."""
    block: SafeString = context.render_context[BLOCK_CONTEXT_KEY].get_block(name).render(context)
    return block
