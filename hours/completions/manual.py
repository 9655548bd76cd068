"""Completions that administrators enter, correct and remove by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from hours.models import Completion, Course
from hours.totals import sums

from . import waiting_rows
from .plans import BatchPlan, derived_key, plan_correction
from .recording import credit_after_commit, write
from .rules import find_problems

MANUAL_SOURCE = "手工登记"


class CompletionError(Exception):
    """A completion cannot be added or corrected by hand; the message is a sentence for people, `field` the model's."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def add(person: User, course: Course, hours: Decimal, day: date) -> Completion:
    """Save a completion that an administrator enters; raise CompletionError if it exists or is not valid."""
    _validate(course, hours, day)
    with transaction.atomic():
        completion, is_new = Completion.objects.get_or_create(
            person=person,
            course=course,
            defaults={
                "hours": hours,
                "completed_on": day,
                "source": MANUAL_SOURCE,
                "source_key": derived_key(person.pk, course),
            },
        )
        if not is_new:
            raise CompletionError("course", "该人员已有此科目的学习记录，请更正原记录。")
        sums.update_for_people([(person.pk, course.year)])
    return completion


@transaction.atomic
def correct(completion: Completion, hours: Decimal, day: date, by: str) -> bool:
    """Change hours or day of a completion and keep the former values; return False if nothing changes."""
    _validate(completion.course, hours, day)
    row = Completion.objects.select_for_update(no_key=True, of=("self",)).select_related("course").get(pk=completion.pk)
    if (row.hours, row.completed_on) == (hours, day):
        return False
    plan = BatchPlan()
    plan_correction(plan, row, hours, day, by)
    write(plan)
    completion.hours, completion.completed_on = hours, day
    return True


@transaction.atomic
def remove(completions: Iterable[Completion]) -> int:
    """Delete completions with their history; return their number.

    What others have reported for the same people and courses counts instead.
    """
    keys = [completion.pk for completion in completions]
    rows = list(Completion.objects.filter(pk__in=keys).select_related("course"))
    person_years = {(row.person_id, row.course.year) for row in rows}
    Completion.objects.filter(pk__in=[row.pk for row in rows]).delete()
    sums.update_for_people(person_years)
    credit_after_commit(waiting_rows.repeating(rows))
    return len(rows)


def _validate(course: Course, hours: Decimal, day: date) -> None:
    for field, problem in find_problems(course, hours, day).items():
        raise CompletionError(field, problem)
