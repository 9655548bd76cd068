"""The rows of 待认领学时: made from reported items, found again by them, and turned back into items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.crypto import digest
from accounts.identity import normalise
from accounts.models import User
from hours.models import Completion, Course, WaitingCompletion

from .items import CompletionItem

State = WaitingCompletion.State
Place = tuple[str, str]  # the source and the row's key within it
# What a later report of the same completion replaces; the day of the first report stays.
REPLACED = [
    *("id_number", "id_digest", "id_tail", "year", "course_name", "course_key", "course_labels", "course_number"),
    *("course_code", "hours", "caps_hours", "completed_on", "source_key", "state", "reason"),
]


def make_row(item: CompletionItem, source: str, hours: Decimal | None, day: date) -> WaitingCompletion:
    """Return the row that keeps an item with its parsed values, still without a state."""
    row = _named(item)
    row.hours, row.caps_hours, row.completed_on, row.source = hours, item.caps_hours, day, source
    return row


def item_of(row: WaitingCompletion, position: int) -> CompletionItem:
    """Return the item that a row keeps."""
    return CompletionItem(
        position=position,
        source=row.source,
        id_number=row.id_number,
        course=row.course_name,
        year=row.year,
        course_id=row.course_number,
        course_code=row.course_code,
        course_labels=tuple(row.course_labels),
        hours=row.hours,
        completed_on=row.completed_on,
        key=row.source_key,
        caps_hours=row.caps_hours,
    )


def reports_same(row: WaitingCompletion, other: WaitingCompletion) -> bool:
    """Whether two reports have the same facts, whatever became of them."""
    return _facts(row) == _facts(other)


def _facts(row: WaitingCompletion) -> tuple[object, ...]:
    course = row.year, row.course_name, row.course_number, row.course_code
    return normalise(row.id_number), course, row.hours, row.completed_on


def row_key(item: CompletionItem) -> str:
    """Return the key under which an item is kept within its source."""
    return digest(_named(item).row_identity)


def key_of_number(source_key: str) -> str:
    """Return the key under which an item with this number is kept within its source."""
    return digest(WaitingCompletion(source_key=source_key).row_identity)


def _named(item: CompletionItem) -> WaitingCompletion:
    """Return a row with the person and the course of an item."""
    return WaitingCompletion(
        id_number=item.id_number,
        year=item.year,
        course_name=item.course,
        course_labels=list(item.course_labels),
        course_number=item.course_id,
        course_code=item.course_code,
        source_key=item.key,
    )


def keep(rows: Mapping[Place, WaitingCompletion], locked: Mapping[Place, WaitingCompletion]) -> None:
    """Replace the rows that are locked and insert the others.

    A row that another connection inserted after the lock raises IntegrityError. To wait for its lock while other rows
    are held could deadlock.
    """
    ordered = sorted(rows)
    WaitingCompletion.objects.bulk_create(
        [rows[place] for place in ordered if place in locked],
        update_conflicts=True,
        unique_fields=["source", "row_key"],
        update_fields=REPLACED,
    )
    WaitingCompletion.objects.bulk_create([rows[place] for place in ordered if place not in locked])


def lock(places: Sequence[Place]) -> dict[Place, WaitingCompletion]:
    """Lock the rows at these places and return them."""
    rows = WaitingCompletion.objects.filter(
        source__in={source for source, _ in places}, row_key__in={key for _, key in places}
    )
    wanted = set(places)
    found = {(row.source, row.row_key): row for row in in_lock_order(rows)}
    return {place: row for place, row in found.items() if place in wanted}


def in_lock_order(rows: QuerySet[WaitingCompletion]) -> QuerySet[WaitingCompletion]:
    """Return the rows with their locks, which everybody takes in the same order."""
    return rows.select_for_update().order_by("row_key", "source")


def known(rows: QuerySet[WaitingCompletion]) -> QuerySet[WaitingCompletion]:
    """Return the rows that were not tried yet although their person and course are known.

    A repeated report is one of them once the completion is gone that was recorded instead of it.
    """
    people = User.objects.filter(id_digest=OuterRef("id_digest"))
    numbered = Exists(Course.objects.filter(pk=OuterRef("course_number")))
    named = Exists(Course.objects.filter(year=OuterRef("year"), name_key=OuterRef("course_key")))
    coded = Exists(Course.objects.filter(code=OuterRef("course_code")))
    course = coded | numbered | Q(course_code="", course_number=None) & named
    is_free = ~Q(state=State.REPEATED) | ~Exists(_recorded_instead())
    return rows.exclude(state=State.REFUSED).filter(Exists(people), course, is_free)


def _recorded_instead() -> QuerySet[Completion]:
    of_person = Completion.objects.filter(person__id_digest=OuterRef("id_digest"))
    by_name = Q(course__year=OuterRef("year"), course__name_key=OuterRef("course_key"))
    return of_person.filter(Q(course=OuterRef("course_number")) | Q(course__code=OuterRef("course_code")) | by_name)


def repeating(completions: Iterable[Completion]) -> QuerySet[WaitingCompletion]:
    """Return the repeated reports of the people and courses of these completions, which are not recorded any more."""
    completions = list(completions)
    courses = {row.course for row in completions}
    people = User.objects.filter(pk__in={row.person_id for row in completions})
    numbered = Q(course_number__in={course.pk for course in courses})
    coded = Q(course_code__in={course.code for course in courses if course.code})
    named = Q(year__in={course.year for course in courses}, course_key__in={course.name_key for course in courses})
    of_people = WaitingCompletion.objects.filter(state=State.REPEATED, id_digest__in=people.values("id_digest"))
    return of_people.filter(numbered | coded | named)
