"""Old workbooks (.xls), read by xlrd in a process of its own: `main` writes the first visible sheet with content."""

from __future__ import annotations

import re
import sys
from typing import Any

import xlrd

from config.files import records, xls_formulas
from config.files.records import MAX_COLUMNS, MAX_HIDDEN, MAX_MERGED, Refused

MIN_WIDTH, MIN_HEIGHT = 77, 30  # of what a person can see: 0.3 characters of a column, 1.5 points of a row
UNSAVED = ["formula", None, ""]
ENTRY_SIZE = 128
# An entry of the directory: name in 64 bytes, its length with the zero at its end, and the type of a stream.
ENCRYPTED_PACKAGE = re.compile(re.escape("EncryptedPackage\0".encode("utf-16-le")) + rb".{30}\x22\x00\x02", re.DOTALL)


def main() -> None:
    """Write the records of the workbook in the input."""
    try:
        _write_sheet(_open(sys.stdin.buffer.read()))
    except Refused as refusal:
        records.write(refusal.record)
    except (MemoryError, OSError):  # OSError: more output than allowed
        records.write({"reason": "large"})


def _open(content: bytes) -> Any:
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, on_demand=True, logfile=sys.stderr)
        book.sheets()
        return book
    except MemoryError:
        raise
    except Exception as error:  # xlrd lets every error of a broken file through
        is_protected = str(error) == "Workbook is encrypted" or _holds_encrypted_package(content)
        raise Refused("protected" if is_protected else "damaged") from None


def _holds_encrypted_package(content: bytes) -> bool:
    """Return whether an entry of the directory names the stream in which Excel puts an .xlsx with a password."""
    return any(entry.start() % ENTRY_SIZE == 0 for entry in ENCRYPTED_PACKAGE.finditer(content))


def _write_sheet(book: Any) -> None:
    visible = [sheet for sheet in book.sheets() if sheet.visibility == 0]
    for sheet in visible:
        unsaved = xls_formulas.unsaved(book, sheet)
        if rows := _rows_with_content(sheet, {row for row, _ in unsaved}):
            records.write(_description(sheet, rows) | {"is_1904": book.datemode == 1})
            for row in rows:
                cells = [
                    UNSAVED if (row, column) in unsaved else _cell(book, sheet, row, column)
                    for column in range(_width(sheet, row))
                ]
                records.write([row + 1, cells, _has_content(sheet.row_values(row, MAX_COLUMNS))])
            records.write("end")
            return
    raise Refused("empty", sheets=[sheet.name[:20] for sheet in visible[:5]])


def _width(sheet: Any, row: int) -> int:
    return min(int(sheet.row_len(row)), MAX_COLUMNS)


def _rows_with_content(sheet: Any, unsaved: set[int]) -> list[int]:
    return [row for row in range(sheet.nrows) if row in unsaved or _has_content(sheet.row_values(row))]


def _has_content(values: list[Any]) -> bool:
    return any(str(value).strip() for value in values)


def _description(sheet: Any, rows: list[int]) -> dict[str, Any]:
    if len(sheet.merged_cells) > MAX_MERGED:
        raise Refused("merged")
    infos = {row: sheet.rowinfo_map[row] for row in rows if row in sheet.rowinfo_map}
    hidden_rows = [row + 1 for row, info in infos.items() if info.hidden or info.height < MIN_HEIGHT]
    columns = sheet.colinfo_map.items()
    return {
        "rows": rows[-1] + 1,
        "merged": [_range(*cells) for cells in sheet.merged_cells],
        "hidden_columns": [place for place, info in columns if info.hidden or info.width < MIN_WIDTH],
        "hidden_rows": hidden_rows[:MAX_HIDDEN],
    }


def _range(first: int, end: int, left: int, right: int) -> str:
    return f"{xlrd.colname(left)}{first + 1}:{xlrd.colname(right - 1)}{end}"


def _cell(book: Any, sheet: Any, row: int, column: int) -> list[Any] | None:
    cell = sheet.cell(row, column)
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ["error", xlrd.error_text_from_code.get(cell.value, "#VALUE!"), ""]
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return ["boolean", str(cell.value), ""]
    number_format = book.format_map[book.xf_list[cell.xf_index].format_key]
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return ["plain", cell.value, number_format.format_str]
    is_date = cell.ctype == xlrd.XL_CELL_DATE or 27 <= number_format.format_key <= 36
    if is_date or 50 <= number_format.format_key <= 58:
        return ["moment", repr(cell.value), number_format.format_str]
    return ["number", repr(cell.value), number_format.format_str]
