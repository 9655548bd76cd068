"""The units and regions in which a person's active appointments apply, as query conditions."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Appointment, User
from accounts.requests import PersonRequest
from organizations.models import Region, Unit

from .states import Status

NO_ROWS = Q(pk__in=())


def in_region(region: Region, path: str = "") -> Q:
    """Match submitted registrations of a region and all regions below it, with one column and one index.

    `path` leads from the filtered model to the registration, such as "registration__"; it is empty on Registration.
    """
    column = {"province": "province", "city": "city", "county": "region"}[region.kind]
    return Q(**{f"{path}{column}": region})


class Office:
    """The units that a person reviews, and the regions that the person reviews or administers."""

    def __init__(self, units: list[int], reviews: list[Region], administers: list[Region]) -> None:
        self.units, self.reviews, self.administers = units, reviews, administers

    @classmethod
    def of(cls, person: User) -> Office:
        """Return the person's office, empty without an active appointment; at most two queries."""
        held = person.active_appointments()
        return cls(
            units=[appointment.unit_id for appointment in held if appointment.unit_id],
            reviews=_regions(held, Appointment.Role.REGION_REVIEWER),
            administers=_regions(held, Appointment.Role.REGION_ADMIN),
        )

    def __bool__(self) -> bool:
        return bool(self.units or self.reviews or self.administers)

    @property
    def regions(self) -> list[Region]:
        """The regions reviewed and those administered."""
        return [*self.reviews, *self.administers]

    @property
    def in_scope(self) -> Q:
        """All registrations of these units and regions; also PersonTotal rows, which have the same place columns."""
        places = (in_region(region) for region in self.regions)
        return reduce(or_, places, Q(unit__in=self.units) if self.units else NO_ROWS)

    @property
    def waiting(self) -> Q:
        """Registrations at a stage that this person decides: 初审 in the units, 终审 in the regions."""
        first = Q(unit__in=self.units, status=Status.FIRST_REVIEW) if self.units else NO_ROWS
        return reduce(or_, (in_region(region) & Q(status=Status.FINAL_REVIEW) for region in self.reviews), first)

    @property
    def unattended(self) -> Q:
        """无人初审: registrations of the regions whose unit has no eligible reviewer."""
        regions = reduce(or_, (in_region(region) for region in self.reviews), NO_ROWS)
        at_unit = Q(status=Status.FIRST_REVIEW) & ~Q(unit__state=Unit.State.PENDING)
        return regions & at_unit & Q(~Exists(_eligible_reviewers()))


def _regions(held: list[Appointment], role: Appointment.Role) -> list[Region]:
    return [appointment.region for appointment in held if appointment.role == role and appointment.region]


def _eligible_reviewers() -> QuerySet[Appointment]:
    """Active reviewers of the outer registration's unit, except its owner."""
    active = Appointment.objects.active().filter(unit=OuterRef("unit"), person__is_active=True)
    return active.exclude(person=OuterRef("owner"))


def office_of(request: PersonRequest) -> Office:
    """Return the office of the signed-in person, read once per request.

    Pages use it to decide what they show; each decision checks the permission again.
    """
    cache = vars(request)
    if "office" not in cache:
        cache["office"] = Office.of(request.user)
    office: Office = cache["office"]
    return office
