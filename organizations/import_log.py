"""The administration's log of what an import added and changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import Model

MESSAGE = "由文件导入"


def log_import(actor: int, new: Sequence[Model], changed: Sequence[Model] = ()) -> None:
    """Log each row in the name of the person with this key."""
    for rows, flag in ((new, ADDITION), (changed, CHANGE)):
        if rows:
            LogEntry.objects.log_actions(actor, rows, flag, MESSAGE)
