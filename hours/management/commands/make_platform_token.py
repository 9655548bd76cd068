"""manage.py make_platform_token NAME: create a new token for a learning platform and show it once."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hours.completions import platforms
from hours.models import Platform


class Command(BaseCommand):
    help = "为学习平台生成新令牌（原令牌随即失效）；平台不存在时先添加。令牌只显示这一次。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="最后一日；不写则长期有效")

    def handle(self, *args: Any, name: str, expires: date | None, **options: Any) -> None:
        name = name.strip()
        if not 0 < len(name) <= Platform.NAME_LENGTH:
            raise CommandError(f"名称应为 1 至 {Platform.NAME_LENGTH} 个字。")
        platform, _ = Platform.objects.get_or_create(name=name)
        platform.expires_on = expires
        platform.save(update_fields=["expires_on"])
        self.stdout.write(platforms.issue_token(platform))
