"""manage.py purge_uploads: delete uploads whose form was never completed, with their files. Meant for a nightly run."""

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from hours.models import Attachment
from hours.registrations import attachments


class Command(BaseCommand):
    help = "Delete uploads that were kept for a form which nobody completed."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="how old they must be")

    def handle(self, *args, hours: int, **options) -> None:
        before = timezone.now() - timedelta(hours=hours)
        count = attachments.discard(Attachment.objects.abandoned(before))
        self.stdout.write(f"已清理未完成表单的附件 {count} 个。")
