"""Registrations as the lines of a list: the template context of each line, with all values formatted as text.

Looking up, comparing and formatting each cell in the template takes longer than everything else on the page. So a line
is a plain dictionary, and the template only places its values.
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
# A registration, the steps of its progress, the words of its last decision, and label and address of each action.
LookedUp = tuple[Registration, list[Step], str, list[tuple[str, str]]]
# The columns that the lines of each list need; the others are not read.
LIST_COLUMNS = ("owner_id", "status", "content", "year", "starts_at", "ends_at", "hours_applied")
LOOKUP_COLUMNS = (
    *(*LIST_COLUMNS, "round", "is_unaffiliated", "unit_name"),
    *("unit__name", "unit__state", "region__name", "category__parent__name"),
)


def basic_line(registration: Registration, position: int) -> LineContext:
    """Return what every list shows of a registration.

    Numbers are text: templates localise others, which costs a list 8 % of its time.
    """
    return {
        "key": str(registration.pk),
        "number": str(position),
        "content": registration.content,
        "year": str(registration.year),
        "hours": format_number(registration.hours_applied),
        "tone": tone(registration.status),
        "state": Status(registration.status).label,
        "detail_url": url_with_pk("hours:detail", registration.pk),
    }


def editable_lines(registrations: Sequence[Registration], first: int, categories: dict[int, str]) -> list[LineContext]:
    """Return the lines of 学时登记, numbered from `first`; `categories` maps categories to names.

    Returned registrations carry the reason.
    """
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


def lookup_lines(registrations: Sequence[LookedUp], first: int, opened: str) -> list[LineContext]:
    """Return the lines of 培训登记详情, numbered from `first`; the one with the primary key `opened` is expanded."""
    return [
        {
            **basic_line(registration, position),
            **day_and_time(registration.starts_at, "start_"),
            **day_and_time(registration.ends_at, "end_"),
            "first_level": _first_level(registration.category),
            "is_open": opened == str(registration.pk),
            "words": words,
            "offered": links,
            "is_unaffiliated": registration.is_unaffiliated,
            "is_unit_pending": _waits_for_unit(registration),
            "steps": [_step_context(step) for step in steps],
        }
        for position, (registration, steps, words, links) in enumerate(registrations, first)
    ]


def uncounted_lines(rows: Sequence[tuple[Registration, str]]) -> list[LineContext]:
    """Return the lines of 未计入的登记 in 培训总体查询, each with the reason."""
    return [{**basic_line(registration, position), "why": why} for position, (registration, why) in enumerate(rows, 1)]


def _first_level(category: Category) -> str:
    return category.parent.name if category.parent else ""


def _waits_for_unit(registration: Registration) -> bool:
    unit = registration.unit
    return registration.status == Status.FIRST_REVIEW and unit is not None and unit.is_pending


def _step_context(step: Step) -> LineContext:
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
    """Return day and time apart, so that a narrow column wraps between them."""
    day, _, time = format_minute(moment).partition(" ")
    return {f"{prefix}day": day, f"{prefix}time": time}


def category_names() -> dict[int, str]:
    """Map each second-level category to the names of both levels; one query."""
    categories = Category.objects.filter(parent__isnull=False).order_by()
    rows = categories.values_list("pk", "parent__name", "name", "is_example")
    return {pk: f"{first} · {category_name(name, is_example)}" for pk, first, name, is_example in rows}
