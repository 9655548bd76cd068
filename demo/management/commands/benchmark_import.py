"""manage.py benchmark_import: what importing completions costs beside a bare executemany of the same rows."""

import csv
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from config.files import sheets
from demo import loading, province
from demo.benchmarks.copy import as_installed
from hours.completions.files import COLUMNS
from hours.models import Completion, Course

SOURCE = "测量"
UNITS = 2_000
COURSES = 4
SHARE = 10  # the smaller file has a tenth of the lines: memory must be the same
FIGURES = re.compile(r"新增 ([\d,]+) 条.*用时 ([\d.]+) 秒.*内存峰值 (\d+) MB")


class Command(BaseCommand):
    help = "Import invented completions into the database that DATABASE_URL names. Only with DEBUG on."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--rows", type=int, default=100_000)
        parser.add_argument("--xlsx", action="store_true", help="import workbooks instead of CSV")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args, rows: int, xlsx: bool, seed: int, **options) -> None:
        loading.refuse_outside_development()
        if rows < COURSES * SHARE:
            raise CommandError(f"--rows must be at least {COURSES * SHARE}")
        people, courses = self._world(rows // COURSES, seed)
        with tempfile.TemporaryDirectory() as folder:
            bare = _bare(people, courses[1:])
            few = self._import(Path(folder), people[: rows // SHARE], courses[:1], xlsx)
            many = self._import(Path(folder), people, courses[1:], xlsx)
        self.stdout.write(f"{connection.vendor}, {'XLSX' if xlsx else 'CSV'}")
        for label, (count, seconds, memory) in (("import", few), ("import", many), ("executemany", bare)):
            peak = f", peak {memory} MB" if memory else ""
            self.stdout.write(f"{label:>12}: {count:,} rows in {seconds:.1f} s, {count / seconds:,.0f} rows/s{peak}")
        self.stdout.write(f"{'ratio':>12}: {many[1] / many[0] / (bare[1] / bare[0]):.1f} times the bare executemany")

    def _world(self, wanted: int, seed: int) -> tuple[list[tuple[int, str]], list[Course]]:
        """People with their ID numbers, and courses that nobody has completed."""
        missing = wanted - User.objects.filter(username__startswith="bulk").count()
        if missing > 0:
            province.load(province.Sizes(UNITS, missing, 0), seed)
        year = timezone.localdate().year
        courses = [
            Course.objects.get_or_create(year=year, name=f"测量科目{number}", defaults={"hours": 9})[0]
            for number in range(COURSES + 1)
        ]
        Completion.objects.filter(course__in=courses).delete()
        people = User.objects.filter(username__startswith="bulk").order_by("pk")[:wanted]
        return [(person.pk, person.id_number) for person in people.only("id_number").iterator()], courses

    def _import(self, folder: Path, people, courses: list[Course], xlsx: bool) -> tuple[int, float, int]:
        """How many rows, in how many seconds, at what peak of memory; in a process of its own."""
        path = folder / f"{len(courses)}.{'xlsx' if xlsx else 'csv'}"
        _write(path, people, courses)
        command = [sys.executable, sys.argv[0], "import_completions", str(path), "--source", SOURCE]
        told = subprocess.run(command, env=as_installed(), capture_output=True, text=True, check=True)  # noqa: S603
        count, seconds, memory = FIGURES.search(told.stdout).groups()
        return int(count.replace(",", "")), float(seconds), int(memory)


def _lines(people, courses: list[Course]):
    day = str(timezone.localdate())
    for course in courses:
        for key, id_number in people:
            yield [id_number, str(course.year), course.name, "9", day, f"{course.pk}-{key}"]


def _write(path: Path, people, courses: list[Course]) -> None:
    if path.suffix == ".xlsx":
        columns = [(name, 20) for name in COLUMNS]
        with sheets.write([sheets.Sheet("1", columns, _lines(people, courses))]) as file:
            path.write_bytes(file.read())
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_lines(people, courses))


def _bare(people, courses: list[Course]) -> tuple[int, float, int]:
    """The same rows through the cursor, all in one go, and taken back."""
    day = str(timezone.localdate())
    rows = [(key, course.pk, "9.0", day, SOURCE, f"{course.pk}-{key}") for course in courses for key, _ in people]
    statement = (
        "INSERT INTO hours_completion (person_id, course_id, hours, completed_on, source, source_key) "
        "VALUES (%s, %s, %s, %s, %s, %s)"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.executemany(statement, rows)
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return len(rows), seconds, 0
