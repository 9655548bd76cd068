"""Values as a spreadsheet shows them: numbers rounded to the places of their format, and the words around a value.

Formats with digits and words are understood, such as 0, 0.00, #,##0.0, 000000, 000-0000-0000, 0.0%, "GX-"000 and
@"先生". A number in another format keeps all its digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 255  # of a format in Excel; the patterns below take the square of it
MAX_DECIMALS = 10  # more would exceed what Decimal computes with 15 digits before them
_PLACES = "0#?"
_GENERAL = ("general", "g/通用格式")
_TOKEN = re.compile(r'"[^"]*"?|[\\!_*].|\[[^\]]*\]|General|G/通用格式|.', re.IGNORECASE | re.DOTALL)
# A section that has a condition, such as [>=10], and Chinese digits.
_NOT_UNDERSTOOD = re.compile(r"\[\s*[<>=]|\[DBNum", re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$([^\]-]*)")
# Letters that are no digits: dates, exponents and fractions.
_OTHER = re.compile(r"[A-Za-z/]")
_SIGNS = " -+()"  # around a number they are no words


class Token(NamedTuple):
    """A piece of a format: a sign with a meaning, such as 0 or @, or a text that stands for itself."""

    text: str
    is_literal: bool = False


@dataclass(frozen=True)
class _Number:
    """A section with places: what stands before, between and after them. `decimals` begin after the point."""

    before: tuple[Token, ...]
    whole: tuple[Token, ...]
    decimals: tuple[Token, ...]
    after: tuple[Token, ...]

    @property
    def is_percent(self) -> bool:
        return Token("%") in (*self.before, *self.whole, *self.decimals, *self.after)

    @property
    def places(self) -> int:
        return min(sum(_is_place(token) for token in self.decimals), MAX_DECIMALS)


def show(number: Decimal, number_format: str) -> str | None:
    """Return the number as the format shows it, without words around it; None if the format says nothing about it."""
    sections = _of_numbers(number_format)
    section = _number(sections[1] if number < 0 and len(sections) > 1 else sections[0]) if sections else None
    if section is None:
        return None
    sign, whole, decimals = _digits(number, section)
    decimals = decimals.rstrip("0")
    text = _fill(section.whole, whole) + (f".{decimals}" if decimals else "")
    return sign + text + ("%" if section.is_percent else "")


def show_words(number: Decimal, number_format: str, plain: str) -> str | None:
    """Return the number with the words of its format around it, None if there are none; General shows it `plain`."""
    sections = _of_numbers(number_format)
    place = 1 if number < 0 and len(sections) > 1 else 2 if not number and len(sections) > 2 else 0
    section = sections[place] if sections else ()
    if not _has_words(section):
        return None
    shown = _with_words(number, section, plain)
    return shown if shown is None or number >= 0 or place else f"-{shown}"


def show_text(text: str, number_format: str) -> str:
    """Return the text with the words that the format puts around texts."""
    sections = _sections(number_format)
    section = sections[-1] if sections else ()
    if Token("@") not in section or not _has_words(section):
        return text
    return _literals(section, text)


def has_digits(number_format: str) -> bool:
    """Return whether words of the format hold digits, so that they may be a part of the number."""
    return any(sign.isdigit() for section in _sections(number_format) for sign in _literals(section))


# --- Formats ---------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _sections(number_format: str) -> tuple[tuple[Token, ...], ...]:
    """Return the tokens of each section: positive, negative, zero, text; none for a format that is not understood."""
    if not number_format or len(number_format) > MAX_LENGTH or _NOT_UNDERSTOOD.search(number_format):
        return ()
    sections: list[list[Token]] = [[]]
    for text in _TOKEN.findall(number_format):
        if text == ";":
            sections.append([])
        elif token := _token(text):
            sections[-1].append(token)
    return tuple(map(tuple, sections))


def _of_numbers(number_format: str) -> tuple[tuple[Token, ...], ...]:
    """Return the sections for numbers. The last one is for texts if it has an @, unless it is the only one."""
    sections = _sections(number_format)
    return sections[:-1] if len(sections) > 1 and Token("@") in sections[-1] else sections


def _token(text: str) -> Token | None:
    """Return the token; None for one that shows nothing: a colour, a language, a width, and what fills the cell."""
    if text.startswith('"'):
        return Token(text.strip('"'), is_literal=True)
    if text.startswith("["):
        currency = _CURRENCY.match(text)
        return Token(currency[1], is_literal=True) if currency and currency[1] else None
    if len(text) == 2 and text[0] in "_*":
        return None
    if len(text) == 2:
        return Token(text[1], is_literal=True)
    if _OTHER.match(text):
        return Token(text.lower())
    return Token(text, is_literal=text not in f"{_PLACES}.,%@")


def _is_place(token: Token) -> bool:
    return not token.is_literal and token.text in _PLACES


def _is_unknown(token: Token) -> bool:
    return not token.is_literal and bool(_OTHER.match(token.text))


@lru_cache(maxsize=256)
def _number(section: tuple[Token, ...]) -> _Number | None:
    """Return the parts of a section; None if it has no places, or letters, or shows thousands."""
    places = [place for place, token in enumerate(section) if _is_place(token)]
    if not places or Token("@") in section or any(map(_is_unknown, section)):
        return None
    first, end = places[0], places[-1] + 1
    point = section.index(Token(".")) if Token(".") in section else end
    first, end = min(first, point), max(end, point)
    whole, decimals = section[first : min(point, end)], section[point + 1 : end]
    if Token(",") in (*whole[-1:], *decimals, *section[end : end + 1]):
        return None
    return _Number(section[:first], whole, decimals, section[end:])


# --- Values ----------------------------------------------------------------------------------------


def _digits(number: Decimal, section: _Number) -> tuple[str, str, str]:
    """Return sign, whole digits and decimals of the number as it is rounded."""
    scaled = number * 100 if section.is_percent else number
    rounded = scaled.quantize(Decimal(1).scaleb(-section.places), rounding=ROUND_HALF_UP)
    whole, _, decimals = f"{abs(rounded):f}".partition(".")
    return "-" if rounded < 0 else "", whole, decimals


@lru_cache(maxsize=256)
def _has_words(section: tuple[Token, ...]) -> bool:
    """Return whether a section holds words before or after the value."""
    values = [place for place, token in enumerate(section) if not token.is_literal and token.text not in ".,%"]
    first, last = (values[0], values[-1]) if values else (len(section), len(section))
    return bool(_literals((*section[:first], *section[last + 1 :])).strip(_SIGNS))


def _literals(section: Sequence[Token], value: str = "") -> str:
    """Return the words of a section, and the value where the format has it."""
    return "".join(
        token.text
        if token.is_literal
        else "%"
        if token.text == "%"
        else value
        if token.text in ("@", *_GENERAL)
        else ""
        for token in section
    )


def _with_words(number: Decimal, section: tuple[Token, ...], plain: str) -> str | None:
    """Return the section with the number, which has no sign; None if the section is not understood."""
    parts = _number(section)
    if parts is None:
        is_understood = all(token.is_literal or token.text in ("@", *_GENERAL) for token in section)
        return _literals(section, plain.removeprefix("-")) if is_understood else None
    _, whole, decimals = _digits(number, parts)
    shown = _fill([token for token in parts.whole if token != Token(",")], whole)
    if Token(",") in parts.whole and shown.isdigit():
        shown = _grouped(shown)
    if parts.decimals:
        shown += f".{_fill_decimals(parts.decimals, decimals)}"
    return _literals(parts.before) + shown + _literals(parts.after)


def _grouped(digits: str) -> str:
    """Return the digits with a comma before each group of three."""
    start = len(digits) % 3
    groups = [digits[:start], *(digits[place : place + 3] for place in range(start, len(digits), 3))]
    return ",".join(filter(None, groups))


def _fill(pattern: Sequence[Token], digits: str) -> str:
    """Put the digits into the places from the right; missing ones are zeros where the format asks for them."""
    rest, filled = list(digits.lstrip("0")), []
    for token in reversed(pattern):
        if not _is_place(token):
            filled.append(token.text if token.is_literal else "")
        elif rest:
            filled.append(rest.pop())
        elif token.text == "0":
            filled.append("0")
    return "".join(rest) + "".join(reversed(filled)).lstrip(" -") or "0"


def _fill_decimals(pattern: Sequence[Token], digits: str) -> str:
    """Put the digits into the places from the left; zeros at the end are left out where the format allows it."""
    rest, filled = digits, ""
    for token in pattern:
        if not _is_place(token):
            filled += token.text if token.is_literal else ""
        elif rest.strip("0") or token.text == "0":
            filled += rest[:1]
            rest = rest[1:]
    return filled
