"""READ: registrations as the lines of the review queue."""

from __future__ import annotations

from collections.abc import Sequence

from config.templatetags.formatting import format_hours
from config.web.addresses import url_with_pk
from hours.registrations.lines import LineContext, basic_line, day_and_time

from .queue import Line as QueueLine

LATE_AFTER = 14  # days


def to_review(lines: Sequence[QueueLine], here: str, kinds: dict[int, str]) -> list[LineContext]:
    """学时审核: each leads to its registration and back to `here`. In 已处理 each tells the decision and its moment."""
    return [
        {
            **basic_line(line.registration, 0),
            "value": line.value,
            **day_and_time(line.decision.created_at if line.decision else line.registration.submitted_at),
            "moment_note": line.decision.get_action_display() if line.decision else _waited(line),
            "is_late": not line.decision and line.is_waiting and line.days > LATE_AFTER,
            "owner": line.registration.owner.name,
            "masked": line.registration.owner.masked_id,
            "unit": line.registration.unit_name,
            "region": line.registration.region.name,
            "kind": kinds[line.registration.category_id],
            "marks": line.marks,
            "proposed": format_hours(line.registration.hours_proposed),
            "url": url_with_pk("hours:review_detail", line.registration.pk) + here,
        }
        for line in lines
    ]


def _waited(line: QueueLine) -> str:
    if not line.is_waiting:
        return ""
    return f"已等 {line.days} 天" if line.days else "今天"
