"""What changes cost: statements and time of decisions and batches, which are undone."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from demo import bulk, invented, province
from hours.models import Registration, Submission
from hours.states import Action, Status
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations.models import Unit

TIMES = 9
SIZES = (1, 10, 100)


@dataclass(frozen=True)
class Work:
    label: str
    statements: int
    milliseconds: float


def changes(reviewer: User, seed: int) -> Iterator[Work]:
    """Recognitions and submissions of 1, 10 and 100 registrations."""
    world = province.World.as_it_stands(invented.seeded(seed))
    waiting = Registration.objects.filter(status=Status.FINAL_REVIEW).exclude(owner=reviewer).order_by("pk")
    for size in SIZES:
        keys = list(waiting.values_list("pk", flat=True)[:size])
        if len(keys) == size:
            yield _measured(f"认定 {size} 条", lambda keys=keys: _recognise(reviewer, keys))
    for size in SIZES:
        with _undone():
            owner = newcomer(world, f"benchmark_{uuid.uuid4().hex[:12]}", 9_998_000)
            keys = drafts(owner, size, world)
            yield _measured(f"提交 {size} 条", lambda owner=owner, keys=keys: _submit(owner, keys, owner.unit))


def _measured(label: str, change: Callable[[], None]) -> Work:
    times = []
    for _ in range(TIMES):
        with _undone():
            begun = time.perf_counter()
            change()
            times.append((time.perf_counter() - begun) * 1000)
    with _undone(), CaptureQueriesContext(connection) as queries:
        change()
    statements = sum(1 for query in queries if "SAVEPOINT" not in query["sql"])
    return Work(label, statements, median(times))


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _recognise(reviewer: User, keys: list[int]) -> None:
    outcome = transitions.decide(reviewer, Action.RECOGNISE, list(Registration.objects.filter(pk__in=keys)), Verdict())
    if outcome.refused:
        raise RuntimeError(f"refused: {next(iter(outcome.refused.values()))}")


def _submit(owner: User, keys: list[int], unit: Unit) -> Submission:
    return transitions.submit(owner, list(Registration.objects.filter(pk__in=keys)), unit, unit.region)


def newcomer(world: province.World, username: str, number: int) -> User:
    return User.objects.create_user(
        username,
        name=invented.person_name(world.random),
        id_number=invented.resident_id(province.ID_AREA, number),
        unit=world.random.choice(world.units),
    )


def drafts(owner: User, count: int, world: province.World) -> list[int]:
    """Keys of new registrations of this year, which their owner has not submitted."""
    registrations = [_of_this_year(owner, number, world) for number in range(count)]
    for registration in registrations:
        registration.status, registration.hours_proposed, registration.hours_recognised = Status.DRAFT, None, None
    province.store_registrations(registrations, world)
    bulk.continue_keys(Registration)
    return [registration.pk for registration in registrations]


def _of_this_year(owner: User, number: int, world: province.World) -> Registration:
    """The present year takes submissions; two thirds of what is invented is older."""
    while (registration := province.registration(owner, number, world)).year != world.today.year:
        pass
    return registration
