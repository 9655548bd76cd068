"""manage.py purge_uploads: delete uploads whose form was never completed, and old imports; for a nightly run."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import imports
from hours.models import Attachment
from hours.registrations import attachments


class Command(BaseCommand):
    help = "Delete uploads whose form was never completed, and imports older than IMPORT_CONFIRM_HOURS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="how old they must be")

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        before = timezone.now() - timedelta(hours=hours)
        count = attachments.discard(Attachment.objects.abandoned(before))
        self.stdout.write(f"已清理未完成表单的附件 {count} 个，过期的导入 {imports.delete_expired()} 个。")
