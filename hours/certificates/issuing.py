"""CHANGE: 年度学时证明: issued from the facts of its day, superseded by a newer one, revoked when a registration was.

A certificate's facts never change and its PDF is made of nothing else. What happens afterwards:
- a newer certificate that covers all its years supersedes it;
- a revoked registration of a covered year revokes it (also one that was superseded: revoked is the graver word);
- any other change of a covered year (a corrected completion, a cap) leaves it valid, because it says what was recorded
  on its day; where the year now adds up to less, the check page says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

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

MOST_YEARS = 12  # what fits on one page
MOST_PEOPLE = 500  # of one bulk issue
# A person's year that can be certified.
HAS_HOURS = Q(public__gt=0) | Q(professional__gt=0)


class CertificateError(ValueError):
    """Why nothing was issued, as a sentence for people."""


class State(models.TextChoices):
    VALID = "valid", "有效"
    SUPERSEDED = "superseded", "已被新证明替代"
    REVOKED = "revoked", "已失效"
    UNKNOWN = "unknown", "查无此证明"


def state_of(certificate: Certificate) -> State:
    if certificate.revoked_at:
        return State.REVOKED
    return State.SUPERSEDED if certificate.superseded_by_id else State.VALID


# --- Who may -----------------------------------------------------------------------------------


def in_reach(office: Office, person: str = "") -> Q:
    """The condition "whose profile names a unit of this office"; `person` leads from the model to its person."""
    prefix = f"{person}__" if person else ""
    units = Q(**{f"{prefix}unit__in": office.units}) if office.units else NO_ROWS
    return reduce(or_, (within(region, f"{prefix}unit__region") for region in office.regions), units)


def may_issue(actor: User, person: User, years: Iterable[int]) -> Permission:
    """Oneself; reviewers and administrators for people whose profile or whose years belong to their places."""
    if not actor.is_active:
        return Denied("您的账号已停用。")
    if actor.pk == person.pk or actor.is_superuser:
        return Allowed()
    office, years = Office.of(actor), set(years)
    if User.objects.filter(in_reach(office), pk=person.pk).exists():
        return Allowed()
    there = PersonTotal.objects.filter(office.in_scope, person=person, year__in=years).count()
    if years and there == len(years):
        return Allowed()
    return Denied("您只能为本人、本单位或本区域的人员开具学时证明。")


def visible_to(person: User) -> QuerySet[Certificate]:
    """One's own, those one has issued, and those of the people in one's places."""
    office = Office.of(person)
    reach = Q(person=person) | Q(issued_by=person)
    return Certificate.objects.filter(reach | in_reach(office, "person") if office else reach)


# --- What is certified -----------------------------------------------------------------------------


def certifiable(person: User) -> list[dict]:
    """What a certificate of today would say of each year that has counted hours, latest first; four queries."""
    rows = list(PersonTotal.objects.filter(HAS_HOURS, person=person).order_by("-year"))
    return _facts_of_years(rows)


def _facts_of_years(rows: Sequence[PersonTotal]) -> list[dict]:
    """In the order of the rows, each year's facts as they are stored; three queries for any number."""
    people, years = {row.person_id for row in rows}, {row.year for row in rows}
    rules = YearRule.objects.in_bulk(years, field_name="year")
    recognised = Registration.objects.filter(owner__in=people, year__in=years, status__in=sorted(COUNTED)).order_by()
    registrations = {
        tuple(pair): count for *pair, count in recognised.values_list("owner", "year").annotate(Count("pk"))
    }
    completed = Completion.objects.filter(person__in=people, course__year__in=years).order_by()
    courses = {
        tuple(pair): count for *pair, count in completed.values_list("person", "course__year").annotate(Count("pk"))
    }
    return [_year(row, rules.get(row.year), registrations, courses) for row in rows]


def _year(row: PersonTotal, rule: YearRule | None, registrations: dict, courses: dict) -> dict:
    """One year, hours as text so that they stay exact; without a rule nothing is required and nothing reached."""
    pair = row.person_id, row.year
    return {
        "year": row.year,
        "public": format_number(row.public),
        "professional": format_number(row.professional),
        "total": format_number(row.public + row.professional),
        "required": format_number(rule.total) if rule else "",
        "required_professional": format_number(rule.professional) if rule else "",
        "reached": bool(rule) and meets_requirements(row.public, row.professional, rule.total, rule.professional),
        "entries": registrations.get(pair, 0),
        "courses": courses.get(pair, 0),
    }


def _facts(person: User, issuer: str, years: list[dict]) -> dict:
    return {
        "name": person.name,
        "id_kind": person.get_id_kind_display(),
        "id_tail": person.id_tail,
        "unit": person.unit.name if person.unit else "",
        "issuer": issuer,
        "system": settings.PRODUCT_NAME,
        "years": years,
    }


# --- Issuing -----------------------------------------------------------------------------------


def issue(actor: User, person: User, years: Iterable[int], *, again_after: timedelta = timedelta()) -> Certificate:
    """Certify what is recorded today of these years.

    One with the same facts that is younger than `again_after` is handed out instead: a double click issues once.
    Raises CertificateError for somebody who may not, for no or too many years, and for years without counted hours.
    """
    years = sorted(set(years))
    if not years:
        raise CertificateError("请勾选要证明的年度。")
    if len(years) > MOST_YEARS:
        raise CertificateError(f"一份证明最多包含 {MOST_YEARS} 个年度，请分开开具。")
    if not (answer := may_issue(actor, person, years)):
        raise CertificateError(answer.reason)
    issuer = "本人" if actor.pk == person.pk else actor.name
    return _issue(actor, issuer, [person.pk], years, again_after)[0]


def issue_for_year(
    actor: User, issuer: str, people: Iterable[int], year: int, *, again_after: timedelta = timedelta()
) -> list[Certificate]:
    """Certify one year of many people (by key), whom the caller took from the actor's places; constant statements."""
    people = sorted(set(people))
    if not people:
        raise CertificateError(f"没有 {year} 年度有已认定学时的人员，无可证明。")
    if len(people) > MOST_PEOPLE:
        raise CertificateError(f"一次最多为 {MOST_PEOPLE} 人开具，请分批进行。")
    return _issue(actor, issuer, people, [year], again_after)


@transaction.atomic
def _issue(actor: User, issuer: str, people: list[int], years: list[int], again_after: timedelta) -> list[Certificate]:
    """Under the lock of the years, which a revocation takes before it looks for certificates: none slips through."""
    locked = PersonTotal.objects.select_for_update(no_key=True).filter(HAS_HOURS, person__in=people, year__in=years)
    rows = list(locked.order_by("person_id", "year"))
    now = timezone.now()  # after the wait for the lock, so that times follow the order of issue
    _refuse_without_hours(people, years, rows)
    by_person = defaultdict(list)
    for row, facts in zip(rows, _facts_of_years(rows), strict=True):
        by_person[row.person_id].append(facts)
    found = User.objects.select_related("unit").in_bulk(people)
    wanted = {pk: _facts(found[pk], issuer, by_person[pk]) for pk in people}
    valid = _valid_of(people)
    issued = {pk: _same(valid[pk], facts, now - again_after) for pk, facts in wanted.items()}
    new = [
        Certificate(code=codes.new(), person_id=pk, facts=wanted[pk], issued_at=now, issued_by=actor)
        for pk in people
        if issued[pk] is None
    ]
    Certificate.objects.bulk_create(new)
    CertificateYear.objects.bulk_create(
        CertificateYear(certificate=certificate, person_id=certificate.person_id, year=facts["year"])
        for certificate in new
        for facts in certificate.facts["years"]
    )
    _supersede(new, valid)
    issued |= {certificate.person_id: certificate for certificate in new}
    return [issued[pk] for pk in people]


def _refuse_without_hours(people: list[int], years: list[int], rows: list[PersonTotal]) -> None:
    there = {(row.person_id, row.year) for row in rows}
    empty = sorted({year for person in people for year in years if (person, year) not in there})
    if empty:
        named = "、".join(str(year) for year in empty)
        raise CertificateError(f"{named} 年度没有已认定的学时，无可证明。")


def _valid_of(people: list[int]) -> dict[int, list[Certificate]]:
    found = defaultdict(list)
    rows = Certificate.objects.filter(person__in=people, superseded_by=None, revoked_at=None)
    for certificate in rows.order_by("issued_at", "pk"):
        found[certificate.person_id].append(certificate)
    return found


def _same(valid: list[Certificate], facts: dict, since: datetime) -> Certificate | None:
    return next((row for row in valid if row.issued_at > since and row.facts == facts), None)


def years_of(certificate: Certificate) -> set[int]:
    return {facts["year"] for facts in certificate.facts["years"]}


def _supersede(new: list[Certificate], valid: dict[int, list[Certificate]]) -> None:
    """The older ones whose years a new one covers completely point to it; one statement."""
    replaced = []
    for certificate in new:
        for older in valid[certificate.person_id]:
            if years_of(older) <= years_of(certificate):
                older.superseded_by = certificate
                replaced.append(older)
    Certificate.objects.bulk_update(replaced, ["superseded_by"], batch_size=MOST_PEOPLE)


def revoke_for(pairs: Iterable[tuple[int, int]]) -> int:
    """Revoke every certificate that covers one of these (person, year): a registration it counted was revoked."""
    pairs = set(pairs)
    found = CertificateYear.objects.filter(
        person__in={person for person, _ in pairs}, year__in={year for _, year in pairs}
    )
    touched = {row.certificate_id for row in found if (row.person_id, row.year) in pairs}
    return Certificate.objects.filter(pk__in=touched, revoked_at=None).update(revoked_at=timezone.now())


# --- Checking ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What anybody with a code may know: never a whole name, an ID number, a unit, or another certificate's code."""

    state: State
    name: str = ""
    years: Sequence[dict] = ()
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    lowered: Sequence[int] = ()


def check(typed: str) -> Checked:
    """What a typed code leads to. One that cannot be right is looked up like any other and found as little."""
    code = codes.normalise(typed)
    certificate = Certificate.objects.filter(code=code).first()
    if certificate is None:
        return Checked(State.UNKNOWN)
    facts = certificate.facts
    return Checked(
        state=state_of(certificate),
        name=name_in_part(facts["name"]),
        years=facts["years"],
        issued_at=certificate.issued_at,
        revoked_at=certificate.revoked_at,
        lowered=_lowered(certificate),
    )


def _lowered(certificate: Certificate) -> list[int]:
    """The years that now add up to less than was certified."""
    rows = PersonTotal.objects.filter(person=certificate.person_id, year__in=years_of(certificate))
    now = {row.year: row.public + row.professional for row in rows}
    return [
        facts["year"]
        for facts in certificate.facts["years"]
        if now.get(facts["year"], Decimal()) < Decimal(facts["total"])
    ]


def name_in_part(name: str) -> str:
    """黄*梦, 韦*, 欧**娜: enough to recognise on a paper at hand, too little to learn."""
    if len(name) <= 2:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]
