"""CSV, and text with other separators, as Chinese spreadsheet programs and people write it."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import IO

from .cells import Cell, from_text
from .records import MAX_COLUMNS
from .tables import CHUNK_SIZE, NO_TABLE, Bounds, Clock, FileProblem, Table, TableRow

SEPARATORS = ",\t;，|"
SAMPLE_SIZE, SAMPLE_ROWS = 64 * 1024, 20  # among which the separator is looked for: characters and rows
CHECK_EVERY = 1_000  # rows between two looks at the clock
BAD_ENCODING = "文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx。"

_JSON = re.compile(r"\s*\ufeff?\s*(?:\{|\[\s*[\[{\"])")

# Returns how many columns of a heading the cells name, 0 if they are no heading.
HeadingColumns = Callable[[list[Cell]], int]


def read(file: IO[bytes], start: bytes, bounds: Bounds, heading_columns: HeadingColumns) -> Table:
    """Read UTF-8 and UTF-16, each with or without BOM, or GB 18030; `start` holds the first bytes of the file."""
    for encoding in _encodings(start):
        if (line_count := _count_lines(file, encoding)) is not None:
            file.seek(0)
            return Table(line_count, _rows(io.TextIOWrapper(file, encoding, newline=""), bounds, heading_columns))
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


class _Source:
    """The lines of a text. It is over before a row is complete if a quote is open at the end of the file."""

    def __init__(self, text: Iterator[str]) -> None:
        self.text, self.is_over = text, False

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        for line in self.text:
            return line
        self.is_over = True
        raise StopIteration


def _rows(text: io.TextIOWrapper, bounds: Bounds, heading_columns: HeadingColumns) -> Iterator[TableRow]:
    """Yield the rows with content.

    A line that is not valid CSV has no cells. Nor have lines that an unclosed quote joins: the quote is open at the end
    of the file, or a cell holds line ends and separators.
    """
    clock = bounds.clock()
    try:
        separator, skipped = _separator(text, clock, heading_columns)
        source = _Source(text)
        reader = csv.reader(source, delimiter=separator)
        for count in itertools.count():
            if count % CHECK_EVERY == 0:
                clock.check()
            number = reader.line_num + 1
            try:
                texts = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield TableRow(number + skipped, max(reader.line_num, number) + skipped, None)
                continue
            last = reader.line_num
            joined = [place for place, text in enumerate(texts) if last > number and ("\n" in text or "\r" in text)]
            if source.is_over or any(separator in texts[place] for place in joined):
                yield TableRow(number + skipped, last + skipped, None)
                continue
            if not any(texts):
                continue
            if any(texts[MAX_COLUMNS:]):
                raise FileProblem(f"第 {number + skipped} 行超过 {MAX_COLUMNS} 列，请只保留需要的列，并检查分隔符。")
            cells = [from_text(text) for text in texts[:MAX_COLUMNS]]
            yield TableRow(number + skipped, last + skipped, cells, frozenset(joined))
    finally:
        if not text.closed:
            text.detach()  # the caller closes the file


def _separator(text: io.TextIOWrapper, clock: Clock, heading_columns: HeadingColumns) -> tuple[str, int]:
    """Return the separator and the number of lines that were read: Excel's own first line is `sep=;`.

    It is the one by which one of the first lines is a heading. Without a heading it is the one that they hold most.
    """
    first = text.readline(CHUNK_SIZE)
    declared = first.strip("\r\n ").lower().removeprefix("\ufeff")
    if declared in [f"sep={separator}" for separator in SEPARATORS]:
        return declared[4:], 1
    for count in itertools.count(1):
        if not first or first.strip(SEPARATORS + " \r\n\ufeff"):
            break
        if count % CHECK_EVERY == 0:
            clock.check()
        first = text.readline(CHUNK_SIZE)
    sample = first + text.read(SAMPLE_SIZE)
    text.seek(0)
    columns = {separator: _most_columns(sample, separator, heading_columns) for separator in SEPARATORS}
    best = max(SEPARATORS, key=columns.__getitem__)
    if columns[best]:
        return best, 0
    _check_kind(sample, text.encoding)
    return max(SEPARATORS, key=sample.count), 0


def _most_columns(sample: str, separator: str, heading_columns: HeadingColumns) -> int:
    """Return the most known columns that a line of the sample names."""
    rows, most = csv.reader(io.StringIO(sample, newline=""), delimiter=separator), 0
    with suppress(csv.Error):
        for texts in islice(filter(any, rows), SAMPLE_ROWS):
            most = max(most, heading_columns([from_text(text) for text in texts[:MAX_COLUMNS]]))
    return most


def _check_kind(sample: str, encoding: str) -> None:
    """Raise FileProblem for JSON, and for Big5 that was decoded as GB 18030."""
    if _JSON.match(sample):
        raise FileProblem("这是 JSON，不是表格，请另存为 .xlsx 或 CSV 再上传。")
    if encoding == "gb18030" and _is_big5(sample[:1000]):
        raise FileProblem("文件像是 Big5（繁体中文）编码，请另存为 UTF-8 编码的 CSV 或 .xlsx，列名须用简体字。")


def _is_big5(text: str) -> bool:
    """Whether most characters are rare ones of GB 18030, but frequent ones if the text was Big5."""
    try:
        big5 = text.encode("gb18030").decode("big5", errors="ignore")
    except UnicodeEncodeError:
        return False
    return 2 * _share_in(big5, "big5", b"\xa4", b"\xc7") > 1 > 2 * _share_in(text, "gb2312", b"\xb0", b"\xd8")


def _share_in(text: str, encoding: str, first: bytes, end: bytes) -> float:
    """Return the share of the characters outside ASCII whose code in an encoding begins in this range."""
    codes = [sign.encode(encoding, errors="replace") for sign in text if not sign.isascii()]
    return sum(first <= code < end for code in codes) / max(len(codes), 1)
