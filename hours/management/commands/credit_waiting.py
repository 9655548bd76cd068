"""manage.py credit_waiting: credit 待认领学时 whose person and course are known, delete old ones; for every night."""

from typing import Any

from django.core.management.base import BaseCommand

from hours.completions import waiting
from hours.completions.plans import ItemOutcome


class Command(BaseCommand):
    help = "Credit waiting completions whose person and course are known; delete those past WAITING_COMPLETION_DAYS."

    def handle(self, *args: Any, **options: Any) -> None:
        outcomes = waiting.credit_known()
        refused = outcomes[ItemOutcome.REFUSED]
        credited = outcomes.total() - refused - outcomes[ItemOutcome.WAITING]
        self.stdout.write(
            f"已计入 {credited:,} 条，不能计入 {refused:,} 条，到期删除 {waiting.delete_expired():,} 条。"
        )
