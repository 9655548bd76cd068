"""READ: entries as the lines of a list, every word as text.

A template that looks up, compares and formats each cell of twenty rows by itself takes longer than everything else on
the page. So a line is a plain dictionary of what it shows, and the template only says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils.html import escape
from django.utils.safestring import mark_safe

from config.addresses import of_row
from config.templatetags.facts import hours, step_tone, tone

from . import summaries
from .counting import LOCAL, minute, number
from .models import Category, Registration
from .models.settings import category_name
from .progress import Step
from .review_queue import Line as QueueLine
from .states import DELETABLE, Status

Line = dict[str, object]
# What lines need of a row; the other columns are not read.
COLUMNS = ("owner_id", "status", "content", "year", "starts_at", "ends_at", "hours_applied")
LOOKED_UP = (
    *(*COLUMNS, "round", "is_unaffiliated", "unit_name"),
    *("unit__name", "unit__state", "region__name", "category__parent__name"),
)


def _common(entry: Registration, position: int) -> Line:
    """What every list shows of an entry. Its content is written several times, so it is made safe once."""
    return {
        "key": _safe(entry.pk),
        "number": _safe(position),
        "content": escape(entry.content),
        "year": _safe(entry.year),
        "hours": _safe(number(entry.hours_applied)),
        "tone": _safe(tone(entry.status)),
        "state": _safe(Status(entry.status).label),
        "detail_url": _safe(of_row("hours:detail", entry.pk)),
    }


def _safe(fact) -> str:
    """A number, a day, or a word or address of our own: nothing that anybody typed, so nothing to escape."""
    return mark_safe(str(fact))  # noqa: S308


def to_work_on(entries: Sequence[Registration], first: int, kinds: dict[int, str]) -> list[Line]:
    """学时登记: numbered from `first`; `kinds` names the types. Returned ones tell why."""
    returned = [entry for entry in entries if entry.status == Status.RETURNED]
    prefetch_related_objects(returned, "decisions")
    return [
        {
            **_common(entry, position),
            "start": _safe(minute(entry.starts_at)),
            "end": _safe(minute(entry.ends_at)),
            "kind": escape(kinds[entry.category_id]),
            "returned": entry.status == Status.RETURNED,
            "words": summaries.last_words(entry) if entry.status == Status.RETURNED else "",
            "deletable": entry.status in DELETABLE,
            "edit_url": _safe(of_row("hours:edit", entry.pk)),
        }
        for position, entry in enumerate(entries, first)
    ]


def to_look_up(entries: Sequence[tuple], first: int, opened: str) -> list[Line]:
    """培训登记详情: (entry, its steps, the last words, label and address of what is offered); `opened` is a key."""
    return [
        {
            **_common(entry, position),
            **_day_and_time(entry.starts_at, "start_"),
            **_day_and_time(entry.ends_at, "end_"),
            "kind": escape(entry.category.parent.name),
            "is_open": opened == str(entry.pk),
            "words": words,
            "offered": offered,
            "is_unaffiliated": entry.is_unaffiliated,
            "is_unit_pending": entry.status == Status.FIRST_REVIEW and entry.unit.is_pending,
            "steps": [_step(step) for step in steps],
        }
        for position, (entry, steps, words, offered) in enumerate(entries, first)
    ]


def uncounted(rows: Sequence[tuple[Registration, str]]) -> list[Line]:
    """未计入的登记 of 培训总体查询, each with why."""
    return [{**_common(entry, position), "why": why} for position, (entry, why) in enumerate(rows, 1)]


def _step(step: Step) -> Line:
    """A step of the progress; one without a moment is waited for."""
    return {
        "tone": _safe(step_tone(step)),
        "stage": _safe(step.stage),
        "decision": _safe(step.decision),
        "hours": "" if step.hours is None else _safe(hours(step.hours)),
        "office": escape(step.office),
        "when": step.when and _safe(minute(step.when)),
        "iso": step.when and _safe(step.when.astimezone(LOCAL).isoformat()),
        "reason": step.reason,
        "words": step.words,
    }


LATE_AFTER = 14  # days


def to_review(lines: Sequence[QueueLine], here: str, kinds: dict[int, str]) -> list[Line]:
    """学时审核: each leads to its entry and back to `here`. In 已处理 each tells the decision and its moment."""
    return [
        {
            **_common(line.entry, 0),
            "value": _safe(line.value),
            **_day_and_time(line.decision.created_at if line.decision else line.entry.submitted_at),
            "moment_note": _safe(line.decision.get_action_display() if line.decision else _waited(line)),
            "is_late": not line.decision and line.is_waiting and line.days > LATE_AFTER,
            "owner": escape(line.entry.owner.name),
            "masked": _safe(line.entry.owner.masked_id),
            "unit": escape(line.entry.unit_name),
            "region": escape(line.entry.region.name),
            "kind": escape(kinds[line.entry.category_id]),
            "marks": line.marks,
            "proposed": _safe(hours(line.entry.hours_proposed)),
            "url": escape(of_row("hours:review_detail", line.entry.pk) + here),
        }
        for line in lines
    ]


def _day_and_time(moment: datetime, prefix: str = "") -> Line:
    """Apart, so that a narrow column breaks between them and not within the day."""
    day, _, time = minute(moment).partition(" ")
    return {f"{prefix}day": _safe(day), f"{prefix}time": _safe(time)}


def _waited(line: QueueLine) -> str:
    if not line.is_waiting:
        return ""
    return f"已等 {line.days} 天" if line.days else "今天"


def kinds() -> dict[int, str]:
    """Type -> both levels in words; one query."""
    rows = Category.objects.filter(parent__isnull=False).order_by()
    rows = rows.values_list("pk", "parent__name", "name", "is_example")
    return {pk: f"{first} · {category_name(name, is_example)}" for pk, first, name, is_example in rows}
