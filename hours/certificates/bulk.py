"""One year's certificates of a unit's people, as one ZIP.

People of a unit in a year are those whose year is counted there, and those whose profile names the unit and whose year
has no hours anywhere.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import IO

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import identity
from accounts.models import User
from hours.models import Certificate, PersonTotal
from hours.offices import Office
from organizations.models import Unit
from organizations.querysets import within

from .issuing import HAS_HOURS, issue_for_year
from .pdf import file_name, render

# Whoever downloads once more the same day gets the same certificates, not newer ones that supersede them.
AGAIN_AFTER = timedelta(hours=12)


def units_of(office: Office) -> QuerySet[Unit]:
    """The units whose people this office may serve."""
    places = reduce(or_, (within(region, "region") for region in office.regions), Q(pk__in=office.units))
    return Unit.objects.filter(places, is_unaffiliated=False).selectable()


def by_code(office: Office) -> bool:
    """Whether a unit is named by its code: a region has too many for a list."""
    return bool(office.regions)


def named(office: Office, unit: Unit) -> str:
    """How this office names one of its units in an address; empty where it cannot."""
    if not office or unit.is_unaffiliated:
        return ""
    return (unit.credit_code or "") if by_code(office) else str(unit.pk)


def with_hours(unit: Unit, year: int) -> QuerySet[PersonTotal]:
    """The years to certify, with their people."""
    return PersonTotal.objects.filter(HAS_HOURS, unit=unit, year=year).select_related("person").order_by("person_id")


def without_hours(unit: Unit, year: int) -> QuerySet[User]:
    """The people for whom there is nothing to certify."""
    elsewhere = PersonTotal.objects.filter(HAS_HOURS, person=OuterRef("pk"), year=year)
    return User.objects.filter(~Exists(elsewhere), unit=unit, is_active=True).order_by("pk")


def issuer_for(office: Office, unit: Unit) -> str:
    """Whose hand issues: the unit's own, or the bureau's of its region."""
    return unit.name if unit.pk in office.units else f"{unit.region.name}人社部门"


def issue_zip(
    actor: User, office: Office, unit: Unit, year: int, people: Iterable[int], target: IO[bytes]
) -> list[Certificate]:
    """Issue for these people of the unit and write the ZIP; the certificates stand also if the download breaks."""
    issued = issue_for_year(actor, issuer_for(office, unit), people, year, again_after=AGAIN_AFTER)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        taken: set[str] = set()
        for certificate in issued:
            archive.writestr(_free_name(certificate, taken), render(certificate))
        archive.writestr(f"{year}年度无已认定学时人员.txt", _listed(unit, year))
    return issued


def _free_name(certificate: Certificate, taken: set[str]) -> str:
    """The file's name; people of one name are told apart by the last four of their ID, then by a number."""
    name = file_name(certificate)
    stem, tail = name.removesuffix(".pdf"), certificate.facts["id_tail"]
    choices = [name, f"{stem}_{tail}.pdf", f"{stem}_{tail}_{certificate.pk}.pdf"]
    free = next(choice for choice in choices if choice not in taken)
    taken.add(free)
    return free


def _listed(unit: Unit, year: int) -> bytes:
    """Who got none, as text that a Windows editor shows right."""
    people = [f"{person.name}\t{identity.masked(person.id_tail)}" for person in without_hours(unit, year)]
    head = f"{unit.name}\t{year} 年度没有已认定学时、未开具证明的人员：{len(people)} 人"
    return "\r\n".join([head, *people, ""]).encode("utf-8-sig")
