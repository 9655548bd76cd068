"""manage.py benchmark: what pages cost beside a page that shows nothing but the signed-in person's name."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from demo import loading, province
from demo.benchmarks import pages, rush, work
from hours.models import Registration
from organizations.models import Unit


class Command(BaseCommand):
    help = "Measure pages on the database that DATABASE_URL names; load_province prepares one. Only with DEBUG on."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--rounds", type=int, default=200)
        parser.add_argument("--units", type=int, help="add invented units until there are this many")
        parser.add_argument("--served", action="store_true", help="ask for the pages through gunicorn")
        parser.add_argument("--changes", action="store_true", help="also measure decisions and submissions")
        parser.add_argument("--clients", type=int, default=16, help="how many submit at once (0: leave that out)")
        parser.add_argument("--batches", type=int, default=40, help="how many batches each of them submits")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args, rounds: int, units: int | None, seed: int, served: bool, changes: bool, **options):
        loading.refuse_outside_development()
        if rounds < 2:
            raise CommandError("--rounds must be at least 2")
        if units:
            province.load(province.Sizes(units, people=0, registrations=0), seed)
        if not Unit.objects.filter(is_unaffiliated=False).exists():
            raise CommandError("There are no units to measure with; run load_province first.")
        self._print(pages.measure(rounds, seed, is_served=served), rounds, served)
        if changes:
            self._print_work(seed, options["clients"], options["batches"])

    def _print(self, measured: list[pages.Page], rounds: int, served: bool) -> None:
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

    def _print_work(self, seed: int, clients: int, batches: int) -> None:
        self.stdout.write("\n| change | statements | median ms |\n|---|---|---|")
        for change in work.changes(pages.reviewer_of_all(), seed):
            self.stdout.write(f"| {change.label} | {change.statements} | {change.milliseconds:.1f} |")
        if clients:
            self._print_rush(clients, rush.rush(clients, batches, seed))

    def _print_rush(self, clients: int, done: rush.Rush) -> None:
        self.stdout.write(f"\n| {clients} clients at once | a second | acknowledged | refused |\n|---|---|---|---|")
        for label, tally in (("提交 1 条", done.submissions), ("最小的写入", done.smallest)):
            self.stdout.write(f"| {label} | {tally.a_second:.0f} | {len(tally.done)} | {len(tally.refused)} |")
        ratio = done.submissions.a_second / done.smallest.a_second
        self.stdout.write(f"\nratio {ratio:.2f}, acknowledged and lost: {done.lost}")
        for answer in (done.submissions.refused + done.smallest.refused)[:1]:
            self.stdout.write(f"first refusal: {answer[:200]!r}")
