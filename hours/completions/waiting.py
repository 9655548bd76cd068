"""When waiting completions are credited: as soon as their person or course becomes known, and every night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User, identity_digest
from config.constants import CREDITED_AT_ONCE
from hours.models import Course, WaitingCompletion

from . import waiting_rows
from .recording import Outcomes, credit
from .waiting_rows import State


def credit_people(people: Sequence[User]) -> None:
    """Credit what waits for people who were added or whose ID numbers changed, after the commit."""
    digests = [identity_digest(person.id_number) for person in people]
    _credit_after_commit(WaitingCompletion.objects.filter(id_digest__in=digests))


def credit_courses(courses: Sequence[Course]) -> None:
    """The same for courses that were added or changed."""
    if not courses:
        return
    named = Q(year__in={course.year for course in courses}, course_name__in={course.name for course in courses})
    numbered = Q(course_number__in=[course.pk for course in courses])
    coded = Q(course_code__in=[course.code for course in courses if course.code])
    _credit_after_commit(WaitingCompletion.objects.filter(named | numbered | coded).exclude(state=State.PERSON))


def credit_known() -> Outcomes:
    """Credit every row whose person and course are known by now; the safety net of the two above."""
    return credit(waiting_rows.known(WaitingCompletion.objects.all()))


def delete_expired() -> int:
    """Delete rows older than WAITING_COMPLETION_DAYS; return their number."""
    before = timezone.now() - timedelta(days=settings.WAITING_COMPLETION_DAYS)
    return WaitingCompletion.objects.filter(received_at__lt=before).delete()[0]


def _credit_after_commit(rows: QuerySet[WaitingCompletion]) -> None:
    """Credit at most CREDITED_AT_ONCE rows, because somebody waits; the others are left to the night.

    In the transaction it would hold their locks until the commit.
    """
    transaction.on_commit(partial(credit, rows, CREDITED_AT_ONCE), robust=True)
