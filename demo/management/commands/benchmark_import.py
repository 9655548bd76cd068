"""manage.py benchmark_import: compare the import of completions with a bare executemany of the same rows."""

import csv
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from config.files import sheets
from demo import loading, province
from demo.benchmarks.copy import production_environment
from hours.completions import files
from hours.models import Completion, Course

SOURCE = "测量"
COLUMNS = files.COLUMNS.known
UNITS = 2_000
COURSES = 4
SMALLER_BY = 10  # the smaller file has a tenth of the rows; both must need the same memory
FIGURES = re.compile(r"新增 ([\d,]+) 条.*用时 ([\d.]+) 秒.*内存峰值 (\d+) MB")


class InventedPerson(NamedTuple):
    pk: int
    id_number: str


class Measurement(NamedTuple):
    """How many rows were written, in how many seconds, and the peak of memory in MB (0: not measured)."""

    rows: int
    seconds: float
    memory: int = 0


class Command(BaseCommand):
    help = "Import invented completions into the database that DATABASE_URL names. Only with DEBUG on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=100_000)
        parser.add_argument("--xlsx", action="store_true", help="import workbooks instead of CSV")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args: Any, rows: int, xlsx: bool, seed: int, **options: Any) -> None:
        loading.require_debug()
        if rows < COURSES * SMALLER_BY:
            raise CommandError(f"--rows must be at least {COURSES * SMALLER_BY}")
        people, courses = self._people_and_courses(rows // COURSES, seed)
        with tempfile.TemporaryDirectory() as folder:
            bare = _insert_bare(people, courses[1:])
            few = self._import(Path(folder), people[: rows // SMALLER_BY], courses[:1], xlsx)
            many = self._import(Path(folder), people, courses[1:], xlsx)
        self.stdout.write(f"{connection.vendor}, {'XLSX' if xlsx else 'CSV'}")
        for label, measured in (("import", few), ("import", many), ("executemany", bare)):
            peak = f", peak {measured.memory} MB" if measured.memory else ""
            rate = measured.rows / measured.seconds
            self.stdout.write(
                f"{label:>12}: {measured.rows:,} rows in {measured.seconds:.1f} s, {rate:,.0f} rows/s{peak}"
            )
        ratio = many.seconds / many.rows / (bare.seconds / bare.rows)
        self.stdout.write(f"{'ratio':>12}: {ratio:.1f} times the bare executemany")

    def _people_and_courses(self, wanted: int, seed: int) -> tuple[list[InventedPerson], list[Course]]:
        """Return invented people, and courses without completions; create what is missing."""
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
        found = [InventedPerson(person.pk, person.id_number) for person in people.only("id_number").iterator()]
        return found, courses

    def _import(self, folder: Path, people: list[InventedPerson], courses: list[Course], xlsx: bool) -> Measurement:
        """Import a file in a process of its own, which reports its figures."""
        path = folder / f"{len(courses)}.{'xlsx' if xlsx else 'csv'}"
        _write(path, people, courses)
        command = [sys.executable, sys.argv[0], "import_completions", str(path), "--source", SOURCE]
        process = subprocess.run(command, env=production_environment(), capture_output=True, text=True, check=True)  # noqa: S603
        if (figures := FIGURES.search(process.stdout)) is None:
            raise CommandError(f"No figures in the output of the import: {process.stdout[-200:]}")
        count, seconds, memory = figures.groups()
        return Measurement(int(count.replace(",", "")), float(seconds), int(memory))


def _file_rows(people: list[InventedPerson], courses: list[Course]) -> Iterator[list[str]]:
    day = str(timezone.localdate())
    for course in courses:
        for person in people:
            yield [person.id_number, str(course.year), course.name, "9", day, f"{course.pk}-{person.pk}"]


def _write(path: Path, people: list[InventedPerson], courses: list[Course]) -> None:
    if path.suffix == ".xlsx":
        columns = [(name, 20) for name in COLUMNS]
        with sheets.write([sheets.Sheet("1", columns, _file_rows(people, courses))]) as file:
            path.write_bytes(file.read())
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_file_rows(people, courses))


def _insert_bare(people: list[InventedPerson], courses: list[Course]) -> Measurement:
    """Insert the same rows with one executemany, and roll back."""
    day = str(timezone.localdate())
    rows = [
        (person.pk, course.pk, "9.0", day, SOURCE, f"{course.pk}-{person.pk}")
        for course in courses
        for person in people
    ]
    statement = (
        "INSERT INTO hours_completion (person_id, course_id, hours, completed_on, source, source_key) "
        "VALUES (%s, %s, %s, %s, %s, %s)"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.executemany(statement, rows)
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return Measurement(len(rows), seconds)
