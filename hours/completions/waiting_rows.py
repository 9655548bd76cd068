"""The rows of 待认领学时: made from reported items, found again by them, and turned back into items."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.crypto import digest
from accounts.models import User
from hours.models import Course, WaitingCompletion

from .items import CompletionItem

State = WaitingCompletion.State
# What a later report of the same completion replaces; the day of the first report stays.
REPLACED = [
    *("id_number", "id_digest", "id_tail", "year", "course_name", "course_number", "course_code"),
    *("hours", "caps_hours", "completed_on", "source_key", "state", "reason"),
]


def make_row(
    item: CompletionItem, source: str, hours: Decimal | None, day: date, state: State, reason: str
) -> WaitingCompletion:
    """Return the row that keeps an item with its parsed values."""
    row = _named(item)
    row.hours, row.caps_hours, row.completed_on, row.source = hours, item.caps_hours, day, source
    row.state, row.reason = state, reason[: WaitingCompletion.REASON_LENGTH]
    return row


def item_of(row: WaitingCompletion, position: int) -> CompletionItem:
    """Return the item that a row keeps."""
    return CompletionItem(
        position=position,
        id_number=row.id_number,
        course=row.course_name,
        year=row.year,
        course_id=row.course_number,
        course_code=row.course_code,
        hours=row.hours,
        completed_on=row.completed_on,
        key=row.source_key,
        caps_hours=row.caps_hours,
    )


def row_key(item: CompletionItem) -> str:
    """Return the key under which an item is kept within its source."""
    return key_of(_named(item))


def key_of(row: WaitingCompletion) -> str:
    """Return the key of a row that may not be stored yet."""
    return digest(row.row_identity)


def _named(item: CompletionItem) -> WaitingCompletion:
    """Return a row with the person and the course of an item; a course with a code or number needs no name."""
    return WaitingCompletion(
        id_number=item.id_number,
        year=item.year,
        course_name="" if item.course_code or item.course_id is not None else item.course,
        course_number=item.course_id,
        course_code=item.course_code,
        source_key=item.key,
    )


def keep(rows: Iterable[WaitingCompletion], locked: Container[str]) -> None:
    """Replace the rows whose keys are locked and insert the others.

    A row that another connection inserted after the lock raises IntegrityError. To wait for its lock while other rows
    are held could deadlock.
    """
    latest = {key_of(row): row for row in rows}
    ordered = [latest[key] for key in sorted(latest)]
    WaitingCompletion.objects.bulk_create(
        [row for row in ordered if key_of(row) in locked],
        update_conflicts=True,
        unique_fields=["source", "row_key"],
        update_fields=REPLACED,
    )
    WaitingCompletion.objects.bulk_create([row for row in ordered if key_of(row) not in locked])


def lock(source: str, items: Sequence[CompletionItem]) -> dict[str, WaitingCompletion]:
    """Lock the rows that keep these items of a source, in the order of their keys; return them by key."""
    rows = WaitingCompletion.objects.filter(source=source, row_key__in=[row_key(item) for item in items])
    return {row.row_key: row for row in rows.select_for_update().order_by("row_key")}


def known(rows: QuerySet[WaitingCompletion]) -> QuerySet[WaitingCompletion]:
    """Return the rows that were not tried yet although their person and course are known."""
    people = User.objects.filter(id_digest=OuterRef("id_digest"))
    by_name = Q(year=OuterRef("year"), name=OuterRef("course_name"))
    numbered = Exists(Course.objects.filter(pk=OuterRef("course_number")))
    named = Exists(Course.objects.filter(by_name))
    coded = Exists(Course.objects.filter(code=OuterRef("course_code")))
    course = coded | numbered | Q(course_code="", course_number=None) & named
    return rows.exclude(state=State.REFUSED).filter(Exists(people), course)
