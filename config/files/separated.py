"""CSV, and text separated by tabs or semicolons, as Chinese spreadsheet programs write it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

from .cells import from_text
from .records import MAX_COLUMNS
from .tables import CHUNK_SIZE, NO_TABLE, Bounds, FileProblem, Table, TableRow

SEPARATORS = ",\t;"
CHECK_EVERY = 1_000  # rows between two looks at the clock
BAD_ENCODING = "文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx。"


def read(file: IO[bytes], start: bytes, bounds: Bounds) -> Table:
    """Read UTF-8 and UTF-16, each with or without BOM, or GB 18030; `start` holds the first bytes of the file."""
    for encoding in _encodings(start):
        if (line_count := _count_lines(file, encoding)) is not None:
            file.seek(0)
            return Table(line_count, _rows(io.TextIOWrapper(file, encoding, newline=""), bounds))
    raise FileProblem(BAD_ENCODING)


def _encodings(start: bytes) -> list[str]:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if b"\x00" not in start:
        return ["utf-8-sig", "gb18030"]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = start[: len(start) // 2 * 2].decode(encoding, errors="replace")
        if "\x00" not in text and "\ufffd" not in text[:-1] and "\n" in text:
            return [encoding]
    raise FileProblem(NO_TABLE)


def _count_lines(file: IO[bytes], encoding: str) -> int | None:
    """Return the number of lines, or None if the file is not text in this encoding."""
    file.seek(0)
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    try:
        while chunk := file.read(CHUNK_SIZE):
            text = decoder.decode(chunk)
            if "\x00" in text:
                raise FileProblem(NO_TABLE)
            lines += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def _rows(text: io.TextIOWrapper, bounds: Bounds) -> Iterator[TableRow]:
    """Yield the rows; a line that is not valid CSV has no cells."""
    clock = bounds.clock()
    try:
        separator, skipped = _separator(text)
        reader = csv.reader(text, delimiter=separator)
        while True:
            number = reader.line_num + 1
            if number % CHECK_EVERY == 0:
                clock.check()
            try:
                texts = next(reader)[:MAX_COLUMNS]
            except StopIteration:
                return
            except csv.Error:
                yield TableRow(number + skipped, max(reader.line_num, number) + skipped, None)
                continue
            last = reader.line_num
            joined = (place for place, text in enumerate(texts) if last > number and ("\n" in text or "\r" in text))
            yield TableRow(number + skipped, last + skipped, [from_text(text) for text in texts], frozenset(joined))
    finally:
        if not text.closed:
            text.detach()  # the caller closes the file


def _separator(text: io.TextIOWrapper) -> tuple[str, int]:
    """Return the separator and the number of lines that were read: Excel's own first line is `sep=;`."""
    first = text.readline(CHUNK_SIZE)
    declared = first.strip("\r\n ").lower().removeprefix("\ufeff")
    if declared in [f"sep={separator}" for separator in SEPARATORS]:
        return declared[4:], 1
    text.seek(0)
    while first and not first.strip(SEPARATORS + " \r\n\ufeff"):
        first = text.readline(CHUNK_SIZE)
    text.seek(0)
    return max(SEPARATORS, key=first.count), 0
