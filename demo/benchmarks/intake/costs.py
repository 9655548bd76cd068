"""Measure one cost in this process: the seconds of a piece of work, and by how much the peak of memory grew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts import imports
from accounts.models import User
from config.files.importing import Importer
from config.files.lines import Columns, read_lines
from hours.completions.importing import CompletionImporter
from hours.models import Course
from hours.registrations import attachments
from organizations import credit_code
from organizations.imports import UnitImporter
from organizations.models import Region

from . import files

RESET = Path("/proc/self/clear_refs")
ONE_COLUMN = Columns(("单位名称",), ("单位名称",))


class Cost(NamedTuple):
    seconds: float
    megabytes: int


def measure(name: str, size: int) -> list[tuple[str, Cost]]:
    """Return the costs of one measurement by their labels."""
    settings.DEBUG = False  # or Django would keep every statement
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.xlsx"
        if name in ("space", "corner", "blank"):
            files.extent(path, name)
            with path.open("rb") as file:
                return [(name, _cost(lambda: sum(1 for _ in read_lines(file, ONE_COLUMN).lines)))]
        if name == "picture":
            upload = SimpleUploadedFile("照片.jpg", files.photograph())
            return [(name, _cost(lambda: attachments.inspect(upload)))]
        return _import_costs(name, size, path)


def _import_costs(name: str, size: int, path: Path) -> list[tuple[str, Cost]]:
    """Return the costs of preview and confirmation of so many lines; nothing is kept."""
    maker = User.objects.filter(is_superuser=True).first() or User.objects.earliest("pk")
    if name == "units":
        files.units(path, _codes(size), Region.objects.filter(kind=Region.Kind.COUNTY).earliest("code").code)
        make_importer: Callable[[], Importer] = lambda: UnitImporter(maker.pk)  # noqa: E731
    else:
        files.completions(path, _completion_rows(size))
        make_importer = lambda: CompletionImporter("测量导入")  # noqa: E731
    settings.IMPORT_MAX_ROWS = max(settings.IMPORT_MAX_ROWS, size)
    with path.open("rb") as file, transaction.atomic():
        plans = []
        preview = _cost(lambda: plans.append(imports.make_plan(maker, "bench", file, path.name, make_importer, {})))
        confirmation = _cost(lambda: imports.confirm(plans[0], make_importer))
        counts = imports.preview_of(plans[0]).counts
        imports.delete_files(plans[0])
        transaction.set_rollback(True)
    if counts["new"] != size:  # type: ignore[index]
        raise ValueError(f"{counts} of {size} lines")
    return [(f"{size:,} {name}, preview", preview), (f"{size:,} {name}, confirmation", confirmation)]


def _codes(count: int) -> Iterator[str]:
    for number in range(count):
        first = f"12450102MC{number:06d}0"
        yield first + credit_code.check_character(first)


def _completion_rows(count: int) -> Iterator[list[str]]:
    """Yield completions of courses without any, by people of load_province."""
    courses = list(Course.objects.filter(name__startswith="测量科目").order_by("pk"))
    people = User.objects.filter(username__startswith="bulk").order_by("pk")[: -(-count // len(courses))]
    numbers = [(person.pk, person.id_number) for person in people.only("id_number").iterator()]
    made = 0
    for course in courses:
        for key, id_number in numbers:
            if made == count:
                return
            made += 1
            yield [id_number, str(course.year), course.name, "9", f"{course.year}-01-02", f"{course.pk}-{key}"]


def _cost(work: Callable[[], object]) -> Cost:
    RESET.write_text("5")  # the peak so far is that of making the file
    before, started = _peak(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - started, _peak() - before)


def _peak() -> int:
    """Return the peak of this process's memory in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0
