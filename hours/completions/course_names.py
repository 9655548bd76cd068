"""The courses that reported items name: by id, by code, or by year and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import Q, QuerySet

from config.texts import comparison_digest
from hours.models import Course

from .items import CompletionItem

Courses = dict[int | str | tuple[int, str] | None, Course]  # by id, by code and by (year, key of the name)


class CourseName(NamedTuple):
    """One name of a course: its id or its code, or the key of its name. Without a year all years are meant."""

    id: int | None = None
    code: str = ""
    year: int | None = None
    name_key: str = ""


def courses_named_by(items: Sequence[CompletionItem], *, lock: bool) -> Courses:
    """Return the courses that the items name, also by labels.

    The lock serialises the batches that change the completions of a course: two batches can neither save the same
    completion nor deadlock.
    """
    rows = _named_courses({name for item in items for name in _names(item)})
    return _by_name(rows.select_for_update(no_key=True) if lock else rows)


def key_in(year: int, name: str) -> tuple[int, str]:
    """Return the key of a course's year and name in Courses."""
    return year, comparison_digest(name)


def _by_name(rows: Iterable[Course]) -> Courses:
    found: Courses = {}
    for course in rows:
        found[course.pk] = found[course.year, course.name_key] = course
        if course.code:
            found[course.code] = course
    return found


def _names(item: CompletionItem) -> Iterator[CourseName]:
    """Yield all names of an item's course; the year of a label is not known, so every year is looked at."""
    if item.course_id is not None or item.course_code:
        yield CourseName(item.course_id, item.course_code)
    elif item.year is not None and item.course:
        yield CourseName(None, "", *key_in(item.year, item.course))
    for label in item.course_labels:
        yield CourseName(name_key=comparison_digest(label))


def _named_courses(names: Iterable[CourseName]) -> QuerySet[Course]:
    """Return the courses with one of these names, in the order in which they are locked."""
    names = list(names)
    ids = {name.id for name in names if name.id is not None}
    codes = {name.code for name in names if name.code}
    of_a_year = [name for name in names if name.year is not None]
    by_name = Q(year__in={name.year for name in of_a_year}, name_key__in={name.name_key for name in of_a_year})
    labels = {name.name_key for name in names if name.year is None and name.name_key}
    found = Q(pk__in=ids) | Q(code__in=codes) | by_name | Q(name_key__in=labels)
    return Course.objects.filter(found).order_by("pk")
