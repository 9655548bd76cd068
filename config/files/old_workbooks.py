"""Old workbooks (.xls), read by xlrd in a process of its own, because a broken one may take any memory and time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from . import child
from .cells import EMPTY, Cell, error, from_value
from .tables import CHUNK_SIZE, MEGABYTE, NO_TABLE, PROTECTED, FileProblem, Table, TableRow

READER = Path(__file__).with_name("xls_reader.py")
MAX_BYTES = 64 * MEGABYTE  # of the file, and of what the reader writes
LIMITS = child.Limits(memory=1024 * MEGABYTE, seconds=20, output=MAX_BYTES)
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Reason that the reader gives -> sentence
REASONS = {
    "protected": PROTECTED,
    "empty": "工作表中没有内容，请把表格放在第一张可见的工作表。",
    "damaged": "这个 .xls 文件已损坏或不是表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
    "large": "这个 .xls 文件太大，请另存为 .xlsx 再上传。",
}


def read(file: IO[bytes]) -> Table:
    """Read the first visible sheet with content; FileProblem if the file is no workbook or has a password."""
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileProblem(REASONS["large"])
    if ENCRYPTED in content:
        raise FileProblem(PROTECTED)
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise FileProblem(NO_TABLE)
    output = BytesIO(_run_reader(content))
    head = _record(output.readline(CHUNK_SIZE))
    if not isinstance(head, dict) or "reason" in head:
        raise FileProblem(REASONS.get(head.get("reason", "") if isinstance(head, dict) else "", REASONS["damaged"]))
    return Table(head["rows"], _rows(output), head["merged"], frozenset(head["hidden_columns"]), head["hidden_row"])


def _run_reader(content: bytes) -> bytes:
    try:
        return child.run(READER, content, LIMITS)[1]
    except child.ChildTimeout:
        raise FileProblem(REASONS["large"]) from None


def _record(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _rows(output: IO[bytes]) -> Iterator[TableRow]:
    """Yield the rows that the reader wrote; the last record says that it came to the end."""
    for line in output:
        record = _record(line)
        if record == "end":
            return
        if not isinstance(record, list):
            break
        number, cells = record
        yield TableRow(number, number, [_cell(*cell) for cell in cells])
    raise FileProblem(REASONS["large"])


def _cell(kind: str, value: Any, number_format: str) -> Cell:
    if kind == "empty":
        return EMPTY
    if kind == "error":
        return error(value)
    if kind == "date":
        return from_value(datetime.fromisoformat(value))
    return from_value(value, number_format)
