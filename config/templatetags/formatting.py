"""How facts are written: hours as 8 or 7.5 and never 8.0, nothing as —, page numbers with gaps."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY

from config.web.texts import EMPTY

register = template.Library()
GAP = "…"


@register.filter("hours")
def format_hours(value: Decimal | int | float | None) -> str:
    """Hours without needless zeros; — for none."""
    if value is None or value == "":
        return EMPTY
    return f"{Decimal(str(value)).normalize():f}"


@register.filter
def or_dash(value) -> str:
    """The value; — for an empty one."""
    return value if value not in (None, "") else EMPTY


@register.filter
def at_most(count: int, limit: int) -> str:
    """A count where there is little room: 99+ for more than 99."""
    return f"{limit}+" if count > limit else str(count)


@register.filter
def page_numbers(page) -> list[int | str]:
    """The page numbers to offer: the ends and the neighbours, … for what lies between (1 2 3 … 2767)."""
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
def page_url(context, number: int, name: str = "page") -> str:
    """The present address with another page number."""
    return query_with(context, **{name or "page": number})


@register.simple_tag(takes_context=True)
def query_with(context, **changes) -> str:
    """The present address with some parameters changed; a value of None or an empty one takes the parameter out."""
    query = context.request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def again(context, name: str) -> str:
    """What this page's block of that name holds, a second time: the page's title is its heading too."""
    return context.render_context[BLOCK_CONTEXT_KEY].get_block(name).render(context)
