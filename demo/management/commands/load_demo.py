"""manage.py load_demo: load the demonstration with four accounts to log in with. Only with DEBUG on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo import loading
from demo.people import ACCOUNTS, PASSWORD


class Command(BaseCommand):
    help = "Load the demonstration: 27,670 invented units, 40 people with three years of registrations, full queues."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args: Any, seed: int, **options: Any) -> None:
        loading.require_debug()
        if loading.is_loaded():
            self.stdout.write("演示数据已存在，未作改动。")
        else:
            loading.load(seed)
        self.stdout.write(f"\n演示账号（密码均为 {PASSWORD}）：")
        for username, role, purpose in ACCOUNTS:
            self.stdout.write(f"  {username:<8} {role}：{purpose}")
