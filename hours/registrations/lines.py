"""READ: registrations as the lines of a list, every word as text.

A template that looks up, compares and formats each cell of twenty rows by itself takes longer than everything else on
the page. So a line is a plain dictionary of what it shows, and the template only says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import prefetch_related_objects

from config.templatetags.formatting import format_hours
from config.web.addresses import url_with_pk
from hours.counting import LOCAL
from hours.models import Category, Registration
from hours.models.settings import category_name
from hours.states import DELETABLE, Status
from hours.totals import summaries
from hours.wording import format_minute, format_number, step_tone, tone

from .progress import Step

LineContext = dict[str, object]
# What lines need of a row; the other columns are not read.
LIST_COLUMNS = ("owner_id", "status", "content", "year", "starts_at", "ends_at", "hours_applied")
LOOKUP_COLUMNS = (
    *(*LIST_COLUMNS, "round", "is_unaffiliated", "unit_name"),
    *("unit__name", "unit__state", "region__name", "category__parent__name"),
)


def basic_line(registration: Registration, position: int) -> LineContext:
    """What every list shows of a registration."""
    return {
        "key": registration.pk,
        "number": position,
        "content": registration.content,
        "year": registration.year,
        "hours": format_number(registration.hours_applied),
        "tone": tone(registration.status),
        "state": Status(registration.status).label,
        "detail_url": url_with_pk("hours:detail", registration.pk),
    }


def editable_lines(registrations: Sequence[Registration], first: int, categories: dict[int, str]) -> list[LineContext]:
    """学时登记: numbered from `first`; `categories` names the categories. Returned ones tell why."""
    returned = [registration for registration in registrations if registration.status == Status.RETURNED]
    prefetch_related_objects(returned, "decisions")
    return [
        {
            **basic_line(registration, position),
            "start": format_minute(registration.starts_at),
            "end": format_minute(registration.ends_at),
            "category": categories[registration.category_id],
            "returned": registration.status == Status.RETURNED,
            "words": summaries.status_reason(registration) if registration.status == Status.RETURNED else "",
            "deletable": registration.status in DELETABLE,
            "edit_url": url_with_pk("hours:edit", registration.pk),
        }
        for position, registration in enumerate(registrations, first)
    ]


def lookup_lines(registrations: Sequence[tuple], first: int, opened: str) -> list[LineContext]:
    """培训登记详情: (registration, its steps, the last words, label and address of what is offered); `opened` is a
    key.
    """
    return [
        {
            **basic_line(registration, position),
            **day_and_time(registration.starts_at, "start_"),
            **day_and_time(registration.ends_at, "end_"),
            "first_level": registration.category.parent.name,
            "is_open": opened == str(registration.pk),
            "words": words,
            "offered": offered,
            "is_unaffiliated": registration.is_unaffiliated,
            "is_unit_pending": registration.status == Status.FIRST_REVIEW and registration.unit.is_pending,
            "steps": [_step(step) for step in steps],
        }
        for position, (registration, steps, words, offered) in enumerate(registrations, first)
    ]


def uncounted_lines(rows: Sequence[tuple[Registration, str]]) -> list[LineContext]:
    """未计入的登记 of 培训总体查询, each with why."""
    return [{**basic_line(registration, position), "why": why} for position, (registration, why) in enumerate(rows, 1)]


def _step(step: Step) -> LineContext:
    """A step of the progress; one without a moment is waited for."""
    return {
        "tone": step_tone(step),
        "stage": step.stage,
        "decision": step.decision,
        "hours": "" if step.hours is None else format_hours(step.hours),
        "office": step.office,
        "when": step.when and format_minute(step.when),
        "iso": step.when and step.when.astimezone(LOCAL).isoformat(),
        "reason": step.reason,
        "words": step.words,
    }


def day_and_time(moment: datetime, prefix: str = "") -> LineContext:
    """Apart, so that a narrow column breaks between them and not within the day."""
    day, _, time = format_minute(moment).partition(" ")
    return {f"{prefix}day": day, f"{prefix}time": time}


def category_names() -> dict[int, str]:
    """Type -> both levels in words; one query."""
    rows = Category.objects.filter(parent__isnull=False).order_by()
    rows = rows.values_list("pk", "parent__name", "name", "is_example")
    return {pk: f"{first} · {category_name(name, is_example)}" for pk, first, name, is_example in rows}
