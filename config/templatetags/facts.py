"""How facts are written: hours as 8 or 7.5 and never 8.0, nothing as —, page numbers with gaps."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()
NOTHING = "—"


@register.filter
def hours(value: Decimal | int | float | None) -> str:
    """Hours without needless zeros; — for none."""
    if value is None or value == "":
        return NOTHING
    return f"{Decimal(str(value)).normalize():f}"


@register.filter
def or_dash(value) -> str:
    """The value; — for an empty one."""
    return value if value not in (None, "") else NOTHING


@register.simple_tag(takes_context=True)
def page_url(context, number: int, name: str = "page") -> str:
    """The present address with another page number."""
    query = context["request"].GET.copy()
    query[name] = number
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query_with(context, **changes) -> str:
    """The present address with some parameters changed; a value of None or an empty one takes the parameter out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"
