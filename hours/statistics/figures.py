"""The figures of regions and units for 统计, read from the kept sums: no page adds up registrations."""

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
# The old queues are found among this many of the oldest waiting registrations; this many units are listed.
OLDEST_EXAMINED, OLD_QUEUES_LISTED = 200, 10


class StatisticsScope:
    """The places whose figures a person may see: those of active appointments and all below; all for a superuser."""

    def __init__(self, person: User, office: Office) -> None:
        self.is_everything = person.is_active and person.is_superuser
        self.office_units, self.office_regions = office.units, office.regions

    def regions(self) -> QuerySet[Region]:
        return Region.objects.filter(self._region_condition(""))

    def units(self) -> QuerySet[Unit]:
        """Return the units with their regions, without merged units, which have no figures of their own."""
        return Unit.objects.filter(self.unit_condition(""), merged_into=None).select_related("region")

    def unit_condition(self, path: str) -> Q:
        """Return the condition "one of these units"; `path` leads from the model to its unit, "" on Unit itself."""
        prefix = f"{path}__" if path else ""
        own = Q(**{f"{prefix}pk__in": self.office_units}) if self.office_units else NO_ROWS
        return self._region_condition(f"{prefix}region") | own

    def path_to(self, region: Region) -> list[Region]:
        """Return the regions from the highest in scope down to this one; one query."""
        return list(Region.objects.with_ancestors(region).filter(self._region_condition("")))

    def own_regions(self) -> list[Region]:
        """Return the regions of the person's appointments; the root for a superuser without an appointment."""
        regions = {region.pk: region for region in self.office_regions}
        if not regions and self.is_everything:
            return list(Region.objects.filter(parent=None))
        return list(regions.values())

    def own_units(self) -> list[Unit]:
        """Return the units of the person's appointments."""
        return list(self.units().filter(pk__in=self.office_units).order_by("name", "pk")) if self.office_units else []

    def _region_condition(self, path: str) -> Q:
        conditions = (within(region, path) for region in self.office_regions)
        return ~NO_ROWS if self.is_everything else reduce(or_, conditions, NO_ROWS)


@dataclass(frozen=True)
class Figures:
    """One year of one place; `row` holds the kept sums, which are zero for a year without records."""

    row: PlaceTotal

    @property
    def share(self) -> Decimal | None:
        """Per cent of the people with any record who reached the target."""
        return percentage(self.row.reached, self.row.people)

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
        """Per cent refused of the decided registrations: recognised, refused or revoked."""
        return percentage(self.row.refused, sum(getattr(self.row, status) for status in DECIDED))

    @property
    def first_mean(self) -> float | None:
        """Mean seconds at the 初审."""
        return self.row.first_wait / self.row.first_waits if self.row.first_waits else None

    @property
    def final_mean(self) -> float | None:
        """Mean seconds at the 终审."""
        return self.row.final_wait / self.row.final_waits if self.row.final_waits else None


def percentage(part: int, whole: int) -> Decimal | None:
    """Return the per cent with one decimal place, or None if the whole is zero."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else None


def empty_figures(year: int) -> Figures:
    return Figures(PlaceTotal(year=year, public=Decimal(), professional=Decimal(), over_cap=Decimal()))


class PlaceYears:
    """The figures of all years of one unit or region; one query."""

    def __init__(self, place: Region | Unit) -> None:
        rows = PlaceTotal.objects.filter(kind=kind_of(place), place=place.pk)
        self.by_year = {row.year: Figures(row) for row in rows}

    def figures(self, year: int) -> Figures:
        return self.by_year.get(year) or empty_figures(year)


def kind_of(place: Region | Unit) -> str:
    return PlaceTotal.Kind.REGION if isinstance(place, Region) else PlaceTotal.Kind.UNIT


@dataclass(frozen=True)
class PlaceRow:
    """One row of a table of places."""

    place: Region | Unit
    now: Figures
    before: Figures


def place_rows(places: Sequence[Region] | Sequence[Unit], year: int) -> list[PlaceRow]:
    """Return places of one kind with the figures of the year and of the year before; one query."""
    found: dict[tuple[int, int], Figures] = {}
    if places:
        keys = [place.pk for place in places]
        for row in PlaceTotal.objects.filter(kind=kind_of(places[0]), place__in=keys, year__in=(year, year - 1)):
            found[row.place, row.year] = Figures(row)
    return [
        PlaceRow(
            place,
            found.get((place.pk, year)) or empty_figures(year),
            found.get((place.pk, year - 1)) or empty_figures(year - 1),
        )
        for place in places
    ]


def child_rows(region: Region, year: int) -> list[PlaceRow]:
    """Return the regions directly below; two queries, none for a region without any."""
    return place_rows([] if region.is_leaf_node() else list(region.get_children().order_by("lft")), year)


def units_of(region: Region, year: int, sort: str) -> QuerySet[Unit]:
    """Return the units whose 属地 is this very region, by "name", "waiting" (most first) or "share" (lowest first)."""
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
    """A unit's queue at the 初审: when its oldest registration was submitted, and its length over all years."""

    unit: Unit
    since: datetime
    waiting: int

    @property
    def days(self) -> int:
        return days_between(self.since, timezone.now())


def old_queues(region: Region) -> list[OldQueue]:
    """Return the units with the oldest registrations at the 初审; three queries.

    The first one reads only the beginning of the queue's index.
    """
    waiting = Registration.objects.filter(in_region(region), status=Status.FIRST_REVIEW)
    oldest = waiting.order_by("submitted_at", "pk").values_list("unit_id", "submitted_at")[:OLDEST_EXAMINED]
    since: dict[int, datetime] = {}
    for unit, submitted_at in oldest:
        if submitted_at:
            since.setdefault(unit, submitted_at)
    keys = list(since)[:OLD_QUEUES_LISTED]
    units, counts = Unit.objects.in_bulk(keys), _first_review_counts(keys)
    return [OldQueue(units[key], since[key], counts.get(key, 0)) for key in keys]


def _first_review_counts(units: Iterable[int]) -> dict[int, int]:
    sums = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.UNIT, place__in=units).order_by()
    return dict(sums.values_list("place").annotate(Sum("first_review")))


def oldest_waiting(place: Region | Unit) -> list[tuple[Status, datetime | None, int]]:
    """Return for each stage when its oldest registration of any year was submitted, and how many days ago.

    Two queries that read one row each.
    """
    condition = in_region(place) if isinstance(place, Region) else Q(unit=place)
    queues = {status: Registration.objects.filter(condition, status=status) for status in WAITING}
    since = {
        status: queue.order_by("submitted_at", "pk").values_list("submitted_at", flat=True).first()
        for status, queue in queues.items()
    }
    now = timezone.now()
    return [(status, moment, days_between(moment, now) if moment else 0) for status, moment in since.items()]
