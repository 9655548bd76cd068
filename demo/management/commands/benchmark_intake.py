"""manage.py benchmark_intake: what files cost that people send."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from accounts.models import User
from demo import loading, province
from demo.benchmarks.intake import costs, rush
from hours.models import Completion, Course

UNITS, COURSES = 2_000, 4
SMALLER_BY = 10  # memory must not grow with the file


class Command(BaseCommand):
    help = (
        "Measure tables and pictures on the database that DATABASE_URL names; what is missing is added to it. Each "
        "figure comes from a process of its own. Only with DEBUG on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--units", type=int, default=30_000)
        parser.add_argument("--completions", type=int, default=100_000)
        parser.add_argument("--uploads", type=int, default=8, help="pictures at once (0: leave that out)")
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument("--measure", help="measure one thing in this process")
        parser.add_argument("--size", type=int, default=0)

    def handle(self, *args: Any, measure: str | None, size: int, **options: Any) -> None:
        loading.require_debug()
        if measure:
            for label, cost in costs.measure(measure, size):
                self.stdout.write(f"{label:>34}: {cost.seconds:.2f} s, {cost.megabytes} MB more")
            return
        self._prepare(options["completions"], options["seed"])
        self.stdout.write(connection.vendor)
        for name in ("space", "corner", "blank", "picture"):
            self._in_another_process(name, 0)
        for name in ("units", "completions"):
            for part in (options[name] // SMALLER_BY, options[name]):
                self._in_another_process(name, part)
        if options["uploads"]:
            waits = rush.measure(options["uploads"])
            self.stdout.write(
                f"pages: {waits.alone:.0f} ms alone; beside {options['uploads']} pictures {waits.beside:.0f} ms, "
                f"longest {waits.longest:.0f} ms; slowest upload {waits.slowest_upload:.1f} s"
            )

    def _prepare(self, completions: int, seed: int) -> None:
        """Add people and courses without completions."""
        missing = -(-completions // COURSES) - User.objects.filter(username__startswith="bulk").count()
        if missing > 0:
            province.load(province.Sizes(UNITS, missing, 0), seed)
        year = timezone.localdate().year
        for number in range(COURSES):
            Course.objects.get_or_create(year=year, name=f"测量科目{number}", defaults={"hours": 9})
        Completion.objects.filter(course__name__startswith="测量科目").delete()

    def _in_another_process(self, name: str, size: int) -> None:
        command = [sys.executable, sys.argv[0], "benchmark_intake", "--measure", name, "--size", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CommandError(done.stderr[-500:])
        self.stdout.write(done.stdout.rstrip())
