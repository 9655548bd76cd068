"""The batches of 单位集体登记, and the present states of their registrations.

The decision rows tell which registrations a batch created: they carry the time and the reviewer of the batch. The link
from the registration to its submission changes when the owner submits a returned registration again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from hours.models import Decision, Registration, Submission
from hours.offices import Office
from hours.states import IN_REVIEW, Action, Status
from hours.totals.summaries import status_reason


@dataclass
class BatchRecord:
    """A batch, one of its registrations for the facts of the training, and the number of registrations per status."""

    submission: Submission
    training: Registration | None = None
    states: list[tuple[Status, int]] = field(default_factory=list)


def batches_of(office: Office) -> QuerySet[Submission]:
    """Return the batches of the office's units by any reviewer, newest first; a merged unit's belong to its target."""
    decisions = Decision.objects.filter(
        actor=OuterRef("owner"), created_at=OuterRef("created_at"), action=Action.ENTER
    ).order_by()
    units = Q(unit__in=office.units) | Q(unit__merged_into__in=office.units)
    batches = Submission.objects.filter(units, Exists(decisions))
    return batches.select_related("owner").order_by("-created_at", "-pk")


def batch_registrations(batch: Submission) -> QuerySet[Registration]:
    """Return the registrations that the batch created, by their owners' names, with prefetched decisions."""
    decisions = Decision.objects.filter(actor=batch.owner_id, created_at=batch.created_at, action=Action.ENTER)
    registrations = Registration.objects.filter(pk__in=decisions.values("registration")).select_related("owner")
    return registrations.prefetch_related("decisions").order_by("owner__name", "pk")


def decision_words(registration: Registration) -> str:
    """Return reason and words of the latest decision; empty in review. The decisions should be prefetched."""
    return "" if registration.status in IN_REVIEW else status_reason(registration)


def records_of(batches: Sequence[Submission]) -> list[BatchRecord]:
    """Return a record of each batch; two queries."""
    records = {(batch.owner_id, batch.created_at): BatchRecord(batch) for batch in batches}
    decisions = Decision.objects.filter(
        actor__in={actor for actor, _ in records}, created_at__in={moment for _, moment in records}, action=Action.ENTER
    )
    rows = decisions.order_by().values_list("actor", "created_at", "registration__status")
    by_first_registration: dict[int, BatchRecord] = {}
    counts: dict[tuple, dict[str, int]] = defaultdict(dict)
    for actor, moment, status, count, first in rows.annotate(Count("pk"), Min("registration")):
        if record := records.get((actor, moment)):
            counts[actor, moment][status] = count
            by_first_registration[first] = record
    for key, training in Registration.objects.in_bulk(list(by_first_registration)).items():
        by_first_registration[key].training = training
    for batch, record in records.items():
        record.states = [(status, counts[batch][status]) for status in Status if status in counts[batch]]
    return list(records.values())
