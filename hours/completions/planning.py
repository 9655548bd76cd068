"""Plan what recording reported completions would do.

Every item gets one result: saved, corrected, unchanged, waiting because its person or course is not known yet, or
refused with a message. A refused item does not hold up the others. Reports are planned in their order, and a
withdrawal takes back what its source has reported before.

Two items are the same completion if they have the same number from the same source, or the same person and course. The
source may correct hours and day under its number; the same number for another person or course is refused. As long
as an item waits, a later one with its number replaces it as a whole.

The first report of a completion counts. Later ones, from other sources or under other numbers, are kept and count when
the first one is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from django.utils import timezone

from accounts import identity
from accounts.models import User, identity_digest
from config.texts import comparison_key, name_key
from hours.models import Completion, Course, WaitingCompletion
from hours.wording import format_number

from . import waiting_rows
from .course_names import Courses, courses_named_by, key_in
from .items import CompletionItem, ItemError, Report, Withdrawal, parse_completion_day, parse_hours, quotable
from .plans import DERIVED, BatchPlan, ItemOutcome, ItemResult, derived_key, plan_correction
from .rules import (
    FIRST_YEAR,
    MAX_COURSE_HOURS,
    can_be_course_code,
    can_name_course,
    contains_id_number,
    find_early_problems,
    find_problems,
)
from .waiting_rows import Place, State

Value = TypeVar("Value")
NO_PERSON = "还没有此证件号码的人员，先留存，该人员注册后自动计入。"
UNTIL_ENTERED = "先留存，录入该科目后自动计入。"
REPEATED = "同一学时已由另一报送计入，该登记撤回后才计入。"


class KeyReusedError(ItemError):
    """The source has used this number for another person or course."""

    def __init__(self) -> None:
        super().__init__("source_key", "此来源编号已用于另一人员或另一科目。")


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


def plan_batch(
    reports: Sequence[Report],
    source: str,
    *,
    lock: bool = False,
    courses: Courses | None = None,
    keeps_repeated: bool = False,
) -> BatchPlan:
    """Return what recording these reports would do; write nothing. Four queries for any number of reports.

    `lock` locks what is read. `courses` are the courses that count as known, locked already. With `keeps_repeated` a
    completion that another report has recorded with other content waits; else it is refused.
    """
    planner = _BatchPlanner(reports, source, lock, courses, keeps_repeated)
    for report in reports:
        if isinstance(report, Withdrawal):
            planner.withdraw(report.key)
        else:
            planner.plan.results.append(planner.add(report))
    return planner.plan


def _refused(item: CompletionItem, errors: Sequence[ItemError]) -> ItemResult:
    first = errors[0]
    is_changed = isinstance(first, KeyReusedError)
    return ItemResult(item, ItemOutcome.REFUSED, first.field, str(first), tuple(errors), is_changed=is_changed)


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

    def __init__(
        self, reports: Sequence[Report], source: str, lock: bool, courses: Courses | None, keeps_repeated: bool
    ) -> None:
        self.source, self.keeps_repeated, self.plan = source, keeps_repeated, BatchPlan()
        items = [report for report in reports if isinstance(report, CompletionItem)]
        withdrawn = {report.key for report in reports if isinstance(report, Withdrawal)}
        # The order of all locks: courses, waiting rows, completions, sums.
        self.courses = courses_named_by(items, lock=lock) if courses is None else courses
        if lock:
            places = [*map(self._place, items), *((source, waiting_rows.key_of_number(key)) for key in withdrawn)]
            self.plan.kept = waiting_rows.lock(places)
        digests = {item.id_number: identity_digest(item.id_number) for item in items if item.id_number}
        rows = User.objects.filter(id_digest__in=set(digests.values())).values_list("id_digest", "pk", "name")
        people = {digest: KnownPerson(key, name) for digest, key, name in rows}
        self.people = {typed: people[digest] for typed, digest in digests.items() if digest in people}
        # Existing completions and, while the batch is planned, the new ones.
        self.by_key: dict[tuple[str, str], Completion] = {}
        self.by_person_and_course: dict[tuple[int, int], Completion] = {}
        for row in self._existing({*map(self._number, items)} | {(source, key) for key in withdrawn}, lock):
            self._index(row)

    def _existing(self, numbers: set[tuple[str, str]], lock: bool) -> Iterable[Completion]:
        """Return the completions of the people and courses, and those with the numbers, locked in one order."""
        courses = {course.pk: course for course in self.courses.values()}
        of_people = Completion.objects.filter(
            person__in={person.key for person in self.people.values()}, course__in=list(courses)
        )
        of_numbers = Completion.objects.filter(
            source__in={source for source, _ in numbers}, source_key__in={key for _, key in numbers if key}
        )
        rows = Completion.objects.filter(pk__in=of_people.values("pk").union(of_numbers.values("pk")))
        if lock:
            rows = rows.select_for_update(no_key=True, of=("self",))
        for row in rows.select_related("course").order_by("pk"):
            row.course = courses.get(row.course_id, row.course)
            yield row

    def _index(self, row: Completion) -> None:
        self.by_person_and_course[row.person_id, row.course_id] = row
        self.by_key[row.source, row.source_key] = row

    def _source(self, item: CompletionItem) -> str:
        return item.source or self.source

    def _place(self, item: CompletionItem) -> Place:
        return self._source(item), waiting_rows.row_key(item)

    def _number(self, item: CompletionItem) -> tuple[str, str]:
        """Return the source of an item with its number for it, or the number that is derived if it has none."""
        person, course = self.people.get(item.id_number), self._find_course(item)
        derived = derived_key(person.key, course) if person and course else ""
        return self._source(item), item.key or derived

    def withdraw(self, key: str) -> None:
        """Plan to delete what the source has reported under its number, in this batch too."""
        self.plan.claim((self.source, waiting_rows.key_of_number(key)))
        row = self.by_key.pop((self.source, key), None)
        if row is None:
            return
        del self.by_person_and_course[row.person_id, row.course_id]
        self.plan.versions = [version for version in self.plan.versions if version.completion is not row]
        self.plan.removed.append(row)
        if row.pk:
            self.plan.corrected.pop(row.pk, None)
        else:
            self.plan.new.remove(row)

    def add(self, item: CompletionItem) -> ItemResult:
        """Plan one item."""
        errors = _Errors(item.problems)
        person = errors.collect(self._person, item, "id_number", "name")
        course = errors.collect(self._course, item, "year", "course")
        hours = errors.collect(_hours, item, "hours")
        day = errors.collect(self._day, item, "completed_on")
        counted = hours
        if hours is not None and item.caps_hours:
            hours = min(hours, MAX_COURSE_HOURS)
            counted = min(hours, course.hours) if course else hours
        wrong = find_problems(course, counted, day) if course else find_early_problems(item.year, hours, day)
        errors += [ItemError(field, problem) for field, problem in wrong.items()]
        key = errors.collect(_key, item, "source_key")
        if errors or day is None or key is None:
            return _refused(item, errors)
        try:
            if person is None or course is None:
                result = self._wait(item, lacks_person=person is None)
            else:
                result = self._add(item, ParsedItem(person, course, counted, day, key))
        except ItemError as error:
            return _refused(item, [error])
        return self._settle(result, waiting_rows.make_row(item, self._source(item), hours, day))

    def _settle(self, result: ItemResult, row: WaitingCompletion) -> ItemResult:
        """Plan to keep the row of a report that does not count, or to delete the one of an earlier report."""
        place = self._place(result.item)
        former = self.plan.kept.get(place) or self.plan.waiting.get(place)
        if result.kept_as is None:
            self.plan.claim(place)
        else:
            row.state, row.reason = result.kept_as, (result.message or REPEATED)[: WaitingCompletion.REASON_LENGTH]
            self.plan.waiting[place] = row
        is_other = former is not None and not waiting_rows.reports_same(former, row)
        return replace(result, is_changed=True) if is_other else result

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
        known = self.by_key.get((self._source(item), item.key)) or self.plan.kept.get(self._place(item))
        return known.completed_on if known else item.arrived_on

    def _find_course(self, item: CompletionItem) -> Course | None:
        if item.course_code or item.course_id is not None:
            return self.courses.get(item.course_code or None) or self.courses.get(item.course_id)
        return self.courses.get(key_in(item.year, item.course)) if item.year is not None else None

    def _course(self, item: CompletionItem) -> Course | None:
        """Return the course that the item names, or None if it is not known yet; ItemError for a contradiction."""
        is_numbered = item.course_code or item.course_id is not None
        if not is_numbered and item.year is None:
            raise ItemError("year", "年度为空。")
        if not is_numbered and not item.course:
            raise ItemError("course", "科目名称为空。")
        course = self._find_course(item)
        if course is None:
            _check_unknown_course(item)
        elif is_numbered:
            self._check_names(item, course)
        return course

    def _check_names(self, item: CompletionItem, course: Course) -> None:
        """Raise ItemError if another of an item's names than its code or id belongs to another course."""
        if item.year is not None and course.year != item.year:
            raise ItemError("course", f"没有此编号的公需科目（{item.year} 年度）。")
        if item.course_id not in (None, course.pk) or item.course_code not in ("", course.code):
            raise ItemError("course", "课程编号和 course_id 不是同一科目。")
        own = comparison_key(course.name)
        if item.course and comparison_key(item.course) != own:
            raise ItemError("course", f"编号是“{course.name}”的，与科目名称“{quotable(item.course)}”不一致。")
        for label in item.course_labels:
            if comparison_key(label) != own and key_in(course.year, label) in self.courses:
                raise ItemError("course", f"编号是“{course.name}”的，与科目名称“{quotable(label)}”不一致。")

    def _wait(self, item: CompletionItem, *, lacks_person: bool) -> ItemResult:
        """Plan to keep an item whose person or course is not known yet."""
        if (self._source(item), item.key) in self.by_key:
            raise KeyReusedError
        _check_derived(item.key)
        if lacks_person:
            return ItemResult(item, ItemOutcome.WAITING, "id_number", NO_PERSON, kept_as=State.PERSON)
        named = f"{item.year} 年度还没有公需科目“{quotable(item.course)}”"
        course = "还没有此编号的公需科目" if item.course_code or item.course_id is not None else named
        return ItemResult(item, ItemOutcome.WAITING, "course", f"{course}，{UNTIL_ENTERED}", kept_as=State.COURSE)

    def _add(self, item: CompletionItem, parsed: ParsedItem) -> ItemResult:
        source = self._source(item)
        same_key = self.by_key.get((source, parsed.key)) if parsed.key else None
        row = same_key or self.by_person_and_course.get((parsed.person, parsed.course.pk))
        if row is None:
            return self._add_new(item, parsed)
        if (row.person_id, row.course_id) != (parsed.person, parsed.course.pk):
            raise KeyReusedError
        is_repeated = same_key is None and (parsed.key != "" or row.source != source)
        hours = row.hours if parsed.hours is None else parsed.hours
        result = ItemResult(
            item,
            ItemOutcome.UNCHANGED,
            person=row.person_id,
            course=row.course,
            hours=hours,
            day=parsed.day,
            kept_as=State.REPEATED if is_repeated else None,
        )
        previous = (row.hours, row.completed_on)
        if previous == (hours, parsed.day):
            return result
        if is_repeated:
            return self._repeat(item, row)
        plan_correction(self.plan, row, hours, parsed.day, source)
        return replace(result, outcome=ItemOutcome.CORRECTED, previous=previous, is_changed=True)

    def _repeat(self, item: CompletionItem, row: Completion) -> ItemResult:
        """Plan to keep a completion that another report has recorded with other content; ItemError if none is kept."""
        known = (
            f"该人员的此科目已由“{row.source}”登记（{format_number(row.hours)} 学时，{row.completed_on}），内容不同；"
        )
        if not self.keeps_repeated:
            raise ItemError("source_key", f"{known}更正须用原来源编号。")
        message = f"{known}该登记撤回后才计入。"
        return ItemResult(item, ItemOutcome.WAITING, "source_key", message, kept_as=State.REPEATED)

    def _add_new(self, item: CompletionItem, parsed: ParsedItem) -> ItemResult:
        hours = parsed.course.hours if parsed.hours is None else parsed.hours
        row = Completion(
            person_id=parsed.person,
            course=parsed.course,
            hours=hours,
            completed_on=parsed.day,
            source=self._source(item),
            source_key=parsed.key or derived_key(parsed.person, parsed.course),
        )
        _check_derived(parsed.key, derived_key(parsed.person, parsed.course))
        if (row.source, row.source_key) in self.by_key:
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


def _check_derived(key: str, own: str = "") -> None:
    """Raise ItemError if a source uses a number of ours, other than the one of its own completion."""
    if key.startswith(DERIVED) and key != own:
        raise ItemError("source_key", f"以 {DERIVED} 开头的来源编号由本系统编制，不能用于其他学时。")


def _check_unknown_course(item: CompletionItem) -> None:
    """Raise ItemError if there will never be a course with the code or the name of an item."""
    if item.course_code and not can_be_course_code(item.course_code, item.id_number):
        raise ItemError("course", f"没有课程编号为“{quotable(item.course_code)}”的公需科目。")
    year = FIRST_YEAR if item.year is None else item.year
    if item.course and not can_name_course(year, item.course, item.id_number):
        of_year = "" if item.year is None else f"{item.year} 年度"
        raise ItemError("course", f"{of_year}没有公需科目“{quotable(item.course)}”。")
