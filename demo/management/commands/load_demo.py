"""manage.py load_demo: a province to look at, with four accounts to log in with. Only ever with DEBUG on."""

from django.core.management.base import BaseCommand

from demo import loading
from demo.people import ACCOUNTS, PASSWORD


class Command(BaseCommand):
    help = "Load the demonstration: 27,670 invented units, 40 people with three years of registrations, full queues."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args, seed: int, **options) -> None:
        loading.refuse_outside_development()
        if loading.is_loaded():
            self.stdout.write("演示数据已存在，未作改动。")
        else:
            loading.load(seed)
        self.stdout.write(f"\n演示账号（密码均为 {PASSWORD}）：")
        for username, role, purpose in ACCOUNTS:
            self.stdout.write(f"  {username:<8} {role}：{purpose}")
