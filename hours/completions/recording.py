"""Record completions of 公需科目 from files and platforms, and credit those that waited.

`planning` decides. A batch is one transaction with a constant number of statements, including the kept sums of the
people. Every transaction locks courses, waiting rows, completions and sums in this order, so that none deadlock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from operator import itemgetter

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from accounts.crypto import digest
from config.constants import COMPLETION_BATCH_SIZE
from hours.models import Completion, CompletionVersion, WaitingCompletion
from hours.totals import sums
from hours.totals.sums import batched

from . import waiting_rows
from .course_names import Courses, lock_courses
from .items import CompletionItem
from .planning import BatchPlan, ItemOutcome, ItemResult, plan_batch
from .waiting_rows import State

MAX_ATTEMPTS = 3

Outcomes = Counter[ItemOutcome]


def record(items: Iterable[CompletionItem], source: str) -> list[ItemResult]:
    """Record one batch in one transaction and return one result for each item, in their order.

    What waits is looked at again after the commit, because its person or course may have been saved in the meantime.
    Who saves a person or a course does the same, so that one of both sees the other's rows.
    """
    results = _record(list(items), source)
    keys = [waiting_rows.row_key(result.item) for result in results if result.outcome is ItemOutcome.WAITING]
    if keys:
        kept = WaitingCompletion.objects.filter(source=source, row_key__in=keys)
        transaction.on_commit(partial(credit, waiting_rows.known(kept)), robust=True)
    return results


def record_all(items: Iterable[CompletionItem], source: str) -> Iterator[list[ItemResult]]:
    """Record any number of items, one batch and one transaction at a time."""
    for batch in batched(items, COMPLETION_BATCH_SIZE):
        yield record(batch, source)


def credit(rows: QuerySet[WaitingCompletion], limit: int | None = None) -> Outcomes:
    """Record at most `limit` rows, one transaction per batch of a source. Return the outcomes.

    A refused row stays with the reason.
    """
    outcomes: Outcomes = Counter()
    keys = rows.order_by("source", "pk").values_list("source", "pk")[:limit]
    for source, of_source in groupby(list(keys), key=itemgetter(0)):
        for batch in batched((key for _, key in of_source), COMPLETION_BATCH_SIZE):
            outcomes.update(_credit_batch(source, batch))
    return outcomes


@transaction.atomic
def withdraw(source: str, key: str) -> bool:
    """Delete what a source reported under its number, recorded or waiting; return whether there was anything."""
    waiting, _ = WaitingCompletion.objects.filter(source=source, source_key=key, row_key=digest(key)).delete()
    rows = Completion.objects.select_for_update(no_key=True, of=("self",)).filter(source=source, source_key=key)
    row = rows.select_related("course").first()
    if row is None:
        return bool(waiting)
    row.delete()
    sums.update_for_people([(row.person_id, row.course.year)])
    return True


# --- One batch -------------------------------------------------------------------------------------


def _record(items: Sequence[CompletionItem], source: str, courses: Courses | None = None) -> list[ItemResult]:
    """Record a batch; if another connection saves or keeps one of its completions meanwhile, repeat and find it."""
    for _ in range(MAX_ATTEMPTS - 1):
        with suppress(IntegrityError):
            return _record_once(items, source, courses)
    return _record_once(items, source, courses)


@transaction.atomic
def _record_once(items: Sequence[CompletionItem], source: str, courses: Courses | None) -> list[ItemResult]:
    plan = plan_batch(items, source, lock=True, courses=courses)
    recorded = {waiting_rows.row_key(result.item) for result in plan.results if result.course is not None}
    plan.waiting = [row for row in plan.waiting if waiting_rows.key_of(row) not in recorded]
    write(plan)
    if claimed := [row.pk for key, row in plan.kept.items() if key in recorded]:
        WaitingCompletion.objects.filter(pk__in=claimed).delete()
    return plan.results


@transaction.atomic
def _credit_batch(source: str, keys: Sequence[int]) -> Iterable[ItemOutcome]:
    """Record rows of one source, which deletes the credited ones; mark the refused ones.

    A course that is entered meanwhile does not count as known: its lock would come after those of the rows.
    """
    batch = WaitingCompletion.objects.filter(pk__in=keys)
    courses = lock_courses(batch.values_list("course_number", "year", "course_name", "course_code"))
    rows = list(batch.select_for_update().order_by("row_key"))
    results = _record([waiting_rows.item_of(row, position) for position, row in enumerate(rows)], source, courses)
    refused = [
        _refuse(row, result) for row, result in zip(rows, results, strict=True) if result.outcome is ItemOutcome.REFUSED
    ]
    WaitingCompletion.objects.bulk_update(refused, ["state", "reason"], batch_size=200)
    return [result.outcome for result in results]


def _refuse(row: WaitingCompletion, result: ItemResult) -> WaitingCompletion:
    row.state, row.reason = State.REFUSED, result.message[: WaitingCompletion.REASON_LENGTH]
    return row


def write(plan: BatchPlan) -> None:
    """Store the rows of a plan and recount the sums of their people."""
    waiting_rows.keep(plan.waiting, plan.kept)
    Completion.objects.bulk_create(sorted(plan.new, key=lambda row: (row.person_id, row.course_id)))
    _update(plan.corrected.values())
    CompletionVersion.objects.bulk_create(plan.versions)
    sums.update_for_people(plan.person_years)


def _update(rows: Iterable[Completion]) -> None:
    """Store hours and days with one prepared statement, because `bulk_update` compares every row with every key."""
    hours = Completion._meta.get_field("hours")
    day = Completion._meta.get_field("completed_on")
    values = [
        (hours.get_db_prep_save(row.hours, connection), day.get_db_prep_save(row.completed_on, connection), row.pk)
        for row in rows
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE hours_completion SET hours = %s, completed_on = %s WHERE id = %s", values)
