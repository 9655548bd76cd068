"""manage.py load_base_data: regions, 其他单位, reasons, example categories, year rules, example courses."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hours import base_data


class Command(BaseCommand):
    help = "Load the base data of an installation; lists that have rows stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--root", default=settings.ROOT_REGION, help='region code, or "all" for the whole country')

    def handle(self, *args: Any, root: str, **options: Any) -> None:
        try:
            new = base_data.load(root)
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("基础数据：" + "，".join(f"{name} 新增 {count}" for name, count in new.items()))
