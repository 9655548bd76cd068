"""The preview of a 单位集体登记: each person's registration as it would be saved, or the problems that prevent it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from accounts import identity
from accounts.models import User, identity_digest
from accounts.permissions import Denied
from config.parsing import parse_number
from config.texts import comparison_digest, name_key
from hours.counting import overlaps
from hours.models import Attachment, Category, Opening, Registration, YearRule
from hours.registrations import validation
from hours.states import Status
from hours.workflow.permissions import year_accepts_submission
from organizations.models import Unit

from . import drafts
from .drafts import CollectiveDraft, RosterRow


@dataclass
class PreviewLine:
    """One person of the preview with the unsaved registration, problems that prevent saving it, and warnings."""

    number: int
    name: str
    id_number: str
    hours: str
    certificate_number: str
    person: User | None = None
    registration: Registration | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def masked_id(self) -> str:
        return identity.masked(identity.tail(self.id_number)) if self.id_number else ""


Candidate = tuple[PreviewLine, Registration]


def lines_of(draft: CollectiveDraft, unit: Unit, now: datetime | None = None) -> list[PreviewLine]:
    """Return one line for each person of the draft; five queries for any number of people."""
    now = now or timezone.now()
    training = drafts.training(draft)
    training.category = Category.objects.select_related("parent").get(pk=training.category_id)
    lines = _lines_from_file(draft.rows) if draft.rows else _lines_from_ticks(draft.ticked)
    seen: dict[int, int] = {}
    for line in lines:
        _check_person(line, unit, draft.reviewer, seen)
        _fill_in(line, training, now)
    candidates = [(line, line.registration) for line in lines if line.registration]
    _check_year(candidates, training.year, unit, timezone.localdate(now))
    _check_other_registrations(candidates, training)
    return lines


def good_lines(lines: Iterable[PreviewLine]) -> list[PreviewLine]:
    return [line for line in lines if not line.problems]


def bad_lines(lines: Iterable[PreviewLine]) -> list[PreviewLine]:
    return [line for line in lines if line.problems]


def new_registrations(lines: Iterable[PreviewLine]) -> list[Registration]:
    """Return the unsaved registrations of the lines without problems."""
    return [line.registration for line in good_lines(lines) if line.registration]


def fingerprint(lines: Iterable[PreviewLine], files: Iterable[Attachment] = ()) -> list[list]:
    """Return what saving would store: person, hours and certificate number of each registration, and the file keys."""
    registrations = [
        [registration.owner_id, str(registration.hours_applied), registration.certificate_number]
        for registration in new_registrations(lines)
    ]
    return [registrations, sorted(file.pk for file in files)]


def _lines_from_file(rows: Sequence[RosterRow]) -> list[PreviewLine]:
    digests = {row.number: identity_digest(row.id_number) for row in rows if row.is_named}
    people = User.objects.filter(id_digest__in=set(digests.values())).defer("id_number")
    found = {person.id_digest: person for person in people}
    lines = []
    for row in rows:
        person = found.get(digests.get(row.number, ""))
        line = PreviewLine(row.number, row.name, row.id_number, row.hours, row.certificate_number)
        line.problems += filter(None, [row.problem, _person_problem(row, line, person)])
        line.person = None if line.problems else person
        lines.append(line)
    return lines


def _person_problem(row: RosterRow, line: PreviewLine, person: User | None) -> str:
    """Return why a row names nobody, as a sentence; empty if it does, or if that cannot be told."""
    if row.is_named and person is None:
        return f"“证件号码”列的值“{line.masked_id}”：系统中没有这个证件号码的人员，请核对，或请其先注册。"
    if person and name_key(person.name) != name_key(row.name):
        return f"“姓名”列的值“{row.name}”与证件号码不一致，请核对。"
    return ""


def _lines_from_ticks(keys: Sequence[int]) -> list[PreviewLine]:
    people = User.objects.filter(pk__in=keys).defer("id_number").order_by("name", "pk")
    return [
        PreviewLine(number, person.name, person.masked_id, "", "", person=person)
        for number, person in enumerate(people, 1)
    ]


def _check_person(line: PreviewLine, unit: Unit, reviewer: int, seen: dict[int, int]) -> None:
    """Add a problem if the line's person cannot be registered; `seen` maps people to their first line."""
    person = line.person
    if person is None:
        return
    if person.pk == reviewer:
        line.problems.append("不能为本人代为登记，请在“学时登记”中自行登记。")
    elif person.unit_id != unit.pk:
        line.problems.append(f"不是“{unit.name}”的人员。")
    elif not person.is_active:
        line.problems.append("该人员的账号已停用。")
    elif person.pk in seen:
        line.problems.append(f"与第 {seen[person.pk]} 行是同一人。")
    else:
        seen[person.pk] = line.number


def _fill_in(line: PreviewLine, training: Registration, now: datetime) -> None:
    """Set the line's registration: the training with the line's own hours and certificate number."""
    if line.person is None:
        return
    hours = parse_number(line.hours) if line.hours else training.hours_applied
    if line.problems or hours is None:
        return
    facts = {name: getattr(training, name) for name in drafts.FACTS if name != "category_id"}
    facts |= {"hours_applied": hours, "certificate_number": line.certificate_number or training.certificate_number}
    line.registration = Registration(owner=line.person, category=training.category, **facts)
    for name, problem in validation.problems(line.registration, now).items():
        is_own = name == "hours_applied" and line.hours
        line.problems.append(f"“学时”列的值“{line.hours}”：{problem}" if is_own else problem)


def _check_year(candidates: Sequence[Candidate], year: int, unit: Unit, today: date) -> None:
    """Add a problem to each line whose year is closed for its person; an opening may name a person or a unit."""
    rule = YearRule.objects.filter(year=year).first()
    owners = [registration.owner_id for _, registration in candidates]
    concerned = Q(person__in=owners) | Q(unit=unit) | Q(person=None, unit=None)
    openings = Opening.objects.filter(concerned, year=year, until__gte=today)
    opened: set[tuple[int | None, int | None]] = set(openings.order_by().values_list("person_id", "unit_id"))
    for_all = (None, None) in opened or (None, unit.pk) in opened
    for line, registration in candidates:
        reopened = for_all or (registration.owner_id, None) in opened
        takes = year_accepts_submission(rule, year, today, returned=False, reopened=reopened)
        if isinstance(takes, Denied):
            line.problems.append(takes.reason)


def _check_other_registrations(candidates: Sequence[Candidate], training: Registration) -> None:
    """Add a problem for each duplicate, and a warning for each overlap with a submitted registration."""
    numbers = {comparison_digest(registration.certificate_number) for _, registration in candidates} - {""}
    content = comparison_digest(training.content)
    same = Q(content_key=content, starts_at=training.starts_at, ends_at=training.ends_at)
    in_time = Q(starts_at__lte=training.ends_at, ends_at__gte=training.starts_at) & ~Q(status=Status.DRAFT)
    others: dict[int, list[Registration]] = defaultdict(list)
    rows = Registration.objects.live().filter(owner__in=[registration.owner_id for _, registration in candidates])
    for other in rows.filter(same | in_time | Q(certificate_key__in=numbers)).order_by("starts_at", "pk"):
        others[other.owner_id].append(other)
    for line, registration in candidates:
        for other in others[registration.owner_id]:
            _compare(line, registration, other, content)


def _compare(line: PreviewLine, registration: Registration, other: Registration, content: str) -> None:
    what = _description(other)
    if validation.is_same_certificate(registration, other):
        line.problems.append(f"证书编号 {registration.certificate_number} 已用于其{what}。")
    elif (content, registration.starts_at, registration.ends_at) == (
        other.content_key,
        other.starts_at,
        other.ends_at,
    ):
        line.problems.append(f"与其{what}重复。")
    elif overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at):
        line.warnings.append(f"与其{what}时间重叠，终审人员会看到。")


def _description(other: Registration) -> str:
    """Return how a reviewer reads of a person's other registration; the content of a draft stays private."""
    if other.status == Status.DRAFT:
        return "一条待提交的登记"
    return f"登记{validation.description(other)}"
