"""CHANGE: 单位集体登记. A reviewer enters one training for many people of the own unit; the registrations wait for
the 终审.

Between the pages the whole undertaking travels as one sealed text: nobody can read or change it, nothing is stored
before the confirmation, and what the preview has shown is exactly what is saved or nothing is.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cryptography.exceptions import InvalidTag
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import identity
from accounts.crypto import decrypt, encrypt
from accounts.models import User, identity_digest
from hours.counting import overlaps
from hours.errors import WorkflowError
from hours.models import Attachment, Category, Opening, Registration, Submission, YearRule
from hours.offices import Office
from hours.registrations import attachments, validation
from hours.states import Action, Status
from hours.wording import number_in
from hours.workflow.moves import Verdict, move
from hours.workflow.permissions import Denied, year_takes
from organizations import regions
from organizations.models import Region, Unit

MOST = 2000
FACTS = ("category_id", "content", "starts_at", "ends_at", "hours_applied", "year", "note", "certificate_number")
SHARED = "由单位审核员{name}代为登记，单位承诺以上信息属实。"


class DraftLost(WorkflowError):
    """The sealed text is not ours or not this person's."""


class PreviewOutdated(WorkflowError):
    """Since the preview something changed: other people or hours would be saved than were shown."""


@dataclass(frozen=True)
class Row:
    """One person as named in a file: what was typed, and what could not be read of it."""

    number: int
    name: str
    id_number: str
    hours: str = ""
    certificate_number: str = ""
    problem: str = ""


@dataclass
class Draft:
    """What a reviewer is about to enter. `promised` is what the preview has shown (see `promise`)."""

    reviewer: int
    unit: int
    facts: dict
    files: str
    rows: list[Row] = field(default_factory=list)
    ticked: list[int] = field(default_factory=list)
    promised: list[list] | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Line:
    """One person of the preview: the registration to be saved, or the problems in its way."""

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


# --- The sealed text -------------------------------------------------------------------------------


def seal(value) -> str:
    """Anything JSON can hold, compressed and encrypted; ID numbers stay unreadable outside the server."""
    packed = zlib.compress(json.dumps(value, ensure_ascii=False, default=str).encode())
    return encrypt(base64.b64encode(packed).decode())


def unseal(text: str):
    """DraftLost for what `seal` did not write."""
    try:
        return json.loads(zlib.decompress(base64.b64decode(decrypt(text))))
    except (ValueError, KeyError, InvalidTag, zlib.error):
        raise DraftLost("页面内容无法识别，请重新填写。") from None


def to_text(draft: Draft) -> str:
    return seal(asdict(draft))


def from_text(text: str, reviewer: User) -> Draft:
    """The draft again; DraftLost if it is another person's."""
    content = unseal(text)
    if not isinstance(content, dict) or content.get("reviewer") != reviewer.pk:
        raise DraftLost("页面内容无法识别，请重新填写。")
    return Draft(**{**content, "rows": [Row(**row) for row in content["rows"]]})


def facts_of(registration: Registration) -> dict:
    """The facts that all the registrations share, as a draft keeps them."""
    return {name: getattr(registration, name) for name in FACTS}


def training(draft: Draft) -> Registration:
    """The training by itself: a registration without an owner."""
    facts = dict(draft.facts)
    for name in ("starts_at", "ends_at"):
        facts[name] = datetime.fromisoformat(str(facts[name]))
    facts["hours_applied"] = Decimal(str(facts["hours_applied"]))
    return Registration(**facts)


# --- Who may, for whom --------------------------------------------------------------------------------


def units_of(reviewer: User) -> QuerySet[Unit]:
    """The units for which this person may enter trainings: active ones with an active appointment."""
    return Unit.objects.filter(pk__in=Office.of(reviewer).units, state=Unit.State.ACTIVE).select_related("region")


def people_of(unit: Unit, reviewer: User, search: str = "") -> QuerySet[User]:
    """Who can be ticked: the unit's people except the reviewer; by a part of the name or the last four of the ID."""
    people = User.objects.filter(unit=unit, is_active=True).exclude(pk=reviewer.pk).defer("id_number")
    if search:
        people = people.filter(Q(name__contains=search) | Q(id_tail=identity.normalise(search)))
    return people.order_by("name", "pk")


# --- What would be saved ------------------------------------------------------------------------------


def lines_of(draft: Draft, unit: Unit, now: datetime | None = None) -> list[Line]:
    """Each person of the draft with the registration to be saved or what is wrong; five queries, however many there
    are.
    """
    now = now or timezone.now()
    base = training(draft)
    base.category = Category.objects.select_related("parent").get(pk=base.category_id)
    lines = _named_in_file(draft.rows) if draft.rows else _ticked(draft.ticked)
    seen: dict[int, int] = {}
    for line in lines:
        _check_person(line, unit, draft.reviewer, seen)
        if line.person is not None:
            _fill_in(line, base, now)
    candidates = [line for line in lines if line.registration is not None]
    _check_year(candidates, base.year, unit, timezone.localdate(now))
    _check_other_registrations(candidates, base)
    return lines


def good(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if not line.problems]


def bad(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.problems]


def promise(lines: Iterable[Line], files: Iterable[Attachment] = ()) -> list[list]:
    """The preview's word: exactly these registrations (person, hours, certificate number) with exactly these files."""
    registrations = [
        [line.person.pk, str(line.registration.hours_applied), line.registration.certificate_number]
        for line in good(lines)
        if line.person and line.registration
    ]
    return [registrations, sorted(file.pk for file in files)]


def _named_in_file(rows: Sequence[Row]) -> list[Line]:
    digests = {row.number: identity_digest(row.id_number) for row in rows if row.id_number and not row.problem}
    people = User.objects.filter(id_digest__in=set(digests.values())).defer("id_number")
    found = {person.id_digest: person for person in people}
    lines = []
    for row in rows:
        person = found.get(digests.get(row.number, ""))
        line = Line(row.number, row.name, row.id_number, row.hours, row.certificate_number)
        if row.problem:
            line.problems.append(row.problem)
        elif person is None:
            line.problems.append("系统中没有这个证件号码的人员，请核对，或请其先注册。")
        elif person.name != row.name:
            line.problems.append("姓名与证件号码不一致，请核对。")
        else:
            line.person = person
        lines.append(line)
    return lines


def _ticked(keys: Sequence[int]) -> list[Line]:
    people = User.objects.filter(pk__in=keys).defer("id_number").order_by("name", "pk")
    return [
        Line(number, person.name, person.masked_id, "", "", person=person) for number, person in enumerate(people, 1)
    ]


def _check_person(line: Line, unit: Unit, reviewer: int, seen: dict[int, int]) -> None:
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


def _fill_in(line: Line, base: Registration, now: datetime) -> None:
    """The registration as it would be saved: the training with the line's own hours and certificate number."""
    hours = _hours(line) if line.hours else base.hours_applied
    if line.problems or hours is None:
        return
    facts = {name: getattr(base, name) for name in FACTS if name != "category_id"}
    facts |= {"hours_applied": hours, "certificate_number": line.certificate_number or base.certificate_number}
    line.registration = Registration(owner=line.person, category=base.category, **facts)
    line.problems += validation.problems(line.registration, now).values()


def _hours(line: Line) -> Decimal | None:
    hours = number_in(line.hours)
    if hours is None:
        line.problems.append(f"学时“{line.hours}”不是数字，例如 8 或 7.5。")
    elif abs(hours) > 9999:
        line.problems.append(f"学时“{line.hours}”太大了，请核对。")
    else:
        return hours
    return None


def _check_year(lines: Sequence[Line], year: int, unit: Unit, today: date) -> None:
    rule = YearRule.objects.filter(year=year).first()
    concerned = Q(person__in=[line.person.pk for line in lines]) | Q(unit=unit) | Q(person=None, unit=None)
    opened = Opening.objects.filter(concerned, year=year, until__gte=today)
    rows = set(opened.order_by().values_list("person_id", "unit_id"))
    for_all = (None, None) in rows or (None, unit.pk) in rows
    for line in lines:
        takes = year_takes(rule, year, today, returned=False, reopened=for_all or (line.person.pk, None) in rows)
        if isinstance(takes, Denied):
            line.problems.append(takes.reason)


def _check_other_registrations(lines: Sequence[Line], base: Registration) -> None:
    """The same thing entered before is in the way; the same time is worth a look, except a draft."""
    numbers = {line.registration.certificate_number for line in lines} - {""}
    same = Q(content=base.content, starts_at=base.starts_at, ends_at=base.ends_at)
    in_time = Q(starts_at__lte=base.ends_at, ends_at__gte=base.starts_at) & ~Q(status=Status.DRAFT)
    others: dict[int, list[Registration]] = defaultdict(list)
    rows = Registration.objects.live().filter(owner__in=[line.person.pk for line in lines])
    for other in rows.filter(same | in_time | Q(certificate_number__in=numbers)).order_by("starts_at", "pk"):
        others[other.owner_id].append(other)
    for line in lines:
        for other in others[line.person.pk]:
            _compare(line, other)


def _compare(line: Line, other: Registration) -> None:
    registration, what = line.registration, _told_of(other)
    if registration.certificate_number and registration.certificate_number == other.certificate_number:
        line.problems.append(f"证书编号 {registration.certificate_number} 已用于其{what}。")
    elif (registration.content, registration.starts_at, registration.ends_at) == (
        other.content,
        other.starts_at,
        other.ends_at,
    ):
        line.problems.append(f"与其{what}重复。")
    elif overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at):
        line.warnings.append(f"与其{what}时间重叠，终审人员会看到。")


def _told_of(other: Registration) -> str:
    """What a reviewer may read of a person's other registration: of a draft only that it is there."""
    if other.status == Status.DRAFT:
        return "一条待提交的登记"
    return f"登记{validation.named(other)}"


# --- Saving -----------------------------------------------------------------------------------------


def save(reviewer: User, draft: Draft, *, now: datetime | None = None) -> Submission:
    """Enter what the preview has shown, all in one transaction; the same draft again returns what it has become.

    PreviewOutdated if other registrations would be saved than were shown; WorkflowError if this person may not (any
    more).
    """
    made: list[str] = []
    try:
        with transaction.atomic():
            return _save(reviewer, draft, now or timezone.now(), made)
    except Exception as error:
        storage = Attachment._meta.get_field("file").storage
        for name in made:
            storage.delete(name)
        if isinstance(error, IntegrityError):
            raise PreviewOutdated("名单中有人刚刚登记了相同的内容，请重新核对。") from None
        raise


def _save(reviewer: User, draft: Draft, now: datetime, made: list[str]) -> Submission:
    # Of two clicks the second one waits here and then finds what the first one has made; a merge waits too.
    unit = Unit.objects.select_for_update(no_key=True).filter(pk=draft.unit).first()
    if earlier := Submission.objects.filter(token=draft.token, owner=reviewer).first():
        return earlier
    unit = units_of(reviewer).filter(pk=unit.pk).first() if unit else None
    if unit is None:
        raise WorkflowError("您目前不能为该单位集体登记：任职已到期，或单位不是“正常”状态。")
    lines = lines_of(draft, unit, now)
    registrations = [line.registration for line in good(lines) if line.registration]
    originals = list(Attachment.objects.waiting_for_form(reviewer, draft.files))
    if promise(lines, originals) != draft.promised:
        raise PreviewOutdated("预览之后情况有变化，没有保存任何登记，请重新核对。")
    if not registrations:
        raise WorkflowError("没有可以登记的人员。")
    owners = sorted(registration.owner_id for registration in registrations)
    list(User.objects.select_for_update(no_key=True).filter(pk__in=owners).order_by("pk").values_list("pk"))
    submission = _submission(reviewer, draft, unit, registrations, now)
    _enter(reviewer, submission, registrations)
    attachments.share(originals, registrations, made)
    attachments.discard(Attachment.objects.filter(pk__in=[original.pk for original in originals]))
    return submission


def _submission(
    reviewer: User, draft: Draft, unit: Unit, registrations: Sequence[Registration], now: datetime
) -> Submission:
    return Submission.objects.create(
        owner=reviewer,
        token=draft.token,
        unit=unit,
        region_id=unit.region_id,
        unit_name=unit.name,
        unit_credit_code=unit.credit_code or "",
        entries=len(registrations),
        hours=sum((registration.hours_applied for registration in registrations), Decimal()),
        created_at=now,
    )


def _enter(reviewer: User, submission: Submission, registrations: Sequence[Registration]) -> None:
    """Store the registrations and let them set out towards the 终审, each with its decision row."""
    unit, now = submission.unit, submission.created_at
    places = regions.places_of(submission.region)
    for registration in registrations:
        registration.declared_at, registration.entered_by, registration.unit = now, reviewer, unit
    Registration.objects.bulk_create(registrations)
    move(
        reviewer,
        Action.ENTER,
        registrations,
        Verdict(words=SHARED.format(name=reviewer.name)),
        offices={registration.pk: unit.name for registration in registrations},
        now=now,
        submission=submission,
        submitted_at=now,
        unit=unit,
        unit_name=unit.name,
        region_id=submission.region_id,
        city=places.get(Region.Kind.CITY),
        province=places.get(Region.Kind.PROVINCE),
        is_unaffiliated=False,
    )
