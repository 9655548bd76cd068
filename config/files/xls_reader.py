"""Program that reads an old workbook (.xls) from its input and writes its first visible sheet as lines of JSON.

The first line describes the sheet or holds a "reason" for refusing it; then follows [row number, cells] for each row
with content, and "end". A cell is null or [kind, value, number format]. Arguments: bytes of memory, seconds, bytes of
output.
"""

import json
import resource
import sys
from typing import Any

MAX_COLUMNS = 200
MAX_MERGED = 10_000
MAX_HIDDEN = 100  # rows; the reader of lines needs one after the heading


def main() -> None:
    memory, seconds, output = map(int, sys.argv[1:])
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, output)):
        resource.setrlimit(limit, (most, most))
    content = sys.stdin.buffer.read()
    try:
        _write_sheet(content)
    except (MemoryError, OSError):  # OSError: more output than allowed
        _write({"reason": "large"})


def _write_sheet(content: bytes) -> None:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=sys.stderr)
    except MemoryError:
        raise
    except Exception as error:  # xlrd lets every error of a broken file through
        _write({"reason": "protected" if "encrypted" in str(error).lower() else "damaged"})
        return
    for sheet in book.sheets():
        if sheet.visibility == 0 and (rows := _rows_with_content(sheet)):
            description = _description(sheet, rows)
            _write(description)
            if "reason" in description:
                return
            for row in rows:
                _write([row + 1, [_cell(book, sheet, row, column) for column in range(_width(sheet, row))]])
            _write("end")
            return
    _write({"reason": "empty", "sheets": [sheet.name[:20] for sheet in book.sheets() if sheet.visibility == 0][:5]})


def _write(record: Any) -> None:
    sys.stdout.write(json.dumps(record) + "\n")


def _width(sheet: Any, row: int) -> int:
    return min(int(sheet.row_len(row)), MAX_COLUMNS)


def _rows_with_content(sheet: Any) -> list[int]:
    return [row for row in range(sheet.nrows) if any(str(value).strip() for value in sheet.row_values(row))]


def _description(sheet: Any, rows: list[int]) -> dict[str, Any]:
    if len(sheet.merged_cells) > MAX_MERGED:
        return {"reason": "merged"}
    infos = {row: sheet.rowinfo_map[row] for row in rows if row in sheet.rowinfo_map}
    hidden_rows = [row + 1 for row, info in infos.items() if info.hidden or not info.height]
    columns = sheet.colinfo_map.items()
    return {
        "rows": rows[-1] + 1,
        "merged": [_range(*cells) for cells in sheet.merged_cells],
        "hidden_columns": [place for place, info in columns if info.hidden or not info.width],
        "hidden_rows": hidden_rows[:MAX_HIDDEN],
    }


def _range(first: int, end: int, left: int, right: int) -> str:
    from xlrd import colname

    return f"{colname(left)}{first + 1}:{colname(right - 1)}{end}"


def _cell(book: Any, sheet: Any, row: int, column: int) -> list[Any] | None:
    import xlrd

    cell = sheet.cell(row, column)
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ["error", xlrd.error_text_from_code.get(cell.value, "#VALUE!"), ""]
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return ["boolean", str(cell.value), ""]
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return ["text", cell.value, ""]
    number_format = book.format_map[book.xf_list[cell.xf_index].format_key]
    is_date = cell.ctype == xlrd.XL_CELL_DATE or 27 <= number_format.format_key <= 36
    if is_date or 50 <= number_format.format_key <= 58:
        try:
            return ["date", xlrd.xldate_as_datetime(cell.value, book.datemode).isoformat(), ""]
        except (ValueError, OverflowError):
            return ["error", "#VALUE!", ""]
    return ["number", repr(cell.value), number_format.format_str]


if __name__ == "__main__":
    main()
