"""Record completions of 公需科目 from files, platforms and administrators; correct and remove them.

Every item gets one result: saved, corrected, unchanged, or refused with a message. A refused item does not hold up the
others. A batch is one transaction with a constant number of statements, including the kept sums of the people.

Two items are the same completion if they have the same number from the same source, or the same person and course. The
source may correct hours and day under its number; the same number for another person or course is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import identity
from accounts.models import User, identity_digest
from config.constants import COMPLETION_BATCH_SIZE
from hours.counting import is_half_hour_multiple
from hours.models import Completion, CompletionVersion, Course
from hours.totals import sums
from hours.totals.sums import batched
from hours.wording import format_number

from .items import CompletionItem, ItemError, parse_day, parse_hours, quotable

MAX_ATTEMPTS = 3
MANUAL_SOURCE = "手工登记"
MIN_ID_LENGTH = 8  # a shorter passport number may stand in another number by chance


class CompletionError(Exception):
    """A completion cannot be added or corrected by hand; the message is a sentence for people, `field` the model's."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ItemOutcome(models.TextChoices):
    SAVED = "saved", "新增"
    CORRECTED = "corrected", "更正"
    UNCHANGED = "unchanged", "未变"
    REFUSED = "refused", "未采纳"


@dataclass(frozen=True)
class ParsedItem:
    """The validated values of an item; `hours` is None if the item has none, `key` is the source's number."""

    person: int
    course: Course
    hours: Decimal | None
    day: date
    key: str


@dataclass(frozen=True)
class ItemResult:
    """The result of recording, or planning to record, one item; `previous` holds what a correction replaces.

    A refused item has a `message` and the `field` that it is about, and no values.
    """

    item: CompletionItem
    outcome: ItemOutcome
    field: str = ""
    message: str = ""
    person: int | None = None
    course: Course | None = None
    hours: Decimal | None = None
    day: date | None = None
    previous: tuple[Decimal, date] | None = None


@dataclass
class BatchPlan:
    """The results of a batch and the rows to write."""

    results: list[ItemResult] = field(default_factory=list)
    new: list[Completion] = field(default_factory=list)
    corrected: dict[int, Completion] = field(default_factory=dict)
    versions: list[CompletionVersion] = field(default_factory=list)

    @property
    def person_years(self) -> set[tuple[int, int]]:
        return {(row.person_id, row.course.year) for row in (*self.new, *self.corrected.values())}


# --- Batches ---------------------------------------------------------------------------------------


def record(items: Iterable[CompletionItem], source: str) -> list[ItemResult]:
    """Record one batch in one transaction and return one result for each item, in their order.

    If another connection saves one of the completions at the same time, the batch is repeated and finds it.
    """
    items = list(items)
    for _ in range(MAX_ATTEMPTS - 1):
        with suppress(IntegrityError):
            return _record_once(items, source)
    return _record_once(items, source)


@transaction.atomic
def _record_once(items: Sequence[CompletionItem], source: str) -> list[ItemResult]:
    plan = plan_batch(items, source, lock=True)
    _write(plan)
    return plan.results


def record_all(items: Iterable[CompletionItem], source: str) -> Iterator[list[ItemResult]]:
    """Record any number of items, one batch and one transaction at a time."""
    for batch in batched(items, COMPLETION_BATCH_SIZE):
        yield record(batch, source)


def plan_batch(items: Sequence[CompletionItem], source: str, *, lock: bool = False) -> BatchPlan:
    """Return what recording these items would do; write nothing. Four queries for any number of items."""
    planner = _BatchPlanner(items, source, lock)
    for item in items:
        try:
            result = planner.add(item)
        except ItemError as error:
            result = ItemResult(item, ItemOutcome.REFUSED, error.field, str(error))
        planner.plan.results.append(result)
    return planner.plan


# --- By hand ---------------------------------------------------------------------------------------


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
    _correct(plan, row, hours, day, by)
    _write(plan)
    completion.hours, completion.completed_on = hours, day
    return True


@transaction.atomic
def remove(completions: Iterable[Completion]) -> int:
    """Delete completions with their history; return their number."""
    keys = [completion.pk for completion in completions]
    rows = list(Completion.objects.filter(pk__in=keys).select_related("course"))
    person_years = {(row.person_id, row.course.year) for row in rows}
    Completion.objects.filter(pk__in=[row.pk for row in rows]).delete()
    sums.update_for_people(person_years)
    return len(rows)


# --- Validation ------------------------------------------------------------------------------------


def find_problem(course: Course, hours: Decimal, day: date) -> tuple[str, str] | None:
    """Return the wrong field and a message, or None if the values are valid."""
    if hours <= 0 or not is_half_hour_multiple(hours):
        return "hours", "学时必须大于 0，且是 0.5 的倍数。"
    if hours > course.hours:
        return "hours", f"学时 {format_number(hours)} 超过该科目的 {format_number(course.hours)} 学时。"
    if day > timezone.localdate():
        return "completed_on", f"完成日期 {day} 在今天之后。"
    if day.year != course.year:
        return "completed_on", f"完成日期 {day} 不在科目的 {course.year} 年度内。"
    return None


def derived_key(person: int, course: Course) -> str:
    """Return the number of a completion whose source gives none."""
    return f"auto-{person}-{course.pk}"


def contains_id_number(key: str, id_number: str) -> bool:
    """Whether a source's number contains the person's ID number, which is stored and shown nowhere in clear."""
    key, id_number = identity.normalise(key), identity.normalise(id_number)
    return key == id_number or (len(id_number) >= MIN_ID_LENGTH and id_number in key)


def _validate(course: Course, hours: Decimal, day: date) -> None:
    if problem := find_problem(course, hours, day):
        raise CompletionError(*problem)


# --- Planning --------------------------------------------------------------------------------------


class _BatchPlanner:
    """Plans one batch, with everything that it needs from the database read at once."""

    def __init__(self, items: Sequence[CompletionItem], source: str, lock: bool) -> None:
        self.source, self.plan = source, BatchPlan()
        self.courses = _courses(items, lock)
        digests = {item.id_number: identity_digest(item.id_number) for item in items if item.id_number}
        people = dict(User.objects.filter(id_digest__in=set(digests.values())).values_list("id_digest", "pk"))
        self.people = {typed: people[digest] for typed, digest in digests.items() if digest in people}
        # Existing completions and, while the batch is planned, the new ones.
        self.by_key: dict[str, Completion] = {}
        self.by_person_and_course: dict[tuple[int, int], Completion] = {}
        for row in self._existing(items, lock):
            self._index(row)

    def _existing(self, items: Sequence[CompletionItem], lock: bool) -> list[Completion]:
        rows = Completion.objects.select_for_update(no_key=True, of=("self",)) if lock else Completion.objects.all()
        rows = rows.order_by("pk")
        keys = {item.key for item in items if item.key}
        courses = {course.pk: course for course in self.courses.values()}
        of_people = rows.filter(person__in=set(self.people.values()), course__in=list(courses))
        of_keys = rows.filter(source=self.source, source_key__in=keys).select_related("course")
        found = {row.pk: row for row in of_keys} | {row.pk: row for row in of_people}
        for row in found.values():
            if row.course_id in courses:
                row.course = courses[row.course_id]
        return list(found.values())

    def _index(self, row: Completion) -> None:
        self.by_person_and_course[row.person_id, row.course_id] = row
        if row.source == self.source:
            self.by_key[row.source_key] = row

    def add(self, item: CompletionItem) -> ItemResult:
        """Plan one item: new, unchanged or corrected; raise ItemError if it is wrong or contradicts another one."""
        parsed = self._parse(item)
        same_key = self.by_key.get(parsed.key) if parsed.key else None
        row = same_key or self.by_person_and_course.get((parsed.person, parsed.course.pk))
        if row is None:
            return self._add_new(item, parsed)
        if (row.person_id, row.course_id) != (parsed.person, parsed.course.pk):
            raise ItemError("source_key", "此来源编号已用于另一人员或另一科目。")
        hours = row.hours if parsed.hours is None else parsed.hours
        result = ItemResult(
            item, ItemOutcome.UNCHANGED, person=row.person_id, course=row.course, hours=hours, day=parsed.day
        )
        previous = (row.hours, row.completed_on)
        if previous == (hours, parsed.day):
            return result
        if same_key is None and (parsed.key or row.source != self.source):
            raise ItemError(
                "source_key",
                f"该人员的此科目已由“{row.source}”登记（{format_number(row.hours)} 学时，{row.completed_on}），"
                "内容不同；更正须用原来源编号。",
            )
        _correct(self.plan, row, hours, parsed.day, self.source)
        return replace(result, outcome=ItemOutcome.CORRECTED, previous=previous)

    def _add_new(self, item: CompletionItem, parsed: ParsedItem) -> ItemResult:
        hours = parsed.course.hours if parsed.hours is None else parsed.hours
        row = Completion(
            person_id=parsed.person,
            course=parsed.course,
            hours=hours,
            completed_on=parsed.day,
            source=self.source,
            source_key=parsed.key or derived_key(parsed.person, parsed.course),
        )
        if row.source_key in self.by_key:
            raise ItemError("source_key", "此来源编号已用于另一人员或另一科目。")
        self.plan.new.append(row)
        self._index(row)
        return ItemResult(
            item, ItemOutcome.SAVED, person=parsed.person, course=parsed.course, hours=hours, day=parsed.day
        )

    def _parse(self, item: CompletionItem) -> ParsedItem:
        """Validate the values in the order of the columns; raise ItemError for the first wrong one."""
        if item.problem:
            raise item.problem
        if not item.id_number:
            raise ItemError("id_number", "证件号码为空。")
        if item.id_number not in self.people:
            raise ItemError("id_number", "没有此证件号码的人员。")
        course = self._course(item)
        hours = parse_hours(item.hours)
        if hours is not None and item.caps_hours:
            hours = min(hours, course.hours)
        day = parse_day(item.completed_on)
        if problem := find_problem(course, course.hours if hours is None else hours, day):
            raise ItemError(*problem)
        return ParsedItem(self.people[item.id_number], course, hours, day, _key(item))

    def _course(self, item: CompletionItem) -> Course:
        if item.course_id is not None:
            course = self.courses.get(item.course_id)
            if course is None or (item.year is not None and course.year != item.year):
                raise ItemError("course", "没有此编号的公需科目" + (f"（{item.year} 年度）。" if item.year else "。"))
            return course
        if item.year is None:
            raise ItemError("year", "年度为空。")
        if not item.course:
            raise ItemError("course", "科目名称为空。")
        course = self.courses.get((item.year, item.course))
        if course is None:
            raise ItemError("course", f"{item.year} 年度没有公需科目“{quotable(item.course)}”。")
        return course


def _key(item: CompletionItem) -> str:
    if len(item.key) > Completion.SOURCE_KEY_LENGTH:
        raise ItemError("source_key", f"来源编号超过 {Completion.SOURCE_KEY_LENGTH} 个字符。")
    if item.key and contains_id_number(item.key, item.id_number):
        raise ItemError("source_key", "来源编号不能含有证件号码。")
    return item.key


def _courses(items: Sequence[CompletionItem], lock: bool) -> dict[int | tuple[int, str], Course]:
    """Return the courses that the items name, by id and by (year, name).

    The lock serialises the batches that change the completions of a course: two batches can neither save the same
    completion nor deadlock.
    """
    ids = {item.course_id for item in items if item.course_id is not None}
    named = {(item.year, item.course) for item in items if item.course_id is None and item.year and item.course}
    rows = Course.objects.select_for_update(no_key=True) if lock else Course.objects.all()
    by_name = Q(year__in={year for year, _ in named}, name__in={name for _, name in named})
    found: dict[int | tuple[int, str], Course] = {}
    for course in rows.filter(Q(pk__in=ids) | by_name).order_by("pk"):
        found[course.pk] = found[course.year, course.name] = course
    return found


def _correct(plan: BatchPlan, row: Completion, hours: Decimal, day: date, by: str) -> None:
    """Add the former values as a version to the plan, then change the row."""
    plan.versions.append(
        CompletionVersion(
            completion=row,
            hours=row.hours,
            completed_on=row.completed_on,
            replaced_by=by[: Completion.SOURCE_LENGTH],
        )
    )
    row.hours, row.completed_on = hours, day
    if row.pk:
        plan.corrected[row.pk] = row


def _write(plan: BatchPlan) -> None:
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
