"""One year's certificates of a unit's people as one ZIP.

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

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import identity
from accounts.models import User
from hours.models import Certificate, PersonTotal
from hours.offices import Office
from organizations.models import Unit
from organizations.querysets import within

from .issuing import HAS_HOURS, issue_for_year
from .pdf import file_name, render


def units_of(office: Office) -> QuerySet[Unit]:
    """Return the units for whose people this office may issue."""
    places = reduce(or_, (within(region, "region") for region in office.regions), Q(pk__in=office.units))
    return Unit.objects.filter(places, is_unaffiliated=False).selectable()


def names_units_by_code(office: Office) -> bool:
    """Whether the page asks for a unit's code instead of offering a list, because a region has too many units."""
    return bool(office.regions)


def unit_parameter(office: Office, unit: Unit) -> str:
    """Return the value that names a unit in the address of this office's page, or "" if there is none."""
    if not office or unit.is_unaffiliated:
        return ""
    return (unit.credit_code or "") if names_units_by_code(office) else str(unit.pk)


def certifiable_totals(unit: Unit, year: int) -> QuerySet[PersonTotal]:
    """Return the totals of the unit's people with hours in this year, with the people."""
    return PersonTotal.objects.filter(HAS_HOURS, unit=unit, year=year).select_related("person").order_by("person_id")


def people_without_hours(unit: Unit, year: int) -> QuerySet[User]:
    """Return the unit's active people without hours in this year, who get no certificate."""
    elsewhere = PersonTotal.objects.filter(HAS_HOURS, person=OuterRef("pk"), year=year)
    return User.objects.filter(~Exists(elsewhere), unit=unit, is_active=True).order_by("pk")


def issuer_for(office: Office, unit: Unit) -> str:
    """Return the issuer's name: the unit for its own office, otherwise the bureau of its region."""
    return unit.name if unit.pk in office.units else f"{unit.region.name}人社部门"


def issue_zip(
    actor: User, office: Office, unit: Unit, year: int, people: Iterable[int], target: IO[bytes]
) -> list[Certificate]:
    """Issue for these people of the unit and write the ZIP; the certificates stay if the download breaks off."""
    issued = issue_for_year(
        actor, issuer_for(office, unit), people, year, reuse_within=timedelta(hours=settings.CERTIFICATE_REUSE_HOURS)
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        taken: set[str] = set()
        for certificate in issued:
            archive.writestr(_unique_name(certificate, taken), render(certificate))
        archive.writestr(f"{year}年度无已认定学时人员.txt", _list_without_hours(unit, year))
    return issued


def _unique_name(certificate: Certificate, taken: set[str]) -> str:
    """Return a file name that is not taken and add it; the last four of the ID, then a number, tell people apart."""
    name = file_name(certificate)
    stem, tail = name.removesuffix(".pdf"), certificate.facts["id_tail"]
    choices = [name, f"{stem}_{tail}.pdf", f"{stem}_{tail}_{certificate.pk}.pdf"]
    free = next(choice for choice in choices if choice not in taken)
    taken.add(free)
    return free


def _list_without_hours(unit: Unit, year: int) -> bytes:
    """Return the names of the people without a certificate, as text in an encoding that Windows editors recognise."""
    people = [f"{person.name}\t{identity.masked(person.id_tail)}" for person in people_without_hours(unit, year)]
    head = f"{unit.name}\t{year} 年度没有已认定学时、未开具证明的人员：{len(people)} 人"
    return "\r\n".join([head, *people, ""]).encode("utf-8-sig")
