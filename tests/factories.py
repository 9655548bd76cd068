"""People, units and registrations for tests: valid by default; keyword arguments replace values."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import appointments, identity
from accounts.models import Appointment, User
from hours.certificates import issuing
from hours.counting import LOCAL
from hours.errors import WorkflowError
from hours.models import Attachment, Category, Certificate, Completion, Course, Reason, Registration, YearRule
from hours.registrations import attachments
from hours.registrations.attachments import Proof
from hours.states import Action
from hours.totals import sums
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations import credit_code, revision, units
from organizations.models import Region, Unit

from . import files

PASSWORD = "很难猜的-2026"
_numbers = itertools.count(1)

REGIONS = [
    ("450000", "广西壮族自治区", "", "province"),
    ("450100", "南宁市", "450000", "city"),
    ("450103", "青秀区", "450100", "county"),
    ("450126", "宾阳县", "450100", "county"),
    ("450200", "柳州市", "450000", "city"),
    ("450202", "城中区", "450200", "county"),
]


def regions() -> Region:
    """Create the small region tree; return its root."""
    for code, name, parent, kind in REGIONS:
        above = Region.objects.get(code=parent) if parent else None
        Region.objects.create(code=code, name=name, parent=above, kind=kind)
    revision.advance()
    return Region.objects.get(code="450000")


def region(code: str) -> Region:
    return Region.objects.get(code=code)


def resident_id(born: date = date(1985, 3, 21), number: int | None = None, area: str = "450103") -> str:
    """Return an invented 居民身份证号码 with a valid check character."""
    if number is None:
        days, number = divmod(next(_numbers), 1000)
        born += timedelta(days=days)
    first_17 = f"{area}{born:%Y%m%d}{number % 1000:03d}"
    return first_17 + identity.check_character(first_17)


def unit_code(number: int | None = None) -> str:
    """Return an invented 统一社会信用代码 with a valid check character."""
    first_17 = f"12450100{number or next(_numbers):09d}"
    return first_17 + credit_code.check_character(first_17)


def person(name: str = "黄秋梦", **fields: Any) -> User:
    number = next(_numbers)
    fields.setdefault("username", f"person{number}")
    fields.setdefault("id_number", resident_id())
    fields.setdefault("phone", f"138{number:08d}")
    return User.objects.create_user(name=name, password=PASSWORD, **fields)


def administrator(name: str = "韦管理", **fields: Any) -> User:
    return person(name, is_staff=True, is_superuser=True, **fields)


def unit(name: str = "宾阳县甘棠镇林业站", region_code: str = "450126", **fields: Any) -> Unit:
    fields.setdefault("credit_code", unit_code())
    fields.setdefault("state", Unit.State.ACTIVE)
    return units.store(Unit(name=name, region=region(region_code), **fields))


def unit_reviewer(unit: Unit, name: str = "覃审核", **dates: Any) -> User:
    reviewer = person(name)
    appointments.appoint(reviewer, Appointment.Role.UNIT_REVIEWER, unit=unit, **dates)
    return reviewer


def region_reviewer(
    region: Region, name: str = "莫终审", role: str = Appointment.Role.REGION_REVIEWER, **dates: Any
) -> User:
    reviewer = person(name)
    appointments.appoint(reviewer, role, region=region, **dates)
    return reviewer


def region_admin(region: Region, name: str = "陆管理", **dates: Any) -> User:
    return region_reviewer(region, name, Appointment.Role.REGION_ADMIN, **dates)


def category(
    name: str = "培训班", first_level: str = "培训进修类", by_half_day: bool = True, **fields: Any
) -> Category:
    parent, _ = Category.objects.get_or_create(name=first_level, parent=None)
    facts = {"counts_by_half_day": by_half_day, **fields}
    return Category.objects.get_or_create(name=name, parent=parent, defaults=facts)[0]


def open_years() -> dict[int, YearRule]:
    """Create year rules for this year and the two before, open until the end of next year."""
    this_year = timezone.localdate().year
    return {year: year_rule(year) for year in range(this_year - 2, this_year + 1)}


def year_rule(year: int, **fields: Any) -> YearRule:
    last_day = date(timezone.localdate().year + 1, 12, 31)
    days = {"closes_on": last_day, "returned_closes_on": last_day}
    return YearRule.objects.create(year=year, **{"total": 90, "professional": 60, "source": "测试", **days, **fields})


def moment(days_ago: int, hour: int = 8, minute: int = 0) -> datetime:
    """Return a local time so many days ago."""
    day = timezone.localdate() - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)


def registration(owner: User, content: str = "水利工程施工培训班", **fields: Any) -> Registration:
    """Create a draft of two whole days and 16 hours; the dates differ per call, so no two overlap."""
    days_ago = 3 * next(_numbers) % 300 + 10
    fields.setdefault("starts_at", moment(days_ago, 8))
    fields.setdefault("ends_at", moment(days_ago - 1, 18))
    fields.setdefault("hours_applied", Decimal(16))
    fields.setdefault("year", timezone.localtime(fields["ends_at"]).year)
    fields.setdefault("declared_at", timezone.now())
    if "category" not in fields:
        fields["category"] = category()
    return Registration.objects.create(owner=owner, content=content, **fields)


def attachment(registration: Registration, upload: SimpleUploadedFile | None = None) -> Attachment:
    """A file of a registration, by default a PDF as the product stores it."""
    proof = attachments.inspect(upload) if upload else Proof("结业证书.pdf", "application/pdf", files.PDF)
    attachments.attach(registration, [proof], None, [])
    return registration.attachments.latest("pk")


def course(year: int, name: str = "当代科学技术前沿知识", **fields: Any) -> Course:
    """Return the public course of this year and name, created with 9 hours if it is missing."""
    return Course.objects.get_or_create(year=year, name=name, defaults={"hours": Decimal(9), **fields})[0]


def completion(person: User, course: Course, **fields: Any) -> Completion:
    """Create a completion with the hours of the course and update the person's sums."""
    fields.setdefault("hours", course.hours)
    fields.setdefault("completed_on", date(course.year, 1, 2))
    fields.setdefault("source_key", f"{person.pk}-{course.pk}")
    done = Completion.objects.create(person=person, course=course, source="学习平台", **fields)
    sums.update_for_people([(person.pk, course.year)])
    return done


def typed_training(category: Category, /, **facts: Any) -> dict[str, Any]:
    """Return the form data of a registration of two whole days."""
    return {
        "first_level": category.parent_id,
        "category": category.pk,
        "content": "水利工程施工培训班",
        "starts_at_0": f"{moment(9):%Y-%m-%d}",
        "starts_at_1": "08:00",
        "ends_at_0": f"{moment(8):%Y-%m-%d}",
        "ends_at_1": "18:00",
        "hours_applied": "16",
        "year": "",
        "note": "",
        "certificate_number": "",
        "draft_key": str(uuid.uuid4()),
        "declared": "on",
        **facts,
    }


def typed_unit(**facts: Any) -> dict[str, Any]:
    """Return the form data of a unit."""
    return {
        "name": "宾阳县甘棠镇林业站",
        "credit_code": unit_code(),
        "region": "450126",
        "contact_name": "韦站长",
        "contact_phone": "0771-8212345",
        **facts,
    }


def reason(name: str = "材料不清晰", **fields: Any) -> Reason:
    return Reason.objects.get_or_create(name=name, defaults=fields)[0]


def submitted(owner: User, unit: Unit, **fields: Any) -> Registration:
    """Create a registration in 初审 (终审 for 其他单位)."""
    draft = registration(owner, **fields)
    transitions.submit(owner, [draft], unit, unit.region)
    return draft


def verdict(words: str = "请补充证书复印件。", **fields: Any) -> Verdict:
    fields.setdefault("reason", reason())
    return Verdict(words=words, **fields)


def decide(actor: User, action: Action, registration: Registration, verdict: Verdict) -> Registration:
    """Decide one registration; WorkflowError with the reason if that is refused."""
    result = transitions.decide(actor, action, [registration], verdict)
    if result.refused:
        raise WorkflowError(result.refused[registration.pk])
    return result.done[0]


def agree(actor: User, registration: Registration, verdict: Verdict = Verdict()) -> Registration:
    return decide(actor, Action.AGREE, registration, verdict)


def recognise(actor: User, registration: Registration, verdict: Verdict = Verdict()) -> Registration:
    return decide(actor, Action.RECOGNISE, registration, verdict)


def return_(actor: User, registration: Registration, verdict: Verdict) -> Registration:
    return decide(actor, Action.RETURN, registration, verdict)


def refuse(actor: User, registration: Registration, verdict: Verdict) -> Registration:
    return decide(actor, Action.REFUSE, registration, verdict)


def agreed(owner: User, unit: Unit, reviewer: User, **fields: Any) -> Registration:
    """Create a registration in 终审."""
    return agree(reviewer, submitted(owner, unit, **fields))


def recognised(owner: User, unit: Unit, reviewer: User, final: User, **fields: Any) -> Registration:
    return recognise(final, agreed(owner, unit, reviewer, **fields))


def returned(owner: User, unit: Unit, reviewer: User, **fields: Any) -> Registration:
    return return_(reviewer, submitted(owner, unit, **fields), verdict())


def refused(owner: User, unit: Unit, reviewer: User, **fields: Any) -> Registration:
    return refuse(reviewer, submitted(owner, unit, **fields), verdict())


def certificate(owner: User, unit: Unit, reviewer: User) -> Certificate:
    """Issue a certificate for the year of a new recognised registration."""
    final = region_reviewer(Region.objects.get(code="450000"), "终审员甲")
    registration = recognised(owner, unit, reviewer, final, content="已认定的培训")
    return issuing.issue(owner, owner, [registration.year])
