"""manage.py send_notices: mail the notices that are due; by cron every few minutes, or with --loop as a service."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from hours.notices import mail


class Command(BaseCommand):
    help = "Send an e-mail for each notice that was not mailed yet; several processes may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=int, metavar="SECONDS", help="keep running, with a pass every so many seconds"
        )

    def handle(self, *args: Any, loop: int | None, **options: Any) -> None:
        self._pass()
        try:
            while loop:
                time.sleep(loop)
                close_old_connections()
                self._pass()
        except KeyboardInterrupt:
            self.stdout.write("已停止。")

    def _pass(self) -> None:
        report = mail.send_due()
        self.stdout.write(
            f"已发送 {report.sent} 封，未成功 {report.failed} 封（稍后重试），无邮箱 {report.unaddressed} 条。"
        )
