"""A province in bulk, for measurements: rows go straight into the tables in chunks, past the workflow.

What is true of it: every constraint holds, statuses and years are spread as after some years of use, submissions add up
and name their unit. What is not there: decisions, attachments, passwords.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from config.progress import Progress
from hours import base_data
from hours.counting import DAY_ENDS, DAY_STARTS, at, year_of
from hours.models import Category, Registration, Submission
from hours.states import IN_REVIEW, Status
from organizations import regions
from organizations.models import Region, Unit

from . import invented
from .units import places, store

ID_AREA = "459999"  # never issued
CODE_SERIES = 1  # the demonstration's units have 0
PEOPLE_AT_ONCE = 1_000
YEARS = 6  # the present one and five before
# Of a finished year, and of the present one.
FINISHED = {Status.RECOGNISED: 90, Status.REFUSED: 5, Status.REVOKED: 1, Status.RETURNED: 1, Status.DRAFT: 3}
PRESENT = {Status.RECOGNISED: 45, Status.FINAL_REVIEW: 15, Status.FIRST_REVIEW: 20, Status.DRAFT: 14}
PRESENT |= {Status.RETURNED: 3, Status.REFUSED: 3}
TOPICS = ["安全生产", "质量管理", "信息化应用", "新技术推广", "职业技能", "工程管理", "课堂教学", "检验检测"]


@dataclass(frozen=True)
class Sizes:
    """How many units there shall be in all, and how many people and registrations come on top."""

    units: int
    people: int
    registrations: int


@dataclass(frozen=True)
class World:
    """What people and entries are drawn from; `places` knows the city and province of every region with units."""

    random: Random
    units: list[Unit]
    categories: list[Category]
    places: dict[int, dict[str, Region]]

    @classmethod
    def as_it_stands(cls, random: Random) -> World:
        usable = Unit.objects.exclude(is_unaffiliated=True).exclude(state=Unit.State.DISABLED)
        units = list(usable.select_related("region").order_by("pk"))
        found = {unit.region_id: unit.region for unit in units}
        places = {key: regions.places_of(region) for key, region in found.items()}
        return cls(random, units, list(Category.objects.choosable()), places)


def load(sizes: Sizes, seed: int, out=None) -> None:
    """Fill the tables; a second call adds people and registrations, and the units that are missing."""
    random = invented.seeded(seed)
    base_data.load(settings.ROOT_REGION)
    _load_units(sizes.units, random, out)
    _load_people(sizes, World.as_it_stands(random), out)


@transaction.atomic
def _load_units(wanted: int, random: Random, out) -> None:
    missing = wanted - Unit.objects.exclude(is_unaffiliated=True).count()
    if missing > 0:
        store([], invented.units(places(), missing, random, first=_after(Unit), series=CODE_SERIES), missing, out)


def _load_people(sizes: Sizes, world: World, out) -> None:
    first = _after(User)
    with Progress("人员", sizes.people, out) as people, Progress("学时登记", sizes.registrations, out) as entries:
        for start in range(0, sizes.people, PEOPLE_AT_ONCE):
            count = min(PEOPLE_AT_ONCE, sizes.people - start)
            until = sizes.registrations * (start + count) // sizes.people
            with transaction.atomic():
                owners = User.objects.bulk_create(_people(range(first + start, first + start + count), world))
                _load_entries(owners, until - entries.done, world)
            people.advance(count)
            entries.advance(until - entries.done)


def _after(model) -> int:
    """A number above all that earlier calls used."""
    return (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1


def _people(numbers: range, world: World) -> list[User]:
    return [
        User(
            username=f"bulk{number:08d}",
            password=UNUSABLE_PASSWORD_PREFIX,  # nobody logs in as these
            name=invented.person_name(world.random),
            id_number=invented.resident_id(ID_AREA, number),
            unit=world.random.choice(world.units),
        )
        for number in numbers
    ]


def _load_entries(owners: list[User], count: int, world: World) -> None:
    """Spread the entries over these people; what one person sent of one year is one submission."""
    submissions: list[Submission] = []
    entries: list[Registration] = []
    for place, owner in enumerate(owners):
        own = count * (place + 1) // len(owners) - count * place // len(owners)
        made = [entry(owner, number, world) for number in range(own)]
        submissions += submissions_of(owner, made, world)
        entries += made
    Submission.objects.bulk_create(submissions, batch_size=2_000)
    for one in entries:
        one.submission = one.submission  # its key is known only now
    Registration.objects.bulk_create(entries, batch_size=500)


def entry(owner: User, number: int, world: World) -> Registration:
    """The `number` keeps a person's own entries apart: content and dates together are never the same twice."""
    random, today = world.random, timezone.localdate()
    year = today.year - random.choices(range(YEARS), (30, 20, 16, 13, 11, 10))[0]
    last_day = today - timedelta(days=1) if year == today.year else date(year, 12, 31)
    ended = last_day - timedelta(days=random.randrange(max((last_day - date(year, 1, 1)).days, 1)))
    days = random.choice((1, 1, 2, 3, 5))
    status = _status(PRESENT if year == today.year else FINISHED, owner.unit, random)
    hours = Decimal(8 * days)
    end = at(ended, DAY_ENDS)
    return Registration(
        owner=owner,
        category=random.choice(world.categories),
        content=f"{random.choice(TOPICS)}培训班（第{number + 1}期）",
        starts_at=at(ended - timedelta(days=days - 1), DAY_STARTS),
        ends_at=end,
        hours_applied=hours,
        hours_proposed=hours if status in (Status.FINAL_REVIEW, Status.RECOGNISED, Status.REVOKED) else None,
        hours_recognised=hours if status in (Status.RECOGNISED, Status.REVOKED) else None,
        year=year_of(end),
        declared_at=end + timedelta(hours=2),
        status=status,
    )


def _status(weights: dict[Status, int], unit: Unit, random: Random) -> Status:
    status = random.choices(list(weights), list(weights.values()))[0]
    return Status.FIRST_REVIEW if unit.is_pending and status not in (Status.DRAFT, *IN_REVIEW) else status


def submissions_of(owner: User, entries: list[Registration], world: World) -> list[Submission]:
    """One for each year of which something was sent; its entries are told so."""
    sent: dict[int, list[Registration]] = {}
    for entry in entries:
        if entry.status != Status.DRAFT:
            sent.setdefault(entry.year, []).append(entry)
    return [_submission(owner, group, world) for group in sent.values()]


def _submission(owner: User, entries: list[Registration], world: World) -> Submission:
    now = timezone.now()
    when = min(max(entry.ends_at for entry in entries) + timedelta(days=3, minutes=owner.pk % 600), now)
    submission = Submission(
        owner=owner,
        token=uuid.uuid4(),
        unit=owner.unit,
        region_id=owner.unit.region_id,
        unit_name=owner.unit.name,
        unit_credit_code=owner.unit.credit_code or "",
        entries=len(entries),
        hours=sum(entry.hours_applied for entry in entries),
        created_at=when,
    )
    places = world.places[owner.unit.region_id]
    for entry in entries:
        entry.submission, entry.submitted_at, entry.round = submission, when, 1
        entry.unit, entry.region_id, entry.unit_name = owner.unit, owner.unit.region_id, owner.unit.name
        entry.city, entry.province = places.get(Region.Kind.CITY), places.get(Region.Kind.PROVINCE)
    return submission
