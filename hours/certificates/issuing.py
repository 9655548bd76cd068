"""年度学时证明: issued from the facts of its day, superseded by a newer one, revoked with a registration.

The facts of a certificate never change, and its PDF is made of them alone. After it was issued:
- a newer certificate that covers all its years supersedes it;
- the revocation of a registration of a covered year revokes it, also if it was superseded, because revoked is graver;
- any other change of a covered year (a corrected completion, a cap) leaves it valid, because it states what was
  recorded on its day; the check page names the years that now have fewer hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, TypedDict

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Allowed, Denied, Permission
from hours.counting import meets_requirements
from hours.models import Certificate, CertificateYear, Completion, PersonTotal, Registration, YearRule
from hours.offices import NO_ROWS, Office
from hours.states import COUNTED
from hours.wording import format_number
from organizations.querysets import within

from . import codes

MAX_YEARS = 12  # of one certificate; more do not fit on its page
# A person's year that can be certified.
HAS_HOURS = Q(public__gt=0) | Q(professional__gt=0)

Counts = Mapping[tuple[int, int], int]  # of a person's year


class CertificateError(ValueError):
    """No certificate can be issued; the message is a sentence for people."""


class CertificateState(models.TextChoices):
    VALID = "valid", "有效"
    SUPERSEDED = "superseded", "已被新证明替代"
    REVOKED = "revoked", "已失效"
    UNKNOWN = "unknown", "查无此证明"


class YearFacts(TypedDict):
    """One year of a certificate as it is stored. Hours are text, so that they stay exact; `entries` are registrations.

    For a year without a rule, `required` and `required_professional` are empty and `reached` is false.
    """

    year: int
    public: str
    professional: str
    total: str
    required: str
    required_professional: str
    reached: bool
    entries: int
    courses: int


def state_of(certificate: Certificate) -> CertificateState:
    if certificate.revoked_at:
        return CertificateState.REVOKED
    return CertificateState.SUPERSEDED if certificate.superseded_by_id else CertificateState.VALID


def years_of(certificate: Certificate) -> set[int]:
    return {facts["year"] for facts in certificate.facts["years"]}


# --- Permissions -----------------------------------------------------------------------------------


def profile_unit_in(office: Office, person: str = "") -> Q:
    """Return the condition "the unit of the profile belongs to this office"; `person` is the path to the person."""
    prefix = f"{person}__" if person else ""
    units = Q(**{f"{prefix}unit__in": office.units}) if office.units else NO_ROWS
    return reduce(or_, (within(region, f"{prefix}unit__region") for region in office.regions), units)


def may_issue(actor: User, person: User, years: Iterable[int]) -> Permission:
    """Allow people to issue for themselves, and offices for people whose profile or whose years belong to them."""
    if not actor.is_active:
        return Denied("您的账号已停用。")
    if actor.pk == person.pk or actor.is_superuser:
        return Allowed()
    office, years = Office.of(actor), set(years)
    if User.objects.filter(profile_unit_in(office), pk=person.pk).exists():
        return Allowed()
    there = PersonTotal.objects.filter(office.in_scope, person=person, year__in=years).count()
    if years and there == len(years):
        return Allowed()
    return Denied("您只能为本人、本单位或本区域的人员开具学时证明。")


def visible_to(person: User) -> QuerySet[Certificate]:
    """Return a person's own certificates, those that the person issued, and those of the office's people."""
    office = Office.of(person)
    own = Q(person=person) | Q(issued_by=person)
    return Certificate.objects.filter(own | profile_unit_in(office, "person") if office else own)


# --- Facts -----------------------------------------------------------------------------------------


def certifiable_years(person: User) -> list[YearFacts]:
    """Return the facts of each year with counted hours, as a certificate of today has them, latest first.

    Four queries.
    """
    rows = list(PersonTotal.objects.filter(HAS_HOURS, person=person).order_by("-year"))
    return _facts_of_years(rows)


def _facts_of_years(rows: Sequence[PersonTotal]) -> list[YearFacts]:
    """Return the facts of each row, in the order of the rows; three queries for any number."""
    people, years = {row.person_id for row in rows}, {row.year for row in rows}
    rules = YearRule.objects.in_bulk(years, field_name="year")
    recognised = Registration.objects.filter(owner__in=people, year__in=years, status__in=sorted(COUNTED)).order_by()
    registrations = {
        (person, year): count
        for person, year, count in recognised.values_list("owner", "year").annotate(count=Count("pk"))
    }
    completed = Completion.objects.filter(person__in=people, course__year__in=years).order_by()
    courses = {
        (person, year): count
        for person, year, count in completed.values_list("person", "course__year").annotate(count=Count("pk"))
    }
    return [_year_facts(row, rules.get(row.year), registrations, courses) for row in rows]


def _year_facts(row: PersonTotal, rule: YearRule | None, registrations: Counts, courses: Counts) -> YearFacts:
    person_year = row.person_id, row.year
    return {
        "year": row.year,
        "public": format_number(row.public),
        "professional": format_number(row.professional),
        "total": format_number(row.public + row.professional),
        "required": format_number(rule.total) if rule else "",
        "required_professional": format_number(rule.professional) if rule else "",
        "reached": rule is not None and meets_requirements(row.public, row.professional, rule.total, rule.professional),
        "entries": registrations.get(person_year, 0),
        "courses": courses.get(person_year, 0),
    }


def _facts(person: User, issuer: str, years: list[YearFacts]) -> dict[str, Any]:
    return {
        "name": person.name,
        "id_kind": person.get_id_kind_display(),
        "id_tail": person.id_tail,
        "unit": person.unit.name if person.unit else "",
        "issuer": issuer,
        "system": settings.PRODUCT_NAME,
        "years": years,
    }


# --- Issuing ---------------------------------------------------------------------------------------


def issue(actor: User, person: User, years: Iterable[int], *, reuse_within: timedelta = timedelta()) -> Certificate:
    """Certify the present facts of these years.

    A valid certificate with the same facts that is younger than `reuse_within` is returned instead, so that a double
    click issues once. Raise CertificateError if the actor may not issue, if there are no or too many years, and if a
    year has no counted hours.
    """
    years = sorted(set(years))
    if not years:
        raise CertificateError("请勾选要证明的年度。")
    if len(years) > MAX_YEARS:
        raise CertificateError(f"一份证明最多包含 {MAX_YEARS} 个年度，请分开开具。")
    if not (answer := may_issue(actor, person, years)):
        raise CertificateError(answer.reason)
    issuer = "本人" if actor.pk == person.pk else actor.name
    return _issue(actor, issuer, [person.pk], years, reuse_within)[0]


def issue_for_year(
    actor: User, issuer: str, people: Iterable[int], year: int, *, reuse_within: timedelta = timedelta()
) -> list[Certificate]:
    """Certify one year of many people, given by primary key, with a constant number of statements.

    The caller checks that the actor may issue for them.
    """
    people = sorted(set(people))
    if not people:
        raise CertificateError(f"没有 {year} 年度有已认定学时的人员，无可证明。")
    if len(people) > settings.CERTIFICATE_MAX_PEOPLE:
        raise CertificateError(f"一次最多为 {settings.CERTIFICATE_MAX_PEOPLE} 人开具，请分批进行。")
    return _issue(actor, issuer, people, [year], reuse_within)


@transaction.atomic
def _issue(actor: User, issuer: str, people: list[int], years: list[int], reuse_within: timedelta) -> list[Certificate]:
    """Issue under the lock of the years, which a revocation also takes before it looks for certificates."""
    locked = PersonTotal.objects.select_for_update(no_key=True).filter(HAS_HOURS, person__in=people, year__in=years)
    rows = list(locked.order_by("person_id", "year"))
    now = timezone.now()  # after the wait for the lock, so that times follow the order of issue
    _refuse_without_hours(people, years, rows)
    by_person = defaultdict(list)
    for row, year_facts in zip(rows, _facts_of_years(rows), strict=True):
        by_person[row.person_id].append(year_facts)
    found = User.objects.select_related("unit").in_bulk(people)
    facts = {pk: _facts(found[pk], issuer, by_person[pk]) for pk in people}
    valid = _valid_certificates(people)
    reused = {
        certificate.person_id: certificate
        for pk in people
        if (certificate := _find_same(valid[pk], facts[pk], now - reuse_within))
    }
    new = [
        Certificate(code=codes.new(), person_id=pk, facts=facts[pk], issued_at=now, issued_by=actor)
        for pk in people
        if pk not in reused
    ]
    Certificate.objects.bulk_create(new)
    CertificateYear.objects.bulk_create(
        CertificateYear(certificate=certificate, person_id=certificate.person_id, year=year_facts["year"])
        for certificate in new
        for year_facts in certificate.facts["years"]
    )
    _supersede(new, valid)
    issued = reused | {certificate.person_id: certificate for certificate in new}
    return [issued[pk] for pk in people]


def _refuse_without_hours(people: list[int], years: list[int], rows: list[PersonTotal]) -> None:
    there = {(row.person_id, row.year) for row in rows}
    empty = sorted({year for person in people for year in years if (person, year) not in there})
    if empty:
        named = "、".join(str(year) for year in empty)
        raise CertificateError(f"{named} 年度没有已认定的学时，无可证明。")


def _valid_certificates(people: list[int]) -> dict[int, list[Certificate]]:
    found = defaultdict(list)
    rows = Certificate.objects.filter(person__in=people, superseded_by=None, revoked_at=None)
    for certificate in rows.order_by("issued_at", "pk"):
        found[certificate.person_id].append(certificate)
    return found


def _find_same(valid: list[Certificate], facts: dict[str, Any], since: datetime) -> Certificate | None:
    return next((row for row in valid if row.issued_at > since and row.facts == facts), None)


def _supersede(new: list[Certificate], valid: dict[int, list[Certificate]]) -> None:
    """Supersede the older certificates whose years a new one covers completely; one statement."""
    superseded = []
    for certificate in new:
        for older in valid[certificate.person_id]:
            if years_of(older) <= years_of(certificate):
                older.superseded_by = certificate
                superseded.append(older)
    Certificate.objects.bulk_update(superseded, ["superseded_by"], batch_size=settings.CERTIFICATE_MAX_PEOPLE)


def revoke_for(person_years: Iterable[tuple[int, int]]) -> int:
    """Revoke every certificate that covers one of these (person, year), because a registration of it was revoked."""
    person_years = set(person_years)
    found = CertificateYear.objects.filter(
        person__in={person for person, _ in person_years}, year__in={year for _, year in person_years}
    )
    covering = {row.certificate_id for row in found if (row.person_id, row.year) in person_years}
    return Certificate.objects.filter(pk__in=covering, revoked_at=None).update(revoked_at=timezone.now())


# --- Checking --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckResult:
    """The facts that anybody with a code may read: no full name, ID number, unit, or code of another certificate."""

    state: CertificateState
    name: str = ""
    years: Sequence[YearFacts] = ()
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    reduced_years: Sequence[int] = ()


def check(typed: str) -> CheckResult:
    """Return what a typed code leads to; an invalid code is unknown without a query."""
    code = codes.normalise(typed)
    certificate = Certificate.objects.filter(code=code).first() if codes.is_valid(code) else None
    if certificate is None:
        return CheckResult(CertificateState.UNKNOWN)
    facts = certificate.facts
    return CheckResult(
        state=state_of(certificate),
        name=masked_name(facts["name"]),
        years=facts["years"],
        issued_at=certificate.issued_at,
        revoked_at=certificate.revoked_at,
        reduced_years=_reduced_years(certificate),
    )


def _reduced_years(certificate: Certificate) -> list[int]:
    """Return the years that now have fewer hours than were certified."""
    rows = PersonTotal.objects.filter(person=certificate.person_id, year__in=years_of(certificate))
    present = {row.year: row.public + row.professional for row in rows}
    return [
        facts["year"]
        for facts in certificate.facts["years"]
        if present.get(facts["year"], Decimal()) < Decimal(facts["total"])
    ]


def masked_name(name: str) -> str:
    """Return 黄*梦, 韦*, 欧**娜: enough to recognise the name on a certificate at hand, too little to learn it."""
    if len(name) <= 2:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]
