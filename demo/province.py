"""A province in bulk, for measurements: rows go straight into the tables in chunks, past the workflow.

What is true of it: every constraint holds, statuses and years are spread as after some years of use, submissions add up
and name their unit, stages have begun when the one before was over, and the sums of people and places are those that a
recount would make. What is not there: decisions, notices, attachments, passwords.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter, defaultdict
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

from . import bulk, invented
from .units import places, store

ID_AREA = "459999"  # never issued
CODE_SERIES = 1  # the demonstration's units have 0
PEOPLE_AT_ONCE = 1_000
PLACES_AT_ONCE = 500
LONGEST_STAGE = timedelta(days=40)
YEARS = 6  # the present one and five before
# Of a finished year, and of the present one.
FINISHED = {Status.RECOGNISED: 90, Status.REFUSED: 5, Status.REVOKED: 1, Status.RETURNED: 1, Status.DRAFT: 3}
PRESENT = {Status.RECOGNISED: 45, Status.FINAL_REVIEW: 15, Status.FIRST_REVIEW: 20, Status.DRAFT: 14}
PRESENT |= {Status.RETURNED: 3, Status.REFUSED: 3}
# Which waits lie behind a registration in this state; a revocation ends none that is counted.
FIRST, BOTH = ("first_wait",), ("first_wait", "final_wait")
STAGES_BEHIND = {Status.FINAL_REVIEW: FIRST, Status.RETURNED: FIRST, Status.REFUSED: FIRST}
STAGES_BEHIND |= {Status.RECOGNISED: BOTH, Status.REVOKED: (*BOTH, "")}
TOPICS = ["安全生产", "质量管理", "信息化应用", "新技术推广", "职业技能", "工程管理", "课堂教学", "检验检测"]


@dataclass(frozen=True)
class Sizes:
    """How many units there shall be in all, and how many people and registrations come on top."""

    units: int
    people: int
    registrations: int


@dataclass(frozen=True)
class World:
    """What people and registrations are drawn from; `places` knows the city and province of every region with units."""

    random: Random
    units: list[Unit]
    categories: list[Category]
    places: dict[int, dict[str, Region]]
    rules: dict[int, YearRule]
    caps: dict[int, dict[int, Decimal]]
    today: date

    @classmethod
    def as_it_stands(cls, random: Random) -> World:
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
    """Fill the tables; a second call adds people and registrations, and the units that are missing."""
    random = invented.seeded(seed)
    base_data.load(settings.ROOT_REGION)
    _load_units(sizes.units, random)
    _load_people(sizes, World.as_it_stands(random))
    bulk.settle()


@transaction.atomic
def _load_units(wanted: int, random: Random) -> None:
    missing = wanted - Unit.objects.exclude(is_unaffiliated=True).count()
    if missing > 0:
        store([], invented.units(places(), missing, random, first=bulk.next_key(Unit), series=CODE_SERIES), missing)


def _load_people(sizes: Sizes, world: World) -> None:
    numbers = itertools.count(bulk.next_key(User))
    gained: sums.Sums = defaultdict(Counter)
    written = 0
    with progress_bar("人员及学时登记", sizes.people) as bar:
        for start in range(0, sizes.people, PEOPLE_AT_ONCE):
            count = min(PEOPLE_AT_ONCE, sizes.people - start)
            until = sizes.registrations * (start + count) // sizes.people
            owners = [_person(number, world) for number in itertools.islice(numbers, count)]
            _store(owners, _registrations_of(owners, until - written, world), world, gained)
            written = until
            bar.update(count)
    with transaction.atomic():
        add_to_places(gained)
        bulk.continue_keys(User, Submission, Registration, PersonTotal)


def _person(number: int, world: World) -> User:
    return User(
        pk=number,
        username=f"bulk{number:08d}",
        password=UNUSABLE_PASSWORD_PREFIX,  # nobody logs in as these
        name=invented.person_name(world.random),
        id_number=invented.resident_id(ID_AREA, number),
        unit=world.random.choice(world.units),
    )


def _registrations_of(owners: list[User], count: int, world: World) -> list[Registration]:
    """So many registrations, spread over these people."""
    return [
        registration(owner, number, world)
        for place, owner in enumerate(owners)
        for number in range(count * (place + 1) // len(owners) - count * place // len(owners))
    ]


@transaction.atomic
def _store(owners: list[User], registrations: list[Registration], world: World, total: sums.Sums) -> None:
    """Write people who are new, with their registrations, submissions and years; what places gain goes into `total`."""
    bulk.insert(owners)
    for key, gained in store_registrations(registrations, world).items():
        total[key].update(gained)


def store_registrations(registrations: list[Registration], world: World) -> sums.Sums:
    """Write the registrations of people who had none, their submissions and their years; return what their places
    gain.
    """
    submissions = _submissions(registrations, world)
    years = _years(registrations, world)
    for rows in (submissions, registrations, years):
        bulk.give_keys(rows)
    for one in registrations:
        one.submission = one.submission  # its key is known only now
    for rows in (submissions, registrations, years):
        bulk.insert(rows)
    return sums.sums_of([*registrations, *years])


def add_to_places(gained: sums.Sums) -> None:
    """Add to the stored sums of all these places."""
    for keys in sums.batched(sorted(gained), PLACES_AT_ONCE):
        sums.add_to_places({key: gained[key] for key in keys})


def _years(registrations: list[Registration], world: World) -> list[PersonTotal]:
    """The stored years of these registrations' owners, who had none before."""
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


def registration(owner: User, number: int, world: World) -> Registration:
    """The `number` keeps a person's own registrations apart: content and dates together are never the same twice."""
    random, today = world.random, world.today
    year = today.year - random.choices(range(YEARS), (30, 20, 16, 13, 11, 10))[0]
    last_day = today - timedelta(days=1) if year == today.year else date(year, 12, 31)
    ended = last_day - timedelta(days=random.randrange(max((last_day - date(year, 1, 1)).days, 1)))
    days = random.choice((1, 1, 2, 3, 5))
    status = _status(PRESENT if year == today.year else FINISHED, owner.unit, random)
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
        year=default_year(end),
        declared_at=end + timedelta(hours=2),
        status=status,
    )


def _status(weights: dict[Status, int], unit: Unit, random: Random) -> Status:
    status = random.choices(list(weights), list(weights.values()))[0]
    return Status.FIRST_REVIEW if unit.is_pending and status not in (Status.DRAFT, *IN_REVIEW) else status


def _submissions(registrations: list[Registration], world: World) -> list[Submission]:
    """What one person sent of one year is one submission; its registrations are told so."""
    sent: dict[tuple[int, int], list[Registration]] = defaultdict(list)
    for registration in registrations:
        if registration.status != Status.DRAFT:
            sent[registration.owner_id, registration.year].append(registration)
    return [_submission(group[0].owner, group, world) for group in sent.values()]


def _submission(owner: User, registrations: list[Registration], world: World) -> Submission:
    now = timezone.now()
    when = min(
        max(registration.ends_at for registration in registrations) + timedelta(days=3, minutes=owner.pk % 600), now
    )
    submission = Submission(
        owner=owner,
        token=uuid.uuid4(),
        unit=owner.unit,
        region_id=owner.unit.region_id,
        unit_name=owner.unit.name,
        unit_credit_code=owner.unit.credit_code or "",
        entries=len(registrations),
        hours=sum(registration.hours_applied for registration in registrations),
        created_at=when,
    )
    places = world.places[owner.unit.region_id]
    for registration in registrations:
        registration.submission, registration.submitted_at, registration.round = submission, when, 1
        registration.unit, registration.region_id, registration.unit_name = (
            owner.unit,
            owner.unit.region_id,
            owner.unit.name,
        )
        registration.city, registration.province = places.get(Region.Kind.CITY), places.get(Region.Kind.PROVINCE)
        _let_time_pass(registration, now, world.random)
    return submission


def _let_time_pass(registration: Registration, now: datetime, random: Random) -> None:
    """Give the stages that a registration has behind it some days each, never beyond the present."""
    registration.stage_since = registration.submitted_at
    for stage in STAGES_BEHIND.get(registration.status, ()):
        wait = min(LONGEST_STAGE * random.random(), now - registration.stage_since)
        registration.stage_since += wait
        if stage:
            setattr(registration, stage, wait)
