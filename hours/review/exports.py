"""READ: registrations of a review list as an Excel file, with the columns and the masking of the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO

from config.files.sheets import CONTENT_TYPE, Sheet, write
from hours.counting import LOCAL

from .queue import Line

__all__ = ["CONTENT_TYPE", "MAX_ROWS", "registrations"]
MAX_ROWS = 100_000
COLUMNS = (
    ("提交时间", 18),
    ("姓名", 12),
    ("证件号码", 14),
    ("单位", 32),
    ("区域", 14),
    ("年度", 8),
    ("认定类型", 18),
    ("二级类型", 18),
    ("认定内容", 44),
    ("申请学时", 10),
    ("初审学时", 10),
    ("认定学时", 10),
    ("状态", 12),
    ("标记", 24),
)
DECIDED = (("处理时间", 18), ("处理结果", 12), ("原因", 16), ("意见", 40))


def registrations(lines: Iterable[Line], *, decided: bool = False) -> IO[bytes]:
    """A temporary file that is gone once it is closed; with `decided` also the decision that was made on each line."""
    columns = (*COLUMNS, *DECIDED) if decided else COLUMNS
    return write([Sheet("学时审核", columns, map(_cells, lines))])


def _cells(line: Line) -> list:
    registration, decision = line.registration, line.decision
    category = registration.category
    told = [
        _moment(registration.submitted_at),
        registration.owner.name,
        registration.owner.masked_id,
        registration.unit_name,
        registration.region.name,
        registration.year,
        category.parent.name,
        str(category),
        registration.content,
        registration.hours_applied,
        registration.hours_proposed,
        registration.hours_recognised,
        registration.get_status_display(),
        "、".join(line.marks),
    ]
    if decision is None:
        return told
    return [*told, _moment(decision.created_at), decision.get_action_display(), decision.reason_name, decision.words]


def _moment(moment: datetime) -> datetime:
    """A real date for the spreadsheet, which knows no time zones: the local one, to the minute."""
    return moment.astimezone(LOCAL).replace(tzinfo=None, second=0, microsecond=0)
