"""Formulas of old workbooks (.xls) whose value the file does not hold. xlrd gives them as 0 or as an empty text.

Programs that compute nothing write such formulas: POI as 0, to be calculated when the file is opened, and xlwt as an
empty text. Excel writes an empty text as well where a formula gives one, but also says which version calculated it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

_FORMULA, _END, _CALCULATED_BY = 0x06, 0x0A, 0x1C1
_BEGINNINGS = (0x09, 0x0209, 0x0409, 0x0809)
_FORMULA_START = struct.Struct("<HHH8sH")  # row, column, format, result, flags
_ON_OPENING = 0x2
_ZERO, _NO_TEXT = bytes(8), b"\x03"
_IS_NO_NUMBER = b"\xff\xff"


def unsaved(book: Any, sheet: Any) -> set[tuple[int, int]]:
    """Return row and column of each formula without a value; the book has to be opened on demand.

    A sheet with a formula that has a value was calculated: there 0 and an empty text are values too.
    """
    if not book.mem:
        return set()
    is_calculated = any(code == _CALCULATED_BY for code, _ in _records(book.mem, book.base))
    found, count = set(), 0
    for code, content in _records(book.mem, book._sh_abs_posn[sheet.number]):
        if code == _FORMULA and len(content) == _FORMULA_START.size:
            row, column, _, result, flags = _FORMULA_START.unpack(content)
            count += 1
            if _is_unsaved(result, to_calculate=bool(flags & _ON_OPENING), is_calculated=is_calculated):
                found.add((row, column))
    return found if len(found) == count else set()


def _is_unsaved(result: bytes, *, to_calculate: bool, is_calculated: bool) -> bool:
    if result.startswith(_NO_TEXT) and result.endswith(_IS_NO_NUMBER):
        return to_calculate or not is_calculated
    return result == _ZERO and to_calculate


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield code and first bytes of the records of a part of the stream, up to its end."""
    depth = 0
    while place + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, place)
        yield code, stream[place + 4 : place + 4 + min(length, _FORMULA_START.size)]
        place += 4 + length
        depth += (code in _BEGINNINGS) - (code == _END)
        if depth == 0:
            return
