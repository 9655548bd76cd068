"""What files and platforms say about a completion, before anybody has checked it, and how its values are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dateutil.parser import isoparse

from config.web.texts import normalise_line
from hours.counting import LOCAL
from hours.wording import parse_number

# Year, month and day as Chinese offices write them; a time may follow.
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})", re.DOTALL)
MOST_DIGITS = 12


class Refusal(Exception):
    """Why an item is not taken, as a sentence; `field` is the value at fault ("" for the item as a whole)."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True)
class Item:
    """One completion as it came. `position` is its line in the file or its place in the list, from 1.

    A course is named by `course_id`, or by `year` and `course`. `hours` None means the course's; with `caps_hours` more
    than those are no error but cut. `problem` is what the reader already found wrong.
    """

    position: int
    id_number: str = field(default="", repr=False)
    course: str = ""
    year: int | None = None
    course_id: int | None = None
    hours: Any = None
    completed_on: Any = None
    key: str = ""
    caps_hours: bool = False
    problem: Refusal | None = None


def text_of(value: Any, field: str = "", words: str = "应为文字。") -> str:
    """One line of text; a whole number is text too. Refusal, in these words, for another kind of value."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**MOST_DIGITS:
        value = int(value)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Refusal(field, words)
    text = " ".join(str(value).split())
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refusal(field, "含有无法识别的字符。")
    return normalise_line(text)


def whole_number_of(value: Any, field: str, label: str) -> int | None:
    """A number such as a year; None if there is none."""
    words = f"{label}应为整数。"
    text = text_of(value, field, words)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refusal(field, words)
    return int(text)


def hours_of(value: Any) -> Decimal | None:
    """Hours as typed or sent; None if they are left out."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    hours = None if isinstance(value, bool) else parse_number(str(value))
    if hours is None:
        raise Refusal("hours", "学时应为数字，例如 8 或 7.5。")
    if abs(hours) >= 10_000:
        raise Refusal("hours", "学时超出合理范围。")
    return hours


def day_of(value: Any) -> date:
    """The (local) day of a date, a moment, or their text."""
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    text = text_of(value, "completed_on", "完成日期无法识别，应如 2026-05-12。")
    if not text:
        raise Refusal("completed_on", "完成日期为空。")
    try:
        if _MOMENT.fullmatch(text):
            return isoparse(text).astimezone(LOCAL).date()
        if match := _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text):
            return date(*map(int, match.groups()))
    except (ValueError, OverflowError):
        pass  # looks like a day and is none: the sentence below
    raise Refusal("completed_on", f"完成日期“{quotable(text)}”无法识别，应如 2026-05-12。")


def quotable(text: str) -> str:
    """A value as it may stand in a sentence: short, without what might be an ID number in the wrong column, and
    without halves of characters, which no answer can hold."""
    return re.sub(r"[A-Za-z]?\d{5,}[\dXx]*", "…", text)[:40].encode(errors="replace").decode()
