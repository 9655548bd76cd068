"""Imports of tables by administrators: a stored plan that only its maker can confirm, and the file of its bad lines.

The normalised lines are stored encrypted in batches, one batch per line of a file, because they may hold ID numbers.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.constants import IMPORT_PREVIEW_ROWS
from config.files import sheets
from config.files.cells import Cell, guarded
from config.files.importing import BATCH_SIZE, Importer, Outcome, Pass, PlannedLine, run
from config.files.lines import Line, read_lines
from config.files.tables import PAGE, Bounds, FileProblem
from config.texts import excerpt

from .crypto import decrypt, encrypt
from .models import ImportPlan, User

READ_SECONDS = 20
CELLS_OF_A_ROW = 20
SHOWN_LENGTH = 200  # characters of a value in a preview; no right value is longer
FOLDER = "imports"
LINE, PROBLEM = "原行号", "问题"  # columns of the file of bad lines, which can be uploaded again
WIDTH, PROBLEM_WIDTH = 20, 60

MakeImporter = Callable[[], Importer]


class ImportOutdated(Exception):
    """The data changed after the preview, so nothing was imported; the plan holds a new preview."""


@dataclass(frozen=True)
class Preview:
    """What a preview or a result shows: counts, the first lines of each outcome, unused columns."""

    counts: dict[Outcome, int]
    first: dict[Outcome, list[dict[str, Any]]]
    unused: list[str]

    @property
    def changes(self) -> int:
        return sum(self.counts[outcome] for outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.WAITING))

    @property
    def labelled_counts(self) -> list[tuple[str, int]]:
        """The counts with their labels; 待认领 only where there are any, as most tables know no such lines."""
        return [(outcome.label, count) for outcome, count in self.counts.items() if count or outcome != Outcome.WAITING]


# --- Making a plan ---------------------------------------------------------------------------------


def make_plan(
    maker: User, kind: str, file: IO[bytes], name: str, make_importer: MakeImporter, options: dict[str, Any]
) -> ImportPlan:
    """Store the lines of a table with their preview; raise FileProblem if it cannot be read or has no line."""
    delete_expired()
    plan = ImportPlan(kind=kind, maker=maker, file_name=name[-120:], options=options)
    importer = make_importer()
    rows = settings.IMPORT_MAX_ROWS
    cells = max(PAGE.cells, rows * CELLS_OF_A_ROW)
    found = read_lines(file, importer.columns, Bounds(rows, seconds=READ_SECONDS, cells=cells))
    count = _store(_lines_path(plan), _packed_lines(found.lines))
    if not count:
        default_storage.delete(_lines_path(plan))
        raise FileProblem("文件中没有数据行：第一行是列名，从第二行起每行一条。")
    _plan_again(plan, importer, list(found.unused))
    plan.save(force_insert=True)
    return plan


def preview_of(plan: ImportPlan) -> Preview:
    """Return what the plan's page shows."""
    stored = json.loads(plan.preview)
    counts = {outcome: stored["counts"].get(outcome, 0) for outcome in Outcome}
    return Preview(counts, {outcome: stored["first"].get(outcome, []) for outcome in Outcome}, stored["unused"])


def confirm(plan: ImportPlan, make_importer: MakeImporter) -> bool:
    """Import what was previewed; return False if that is done already.

    Raise ImportOutdated if the result would differ now. Everything is one transaction.
    """
    is_as_previewed = False
    with suppress(IntegrityError), transaction.atomic():  # the error: another connection has just saved the same
        waiting = ImportPlan.objects.filter(pk=plan.pk, applied_at=None)
        if not waiting.update(applied_at=timezone.now()):
            return False
        with TemporaryFile() as handout:
            is_as_previewed = _run(plan, make_importer(), write=True, handout=handout).digest == plan.digest
            if is_as_previewed and handout.tell():
                handout.seek(0)
                _save(_handout_path(plan), handout)
        transaction.set_rollback(not is_as_previewed)
    if is_as_previewed:
        return True
    _plan_again(plan, make_importer(), preview_of(plan).unused)
    plan.save(update_fields=["preview", "digest"])
    raise ImportOutdated


def _plan_again(plan: ImportPlan, importer: Importer, unused: list[str]) -> None:
    """Set preview and digest, and store the bad lines."""
    with TemporaryFile() as bad_lines:
        result = _run(plan, importer, write=False, bad_lines=bad_lines)
        bad_lines.seek(0)
        _save(_bad_lines_path(plan), bad_lines)
    first = {outcome: [_shown(line) for line in lines] for outcome, lines in result.first.items()}
    plan.preview = json.dumps({"counts": result.counts, "first": first, "unused": unused}, ensure_ascii=False)
    plan.digest = result.digest


def _run(
    plan: ImportPlan,
    importer: Importer,
    *,
    write: bool,
    bad_lines: IO[bytes] | None = None,
    handout: IO[bytes] | None = None,
) -> Pass:
    def store(planned: list[PlannedLine]) -> None:
        if handout and (given := importer.take_handout()):
            handout.write(_pack(given))
        wrong = [_bad_line(line, importer) for line in planned if line.outcome is Outcome.WRONG]
        if bad_lines and wrong:
            bad_lines.write(_pack(wrong))

    return run(importer, _lines(plan), write=write, keep=IMPORT_PREVIEW_ROWS, on_batch=store)


def _shown(line: PlannedLine) -> dict[str, Any]:
    """Return a line as the preview stores it."""
    return {
        "number": line.line.number,
        "values": [{"value": _cut(shown.value), "was": shown.was and _cut(shown.was)} for shown in line.values],
        "problems": line.problems,
        "remarks": line.remarks,
    }


def _cut(value: str) -> str:
    return excerpt(value, SHOWN_LENGTH)


# --- Bad lines -------------------------------------------------------------------------------------


def bad_lines_sheet(plan: ImportPlan, importer: Importer) -> sheets.Sheet:
    """Return the lines with problems as they were typed, with number and reasons; it can be corrected and uploaded."""
    columns = [(name, WIDTH) for name in importer.columns.known]
    return sheets.Sheet("有误的行", [*columns, (LINE, 8), (PROBLEM, PROBLEM_WIDTH)], _unpacked(_bad_lines_path(plan)))


def handout_sheet(plan: ImportPlan, importer: Importer) -> sheets.Sheet | None:
    """Return what an import gave to its maker, such as first passwords; None if there is nothing."""
    if not default_storage.exists(_handout_path(plan)):
        return None
    columns = [(name, WIDTH) for name in importer.handout_columns]
    return sheets.Sheet("初始密码", columns, _unpacked(_handout_path(plan)))


def template_sheet(importer: Importer) -> sheets.Sheet:
    """Return an empty table with the columns of an import."""
    return sheets.Sheet("导入", [(name, WIDTH) for name in importer.columns.known], [])


def _bad_line(line: PlannedLine, importer: Importer) -> list[str]:
    typed = [guarded(line.line.text(column)) for column in importer.columns.known]
    return [*typed, str(line.line.number), "".join(line.problems)]


# --- The stored lines ------------------------------------------------------------------------------


def delete_expired() -> int:
    """Delete plans older than IMPORT_CONFIRM_HOURS with their files; return their number."""
    limit = timezone.now() - timedelta(hours=settings.IMPORT_CONFIRM_HOURS)
    expired = list(ImportPlan.objects.filter(created_at__lt=limit))
    for plan in expired:
        delete_files(plan)
    ImportPlan.objects.filter(pk__in=[plan.pk for plan in expired]).delete()
    return len(expired)


def delete_files(plan: ImportPlan) -> None:
    """Delete what a plan has in the storage."""
    for path in (_lines_path(plan), _bad_lines_path(plan), _handout_path(plan)):
        default_storage.delete(path)


def _lines_path(plan: ImportPlan) -> str:
    return f"{FOLDER}/{plan.pk.hex}"


def _bad_lines_path(plan: ImportPlan) -> str:
    return f"{FOLDER}/{plan.pk.hex}-bad"


def _handout_path(plan: ImportPlan) -> str:
    return f"{FOLDER}/{plan.pk.hex}-handout"


def _packed_lines(lines: Iterable[Line]) -> Iterator[tuple[int, bytes]]:
    """Yield packed batches of lines with their size."""
    batch: list[Any] = []
    for line in lines:
        batch.append(
            [line.number, line.problem, {name: [cell.text, cell.problem] for name, cell in line.cells.items()}]
        )
        if len(batch) == BATCH_SIZE:
            yield len(batch), _pack(batch)
            batch = []
    if batch:
        yield len(batch), _pack(batch)


def _store(path: str, batches: Iterable[tuple[int, bytes]]) -> int:
    """Write the batches to a new file of the storage; return the number of lines."""
    count = 0
    with TemporaryFile() as file:
        for size, packed in batches:
            file.write(packed)
            count += size
        file.seek(0)
        _save(path, file)
    return count


def _save(path: str, file: IO[bytes]) -> None:
    default_storage.delete(path)
    default_storage.save(path, File(file))


def _lines(plan: ImportPlan) -> Iterator[Line]:
    for number, problem, cells in _unpacked(_lines_path(plan)):
        yield Line(number, {name: Cell(text, text or None, wrong) for name, (text, wrong) in cells.items()}, problem)


def _pack(rows: Sequence[Any]) -> bytes:
    packed = zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), level=1)
    return encrypt(base64.b64encode(packed).decode()).encode() + b"\n"


def _unpacked(path: str) -> Iterator[Any]:
    with default_storage.open(path) as file:
        for packed in file.file or ():
            yield from json.loads(zlib.decompress(base64.b64decode(decrypt(packed.decode().strip()))))
