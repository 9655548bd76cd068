"""READ: what the pages of 统计 show of places, from the kept sums alone: no page adds up registrations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from accounts.models import User
from hours.models import PlaceTotal, Registration
from hours.offices import NO_ROWS, Office, in_region
from hours.states import REJECTED, Status
from hours.wording import days_between
from organizations.models import Region, Unit
from organizations.querysets import within

STATES = [status for status in Status if status != Status.DRAFT]
WAITING = (Status.FIRST_REVIEW, Status.FINAL_REVIEW)
DECIDED = {Status.RECOGNISED, *REJECTED}
# How many of the oldest waiting registrations tell which units have old queues, and how many units are named.
LOOKED_AT, NAMED = 200, 10


class Reach:
    """Whose figures somebody may see: the places of the active appointments and all below; a superuser every place."""

    def __init__(self, person: User, office: Office) -> None:
        self.everything = person.is_active and person.is_superuser
        self.units_held, self.regions_held = office.units, office.regions

    def regions(self) -> QuerySet[Region]:
        return Region.objects.filter(self._areas(""))

    def units(self) -> QuerySet[Unit]:
        """Units with their region; one that was merged into another has no figures of its own."""
        return Unit.objects.filter(self.at_units(""), merged_into=None).select_related("region")

    def at_units(self, path: str) -> Q:
        """The condition "at one of these units" for the unit at the end of this path; empty on Unit itself."""
        prefix = f"{path}__" if path else ""
        held = Q(**{f"{prefix}pk__in": self.units_held}) if self.units_held else NO_ROWS
        return self._areas(f"{prefix}region") | held

    def path_to(self, region: Region) -> list[Region]:
        """The regions from the highest that may be seen down to this one; one query."""
        return list(self.regions().with_ancestors(region))

    def own_regions(self) -> list[Region]:
        """Where this person begins, each place once; the root for a superuser without an appointment."""
        held = {region.pk: region for region in self.regions_held}
        if not held and self.everything:
            return list(Region.objects.filter(parent=None))
        return list(held.values())

    def own_units(self) -> list[Unit]:
        return list(self.units().filter(pk__in=self.units_held).order_by("name", "pk")) if self.units_held else []

    def _areas(self, path: str) -> Q:
        areas = (within(region, path) for region in self.regions_held)
        return ~NO_ROWS if self.everything else reduce(or_, areas, NO_ROWS)


@dataclass(frozen=True)
class Figures:
    """One year of one place; `row` holds the kept sums (zeros where there are none), the rest is read off them."""

    row: PlaceTotal

    @property
    def share(self) -> Decimal | None:
        """Per cent of the people with any record who reached the target."""
        return percent(self.row.reached, self.row.people)

    @property
    def hours(self) -> Decimal:
        return self.row.public + self.row.professional

    @property
    def states(self) -> list[tuple[Status, int]]:
        return [(status, getattr(self.row, status)) for status in STATES]

    @property
    def registrations(self) -> int:
        return sum(count for _, count in self.states)

    @property
    def waiting(self) -> int:
        return sum(getattr(self.row, status) for status in WAITING)

    @property
    def refusal_rate(self) -> Decimal | None:
        """Per cent refused of those that came to an end: recognised, refused or revoked."""
        return percent(self.row.refused, sum(getattr(self.row, status) for status in DECIDED))

    @property
    def first_mean(self) -> float | None:
        """Mean seconds at the 初审."""
        return self.row.first_wait / self.row.first_waits if self.row.first_waits else None

    @property
    def final_mean(self) -> float | None:
        """Mean seconds at the 终审."""
        return self.row.final_wait / self.row.final_waits if self.row.final_waits else None


def percent(part: int, whole: int) -> Decimal | None:
    """Per cent to one place; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else None


def no_figures(year: int) -> Figures:
    return Figures(PlaceTotal(year=year, public=Decimal(), professional=Decimal(), over_cap=Decimal()))


class YearsOfPlace:
    """All years of one unit or region; one query."""

    def __init__(self, place: Region | Unit) -> None:
        rows = PlaceTotal.objects.filter(kind=kind_of(place), place=place.pk)
        self.by_year = {row.year: Figures(row) for row in rows}

    def of(self, year: int) -> Figures:
        return self.by_year.get(year) or no_figures(year)


def kind_of(place: Region | Unit) -> str:
    return PlaceTotal.Kind.REGION if isinstance(place, Region) else PlaceTotal.Kind.UNIT


@dataclass(frozen=True)
class PlaceRow:
    """One line of a table of places."""

    place: Region | Unit
    now: Figures
    before: Figures


def rows_of(places: Sequence[Region] | Sequence[Unit], year: int) -> list[PlaceRow]:
    """These places (of one kind) with their year and the one before; one query."""
    found: dict[tuple[int, int], Figures] = {}
    if places:
        keys = [place.pk for place in places]
        for row in PlaceTotal.objects.filter(kind=kind_of(places[0]), place__in=keys, year__in=(year, year - 1)):
            found[row.place, row.year] = Figures(row)
    return [
        PlaceRow(
            place,
            found.get((place.pk, year)) or no_figures(year),
            found.get((place.pk, year - 1)) or no_figures(year - 1),
        )
        for place in places
    ]


def children_of(region: Region, year: int) -> list[PlaceRow]:
    """The regions directly below; two queries, none for one that has none."""
    return rows_of([] if region.is_leaf_node() else list(region.get_children().order_by("lft")), year)


def units_of(region: Region, year: int, sort: str) -> QuerySet[Unit]:
    """The units whose 属地 this very region is, by "name", "waiting" (most first) or "share" (lowest first)."""
    units = Unit.objects.filter(region=region, merged_into=None, is_unaffiliated=False)
    sums = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.UNIT, place=OuterRef("pk"), year=year)
    if sort == "waiting":
        waiting = sums.values(waiting=F("first_review") + F("final_review"))
        return units.annotate(order=Coalesce(Subquery(waiting), 0)).order_by("-order", "name", "pk")
    if sort == "share":
        share = Cast("reached", FloatField()) / Cast("people", FloatField())
        ordered = units.annotate(order=Subquery(sums.filter(people__gt=0).values(share=share)))
        return ordered.order_by(F("order").asc(nulls_last=True), "name", "pk")
    return units.order_by("name", "pk")


# --- Queues ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OldQueue:
    """A unit whose 初审 keeps people waiting: since when the oldest registration, and how many wait in all years."""

    unit: Unit
    since: datetime
    waiting: int

    @property
    def days(self) -> int:
        return days_between(self.since, timezone.now())


def old_queues(region: Region) -> list[OldQueue]:
    """The units with the oldest registrations at the 初审, read off the head of the queue's index; three queries."""
    waiting = Registration.objects.filter(in_region(region), status=Status.FIRST_REVIEW)
    since: dict[int, datetime] = {}
    for unit, moment in waiting.order_by("submitted_at", "pk").values_list("unit_id", "submitted_at")[:LOOKED_AT]:
        since.setdefault(unit, moment)
    keys = list(since)[:NAMED]
    units, counts = Unit.objects.in_bulk(keys), _waiting_at(keys)
    return [OldQueue(units[key], since[key], counts.get(key, 0)) for key in keys]


def _waiting_at(units: Iterable[int]) -> dict[int, int]:
    sums = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.UNIT, place__in=units).order_by()
    return dict(sums.values_list("place").annotate(Sum("first_review")))


def oldest_waiting(place: Region | Unit) -> list[tuple[Status, datetime | None, int]]:
    """For each stage since when its oldest registration waits, whatever its year, and for how many days; two queries
    that
    read one row each."""
    area = in_region(place) if isinstance(place, Region) else Q(unit=place)
    queues = {status: Registration.objects.filter(area, status=status) for status in WAITING}
    since = {
        status: queue.order_by("submitted_at", "pk").values_list("submitted_at", flat=True).first()
        for status, queue in queues.items()
    }
    now = timezone.now()
    return [(status, moment, days_between(moment, now) if moment else 0) for status, moment in since.items()]
