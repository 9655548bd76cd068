"""The completion items that files and platforms report, and the parsing of their values."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dateutil.parser import isoparse

from config.files.lines import Line
from config.parsing import parse_day, parse_number, parse_whole_number
from config.texts import excerpt, fold_digits, normalise_line, normalise_number
from hours.counting import LOCAL
from hours.models import Course

_LONG_NUMBER = re.compile(r"[A-Za-z]?\d{5,}[\dXx]*")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)", re.DOTALL)
MAX_FLOAT_DIGITS = 12  # a longer number in a spreadsheet may have lost digits


class ItemError(Exception):
    """An item cannot be recorded; the message is a sentence for people.

    `field` names the wrong value; it is empty if the item as a whole is wrong.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class CompletionItem:
    """One reported completion, not validated yet. `position` is its line in the file or its place in the list, from 1.

    `source` is who reported it, if not the source of the whole batch.

    A course is named by `course_code` or `course_id`, or by `year` and `course`; beside these, year and name have
    to fit. `course_labels` are names by which a platform calls it: none may be another course's. Without `hours` the
    hours of the course count. With `caps_hours`, more hours than the course has are cut instead of refused. An item
    without `completed_on` counts for `arrived_on`, if it has that. A `name` has to be that of the person with the
    number. `problems` are errors found by the reader, `line` is where it stands in a file.
    """

    position: int
    id_number: str = field(default="", repr=False)
    course: str = ""
    year: int | None = None
    course_id: int | None = None
    course_code: str = ""
    course_labels: tuple[str, ...] = ()
    hours: Any = None
    completed_on: Any = None
    arrived_on: date | None = None
    key: str = ""
    caps_hours: bool = False
    name: str = field(default="", repr=False)
    problems: tuple[ItemError, ...] = ()
    line: Line | None = field(default=None, repr=False)
    source: str = ""


@dataclass(frozen=True)
class Withdrawal:
    """A source takes back what it has reported under this number, recorded or waiting."""

    key: str


Report = CompletionItem | Withdrawal


def parse_text(value: Any, field: str = "", message: str = "应为文字。") -> str:
    """Return a text or a whole number as one line of text; raise ItemError with this message for other types."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**MAX_FLOAT_DIGITS:
        value = int(value)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ItemError(field, message)
    text = " ".join(str(value).split())
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ItemError(field, "含有无法识别的字符。")
    return normalise_line(text)


def parse_code(value: Any, field: str) -> str:
    """Return a course's code as it is stored, empty if there is none."""
    code = normalise_number(parse_text(value, field, "课程编号应为文字。"))
    if len(code) > Course.CODE_LENGTH:
        raise ItemError(field, f"课程编号超过 {Course.CODE_LENGTH} 个字符。")
    return code


def parse_year_or_id(value: Any, field: str, label: str) -> int | None:
    """Return a year or the number of a course, or None if the value is empty."""
    message = f"{label}应为整数。"
    text = parse_text(value, field, message)
    if not text:
        return None
    if (number := parse_whole_number(text)) is None:
        raise ItemError(field, message)
    return number


def parse_hours(value: Any) -> Decimal | None:
    """Return the hours, or None if the value is empty."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    written = f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)
    hours = None if isinstance(value, bool) else parse_number(written)
    if hours is None:
        raise ItemError("hours", "学时应为数字，例如 8 或 7.5。")
    if abs(hours) >= 10_000:
        raise ItemError("hours", "学时超出合理范围。")
    return hours


def parse_completion_day(value: Any) -> date:
    """Return the local day of a date, of a moment, or of a text that holds either."""
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    text = fold_digits(parse_text(value, "completed_on", "完成日期无法识别，应如 2026-05-12。"))
    if not text:
        raise ItemError("completed_on", "完成日期为空。")
    if is_moment(text):
        return isoparse(text).astimezone(LOCAL).date()
    if day := parse_day(text):
        return day
    raise ItemError("completed_on", f"完成日期“{quotable(text)}”无法识别，应如 2026-05-12。")


def is_moment(value: Any) -> bool:
    """Whether the value is a text with date, time and offset."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        isoparse(value).astimezone(LOCAL)
    except (ValueError, OverflowError):
        return False
    return True


def is_uuid(value: Any) -> bool:
    """Whether the value is a UUID as statements have it: 32 hexadecimal digits with hyphens."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def canonical_id(key: str) -> str:
    """Return an id as it is stored: the letters of a UUID may be capital or small."""
    return key.lower() if is_uuid(key) else key


def quotable(text: str) -> str:
    """Return the text as it may be quoted in a message.

    Long numbers are hidden, because an ID number may stand in the wrong column. Surrogates, which no response can
    encode, are replaced.
    """
    return excerpt(_LONG_NUMBER.sub("…", text)).encode(errors="replace").decode()
