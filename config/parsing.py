"""Numbers and days in typed text, read strictly. Each function returns None for any other text."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from .texts import fold_digits

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,100}\.?[0-9]{0,100}|\.[0-9]{1,100})")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
# Year, month and day as Chinese offices write them; a time may follow.
_DAY = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?"
    r"(?:[T\s](?:2[0-4]|[01]?[0-9]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)?"
)
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def parse_number(text: str) -> Decimal | None:
    """Return the number that the text holds, but not 1_0, 8e1, NaN, Infinity and one with hundreds of digits."""
    text = fold_digits(text).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def parse_whole_number(text: str) -> int | None:
    """Return a number of at most nine digits, without a sign."""
    text = fold_digits(text).strip()
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def parse_day(text: str) -> date | None:
    """Return the day of a text such as 2026-05-12, 2026/5/12, 2026年5月12日 or 20260512."""
    text = fold_digits(text).strip()
    match = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:  # a day that does not exist, such as February 30
        return None
