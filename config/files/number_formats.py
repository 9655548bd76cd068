"""Numbers as a spreadsheet shows them: rounded to the places of their format, with its zeros and dashes.

Formats with digits only are understood, such as 0, 0.00, #,##0.0, 000000, 000-0000-0000 and 0.0%. A number in another
format keeps all its digits.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 255  # of a format in Excel; the patterns below take the square of it
MAX_DECIMALS = 10  # more would exceed what Decimal computes with 15 digits before them
_PLACES = "0#?"
# A section that has a condition, such as [>=10], and Chinese digits.
_NOT_UNDERSTOOD = re.compile(r"\[\s*[<>=]|\[DBNum", re.IGNORECASE)
# Colours and languages; the width of a character; a character that fills the cell.
_INVISIBLE = re.compile(r"\[[^\]]*\]|_.|\*.")
_TOKEN = re.compile(r'"[^"]*"|\\.|.', re.DOTALL)
# Letters that are no digits: dates, exponents, texts and General.
_OTHER = re.compile(r"[A-Za-z@/]")


class _Pattern(NamedTuple):
    """A format: its whole places with what stands between them, and the number of its decimal places."""

    whole: str
    decimals: int
    is_percent: bool


def show(number: Decimal, number_format: str) -> str | None:
    """Return the number as the format shows it, without units around it; None if the format says nothing about it."""
    pattern = _parse(number_format, number < 0) if len(number_format) <= MAX_LENGTH else None
    if pattern is None:
        return None
    scaled = number * 100 if pattern.is_percent else number
    rounded = scaled.quantize(Decimal(1).scaleb(-pattern.decimals), rounding=ROUND_HALF_UP)
    whole, _, decimals = f"{abs(rounded):f}".partition(".")
    decimals = decimals.rstrip("0")
    text = _fill(pattern.whole, whole) + (f".{decimals}" if decimals else "")
    return ("-" if rounded < 0 else "") + text + ("%" if pattern.is_percent else "")


@lru_cache(maxsize=256)
def _parse(number_format: str, is_negative: bool) -> _Pattern | None:
    if _NOT_UNDERSTOOD.search(number_format):
        return None
    sections = _INVISIBLE.sub("", number_format).split(";")
    section = sections[1] if is_negative and len(sections) > 1 else sections[0]
    tokens = _TOKEN.findall(section)
    plain = "".join(token for token in tokens if len(token) == 1)
    if _OTHER.search(plain) or not any(place in plain for place in _PLACES):
        return None
    whole, _, decimals = _without_units(tokens).partition(".")
    if whole.endswith(","):  # shows thousands
        return None
    places = min(sum(map(decimals.count, _PLACES)), MAX_DECIMALS)
    return _Pattern(whole.replace(",", ""), places, "%" in plain)


def _without_units(tokens: list[str]) -> str:
    """Return the format from its first to its last place, with what stands between them."""
    places = [place for place, token in enumerate(tokens) if token in _PLACES]
    between = tokens[places[0] : places[-1] + 1]
    trailing = "," if tokens[places[-1] + 1 : places[-1] + 2] == [","] else ""
    return "".join(token.strip('"\\') if len(token) > 1 else token for token in between) + trailing


def _fill(pattern: str, digits: str) -> str:
    """Put the digits into the places from the right; missing ones are zeros where the format asks for them."""
    rest, filled = list(digits.lstrip("0")), []
    for sign in reversed(pattern):
        if sign not in _PLACES:
            filled.append(sign)
        elif rest:
            filled.append(rest.pop())
        elif sign == "0":
            filled.append("0")
    return "".join(rest) + "".join(reversed(filled)).lstrip(" -") or "0"
