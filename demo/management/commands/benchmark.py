"""manage.py benchmark: measure pages as multiples of a page that shows only the signed-in person's name."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from demo import loading, province
from demo.benchmarks import pages, people, rush, work
from hours.models import Registration
from organizations.models import Unit


class Command(BaseCommand):
    help = "Measure pages on the database that DATABASE_URL names; load_province prepares one. Only with DEBUG on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, default=200)
        parser.add_argument("--units", type=int, help="add invented units until there are this many")
        parser.add_argument("--served", action="store_true", help="ask for the pages through gunicorn")
        parser.add_argument("--changes", action="store_true", help="also measure decisions and submissions")
        parser.add_argument("--clients", type=int, default=16, help="how many submit at once (0: leave that out)")
        parser.add_argument("--batches", type=int, default=40, help="how many batches each of them submits")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(
        self, *args: Any, rounds: int, units: int | None, seed: int, served: bool, changes: bool, **options: Any
    ) -> None:
        loading.require_debug()
        if rounds < 2:
            raise CommandError("--rounds must be at least 2")
        if units:
            province.load(province.Sizes(units, people=0, registrations=0), seed)
        if not Unit.objects.filter(is_unaffiliated=False).exists():
            raise CommandError("There are no units to measure with; run load_province first.")
        self._print_pages(pages.measure(rounds, seed, is_served=served), rounds, served)
        if changes:
            self._print_changes(seed, options["clients"], options["batches"])

    def _print_pages(self, measured: list[pages.Page], rounds: int, served: bool) -> None:
        floor, where = measured[0], "through gunicorn" if served else "in one process"
        self.stdout.write(
            f"\n{connection.vendor}, {Unit.objects.count():,} units, {Registration.objects.count():,} registrations, "
            f"{rounds} shuffled rounds, {where}\n\n"
            "| page | median ms | 90 % ms | x floor | x floor (busy) | queries | KB |\n|---|---|---|---|---|---|---|"
        )
        for page in measured:
            self.stdout.write(
                f"| {page.label} | {page.median:.2f} | {page.slowest_tenth:.2f} | {page.median / floor.median:.2f} | "
                f"{'—' if served else f'{page.busy / floor.busy:.2f}'} | {page.statements} | {page.size / 1024:.1f} |"
            )

    def _print_changes(self, seed: int, clients: int, batches: int) -> None:
        self.stdout.write("\n| change | statements | median ms |\n|---|---|---|")
        for change in work.measure(people.root_reviewer(), seed):
            self.stdout.write(f"| {change.label} | {change.statements} | {change.milliseconds:.1f} |")
        if clients:
            self._print_rush(clients, rush.measure(clients, batches, seed))

    def _print_rush(self, clients: int, result: rush.RushResult) -> None:
        self.stdout.write(f"\n| {clients} clients at once | a second | acknowledged | refused |\n|---|---|---|---|")
        for label, tally in (("提交 1 条", result.submissions), ("最小的写入", result.smallest)):
            self.stdout.write(
                f"| {label} | {tally.per_second:.0f} | {len(tally.acknowledged)} | {len(tally.refused)} |"
            )
        ratio = result.submissions.per_second / result.smallest.per_second
        self.stdout.write(f"\nratio {ratio:.2f}, acknowledged and lost: {result.lost}")
        for response in (result.submissions.refused + result.smallest.refused)[:1]:
            self.stdout.write(f"first refusal: {response[:200]!r}")
