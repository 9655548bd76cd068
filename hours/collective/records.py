"""READ: what units have entered for their people (单位集体登记), and what has become of it.

The decision rows of a batch carry its moment and its reviewer. They tell which registrations it made for good: a
registration that
was returned belongs to the submission of its owner afterwards.
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
class Record:
    """One batch: its training as a registration of it tells, and how many of its registrations stand where."""

    submission: Submission
    training: Registration | None = None
    states: list[tuple[Status, int]] = field(default_factory=list)


def batches_of(office: Office) -> QuerySet[Submission]:
    """What was entered for the people of these units, latest first, by whomever."""
    made = Decision.objects.filter(
        actor=OuterRef("owner"), created_at=OuterRef("created_at"), action=Action.ENTER
    ).order_by()
    here = Q(unit__in=office.units) | Q(unit__merged_into__in=office.units)
    entered = Submission.objects.filter(here, Exists(made))
    return entered.select_related("owner").order_by("-created_at", "-pk")


def registrations_of(submission: Submission) -> QuerySet[Registration]:
    """The registrations of one batch, by their owners' names."""
    made = Decision.objects.filter(actor=submission.owner_id, created_at=submission.created_at, action=Action.ENTER)
    registrations = Registration.objects.filter(pk__in=made.values("registration")).select_related("owner")
    return registrations.prefetch_related("decisions").order_by("owner__name", "pk")


def said_of(registration: Registration) -> str:
    """What its reviewer said who decided about it; empty while it waits. Its decisions should be prefetched."""
    return "" if registration.status in IN_REVIEW else status_reason(registration)


def records_of(batches: Sequence[Submission]) -> list[Record]:
    """Each batch with its training and its states; two queries."""
    records = {(row.owner_id, row.created_at): Record(row) for row in batches}
    made = Decision.objects.filter(
        actor__in={actor for actor, _ in records}, created_at__in={moment for _, moment in records}, action=Action.ENTER
    )
    rows = made.order_by().values_list("actor", "created_at", "registration__status")
    first: dict[int, Record] = {}
    found: dict[tuple, dict[str, int]] = defaultdict(dict)
    for actor, moment, status, count, key in rows.annotate(Count("pk"), Min("registration")):
        if record := records.get((actor, moment)):
            found[actor, moment][status] = count
            first[key] = record
    for key, training in Registration.objects.in_bulk(list(first)).items():
        first[key].training = training
    for pair, record in records.items():
        record.states = [(status, found[pair][status]) for status in Status if status in found[pair]]
    return list(records.values())
