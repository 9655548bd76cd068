"""CHANGE: completions of 公需科目, taken in from files and platforms, corrected and removed.

Every item gets one answer: saved, corrected, unchanged, or refused with a sentence. A refused item saves nothing, and
the others are taken all the same. A batch is one transaction with a constant number of statements; the kept sums of the
people change in it.

What is the same completion: the same number from the same source, or the same person and course. The source may correct
hours and day under its number; the same number for another person or course is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import identity
from accounts.models import User, identity_digest
from hours.counting import is_half_hour_multiple
from hours.models import Completion, CompletionVersion, Course
from hours.totals import sums
from hours.totals.sums import batched
from hours.wording import format_number

from .items import Item, Refusal, day_of, hours_of, quotable

AT_ONCE = 1000
BY_HAND = "手工登记"
TRIES = 3
SURE_LENGTH = 8  # a shorter passport number may stand in another number by chance
KEY_LENGTH = Completion._meta.get_field("source_key").max_length
SOURCE_LENGTH = Completion._meta.get_field("source").max_length


class CompletionError(Exception):
    """Why a completion cannot be entered or corrected, as a sentence for people; `field` is the model's."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class Outcome(StrEnum):
    SAVED = "saved"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


LABELS = {
    Outcome.SAVED: "新增",
    Outcome.CORRECTED: "更正",
    Outcome.UNCHANGED: "未变",
    Outcome.REFUSED: "未采纳",
}


@dataclass(frozen=True)
class Facts:
    """An item understood: whose, which course, how many hours (None: not said), on which day, under which number."""

    person: int
    course: Course
    hours: Decimal | None
    day: date
    key: str


@dataclass(frozen=True)
class Result:
    """What became, or would become, of one item; `was` is what a correction replaces."""

    item: Item
    outcome: Outcome
    field: str = ""
    words: str = ""
    person: int | None = None
    course: Course | None = None
    hours: Decimal | None = None
    day: date | None = None
    was: tuple[Decimal, date] | None = None


@dataclass
class Plan:
    """What a batch comes to before anything is written."""

    results: list[Result] = field(default_factory=list)
    new: list[Completion] = field(default_factory=list)
    corrected: dict[int, Completion] = field(default_factory=dict)
    versions: list[CompletionVersion] = field(default_factory=list)

    @property
    def pairs(self) -> set[tuple[int, int]]:
        return {(row.person_id, row.course.year) for row in (*self.new, *self.corrected.values())}


# --- The ways in -----------------------------------------------------------------------------------


def take(items: Iterable[Item], source: str) -> list[Result]:
    """Take in one batch in one transaction; one result for each item, in their order.

    When another connection has just saved the same completion, the batch is looked at again and finds it there.
    """
    items = list(items)
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                plan = examine(items, source, lock=True)
                _write(plan)
            return plan.results
        except IntegrityError:
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def take_all(items: Iterable[Item], source: str) -> Iterator[list[Result]]:
    """Take in any number of items, a batch and a transaction at a time."""
    for batch in batched(items, AT_ONCE):
        yield take(batch, source)


def examine(items: Sequence[Item], source: str, *, lock: bool = False) -> Plan:
    """What taking these items would do; writes nothing. Four statements for any number of items."""
    desk = _Desk(items, source, lock)
    for item in items:
        try:
            facts = desk.facts_of(item)
            desk.plan.results.append(desk.place(item, facts))
        except Refusal as refusal:
            desk.plan.results.append(Result(item, Outcome.REFUSED, refusal.field, str(refusal)))
    return desk.plan


def enter(person: User, course: Course, hours: Decimal, day: date) -> Completion:
    """One completion that an administrator types in. CompletionError if it exists or cannot be right."""
    _check(course, hours, day)
    with transaction.atomic():
        completion, is_new = Completion.objects.get_or_create(
            person=person,
            course=course,
            defaults={
                "hours": hours,
                "completed_on": day,
                "source": BY_HAND,
                "source_key": derived_key(person.pk, course),
            },
        )
        if not is_new:
            raise CompletionError("course", "该人员已有此科目的学习记录，请更正原记录。")
        sums.update_for_people([(person.pk, course.year)])
    return completion


@transaction.atomic
def correct(completion: Completion, hours: Decimal, day: date, by: str) -> bool:
    """Other hours or another day for a completion, by hand; its former values are kept. False if nothing changes."""
    _check(completion.course, hours, day)
    row = Completion.objects.select_for_update(no_key=True, of=("self",)).select_related("course").get(pk=completion.pk)
    if (row.hours, row.completed_on) == (hours, day):
        return False
    plan = Plan()
    _correct(plan, row, hours, day, by)
    _write(plan)
    completion.hours, completion.completed_on = hours, day
    return True


@transaction.atomic
def remove(completions: Iterable[Completion]) -> int:
    """Take completions back, with their history."""
    keys = [completion.pk for completion in completions]
    rows = list(Completion.objects.filter(pk__in=keys).select_related("course"))
    pairs = {(row.person_id, row.course.year) for row in rows}
    Completion.objects.filter(pk__in=[row.pk for row in rows]).delete()
    sums.update_for_people(pairs)
    return len(rows)


# --- What is right ---------------------------------------------------------------------------------


def problem_of(course: Course, hours: Decimal, day: date) -> tuple[str, str] | None:
    """Which column is wrong and why, as a sentence; None for a completion that can be right."""
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
    """The number of a completion that came without one."""
    return f"auto-{person}-{course.pk}"


def holds_number(key: str, id_number: str) -> bool:
    """Whether a source's number tells the person's ID number, which is stored and shown nowhere in clear."""
    key, id_number = identity.normalise(key), identity.normalise(id_number)
    return key == id_number or (len(id_number) >= SURE_LENGTH and id_number in key)


def _check(course: Course, hours: Decimal, day: date) -> None:
    if problem := problem_of(course, hours, day):
        raise CompletionError(*problem)


class _Desk:
    """Everything that one batch needs to know, read at once."""

    def __init__(self, items: Sequence[Item], source: str, lock: bool) -> None:
        self.source, self.plan = source, Plan()
        self.courses = _courses(items, lock)
        digests = {item.id_number: identity_digest(item.id_number) for item in items if item.id_number}
        people = dict(User.objects.filter(id_digest__in=set(digests.values())).values_list("id_digest", "pk"))
        self.people = {typed: people[digest] for typed, digest in digests.items() if digest in people}
        # What is known under its number and under its person and course; grows while the batch is read.
        self.by_key: dict[str, Completion] = {}
        self.by_pair: dict[tuple[int, int], Completion] = {}
        for row in self._known(items, lock):
            self._know(row)

    def _known(self, items: Sequence[Item], lock: bool) -> list[Completion]:
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

    def _know(self, row: Completion) -> None:
        self.by_pair[row.person_id, row.course_id] = row
        if row.source == self.source:
            self.by_key[row.source_key] = row

    def facts_of(self, item: Item) -> Facts:
        """The item's facts, each looked at in the order of the columns; Refusal at the first that is wrong."""
        if item.problem:
            raise item.problem
        if not item.id_number:
            raise Refusal("id_number", "证件号码为空。")
        if item.id_number not in self.people:
            raise Refusal("id_number", "没有此证件号码的人员。")
        course = self._course(item)
        hours = hours_of(item.hours)
        if hours is not None and item.caps_hours:
            hours = min(hours, course.hours)
        day = day_of(item.completed_on)
        if problem := problem_of(course, course.hours if hours is None else hours, day):
            raise Refusal(*problem)
        return Facts(self.people[item.id_number], course, hours, day, self._key(item))

    def _course(self, item: Item) -> Course:
        if item.course_id is not None:
            course = self.courses.get(item.course_id)
            if course is None or (item.year is not None and course.year != item.year):
                raise Refusal("course", "没有此编号的公需科目" + (f"（{item.year} 年度）。" if item.year else "。"))
            return course
        if item.year is None:
            raise Refusal("year", "年度为空。")
        if not item.course:
            raise Refusal("course", "科目名称为空。")
        course = self.courses.get((item.year, item.course))
        if course is None:
            raise Refusal("course", f"{item.year} 年度没有公需科目“{quotable(item.course)}”。")
        return course

    def _key(self, item: Item) -> str:
        if len(item.key) > KEY_LENGTH:
            raise Refusal("source_key", f"来源编号超过 {KEY_LENGTH} 个字符。")
        if item.key and holds_number(item.key, item.id_number):
            raise Refusal("source_key", "来源编号不能含有证件号码。")
        return item.key

    def place(self, item: Item, facts: Facts) -> Result:
        """Beside what is known: new, the same, corrected, or in contradiction (Refusal)."""
        same_key = self.by_key.get(facts.key) if facts.key else None
        row = same_key or self.by_pair.get((facts.person, facts.course.pk))
        if row is None:
            return self._new(item, facts)
        if (row.person_id, row.course_id) != (facts.person, facts.course.pk):
            raise Refusal("source_key", "此来源编号已用于另一人员或另一科目。")
        hours = row.hours if facts.hours is None else facts.hours
        seen = {"person": row.person_id, "course": row.course, "hours": hours, "day": facts.day}
        if (row.hours, row.completed_on) == (hours, facts.day):
            return Result(item, Outcome.UNCHANGED, **seen)
        if same_key is None and (facts.key or row.source != self.source):
            raise Refusal(
                "source_key",
                f"该人员的此科目已由“{row.source}”登记（{format_number(row.hours)} 学时，{row.completed_on}），"
                "内容不同；更正须用原来源编号。",
            )
        was = (row.hours, row.completed_on)
        _correct(self.plan, row, hours, facts.day, self.source)
        return Result(item, Outcome.CORRECTED, was=was, **seen)

    def _new(self, item: Item, facts: Facts) -> Result:
        hours = facts.course.hours if facts.hours is None else facts.hours
        row = Completion(
            person_id=facts.person,
            course=facts.course,
            hours=hours,
            completed_on=facts.day,
            source=self.source,
            source_key=facts.key or derived_key(facts.person, facts.course),
        )
        if row.source_key in self.by_key:
            raise Refusal("source_key", "此来源编号已用于另一人员或另一科目。")
        self.plan.new.append(row)
        self._know(row)
        return Result(item, Outcome.SAVED, person=facts.person, course=facts.course, hours=hours, day=facts.day)


def _courses(items: Sequence[Item], lock: bool) -> dict[int | tuple[int, str], Course]:
    """The courses that the items name, by id and by year and name.

    Locked, they let one batch after the other change the completions of a course: two can neither save the same one
    nor wait for each other in a circle.
    """
    ids = {item.course_id for item in items if item.course_id is not None}
    named = {(item.year, item.course) for item in items if item.course_id is None and item.year and item.course}
    rows = Course.objects.select_for_update(no_key=True) if lock else Course.objects.all()
    by_name = Q(year__in={year for year, _ in named}, name__in={name for _, name in named})
    found: dict[int | tuple[int, str], Course] = {}
    for course in rows.filter(Q(pk__in=ids) | by_name).order_by("pk"):
        found[course.pk] = found[course.year, course.name] = course
    return found


def _correct(plan: Plan, row: Completion, hours: Decimal, day: date, by: str) -> None:
    """Note what stood there, then change the row at hand."""
    plan.versions.append(
        CompletionVersion(
            completion=row, hours=row.hours, completed_on=row.completed_on, replaced_by=by[:SOURCE_LENGTH]
        )
    )
    row.hours, row.completed_on = hours, day
    if row.pk:
        plan.corrected[row.pk] = row


def _write(plan: Plan) -> None:
    Completion.objects.bulk_create(sorted(plan.new, key=lambda row: (row.person_id, row.course_id)))
    _update(plan.corrected.values())
    CompletionVersion.objects.bulk_create(plan.versions)
    sums.update_for_people(plan.pairs)


def _update(rows: Iterable[Completion]) -> None:
    """Store hours and days, by one prepared statement: `bulk_update` compares every row with every key."""
    hours, day = (Completion._meta.get_field(name) for name in ("hours", "completed_on"))
    values = [
        (hours.get_db_prep_save(row.hours, connection), day.get_db_prep_save(row.completed_on, connection), row.pk)
        for row in rows
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE hours_completion SET hours = %s, completed_on = %s WHERE id = %s", values)
