"""Marks on the registrations of a queue, computed by the database for the rows that it returns."""

from __future__ import annotations

from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value, When

from hours.models import Decision, Registration
from hours.states import REJECTED, Action, Stage, Status

STAGE = Case(When(status=Status.FIRST_REVIEW, then=Value(Stage.FIRST.value)), default=Value(Stage.FINAL.value))


def with_marks(rows: QuerySet[Registration]) -> QuerySet[Registration]:
    """Annotate each registration with `has_return_request` and `has_overlap`."""
    requests = Decision.objects.filter(
        registration=OuterRef("pk"), round=OuterRef("round"), stage=OuterRef("at_stage"), action=Action.ASK_RETURN
    )
    return rows.annotate(
        at_stage=STAGE, has_return_request=_boolean(Exists(requests)), has_overlap=_boolean(Exists(_overlapping()))
    )


def _boolean(condition: Exists) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _overlapping() -> QuerySet[Registration]:
    """Return the owner's other live, submitted registrations that share time with the outer one.

    The condition is `counting.overlaps` in SQL.
    """
    others = Registration.objects.filter(owner=OuterRef("owner")).exclude(pk=OuterRef("pk"))
    others = others.exclude(status__in=[Status.DRAFT, *sorted(REJECTED)])
    shares = Q(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    is_moment = Q(starts_at=F("ends_at"), starts_at__gte=OuterRef("starts_at"), starts_at__lt=OuterRef("ends_at"))
    same_moment = Q(starts_at=OuterRef("starts_at"))
    return others.filter(shares | is_moment | same_moment)
