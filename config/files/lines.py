"""Lines of a table by the names of its columns."""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import IO

from openpyxl.utils import coordinate_to_tuple

from config.texts import excerpt

from . import separated, workbooks
from .cells import EMPTY, Cell, from_text
from .records import MAX_COLUMNS
from .tables import CHUNK_SIZE, NO_TABLE, PAGE, Bounds, FileProblem, Table, TableRow

MAX_HEADING_ROWS = 20  # the first lines with content, among which the column names are looked for
MAX_CELL = 32_767  # characters of a cell, as in Excel
NAMED, NAME_LENGTH = 5, 20  # columns named in a sentence, and characters of each
APOSTROPHES = ("'", "‘", "’", "＇")
WEB_PAGE_START = 2_000  # bytes
_TAG = re.compile(r"<(?:[!?]|[a-z][a-z0-9:]*[\s/>])")
_MHTML = re.compile(r"(?:[a-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?mime-version:")
_DECORATION = re.compile(r"[\s*:]")  # of a column's name


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of table in their order, and those that it must have.

    `ignored` ones come back in a file of bad lines and are not named as unused. In `names` an apostrophe at the
    beginning belongs to the value; elsewhere it only keeps a spreadsheet from reading a number. In `numbers` the words
    around a number, such as 学时, do not belong to it. Sentences show no more of `secret` values than their end.
    """

    known: tuple[str, ...]
    required: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        optional = [column for column in self.known if column not in self.required]
        words = f"（可以没有：{'、'.join(optional)}）" if optional else ""
        return f"第一行应为列名：{'、'.join(self.known)}{words}。"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with content: its number in the file, its known cells, and why it cannot be read as a whole."""

    number: int
    cells: dict[str, Cell] = field(default_factory=dict)
    problem: str = ""

    def cell(self, column: str) -> Cell:
        return self.cells.get(column, EMPTY)

    def text(self, column: str) -> str:
        return self.cell(column).text


@dataclass(frozen=True)
class Lines:
    """The lines of a table one by one, its known columns in their order, unused ones, and an estimate of the number.

    Unused columns without a name are added while the lines are read.
    """

    columns: tuple[str, ...]
    unused: list[str]
    lines: Iterator[Line]
    expected: int


def read_lines(file: IO[bytes], columns: Columns, bounds: Bounds = PAGE) -> Lines:
    """Return the lines of a seekable file; FileProblem if it is no table with these columns.

    Blank lines are passed over. While the lines are read, FileProblem is raised for more lines than the bounds allow.
    """
    table, is_text = _read_table(file, columns, bounds)
    heading, names = _find_heading(table.rows, columns)
    places, merged = _places(names, columns), _Merged(table.merged)
    _check_hidden(table, heading, places)
    if wide := [name for name, place in places.items() if merged.is_wide(heading, place)]:
        raise FileProblem(f"列名“{wide[0]}”的单元格合并了几列，请取消合并，每列只写一个列名。")
    named = (name for name in names if name and name not in (*columns.known, *columns.ignored))
    layout = _Layout(columns, names, places, merged, is_text, list(dict.fromkeys(map(_cut, named))))
    lines = _lines(table.rows, layout, bounds)
    return Lines(tuple(places), layout.unused, lines, max(table.line_count - heading, 0))


def _check_hidden(table: Table, heading: int, places: dict[str, int]) -> None:
    """Raise FileProblem if a known column or a line with content is hidden."""
    if hidden := [column for column, place in places.items() if place in table.hidden_columns]:
        raise FileProblem(f"列“{hidden[0]}”在表中是隐藏的，请取消隐藏，或删除这一列后再上传。")
    if hidden_rows := [row for row in table.hidden_rows if row > heading]:
        raise FileProblem(f"第 {hidden_rows[0]} 行被隐藏或筛选掉了，请取消筛选和隐藏，或删除这些行后再上传。")


def _read_table(file: IO[bytes], columns: Columns, bounds: Bounds) -> tuple[Table, bool]:
    """Read the first visible sheet with content, or separated text, from a seekable file; FileProblem otherwise.

    Also return whether it is text.
    """
    file.seek(0)
    start = file.read(CHUNK_SIZE)
    file.seek(0)
    if not start:
        raise FileProblem("文件是空的，请重新选择。")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return workbooks.read_old(file, bounds), False
    if start.lstrip().startswith(b"%PDF-"):
        raise FileProblem(NO_TABLE)
    if start.startswith(b"PK"):
        return workbooks.read(file, bounds), False
    if _is_web_page(start[:WEB_PAGE_START]):
        raise FileProblem("这是网页或 XML 格式的表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。")
    return separated.read(file, start, bounds, lambda cells: _heading_columns(cells, columns)), True


def _is_web_page(start: bytes) -> bool:
    """Return whether the text begins with a tag of HTML or XML, or is a web page in one file (MHTML)."""
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin-1"
    text = start.decode(encoding, errors="ignore").lower().lstrip("\ufeff\xef\xbb\xbf \t\r\n")
    return bool(_TAG.match(text) or _MHTML.match(text))


# --- The heading -----------------------------------------------------------------------------------


def _find_heading(rows: Iterator[TableRow], columns: Columns) -> tuple[int, list[str]]:
    """Return line number and names of the first line that has all required columns; FileProblem if there is none."""
    missing: list[str] | None = None
    broken: TableRow | None = None
    wide: TableRow | None = None
    count = 0
    for row in rows:
        wide = wide or (row if row.is_wide else None)
        if row.is_empty:
            continue
        count += 1
        broken = broken or (row if row.cells is None else None)
        names = [_name(cell, columns) for cell in row.cells or ()]
        lacking = [column for column in columns.required if column not in names]
        if not lacking and row.is_wide:
            raise FileProblem(_wide_problem(row))
        if not lacking:
            return row.number, names
        missing = lacking if missing is None or len(lacking) < len(missing) else missing
        if count == MAX_HEADING_ROWS:
            break
    if wide:
        raise FileProblem(_wide_problem(wide))
    if broken:
        raise FileProblem(_quote_problem(broken, f"第 {broken.number} 行"))
    if missing is None:
        raise FileProblem(f"文件没有内容。{columns.expected}")
    raise FileProblem(f"文件缺少列：{'、'.join(missing)}。{columns.expected}")


def _wide_problem(row: TableRow) -> str:
    return f"第 {row.number} 行超过 {MAX_COLUMNS} 列，请只保留需要的列。"


def _heading_columns(cells: Sequence[Cell], columns: Columns) -> int:
    """Return how many known columns the cells name; 0 unless all required ones are among them."""
    names = {_name(cell, columns) for cell in cells}
    return len(names.intersection(columns.known)) if names.issuperset(columns.required) else 0


def _name(cell: Cell, columns: Columns) -> str:
    """Return the name of a column: a known one also if it is written 姓　名, *姓名 or 姓名：."""
    name = " ".join(unicodedata.normalize("NFKC", cell.text[:MAX_CELL]).split())
    bare = _DECORATION.sub("", name)
    return bare if bare in columns.known else name


def _places(names: Sequence[str], columns: Columns) -> dict[str, int]:
    """Return the index of each known column in the order of the file; FileProblem for a name that appears twice."""
    if repeated := list(dict.fromkeys(name for name in names if name and names.count(name) > 1)):
        shown = "、".join(map(_cut, repeated[:NAMED]))
        raise FileProblem(f"列名重复：{shown}。请只保留一列。")
    return {name: place for place, name in enumerate(names) if name in columns.known}


def _cut(name: str) -> str:
    return excerpt(name, NAME_LENGTH)


# --- Lines -----------------------------------------------------------------------------------------


class _Merged:
    """The cells that are merged across lines or columns, from ranges such as "A2:A3"."""

    def __init__(self, ranges: Sequence[str]) -> None:
        ends = (cells.split(":") for cells in ranges)
        self.spans = [(*coordinate_to_tuple(first), *coordinate_to_tuple(last)) for first, last in ends]
        lines = sorted((first, last) for first, _, last, _ in self.spans)
        self.starts = [first for first, _ in lines]
        self.ends = list(accumulate((last for _, last in lines), max))

    def __contains__(self, line: int) -> bool:
        started = bisect_right(self.starts, line)
        return started > 0 and line <= self.ends[started - 1]

    def is_wide(self, line: int, place: int) -> bool:
        """Whether the cell at this index begins a range of several columns."""
        return any(top <= line <= end and left == place + 1 < right for top, left, end, right in self.spans)


@dataclass
class _Layout:
    """Where the columns of a table stand, and the unused ones."""

    columns: Columns
    names: list[str]
    places: dict[str, int]
    merged: _Merged
    is_text: bool
    unused: list[str]

    @cached_property
    def width(self) -> int:
        """Number of columns up to the last name."""
        return max(place for place, name in enumerate(self.names, 1) if name)

    @cached_property
    def nameless(self) -> list[int]:
        return [place for place, name in enumerate(self.names) if not name]

    def note_nameless(self, cells: Sequence[Cell]) -> None:
        """Add the columns with content but without a name to the unused ones."""
        for place in (*self.nameless, *range(len(self.names), len(cells))):
            if place < len(cells) and (cells[place].text or cells[place].problem):
                self._add_unused(f"第 {place + 1} 列（没有列名）")

    def note_wide(self) -> None:
        """Add the columns that are not read to the unused ones; the heading has no names for them."""
        self._add_unused(f"第 {MAX_COLUMNS} 列以后（没有列名）")

    def _add_unused(self, column: str) -> None:
        if column not in self.unused:
            self.unused.append(column)


def _lines(rows: Iterator[TableRow], layout: _Layout, bounds: Bounds) -> Iterator[Line]:
    count = 0
    for row in rows:
        if row.is_wide:
            layout.note_wide()
        if row.is_empty:
            continue
        count += 1
        if count > bounds.rows:
            raise FileProblem(f"文件超过 {bounds.rows:,} 行，请分成几个文件上传。")
        yield _line(row, layout)


def _line(row: TableRow, layout: _Layout) -> Line:
    if row.cells is None:
        return Line(row.number, problem=_quote_problem(row))
    cells = {
        name: _cell(row.cells[place], name, layout.columns) if place < len(row.cells) else EMPTY
        for name, place in layout.places.items()
    }
    if not row.joined.isdisjoint(layout.places.values()):
        return Line(row.number, problem=_quote_problem(row))
    if row.number in layout.merged:
        return Line(row.number, cells, "此行有合并的单元格，请取消合并并逐行填写。")
    if layout.is_text and any(cell.text for cell in row.cells[layout.width :]):
        return Line(row.number, cells, _width_problem(row.cells, layout.width))
    layout.note_nameless(row.cells)
    return Line(row.number, cells)


def _cell(cell: Cell, column: str, columns: Columns) -> Cell:
    """Return the cell without an apostrophe that only makes it a text, and a number without words around it.

    A text that no spreadsheet can hold is cut.
    """
    if cell.bare and column in columns.numbers:
        cell = from_text(cell.bare)
    if len(cell.text) > MAX_CELL:
        return Cell(excerpt(cell.text), problem=f"有 {len(cell.text):,} 个字，最多 {MAX_CELL:,} 个。")
    if not cell.text.startswith(APOSTROPHES) or column in columns.names or cell.problem:
        return cell
    is_pair = any(apostrophe in cell.text[1:] for apostrophe in APOSTROPHES)
    return cell if is_pair else from_text(cell.text[1:])


def _width_problem(cells: Sequence[Cell], width: int) -> str:
    count = max(place for place, cell in enumerate(cells, 1) if cell.text)
    return (
        f"此行有 {count} 列，列名只有 {width} 列，可能是值中有逗号等分隔符，请给该值加上英文双引号，或改用 .xlsx 上传。"
    )


def _quote_problem(row: TableRow, line: str = "此行") -> str:
    """Return the sentence about a row that is not valid CSV or joins several lines."""
    if row.last == row.number:
        return f"{line}不是正确的 CSV，请检查引号是否成对。"
    return f"第 {row.number} 至 {row.last} 行被读作一行，请检查第 {row.number} 行的引号是否成对。"
