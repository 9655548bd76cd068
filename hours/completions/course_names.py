"""The courses that reported items name: by id, by code, or by year and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q, QuerySet

from hours.models import Course

from .items import CompletionItem

CourseName = tuple[int | None, int | None, str, str]  # id, year, name, code
Courses = dict[int | str | tuple[int, str] | None, Course]  # by id, by code and by (year, name)


def courses_named_by(items: Sequence[CompletionItem], *, lock: bool) -> Courses:
    """Return the courses that the items name."""
    names = [name for item in items for name in _names(item)]
    return lock_courses(names) if lock else _by_name(_named_courses(names))


def lock_courses(names: Iterable[CourseName]) -> Courses:
    """Lock and return the courses that are named by (id, year, name, code).

    The lock serialises the batches that change the completions of a course: two batches can neither save the same
    completion nor deadlock.
    """
    return _by_name(_named_courses(names).select_for_update(no_key=True))


def _by_name(rows: Iterable[Course]) -> Courses:
    found: Courses = {}
    for course in rows:
        found[course.pk] = found[course.year, course.name] = course
        if course.code:
            found[course.code] = course
    return found


def _names(item: CompletionItem) -> Iterator[CourseName]:
    """Yield all names of an item's course; the year of a label is not known, so every year is looked at."""
    yield item.course_id, item.year, item.course, item.course_code
    for label in item.course_labels:
        yield None, None, label, ""


def _named_courses(names: Iterable[CourseName]) -> QuerySet[Course]:
    """Return the courses that are named by (id, year, name, code), in the order in which they are locked."""
    names = list(names)
    ids = {key for key, _, _, _ in names if key is not None}
    codes = {code for _, _, _, code in names if code}
    named = {(year, name) for key, year, name, code in names if key is None and not code and year and name}
    by_name = Q(year__in={year for year, _ in named}, name__in={name for _, name in named})
    labels = {name for key, year, name, code in names if key is None and year is None and name and not code}
    found = Q(pk__in=ids) | Q(code__in=codes) | by_name | Q(name__in=labels)
    return Course.objects.filter(found).order_by("pk")
