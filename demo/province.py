"""A province in bulk, for measurements: rows are inserted directly, in batches, without the workflow.

Every constraint holds. Statuses and years are distributed as after some years of use, submissions carry their totals
and their unit, each stage begins where the previous one ends, and the totals of people and places are those of a
recount. There are no decisions, notices, attachments or passwords.
"""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.commands import progress_bar
from hours import base_data
from hours.counting import DAY_ENDS, DAY_STARTS, default_year, local_moment
from hours.models import Category, PersonTotal, Registration, Submission, YearRule
from hours.states import IN_REVIEW, Status
from hours.totals import sums
from organizations import regions
from organizations.models import Region, Unit

from . import bulk, generators
from .units import store, unit_regions

ID_AREA = "459999"  # an area code that is never issued
CODE_SERIES = 1  # the demonstration's units have 0
PEOPLE_BATCH_SIZE = 1_000
LONGEST_STAGE = timedelta(days=40)
YEARS = 6  # the current year and five before
# status -> weight
FINISHED_YEAR = {Status.RECOGNISED: 90, Status.REFUSED: 5, Status.REVOKED: 1, Status.RETURNED: 1, Status.DRAFT: 3}
CURRENT_YEAR = {Status.RECOGNISED: 45, Status.FINAL_REVIEW: 15, Status.FIRST_REVIEW: 20, Status.DRAFT: 14}
CURRENT_YEAR |= {Status.RETURNED: 3, Status.REFUSED: 3}
# The completed stages of a registration in this status; the stage that a revocation ends has no field.
FIRST, BOTH = ("first_wait",), ("first_wait", "final_wait")
COMPLETED_STAGES: dict[str, tuple[str, ...]] = {
    Status.FINAL_REVIEW: FIRST,
    Status.RETURNED: FIRST,
    Status.REFUSED: FIRST,
    Status.RECOGNISED: BOTH,
    Status.REVOKED: (*BOTH, ""),
}
TOPICS = ["安全生产", "质量管理", "信息化应用", "新技术推广", "职业技能", "工程管理", "课堂教学", "检验检测"]


@dataclass(frozen=True)
class Sizes:
    """The number of units in all, and of people and registrations to add."""

    units: int
    people: int
    registrations: int


@dataclass(frozen=True)
class World:
    """What people and registrations are drawn from; `places`: region -> kind -> the region's city and province."""

    random: Random
    units: list[Unit]
    categories: list[Category]
    places: dict[int, dict[str, Region]]
    rules: dict[int, YearRule]
    caps: dict[int, dict[int, Decimal]]
    today: date

    @classmethod
    def from_database(cls, random: Random) -> World:
        usable = Unit.objects.exclude(is_unaffiliated=True).exclude(state=Unit.State.DISABLED)
        units = list(usable.with_regions().order_by("pk"))
        found = {unit.region_id: unit.region for unit in units}
        places = {key: regions.ancestors_by_kind(region) for key, region in found.items()}
        today = timezone.localdate()
        years = range(today.year - YEARS + 1, today.year + 1)
        rules = YearRule.objects.in_bulk(years, field_name="year")
        categories = list(Category.objects.selectable())
        return cls(random, units, categories, places, rules, sums.caps_of(years), today)


def load(sizes: Sizes, seed: int) -> None:
    """Fill the tables; a second call adds people and registrations, and the missing units."""
    random = generators.seeded(seed)
    base_data.load(settings.ROOT_REGION)
    _load_units(sizes.units, random)
    _load_people(sizes, World.from_database(random))
    bulk.analyze()


@transaction.atomic
def _load_units(wanted: int, random: Random) -> None:
    missing = wanted - Unit.objects.exclude(is_unaffiliated=True).count()
    if missing > 0:
        first = bulk.next_key(Unit)
        store([], generators.units(unit_regions(), missing, random, first=first, series=CODE_SERIES), missing)


def _load_people(sizes: Sizes, world: World) -> None:
    numbers = itertools.count(bulk.next_key(User))
    gained: sums.Sums = {}
    written = 0
    with progress_bar("人员及学时登记", sizes.people) as bar:
        for start in range(0, sizes.people, PEOPLE_BATCH_SIZE):
            count = min(PEOPLE_BATCH_SIZE, sizes.people - start)
            until = sizes.registrations * (start + count) // sizes.people
            owners = [_person(number, world) for number in itertools.islice(numbers, count)]
            _store(owners, _registrations_of(owners, until - written, world), world, gained)
            written = until
            bar.update(count)
    with transaction.atomic():
        sums.add_to_places(gained)
        bulk.reset_sequences(User, Submission, Registration, PersonTotal)


def _person(number: int, world: World) -> User:
    return User(
        pk=number,
        username=f"bulk{number:08d}",
        password=UNUSABLE_PASSWORD_PREFIX,  # no log-in
        name=generators.person_name(world.random),
        id_number=generators.resident_id(ID_AREA, number),
        unit=world.random.choice(world.units),
    )


def _registrations_of(owners: list[User], count: int, world: World) -> list[Registration]:
    """Return `count` registrations, distributed evenly over these people."""
    return [
        make_registration(owner, number, world)
        for place, owner in enumerate(owners)
        for number in range(count * (place + 1) // len(owners) - count * place // len(owners))
    ]


@transaction.atomic
def _store(owners: list[User], registrations: list[Registration], world: World, total: sums.Sums) -> None:
    """Insert new people with their registrations, submissions and years; add what places gain to `total`."""
    bulk.insert(owners)
    sums.accumulate(total, insert_registrations(registrations, world))


def insert_registrations(registrations: list[Registration], world: World) -> sums.Sums:
    """Insert the first registrations of people, with submissions and years; return what their places gain."""
    submissions = _submissions(registrations, world)
    years = _person_totals(registrations, world)
    for rows in (submissions, registrations, years):
        bulk.assign_keys(rows)
    for registration in registrations:
        registration.submission = registration.submission  # copies the key, which was assigned just now
    for rows in (submissions, registrations, years):
        bulk.insert(rows)
    return sums.sums_of([*registrations, *years])


def _person_totals(registrations: list[Registration], world: World) -> list[PersonTotal]:
    """Return the totals of the registrations' owners, who have none yet."""
    sent: dict[sums.PersonAndYear, list[Registration]] = defaultdict(list)
    for registration in sorted(registrations, key=lambda registration: registration.ends_at):
        if registration.status != Status.DRAFT:
            sent[registration.owner_id, registration.year].append(registration)
    years = [
        sums.person_total(pair, own, Decimal(), world.rules.get(pair[1]), world.caps[pair[1]], {})
        for pair, own in sent.items()
    ]
    for year in years:
        year.is_counted = True
    return years


def unit_of(person: User) -> Unit:
    """Return the unit of an invented person. ValueError for a person without one."""
    if person.unit is None:
        raise ValueError(f"{person} has no unit")
    return person.unit


def make_registration(owner: User, number: int, world: World) -> Registration:
    """Return an unsaved registration; with another `number` for each, no two of a person are the same."""
    random, today = world.random, world.today
    year = today.year - random.choices(range(YEARS), (30, 20, 16, 13, 11, 10))[0]
    last_day = today - timedelta(days=1) if year == today.year else date(year, 12, 31)
    ended = last_day - timedelta(days=random.randrange(max((last_day - date(year, 1, 1)).days, 1)))
    days = random.choice((1, 1, 2, 3, 5))
    status = _status(CURRENT_YEAR if year == today.year else FINISHED_YEAR, unit_of(owner), random)
    hours = Decimal(8 * days)
    end = local_moment(ended, DAY_ENDS)
    return Registration(
        owner=owner,
        category=random.choice(world.categories),
        content=f"{random.choice(TOPICS)}培训班（第{number + 1}期）",
        starts_at=local_moment(ended - timedelta(days=days - 1), DAY_STARTS),
        ends_at=end,
        hours_applied=hours,
        hours_proposed=hours if status in (Status.FINAL_REVIEW, Status.RECOGNISED, Status.REVOKED) else None,
        hours_recognised=hours if status in (Status.RECOGNISED, Status.REVOKED) else None,
        year=default_year(local_moment(ended - timedelta(days=days - 1), DAY_STARTS), end),
        declared_at=end + timedelta(hours=2),
        status=status,
    )


def _status(weights: dict[Status, int], unit: Unit, random: Random) -> Status:
    status = random.choices(list(weights), list(weights.values()))[0]
    return Status.FIRST_REVIEW if unit.is_pending and status not in (Status.DRAFT, *IN_REVIEW) else status


def _submissions(registrations: list[Registration], world: World) -> list[Submission]:
    """Return one submission per person and year, and set it on its registrations."""
    sent: dict[tuple[int, int], list[Registration]] = defaultdict(list)
    for registration in registrations:
        if registration.status != Status.DRAFT:
            sent[registration.owner_id, registration.year].append(registration)
    return [_submission(group[0].owner, group, world) for group in sent.values()]


def _submission(owner: User, registrations: list[Registration], world: World) -> Submission:
    unit, now = unit_of(owner), timezone.now()
    last_end = max(registration.ends_at for registration in registrations)
    submitted_at = min(last_end + timedelta(days=3, minutes=owner.pk % 600), now)
    submission = Submission(
        owner=owner,
        token=uuid.uuid4(),
        unit=unit,
        region_id=unit.region_id,
        unit_name=unit.name,
        unit_credit_code=unit.credit_code or "",
        entries=len(registrations),
        hours=sum(registration.hours_applied for registration in registrations),
        created_at=submitted_at,
    )
    places = world.places[unit.region_id]
    for registration in registrations:
        registration.submission, registration.submitted_at, registration.round = submission, submitted_at, 1
        registration.unit, registration.region_id, registration.unit_name = unit, unit.region_id, unit.name
        registration.city, registration.province = places.get(Region.Kind.CITY), places.get(Region.Kind.PROVINCE)
        _set_stages(registration, submitted_at, now, world.random)
    return submission


def _set_stages(registration: Registration, submitted_at: datetime, now: datetime, random: Random) -> None:
    """Give each completed stage a random duration, ending no later than now."""
    stage_since = submitted_at
    for field in COMPLETED_STAGES.get(registration.status, ()):
        wait = min(LONGEST_STAGE * random.random(), now - stage_since)
        stage_since += wait
        if field:
            setattr(registration, field, wait)
    registration.stage_since = stage_since
