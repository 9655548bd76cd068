"""manage.py load_province: load as many units, people and registrations as a province has, for measurements."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo import loading, province
from hours.models import Registration


class Command(BaseCommand):
    help = "Load a province-sized set of invented rows. Only ever with DEBUG on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--units", type=int, default=27_670)
        parser.add_argument("--people", type=int, default=200_000)
        parser.add_argument("--registrations", type=int, default=1_000_000)
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument("--if-empty", action="store_true", help="do nothing if there are registrations already")

    def handle(
        self,
        *args: Any,
        units: int,
        people: int,
        registrations: int,
        seed: int,
        if_empty: bool,
        **options: Any,
    ) -> None:
        loading.require_debug()
        if if_empty and Registration.objects.exists():
            return
        province.load(province.Sizes(units, people, registrations), seed)
        self.stdout.write("完成。")
