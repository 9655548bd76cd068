"""Sheets of workbooks as records, lines of JSON: how the modules that read them hand them to the process of the server.

The first record describes the sheet or holds a "reason" for refusing it; then follows [row number, cells, whether more
columns have content] for each row with content, and "end". A cell is null or [kind, value, number format]; a built-in
format is its number, and left out for texts. A "text" has the escapes of workbooks, such as _x000D_; a "plain" one has
none. A "moment" is a number of days.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

MAX_COLUMNS = 200
MAX_MERGED = 10_000
MAX_HIDDEN = 100  # rows; the reader of lines needs one after the heading


class Refused(Exception):
    """The workbook cannot be read: the reason, and what its sentence names."""

    def __init__(self, reason: str, **named: Any) -> None:
        super().__init__(reason)
        self.record = {"reason": reason, **named}


def write(record: Any, target: IO[str] = sys.stdout) -> None:
    target.write(json.dumps(record) + "\n")


def read(source: IO[bytes]) -> Any:
    """Return the next record; None at the end, or where the writer was cut off."""
    try:
        return json.loads(source.readline())
    except ValueError:
        return None
