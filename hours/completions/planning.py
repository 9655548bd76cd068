"""Plan what recording reported completions would do.

Every item gets one result: saved, corrected, unchanged, waiting because its person or course is not known yet, or
refused with a message. A refused item does not hold up the others.

Two items are the same completion if they have the same number from the same source, or the same person and course. The
source may correct hours and day under its number; the same number for another person or course is refused. As long
as an item waits, a later one with its number replaces it as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from django.db import models
from django.utils import timezone

from accounts import identity
from accounts.models import User, identity_digest
from config.texts import comparison_key, name_key
from hours.models import Completion, CompletionVersion, Course, WaitingCompletion
from hours.wording import format_number

from . import waiting_rows
from .course_names import Courses, courses_named_by
from .items import CompletionItem, ItemError, parse_completion_day, parse_hours, quotable
from .rules import (
    MAX_COURSE_HOURS,
    can_be_course_code,
    can_name_course,
    contains_id_number,
    find_early_problems,
    find_problems,
)
from .waiting_rows import State

Value = TypeVar("Value")
NO_PERSON = "还没有此证件号码的人员，先留存，该人员注册后自动计入。"
UNTIL_ENTERED = "先留存，录入该科目后自动计入。"


class RepeatedError(ItemError):
    """The person has this course already, from another report with other content."""


class KeyReusedError(ItemError):
    """The source has used this number for another person or course."""

    def __init__(self) -> None:
        super().__init__("source_key", "此来源编号已用于另一人员或另一科目。")


class ItemOutcome(models.TextChoices):
    SAVED = "saved", "新增"
    CORRECTED = "corrected", "更正"
    UNCHANGED = "unchanged", "未变"
    WAITING = "waiting", "待认领"
    REFUSED = "refused", "未采纳"


class KnownPerson(NamedTuple):
    """A person with one of the reported numbers."""

    key: int
    name: str


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

    A refused or waiting item has a `message` and the `field` that it is about, and no values; `errors` are all reasons
    of a refusal, the first of which is the message. `is_repeated` means that it is refused only because the person has
    this course already, from another report; `is_changed` that the source has used its number for other content,
    whatever became of the item.
    """

    item: CompletionItem
    outcome: ItemOutcome
    field: str = ""
    message: str = ""
    errors: tuple[ItemError, ...] = ()
    person: int | None = None
    course: Course | None = None
    hours: Decimal | None = None
    day: date | None = None
    previous: tuple[Decimal, date] | None = None
    is_repeated: bool = False
    is_changed: bool = False


@dataclass
class BatchPlan:
    """The results of a batch and the rows to write."""

    results: list[ItemResult] = field(default_factory=list)
    new: list[Completion] = field(default_factory=list)
    corrected: dict[int, Completion] = field(default_factory=dict)
    versions: list[CompletionVersion] = field(default_factory=list)
    waiting: list[WaitingCompletion] = field(default_factory=list)
    kept: dict[str, WaitingCompletion] = field(default_factory=dict)  # rows of the items that wait already, by key

    @property
    def person_years(self) -> set[tuple[int, int]]:
        return {(row.person_id, row.course.year) for row in (*self.new, *self.corrected.values())}


def plan_batch(
    items: Sequence[CompletionItem], source: str, *, lock: bool = False, courses: Courses | None = None
) -> BatchPlan:
    """Return what recording these items would do; write nothing. Four queries for any number of items.

    `lock` locks what is read. `courses` are the courses that count as known, locked already.
    """
    planner = _BatchPlanner(items, source, lock, courses)
    for item in items:
        try:
            result = planner.add(item)
        except ItemError as error:
            result = _refused(item, [error])
        planner.plan.results.append(result)
    return planner.plan


def _refused(item: CompletionItem, errors: Sequence[ItemError]) -> ItemResult:
    first = errors[0]
    return ItemResult(
        item,
        ItemOutcome.REFUSED,
        first.field,
        str(first),
        tuple(errors),
        is_repeated=isinstance(first, RepeatedError),
        is_changed=isinstance(first, KeyReusedError),
    )


class _Errors(list[ItemError]):
    """The errors of an item, at most one for each of its values."""

    def collect(self, parse: Callable[[CompletionItem], Value], item: CompletionItem, *fields: str) -> Value | None:
        """Return a value of the item, or None if one of these fields is wrong."""
        if any(error.field in ("", *fields) for error in self):
            return None
        try:
            return parse(item)
        except ItemError as error:
            self.append(error)
            return None


class _BatchPlanner:
    """Plans one batch, with everything that it needs from the database read at once."""

    def __init__(self, items: Sequence[CompletionItem], source: str, lock: bool, courses: Courses | None) -> None:
        self.source, self.plan = source, BatchPlan()
        # The order of all locks: courses, waiting rows, completions, sums.
        self.courses = courses_named_by(items, lock=lock) if courses is None else courses
        if lock:
            self.plan.kept = waiting_rows.lock(source, items)
        digests = {item.id_number: identity_digest(item.id_number) for item in items if item.id_number}
        rows = User.objects.filter(id_digest__in=set(digests.values())).values_list("id_digest", "pk", "name")
        people = {digest: KnownPerson(key, name) for digest, key, name in rows}
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
        of_people = rows.filter(person__in={person.key for person in self.people.values()}, course__in=list(courses))
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
        """Plan one item; raise ItemError if it contradicts another one."""
        errors = _Errors(item.problems)
        person = errors.collect(self._person, item, "id_number", "name")
        course = errors.collect(self._course, item, "year", "course")
        hours = errors.collect(_hours, item, "hours")
        day = errors.collect(self._day, item, "completed_on")
        if hours is not None and item.caps_hours:
            hours = min(hours, course.hours if course else MAX_COURSE_HOURS)
        wrong = find_problems(course, hours, day) if course else find_early_problems(item.year, hours, day)
        errors += [ItemError(field, problem) for field, problem in wrong.items()]
        key = errors.collect(_key, item, "source_key")
        if errors or day is None or key is None:
            return _refused(item, errors)
        if person is None or course is None:
            return self._wait(item, hours, day, lacks_person=person is None)
        return self._add(item, ParsedItem(person, course, hours, day, key))

    def _person(self, item: CompletionItem) -> int | None:
        if not item.id_number:
            raise ItemError("id_number", "证件号码为空。")
        person = self.people.get(item.id_number)
        number = identity.normalise(item.id_number)
        if person is None and (problem := identity.any_id_problem(number, timezone.localdate())):
            raise ItemError("id_number", problem)
        if person is None:
            return None
        if item.name and name_key(item.name) != name_key(person.name):
            raise ItemError("name", f"姓名“{quotable(item.name)}”与该证件号码的人员不一致，请核对姓名和证件号码。")
        return person.key

    def _day(self, item: CompletionItem) -> date:
        """Return the day of an item; sent again without a day of its own, it keeps the day of the first time."""
        if item.completed_on is not None or item.arrived_on is None:
            return parse_completion_day(item.completed_on)
        known = self.by_key.get(item.key) or self.plan.kept.get(waiting_rows.row_key(item))
        return known.completed_on if known else item.arrived_on

    def _course(self, item: CompletionItem) -> Course | None:
        """Return the course that the item names, or None if it is not known yet; ItemError for a contradiction."""
        if item.course_code or item.course_id is not None:
            course = self.courses.get(item.course_code or item.course_id)
            if course is not None:
                self._check_labels(item, course)
            elif item.course_code and not can_be_course_code(item.course_code, item.id_number):
                raise ItemError("course", f"没有课程编号为“{quotable(item.course_code)}”的公需科目。")
            return course
        if item.year is None:
            raise ItemError("year", "年度为空。")
        if not item.course:
            raise ItemError("course", "科目名称为空。")
        course = self.courses.get((item.year, item.course))
        if course is None and not can_name_course(item.year, item.course, item.id_number):
            raise ItemError("course", f"{item.year} 年度没有公需科目“{quotable(item.course)}”。")
        return course

    def _check_labels(self, item: CompletionItem, course: Course) -> None:
        """Raise ItemError if year or name beside a code or id belong to another course."""
        if item.year is not None and course.year != item.year:
            raise ItemError("course", f"没有此编号的公需科目（{item.year} 年度）。")
        if item.course_id is not None and course.pk != item.course_id:
            raise ItemError("course", "课程编号和 course_id 不是同一科目。")
        if item.course and comparison_key(item.course) != comparison_key(course.name):
            raise ItemError("course", f"编号是“{course.name}”的，与科目名称“{quotable(item.course)}”不一致。")
        own = comparison_key(course.name)
        for label in item.course_labels:
            if comparison_key(label) != own and (course.year, label) in self.courses:
                raise ItemError("course", f"编号是“{course.name}”的，与科目名称“{quotable(label)}”不一致。")

    def _wait(self, item: CompletionItem, hours: Decimal | None, day: date, *, lacks_person: bool) -> ItemResult:
        """Plan to keep an item whose person or course is not known yet."""
        if item.key in self.by_key:
            raise KeyReusedError
        if lacks_person:
            field, message, state = "id_number", NO_PERSON, State.PERSON
        else:
            named = f"{item.year} 年度还没有公需科目“{quotable(item.course)}”"
            course = "还没有此编号的公需科目" if item.course_code or item.course_id is not None else named
            field, message, state = "course", f"{course}，{UNTIL_ENTERED}", State.COURSE
        row = waiting_rows.make_row(item, self.source, hours, day, state, message)
        former = self.plan.kept.get(waiting_rows.key_of(row))
        self.plan.waiting.append(row)
        is_changed = former is not None and waiting_rows.item_of(former, 0) != waiting_rows.item_of(row, 0)
        return ItemResult(item, ItemOutcome.WAITING, field, message, is_changed=is_changed)

    def _add(self, item: CompletionItem, parsed: ParsedItem) -> ItemResult:
        same_key = self.by_key.get(parsed.key) if parsed.key else None
        row = same_key or self.by_person_and_course.get((parsed.person, parsed.course.pk))
        if row is None:
            return self._add_new(item, parsed)
        if (row.person_id, row.course_id) != (parsed.person, parsed.course.pk):
            raise KeyReusedError
        hours = row.hours if parsed.hours is None else parsed.hours
        result = ItemResult(
            item, ItemOutcome.UNCHANGED, person=row.person_id, course=row.course, hours=hours, day=parsed.day
        )
        previous = (row.hours, row.completed_on)
        if previous == (hours, parsed.day):
            return result
        if same_key is None and (parsed.key or row.source != self.source):
            raise RepeatedError(
                "source_key",
                f"该人员的此科目已由“{row.source}”登记（{format_number(row.hours)} 学时，{row.completed_on}），"
                "内容不同；更正须用原来源编号。",
            )
        plan_correction(self.plan, row, hours, parsed.day, self.source)
        return replace(result, outcome=ItemOutcome.CORRECTED, previous=previous, is_changed=True)

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
            raise KeyReusedError
        self.plan.new.append(row)
        self._index(row)
        return ItemResult(
            item, ItemOutcome.SAVED, person=parsed.person, course=parsed.course, hours=hours, day=parsed.day
        )


def _hours(item: CompletionItem) -> Decimal | None:
    return parse_hours(item.hours)


def _key(item: CompletionItem) -> str:
    if len(item.key) > Completion.SOURCE_KEY_LENGTH:
        raise ItemError("source_key", f"来源编号超过 {Completion.SOURCE_KEY_LENGTH} 个字符。")
    if item.key and contains_id_number(item.key, item.id_number):
        raise ItemError("source_key", "来源编号不能含有证件号码。")
    return item.key


def plan_correction(plan: BatchPlan, row: Completion, hours: Decimal, day: date, by: str) -> None:
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


def derived_key(person: int, course: Course) -> str:
    """Return the number of a completion whose source gives none."""
    return f"auto-{person}-{course.pk}"
