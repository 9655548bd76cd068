"""Snapshots of returned registrations, and what their owners changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hours.models import Registration, ReturnedVersion
from hours.wording import format_minute, format_number

LABELS = {
    "category": "认定类型",
    "content": "认定内容",
    "starts_at": "开始时间",
    "ends_at": "结束时间",
    "hours_applied": "申请学时",
    "year": "计入年度",
    "note": "认定内容说明",
    "certificate_number": "证书编号",
}


@dataclass(frozen=True)
class Change:
    """One field before and after. `before` is empty for an added file, `after` for a removed one."""

    label: str
    before: str
    after: str


def snapshot(registration: Registration) -> dict[str, Any]:
    """Return the registration as texts, which stay readable when categories and files change. Prefetch the files."""
    return {
        "category": registration.category.full_name,
        "content": registration.content,
        "starts_at": format_minute(registration.starts_at),
        "ends_at": format_minute(registration.ends_at),
        "hours_applied": format_number(registration.hours_applied),
        "year": str(registration.year),
        "note": registration.note,
        "certificate_number": registration.certificate_number,
        "attachments": {str(attachment.pk): attachment.name for attachment in registration.attachments.all()},
    }


def changes_since_return(registration: Registration) -> list[Change] | None:
    """Return the changes of fields and files since the last return; None if it was never returned."""
    version = ReturnedVersion.objects.filter(registration=registration).order_by("-round").first()
    if version is None:
        return None
    before, after = version.facts, snapshot(registration)
    fields = [Change(label, before[name], after[name]) for name, label in LABELS.items() if before[name] != after[name]]
    old, new = before["attachments"], after["attachments"]
    removed = [Change("附件", name, "") for key, name in old.items() if key not in new]
    added = [Change("附件", "", name) for key, name in new.items() if key not in old]
    return fields + removed + added
