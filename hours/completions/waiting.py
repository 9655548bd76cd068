"""When waiting completions are credited: as soon as their person or course becomes known, and every night.

At most CREDITED_AT_ONCE are credited while somebody waits; the others are left to the night.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, identity_digest
from config.constants import CREDITED_AT_ONCE
from config.texts import comparison_digest
from hours.models import Course, WaitingCompletion

from . import waiting_rows
from .recording import Outcomes, credit, credit_after_commit
from .waiting_rows import State


def credit_people(people: Sequence[User]) -> None:
    """Credit what waits for people who were added or whose ID numbers changed, after the commit."""
    digests = [identity_digest(person.id_number) for person in people]
    credit_after_commit(WaitingCompletion.objects.filter(id_digest__in=digests), CREDITED_AT_ONCE)


def credit_courses(courses: Sequence[Course]) -> None:
    """The same for courses that were added or changed."""
    if not courses:
        return
    keys = {comparison_digest(course.name) for course in courses}
    named = Q(year__in={course.year for course in courses}, course_key__in=keys)
    numbered = Q(course_number__in=[course.pk for course in courses])
    coded = Q(course_code__in=[course.code for course in courses if course.code])
    rows = WaitingCompletion.objects.filter(named | numbered | coded)
    credit_after_commit(rows.filter(state__in=[State.COURSE, State.REFUSED]), CREDITED_AT_ONCE)


def credit_known() -> Outcomes:
    """Credit every row whose person and course are known by now; the safety net of the two above."""
    return credit(waiting_rows.known(WaitingCompletion.objects.all()))


def delete_expired() -> int:
    """Delete rows older than WAITING_COMPLETION_DAYS; return their number."""
    before = timezone.now() - timedelta(days=settings.WAITING_COMPLETION_DAYS)
    return WaitingCompletion.objects.filter(received_at__lt=before).delete()[0]
