"""How many submissions a second reach the database when many people submit at once, as production runs it.

A copy of the database stands behind gunicorn with its own configuration. Clients in this process post the confirmation
of 批量提交审核 over loopback, with one registration and a connection of its own each time, their log-ins made
beforehand. In
rounds between they post the smallest write there can be (session, person, one row): on a machine whose speed changes
the ratio of the two is the figure to compare.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from demo import invented, province
from hours.models import Registration
from hours.states import Status

from . import copy, pages, work
from .http import ask, served
from .server import SMALLEST, TABLE

ROUNDS = 10
EACH = 4  # batches of one person; then the client goes on as another one
WARM_UP = 4  # batches of each client before anything is measured
FIRST_NUMBER = 9_800_000
FORM_SECRET = "b" * 32


@dataclass(frozen=True)
class Post:
    """One request, ready to be sent, and what stands in its answer if it was done."""

    raw: bytes
    status: bytes
    leads_to: bytes = b""
    token: uuid.UUID | None = None  # under which its submission is stored

    def is_done(self, answer: bytes) -> bool:
        return answer.startswith(b"HTTP/1.1 " + self.status) and self.leads_to in answer


@dataclass
class Tally:
    """What became of the posts of one kind."""

    done: list[Post] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    seconds: float = 0

    @property
    def a_second(self) -> float:
        return len(self.done) / self.seconds


@dataclass(frozen=True)
class Rush:
    """`lost` were acknowledged and are not in the database."""

    submissions: Tally
    smallest: Tally
    lost: int


def rush(clients: int, batches: int, seed: int) -> Rush:
    """So many clients submit so many batches each, as fast as they are answered."""
    submissions, smallest = Tally(), Tally()
    with copy.copied():
        queues = _queues(clients, WARM_UP + batches, seed)
        with served() as port:
            for first, last in _rounds(batches):
                for tally, kind in ((smallest, 0), (submissions, 1)):
                    posts = [[pair[kind] for pair in queue[first:last]] for queue in queues]
                    _send(port, posts, tally if first else Tally())
        lost = len(smallest.done) + clients * WARM_UP - _rows_of_smallest()
        lost += len(submissions.done) - _registrations_of(submissions.done)
    return Rush(submissions, smallest, lost)


def _rounds(batches: int) -> Iterator[tuple[int, int]]:
    """The warm-up, then ten rounds, or one for each batch if they are fewer."""
    edges = sorted({WARM_UP + batches * number // ROUNDS for number in range(ROUNDS + 1)})
    yield 0, WARM_UP
    yield from pairwise(edges)


# --- What is posted -----------------------------------------------------------------------------------


@transaction.atomic
def _queues(clients: int, batches: int, seed: int) -> list[list[tuple[Post, Post]]]:
    """For each client what it posts: smallest write and submission in turn, for one person after the other."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} (person bigint NOT NULL)")
    world = province.World.as_it_stands(invented.seeded(seed))
    numbers = iter(range(clients * batches))
    queues = []
    for _ in range(clients):
        queue: list[tuple[Post, Post]] = []
        while len(queue) < batches:
            queue += _posts(next(numbers), min(EACH, batches - len(queue)), world)
        queues.append(queue)
    return queues


def _posts(number: int, count: int, world: province.World) -> list[tuple[Post, Post]]:
    person = work.newcomer(world, f"rush_{number:05d}", FIRST_NUMBER + number)
    cookie = pages.logged_in(person)
    return [_pair(person, registration, cookie) for registration in work.drafts(person, count, world)]


def _pair(person: User, registration: int, cookie: str) -> tuple[Post, Post]:
    token = uuid.uuid4()
    fields = {"registration": registration, "unit": person.unit_id, "token": token}
    done = reverse("hours:lookup_registrations").encode()
    return (
        Post(_request(f"/{SMALLEST}", {}, cookie), b"204"),
        Post(_request(reverse("hours:submit_confirm"), fields, cookie), b"302", done, token),
    )


def _request(path: str, fields: dict, cookie: str) -> bytes:
    body = urlencode({"csrfmiddlewaretoken": FORM_SECRET, **fields})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Cookie: {cookie}; {settings.CSRF_COOKIE_NAME}={FORM_SECRET}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


# --- The clients --------------------------------------------------------------------------------------


def _send(port: int, queues: list[list[Post]], tally: Tally) -> None:
    """One client for each queue, all at once."""
    gate = threading.Barrier(len(queues) + 1)

    def client(queue: list[Post]) -> None:
        gate.wait()
        for post in queue:
            try:
                answer = ask(port, post.raw)
            except OSError as error:
                answer = str(error).encode()
            if post.is_done(answer):
                tally.done.append(post)
            else:
                tally.refused.append(answer)

    threads = [threading.Thread(target=client, args=[queue]) for queue in queues]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    tally.seconds += time.perf_counter() - begun


# --- What is in the database --------------------------------------------------------------------------


def _rows_of_smallest() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")  # noqa: S608  (a name of our own)
        return cursor.fetchone()[0]


def _registrations_of(posts: list[Post]) -> int:
    tokens = [post.token for post in posts]
    return Registration.objects.filter(submission__token__in=tokens, status=Status.FIRST_REVIEW).count()
