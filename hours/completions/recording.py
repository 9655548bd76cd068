"""Record completions of 公需科目 from files and platforms, and credit those that waited.

`planning` decides. A batch is one transaction with a constant number of statements, including the kept sums of the
people. Every transaction locks courses, waiting rows, completions and sums in this order, so that none deadlock.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet

from config.constants import COMPLETION_BATCH_SIZE
from hours.models import Completion, CompletionVersion, WaitingCompletion
from hours.totals import sums
from hours.totals.sums import batched

from . import waiting_rows
from .course_names import Courses, courses_named_by
from .items import Report
from .planning import plan_batch
from .plans import BatchPlan, ItemOutcome, ItemResult
from .waiting_rows import State

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3

Outcomes = Counter[ItemOutcome]


def record(reports: Iterable[Report], source: str, *, keeps_repeated: bool = False) -> list[ItemResult]:
    """Record one batch in one transaction and return one result for each item, in their order.

    What waits is looked at again after the commit, because its person or course may have been saved in the meantime.
    Who saves a person or a course does the same, so that one of both sees the other's rows. `keeps_repeated` is that
    of plan_batch.
    """
    results = _record(list(reports), source, keeps_repeated=keeps_repeated)
    keys = [waiting_rows.row_key(result.item) for result in results if result.outcome is ItemOutcome.WAITING]
    if keys:
        kept = WaitingCompletion.objects.filter(source=source, row_key__in=keys)
        credit_after_commit(waiting_rows.known(kept))
    return results


def record_all(reports: Iterable[Report], source: str) -> Iterator[list[ItemResult]]:
    """Record any number of items, one batch and one transaction at a time."""
    for batch in batched(reports, COMPLETION_BATCH_SIZE):
        yield record(batch, source)


def credit(rows: QuerySet[WaitingCompletion], limit: int | None = None) -> Outcomes:
    """Record at most `limit` rows, the oldest first, one transaction per batch. Return the outcomes.

    The first report of a completion counts, whoever sent it. A refused row stays with the reason. A batch that fails
    is logged and does not hold up the others; its rows are tried again in the night.
    """
    outcomes: Outcomes = Counter()
    keys = list(rows.order_by("received_at", "pk").values_list("pk", flat=True)[:limit])
    for batch in batched(keys, COMPLETION_BATCH_SIZE):
        try:
            outcomes.update(_credit_batch(batch))
        except IntegrityError:
            log.exception("A batch of waiting completions failed; its rows are credited one by one.")
            outcomes.update(_credit_one_by_one(batch))
        except DatabaseError:
            log.exception("A batch of waiting completions failed.")
    return outcomes


def credit_after_commit(rows: QuerySet[WaitingCompletion], limit: int | None = None) -> None:
    """Credit rows once the transaction is committed: inside it would hold their locks until then.

    An error is logged and does not undo what was committed; the night tries again.
    """

    def credit_rows() -> None:
        credit(rows, limit)

    transaction.on_commit(credit_rows, robust=True)


# --- One batch -------------------------------------------------------------------------------------


def _record(
    reports: Sequence[Report], source: str, courses: Courses | None = None, *, keeps_repeated: bool
) -> list[ItemResult]:
    """Record a batch; if another connection saves or keeps one of its completions meanwhile, repeat and find it."""
    for _ in range(MAX_ATTEMPTS - 1):
        with suppress(IntegrityError):
            return _record_once(reports, source, courses, keeps_repeated)
    return _record_once(reports, source, courses, keeps_repeated)


@transaction.atomic
def _record_once(
    reports: Sequence[Report], source: str, courses: Courses | None, keeps_repeated: bool
) -> list[ItemResult]:
    plan = plan_batch(reports, source, lock=True, courses=courses, keeps_repeated=keeps_repeated)
    write(plan)
    return plan.results


def _credit_one_by_one(keys: Sequence[int]) -> Outcomes:
    outcomes: Outcomes = Counter()
    for key in keys:
        try:
            outcomes.update(_credit_batch([key]))
        except IntegrityError:
            log.exception("Waiting completion %s cannot be credited.", key)
    return outcomes


@transaction.atomic
def _credit_batch(keys: Sequence[int]) -> Iterable[ItemOutcome]:
    """Record rows in the order of their keys, which deletes the credited ones; mark the refused ones.

    A course that is entered meanwhile does not count as known: its lock would come after those of the rows. A row that
    is replaced meanwhile is left to who replaced it.
    """
    batch = WaitingCompletion.objects.filter(pk__in=keys)
    places = {key: place for place, key in enumerate(keys)}
    before = {row.pk: waiting_rows.item_of(row, places[row.pk]) for row in batch}
    courses = courses_named_by(list(before.values()), lock=True)
    locked = {row.pk: row for row in waiting_rows.in_lock_order(batch)}
    items = {key: waiting_rows.item_of(row, places[key]) for key, row in locked.items()}
    rows = [locked[key] for key in keys if key in items and items[key] == before.get(key)]
    results = _record([items[row.pk] for row in rows], "", courses, keeps_repeated=True)
    refused = [
        _refuse(row, result) for row, result in zip(rows, results, strict=True) if result.outcome is ItemOutcome.REFUSED
    ]
    WaitingCompletion.objects.bulk_update(refused, ["state", "reason"], batch_size=200)
    return [ItemOutcome.WAITING if result.kept_as else result.outcome for result in results]


def _refuse(row: WaitingCompletion, result: ItemResult) -> WaitingCompletion:
    row.state, row.reason = State.REFUSED, result.message[: WaitingCompletion.REASON_LENGTH]
    return row


def write(plan: BatchPlan) -> None:
    """Store the rows of a plan and recount the sums of their people."""
    WaitingCompletion.objects.filter(pk__in=plan.claimed).delete()
    waiting_rows.keep(plan.waiting, plan.kept)
    Completion.objects.filter(pk__in=[row.pk for row in plan.removed if row.pk]).delete()
    Completion.objects.bulk_create(sorted(plan.new, key=lambda row: (row.person_id, row.course_id)))
    _update(plan.corrected.values())
    CompletionVersion.objects.bulk_create(plan.versions)
    sums.update_for_people(plan.person_years)
    if plan.removed:
        credit_after_commit(waiting_rows.repeating(plan.removed))


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
