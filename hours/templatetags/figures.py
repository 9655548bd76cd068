"""How statistics are written in tables."""

from decimal import Decimal

from django import template

from hours.statistics.wording import duration_words, share_words

register = template.Library()


@register.filter
def share(value: Decimal | None) -> str:
    """Per cent, such as 83.3%; — of nothing."""
    return share_words(value)


@register.filter
def lasting(seconds: float | None) -> str:
    """A mean time, such as 2.5 天; — of nothing."""
    return duration_words(seconds)
