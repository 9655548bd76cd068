"""Measure decisions and submissions: statements and time. Every change is rolled back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from demo import bulk, generators, province
from hours.models import Registration
from hours.states import Action, Status
from hours.workflow import transitions
from hours.workflow.moves import Verdict

REPETITIONS = 9
SIZES = (1, 10, 100)


@dataclass(frozen=True)
class ChangeCost:
    label: str
    statements: int
    milliseconds: float


def measure(reviewer: User, seed: int) -> Iterator[ChangeCost]:
    """Yield the cost of recognising and of submitting 1, 10 and 100 registrations."""
    world = province.World.from_database(generators.seeded(seed))
    waiting = Registration.objects.filter(status=Status.FINAL_REVIEW).exclude(owner=reviewer).order_by("pk")
    for size in SIZES:
        keys = list(waiting.values_list("pk", flat=True)[:size])
        if len(keys) == size:
            yield _measure_change(f"认定 {size} 条", partial(_recognise, reviewer, keys))
    for size in SIZES:
        with _rolled_back():
            owner = create_person(world, f"benchmark_{uuid.uuid4().hex[:12]}", 9_998_000)
            keys = create_drafts(owner, size, world)
            yield _measure_change(f"提交 {size} 条", partial(_submit, owner, keys))


def _measure_change(label: str, change: Callable[[], None]) -> ChangeCost:
    times = []
    for _ in range(REPETITIONS):
        with _rolled_back():
            begun = time.perf_counter()
            change()
            times.append((time.perf_counter() - begun) * 1000)
    with _rolled_back(), CaptureQueriesContext(connection) as queries:
        change()
    statements = sum(1 for query in queries if "SAVEPOINT" not in query["sql"])
    return ChangeCost(label, statements, median(times))


@contextmanager
def _rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _recognise(reviewer: User, keys: list[int]) -> None:
    outcome = transitions.decide(reviewer, Action.RECOGNISE, list(Registration.objects.filter(pk__in=keys)), Verdict())
    if outcome.refused:
        raise RuntimeError(f"refused: {next(iter(outcome.refused.values()))}")


def _submit(owner: User, keys: list[int]) -> None:
    unit = province.unit_of(owner)
    transitions.submit(owner, list(Registration.objects.filter(pk__in=keys)), unit, unit.region)


def create_person(world: province.World, username: str, number: int) -> User:
    return User.objects.create_user(
        username,
        name=generators.person_name(world.random),
        id_number=generators.resident_id(province.ID_AREA, number),
        unit=world.random.choice(world.units),
    )


def create_drafts(owner: User, count: int, world: province.World) -> list[int]:
    """Create drafts of this year and return their keys."""
    registrations = [_registration_of_this_year(owner, number, world) for number in range(count)]
    for registration in registrations:
        registration.status, registration.hours_proposed, registration.hours_recognised = Status.DRAFT, None, None
    province.insert_registrations(registrations, world)
    bulk.reset_sequences(Registration)
    return [registration.pk for registration in registrations]


def _registration_of_this_year(owner: User, number: int, world: province.World) -> Registration:
    """Return a registration of the current year, which accepts submissions; most invented ones are older."""
    while (registration := province.make_registration(owner, number, world)).year != world.today.year:
        pass
    return registration
