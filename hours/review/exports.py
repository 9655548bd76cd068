"""A review list as an Excel file, with the columns and the masking of the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO

from config.files.sheets import CONTENT_TYPE, Cell, Sheet, write
from hours.counting import LOCAL

from .queue import QueueLine

__all__ = ["CONTENT_TYPE", "review_workbook"]
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
DECISION_COLUMNS = (("处理时间", 18), ("处理结果", 12), ("原因", 16), ("意见", 40))


def review_workbook(lines: Iterable[QueueLine], *, with_decisions: bool = False) -> IO[bytes]:
    """Return a temporary file that disappears when it is closed; `with_decisions` adds the decision of each line."""
    columns = (*COLUMNS, *DECISION_COLUMNS) if with_decisions else COLUMNS
    return write([Sheet("学时审核", columns, map(_cells, lines))])


def _cells(line: QueueLine) -> list[Cell]:
    registration, decision = line.registration, line.decision
    category, region = registration.category, registration.region
    cells: list[Cell] = [
        _local(line.submitted_at),
        registration.owner.name,
        registration.owner.masked_id,
        registration.unit_name,
        region.name if region else None,
        registration.year,
        category.parent.name if category.parent else None,
        str(category),
        registration.content,
        registration.hours_applied,
        registration.hours_proposed,
        registration.hours_recognised,
        registration.get_status_display(),
        "、".join(line.marks),
    ]
    if decision:
        cells += _local(decision.created_at), decision.get_action_display(), decision.reason_name, decision.words
    return cells


def _local(moment: datetime) -> datetime:
    """Return the local time to the minute, without a time zone, which spreadsheets do not know."""
    return moment.astimezone(LOCAL).replace(tzinfo=None, second=0, microsecond=0)
