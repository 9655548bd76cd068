"""The lines of the review queue as template context."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from config.templatetags.formatting import format_hours
from config.web.addresses import url_with_pk
from hours.registrations.lines import LineContext, basic_line, day_and_time

from .queue import QueueLine


def review_lines(lines: Sequence[QueueLine], queue_query: str, category_names: dict[int, str]) -> list[LineContext]:
    """Return one line for each row of 学时审核; in 已处理 it shows the decision in place of the waiting time.

    `queue_query` is the query string that leads back from the registration to this page.
    """
    return [
        {
            **basic_line(line.registration, 0),
            **day_and_time(line.decision.created_at if line.decision else line.submitted_at),
            "tick_value": line.tick_value,
            "moment_note": line.decision.get_action_display() if line.decision else _waiting_time(line),
            "is_late": not line.decision and line.is_waiting and line.days_since_submission > settings.LATE_AFTER_DAYS,
            "owner": line.registration.owner.name,
            "masked": line.registration.owner.masked_id,
            "unit": line.registration.unit_name,
            "region": line.registration.region.name if line.registration.region else "",
            "category": category_names[line.registration.category_id],
            "marks": line.marks,
            "proposed": format_hours(line.registration.hours_proposed),
            "url": url_with_pk("hours:review_detail", line.registration.pk) + queue_query,
        }
        for line in lines
    ]


def _waiting_time(line: QueueLine) -> str:
    if not line.is_waiting:
        return ""
    days = line.days_since_submission
    return f"已等 {days} 天" if days else "今天"
