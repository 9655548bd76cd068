"""manage.py benchmark: what pages cost beside a page that shows nothing but the signed-in person's name."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hours.demo import benchmark, loading, province
from hours.models import Registration
from organizations.models import Unit


class Command(BaseCommand):
    help = "Measure pages on the database that DATABASE_URL names; load_province prepares one. Only with DEBUG on."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--rounds", type=int, default=200)
        parser.add_argument("--units", type=int, help="add invented units until there are this many")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args, rounds: int, units: int | None, seed: int, **options) -> None:
        loading.refuse_outside_development()
        if rounds < 2:
            raise CommandError("--rounds must be at least 2")
        if units:
            province.load(province.Sizes(units, people=0, registrations=0), seed, self.stdout)
        if not Unit.objects.filter(is_unaffiliated=False).exists():
            raise CommandError("There are no units to measure with; run load_province first.")
        self._print(benchmark.measure(rounds, seed, self.stdout), rounds)

    def _print(self, pages: list[benchmark.Page], rounds: int) -> None:
        floor = pages[0].median
        self.stdout.write(
            f"\n{connection.vendor}, {Unit.objects.count():,} units, {Registration.objects.count():,} registrations, "
            f"{rounds} shuffled rounds\n"
            f"{'median ms':>10} {'90 % ms':>8} {'x floor':>8} {'queries':>8} {'KB':>6}  page"
        )
        for page in pages:
            self.stdout.write(
                f"{page.median:10.2f} {page.slowest_tenth:8.2f} {page.median / floor:8.2f} {page.statements:8} "
                f"{page.size / 1024:6.1f}  {page.label}"
            )
