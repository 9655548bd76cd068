"""Cells of tables as a person sees them in a spreadsheet, and numbers that lost digits there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from config.texts import excerpt, normalise_line

from . import number_formats

Value = str | int | Decimal | date | datetime | None

EXACT_DIGITS = 15  # a spreadsheet rounds longer numbers
# Characters that a spreadsheet takes for the beginning of a formula. An export puts an apostrophe before them.
FORMULA_PREFIXES = ("=", "+", "-", "@")
NO_NUMBER = "#NUM!"
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?E\+\d{1,3}", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LIKE_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_LOST = "是存成数字的（{}），末几位可能已丢失，请将该列设为“文本”格式后重新填写。"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text on one line, its typed value, and why it cannot be taken: a sentence after its column.

    `bare` is the text without the words that a number format puts around it, if it does: 8 where a person sees 8学时.
    """

    text: str
    value: Value = None
    problem: str = ""
    bare: str = ""


EMPTY = Cell("")


def from_text(text: str) -> Cell:
    """Return the cell of a text: without the guards against formulas, and named if a number was cut in it."""
    if match := _TEXT_FORMULA.fullmatch(text.strip()):
        text = match[1]
    text = normalise_line(text)
    if text.startswith("'") and text[1:].startswith(FORMULA_PREFIXES):
        text = text[1:]
    return Cell(text, text or None, _LOST.format(excerpt(text)) if _SCIENTIFIC.fullmatch(text) else "")


def from_shown_text(text: str, number_format: str) -> Cell:
    """Return the cell of a workbook's text as its format shows it."""
    shown = number_formats.show_text(text, number_format)
    return from_text(text) if shown == text else _worded(shown, from_text(text), number_format)


def _worded(shown: str, bare: Cell, number_format: str) -> Cell:
    """Return the cell with words around its value. Digits in them belong to the value: 01 may be shown as 2001."""
    text = "" if number_formats.has_digits(number_format) else bare.text
    return replace(from_text(shown), problem=bare.problem, bare=text)


def guarded(text: str) -> str:
    """Return the text with an apostrophe if it begins like a formula; `from_text` removes it again."""
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text


def workbook_text(text: str) -> str:
    """Return a text as a workbook holds it: without characters that XML does not allow, and _x000D_ escaped."""
    return _LIKE_ESCAPED.sub("_x005F_", _NOT_XML.sub("", text))


def _unescaped(found: re.Match[str]) -> str:
    """Return the character of an escape such as _x000D_; halves of surrogate pairs are none."""
    code = int(found[1], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def from_value(value: Any, number_format: str = "") -> Cell:
    """Return the cell of a workbook's value; a number or a text is taken as its format shows it."""
    if value is None or isinstance(value, str):
        return from_shown_text(_ESCAPED.sub(_unescaped, value), number_format) if value else EMPTY
    if isinstance(value, bool):
        return Cell(str(value).upper(), str(value).upper())
    if isinstance(value, datetime):
        return _from_moment(value)
    if isinstance(value, date):
        return Cell(value.isoformat(), value)
    if isinstance(value, time):
        return from_text(value.replace(microsecond=0).isoformat().removesuffix(":00"))
    if isinstance(value, timedelta):
        return from_text(_duration(value))
    return _from_number(value, number_format)


def error(text: str) -> Cell:
    """Return the cell of an error value such as #N/A."""
    return Cell(text, text, f"是错误值（{excerpt(text)}），请改正后再导入。")


def unsaved_formula() -> Cell:
    """Return the cell of a formula whose value the file does not hold."""
    return Cell("", None, "是没有保存结果的公式，请用 Excel 或 WPS 打开并保存，或粘贴为数值。")


def _duration(duration: timedelta) -> str:
    """Return a duration in hours, such as 36:00, and with seconds if it has any."""
    minutes, seconds = divmod(abs(round(duration.total_seconds())), 60)
    sign = "-" if duration < timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _from_moment(moment: datetime) -> Cell:
    if moment.time() == time():
        return Cell(moment.date().isoformat(), moment.date())
    text = moment.replace(microsecond=0, tzinfo=None).isoformat(" ")
    return Cell(text.removesuffix(":00"), moment)


def _from_number(value: float | Decimal, number_format: str) -> Cell:
    """Return a number with the digits that a spreadsheet keeps; floating-point noise after them is dropped."""
    if value != value or abs(value) == float("inf"):
        return error(NO_NUMBER)
    number = Decimal(f"{value:.{EXACT_DIGITS}g}")
    if abs(number) >= 10**EXACT_DIGITS:
        rounded = f"{number:.5E}"
        return Cell(rounded, rounded, _LOST.format(rounded))
    cell = _from_exact(number, number_format)
    shown = number_formats.show_words(number, number_format, cell.text)
    return cell if shown is None else _worded(shown, cell, number_format)


def _from_exact(number: Decimal, number_format: str) -> Cell:
    """Return a number without the words of its format."""
    shown = number_formats.show(number, number_format)
    if shown is not None and not _PLAIN.fullmatch(shown):
        return Cell(shown, shown)
    number = number if shown is None else Decimal(shown)
    whole = int(number) if number == number.to_integral_value() else None
    if whole is None:
        return Cell(f"{number.normalize():f}", number)
    return Cell(str(whole), whole)
