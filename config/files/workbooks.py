"""Workbooks (.xlsx, also Strict Open XML, and .xls): the first visible sheet with content.

A module of ours reads the file in a process of its own, because a broken or costly one may take any memory and time.
It writes the rows as records, which are read here one at a time.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from . import child, records
from .cells import EMPTY, Cell, error, from_shown_text, from_value, unsaved_formula
from .tables import DAMAGED, MEGABYTE, NO_TABLE, PROTECTED, TOO_COMPLEX, Bounds, FileProblem, Table, TableRow

MEMORY = 1024 * MEGABYTE
MAX_OLD_BYTES = 64 * MEGABYTE  # of an .xls file, which the module holds in memory
CHECK_EVERY = 500  # rows between two looks at the clock
# Built-in formats of Chinese and Japanese Excel that hold dates; openpyxl takes them for plain numbers.
EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})
IMPOSSIBLE_DATE = "#VALUE!"
OLD_TOO_LARGE = "这个 .xls 文件太大，请另存为 .xlsx 再上传。"
OLD_DAMAGED = "这个文件已损坏，或不是表格（例如 Word 文件），请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"
# Reason that a module gives -> sentence
REASONS = {
    "protected": PROTECTED,
    "damaged": DAMAGED,
    "large": "文件解压后过大，请只保留一张表并删除多余的行，或拆分成几个文件。",
    "ods": "这是 .ods（OpenDocument）文件，请另存为 .xlsx 再上传。",
    "ofd": "这是 .ofd 文件，不是表格，请上传 .xlsx、.xls 或 CSV 文件。",
    "xlsb": "这是 .xlsb 文件，请另存为 .xlsx 再上传。",
    "no_table": NO_TABLE,
    "rows": "工作簿的行号不正确，请用 Excel 或 WPS 重新保存后再试。",
    "repeated": "工作簿中有位置相同的单元格，请用 Excel 或 WPS 重新保存后再试。",
    "merged": "表中合并的单元格太多，请取消合并并逐行填写后再上传。",
}


def read(file: IO[bytes], bounds: Bounds) -> Table:
    """Read an .xlsx file; FileProblem if it has no visible sheet with content, is broken or costs too much."""
    return _read("config.files.xlsx", file.read(), bounds, REASONS, bounds.unpacked, bounds.cells)


def read_old(file: IO[bytes], bounds: Bounds) -> Table:
    """Read an .xls file; FileProblem as `read`, or if it has a password."""
    content = file.read(MAX_OLD_BYTES + 1)
    if len(content) > MAX_OLD_BYTES:
        raise FileProblem(OLD_TOO_LARGE)
    return _read("config.files.xls", content, bounds, REASONS | {"damaged": OLD_DAMAGED, "large": OLD_TOO_LARGE})


def _read(module: str, content: bytes, bounds: Bounds, reasons: dict[str, str], *arguments: int) -> Table:
    """Let the module read the content; return the sheet that it wrote."""
    clock = bounds.clock()
    limits = child.Limits(MEMORY, max(math.ceil(bounds.seconds), 1), bounds.unpacked)
    with ExitStack() as stack:
        output = stack.enter_context(TemporaryFile())
        try:
            child.run_into(output, module, content, limits, *arguments)
        except child.ChildTimeout:
            raise FileProblem(TOO_COMPLEX) from None
        head = records.read(output)
        if not isinstance(head, dict) or "reason" in head:
            raise FileProblem(_refusal(head or {"reason": "damaged"}, reasons))
        sheet = _Sheet(output, is_1904=head.get("is_1904", False), too_large=reasons["large"])
        rows = sheet.rows(clock.check)
        weakref.finalize(rows, stack.pop_all().close)
    return Table(head["rows"], rows, head["merged"], frozenset(head["hidden_columns"]), tuple(head["hidden_rows"]))


def _refusal(record: dict[str, Any], reasons: dict[str, str]) -> str:
    """Return the sentence for the reason that a module gave."""
    if record["reason"] == "broken":
        return f"工作簿自第 {record['row']} 行起无法读取，请重新保存后再试。"
    if record["reason"] == "empty":
        named = "、".join(f"“{name}”" for name in record["sheets"])
        return f"工作表{named}中没有内容，请把表格放在第一张可见的工作表。" if named else "文件中没有可见的工作表。"
    return reasons[record["reason"]]


# --- Rows --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """The rows of a sheet as the module wrote them, and whether its dates count from 1904."""

    output: IO[bytes]
    is_1904: bool
    too_large: str

    def rows(self, check: Callable[[], None]) -> Iterator[TableRow]:
        """Yield the rows; `check` raises FileProblem when the time is over. The last record must be "end"."""
        count = 0
        while isinstance(record := records.read(self.output), list):
            count += 1
            if count % CHECK_EVERY == 1:
                check()
            number, cells, is_wide = record
            yield TableRow(number, number, [self._cell(cell) for cell in cells], is_wide=is_wide)
        if record != "end":
            raise FileProblem(self.too_large)

    def _cell(self, cell: tuple[str, Any, str | int] | None) -> Cell:
        if cell is None:
            return EMPTY
        kind, value, number_format = cell
        if kind == "number":
            return self._number(value, number_format)
        if kind == "moment":
            return self._moment(float(value), number_format)
        if kind == "date":
            return _date(value)
        if kind == "error":
            return error(value)
        if kind == "formula":
            return unsaved_formula()
        if kind == "boolean":
            return from_value(value == "1")
        code, *_ = _format(number_format)
        return from_shown_text(value, code) if kind == "plain" else from_value(value, code)

    def _number(self, text: str, number_format: str | int) -> Cell:
        code, is_date, _ = _format(number_format)
        value = float(text)
        if math.isinf(value):
            return from_value(Decimal(text))
        return self._moment(value, number_format) if is_date else from_value(value, code)

    def _moment(self, value: float, number_format: str | int) -> Cell:
        *_, is_duration = _format(number_format)
        try:
            epoch = CALENDAR_MAC_1904 if self.is_1904 else CALENDAR_WINDOWS_1900
            return from_value(from_excel(value, epoch, timedelta=is_duration))
        except (OverflowError, ValueError):
            return error(IMPOSSIBLE_DATE)


def _date(text: str) -> Cell:
    """Return the cell of a date that is written in ISO 8601."""
    try:
        return from_value(datetime.fromisoformat(text))
    except ValueError:
        return error(IMPOSSIBLE_DATE)


@lru_cache(maxsize=256)
def _format(number_format: str | int) -> tuple[str, bool, bool]:
    """Return code, whether numbers of the format are dates or times, and whether they are durations."""
    if isinstance(number_format, str):
        return number_format, is_date_format(number_format), is_timedelta_format(number_format)
    code = BUILTIN_FORMATS.get(number_format, "")
    return code, number_format in EAST_ASIAN_DATES or is_date_format(code), is_timedelta_format(code)
