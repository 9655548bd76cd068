"""What a person's active appointments let them see and decide, as conditions of queries."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from accounts.models import Appointment, User
from organizations.models import Region

from .states import Status

NO_ROWS = Q(pk__in=())


def in_region(region: Region, path: str = "") -> Q:
    """Submitted registrations of a region and all below it: one column and one index, whatever its size.

    `path` leads from the filtered model to the registration, such as "registration__"; empty on the registration
    itself.
    """
    column = {"province": "province", "city": "city", "county": "region"}[region.kind]
    return Q(**{f"{path}{column}": region})


class Office:
    """What a person's active appointments let them see and decide; two queries, one for those who have none."""

    def __init__(self, units: list[int], reviews: list[Region], administers: list[Region]) -> None:
        self.units, self.reviews, self.administers = units, reviews, administers

    @classmethod
    def of(cls, person: User) -> Office:
        """Empty for somebody without an active appointment."""
        held = person.active_appointments()
        return cls(
            units=[appointment.unit_id for appointment in held if appointment.unit_id],
            reviews=[appointment.region for appointment in held if appointment.role == "region_reviewer"],
            administers=[appointment.region for appointment in held if appointment.role == "region_admin"],
        )

    def __bool__(self) -> bool:
        return bool(self.units or self.reviews or self.administers)

    @property
    def regions(self) -> list[Region]:
        """Those reviewed and those administered."""
        return [*self.reviews, *self.administers]

    @property
    def in_scope(self) -> Q:
        """All registrations (or people's years, which carry the same places) in these units and regions."""
        places = (in_region(region) for region in self.regions)
        return reduce(or_, places, Q(unit__in=self.units) if self.units else NO_ROWS)

    @property
    def waiting(self) -> Q:
        """Registrations at a stage that this person decides: 初审 in the units, 终审 in the regions."""
        first = Q(unit__in=self.units, status=Status.FIRST_REVIEW) if self.units else NO_ROWS
        return reduce(or_, (in_region(region) & Q(status=Status.FINAL_REVIEW) for region in self.reviews), first)

    @property
    def unattended(self) -> Q:
        """无人初审: registrations in the regions whose unit has nobody who could do the 初审."""
        areas = reduce(or_, (in_region(region) for region in self.reviews), NO_ROWS)
        return areas & Q(status=Status.FIRST_REVIEW) & ~Q(unit__state="pending") & ~Exists(_others_reviewing())


def _others_reviewing() -> QuerySet:
    """Active reviewers of a registration's unit who are not its owner."""
    active = Appointment.objects.active().filter(unit=OuterRef("unit"), person__is_active=True)
    return active.exclude(person=OuterRef("owner"))


def office_of(request: HttpRequest) -> Office:
    """Whether there is a page at all and what it shows may depend on it; what is decided is asked for anew."""
    if not hasattr(request, "office"):
        request.office = Office.of(request.user)
    return request.office
