"""Workbooks (.xlsx, also Strict Open XML), read in a process of its own: `main` writes the first visible sheet.

Each part of the archive is read once, piece by piece, and only what a table needs is kept. No library gives hidden
rows, merged cells, number formats and formulas without a value and does not hold the whole sheet.
"""

from __future__ import annotations

import io
import shutil
import sys
import zipfile
from tempfile import TemporaryFile

from config.files import records
from config.files.records import Refused

from .archive import Archive
from .book import Book
from .sheet import Sheet

MAX_SHEETS_TRIED = 20


def main(unpacked: int, cells: int) -> None:
    """Write the records of the workbook in the input, which may have so many bytes after unpacking, and cells."""
    try:
        _write_sheet(sys.stdin.buffer.read(), unpacked, cells)
    except Refused as refusal:
        records.write(refusal.record)
    except (MemoryError, OSError):  # OSError: more output than allowed
        records.write({"reason": "large"})
    except Exception:  # zipfile lets every error of a broken archive through
        records.write({"reason": "damaged"})


def _write_sheet(content: bytes, unpacked: int, cells: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        archive = Archive(file, cells)
        archive.check(unpacked)
        book = Book(archive)
        for _, path in book.sheets[:MAX_SHEETS_TRIED]:
            with TemporaryFile("w+") as rows:
                sheet = Sheet(book, rows, cells)
                sheet.read(archive, path)
                if sheet.last or sheet.has_wide_rows:
                    records.write(sheet.description())
                    rows.seek(0)
                    shutil.copyfileobj(rows, sys.stdout)
                    records.write("end")
                    return
        raise Refused("empty", sheets=[name[:20] for name, _ in book.sheets[:5]])
