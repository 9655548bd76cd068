"""Measure how many submissions per second the product stores when many people submit at the same time.

gunicorn runs with the production configuration on a copy of the database. Clients in this process send the confirmation
of 批量提交审核 over loopback, each with one registration, a new connection and a prepared session. In alternate rounds
they send the smallest possible write (session, person, one row): the machine's speed varies, so the ratio of the two is
the figure to compare.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from demo import generators, province
from hours.models import Registration
from hours.states import Status

from . import copy, work
from .http import send, served
from .people import session_cookie
from .server import SMALLEST_WRITE, TABLE

ROUNDS = 10
SUBMISSIONS_PER_PERSON = 4
WARM_UP = 4  # submissions of each client before the first measured one
FIRST_NUMBER = 9_800_000  # of the invented ID numbers
CSRF_TOKEN = "b" * 32


@dataclass(frozen=True)
class PreparedPost:
    """A request ready to be sent, and the response that acknowledges it."""

    raw: bytes
    status: bytes
    redirect_url: bytes = b""
    token: uuid.UUID | None = None  # of the submission

    def is_acknowledged(self, response: bytes) -> bool:
        return response.startswith(b"HTTP/1.1 " + self.status) and self.redirect_url in response


@dataclass
class Tally:
    """The responses to one kind of request."""

    acknowledged: list[PreparedPost] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    seconds: float = 0

    @property
    def per_second(self) -> float:
        return len(self.acknowledged) / self.seconds


@dataclass(frozen=True)
class RushResult:
    """`lost`: acknowledged requests whose rows are missing from the database."""

    submissions: Tally
    smallest: Tally
    lost: int


def measure(clients: int, batches: int, seed: int) -> RushResult:
    """Let each client send its submissions one after the other."""
    submissions, smallest = Tally(), Tally()
    with copy.copied_database():
        queues = _queues(clients, WARM_UP + batches, seed)
        with served() as port:
            for first, last in _rounds(batches):
                for tally, kind in ((smallest, 0), (submissions, 1)):
                    posts = [[pair[kind] for pair in queue[first:last]] for queue in queues]
                    _send_all(port, posts, tally if first else Tally())
        lost = len(smallest.acknowledged) + clients * WARM_UP - _count_smallest_writes()
        lost += len(submissions.acknowledged) - _count_registrations(submissions.acknowledged)
    return RushResult(submissions, smallest, lost)


def _rounds(batches: int) -> Iterator[tuple[int, int]]:
    """Yield slices of the queues: the warm-up, then ten rounds, or one per submission if they are fewer."""
    edges = sorted({WARM_UP + batches * number // ROUNDS for number in range(ROUNDS + 1)})
    yield 0, WARM_UP
    yield from pairwise(edges)


# --- The requests -----------------------------------------------------------------------------------


@transaction.atomic
def _queues(clients: int, batches: int, seed: int) -> list[list[tuple[PreparedPost, PreparedPost]]]:
    """Return each client's requests: pairs of smallest write and submission, one person after the other."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} (person bigint NOT NULL)")
    world = province.World.from_database(generators.seeded(seed))
    numbers = iter(range(clients * batches))
    queues = []
    for _ in range(clients):
        queue: list[tuple[PreparedPost, PreparedPost]] = []
        while len(queue) < batches:
            queue += _posts(next(numbers), min(SUBMISSIONS_PER_PERSON, batches - len(queue)), world)
        queues.append(queue)
    return queues


def _posts(number: int, count: int, world: province.World) -> list[tuple[PreparedPost, PreparedPost]]:
    person = work.create_person(world, f"rush_{number:05d}", FIRST_NUMBER + number)
    cookie = session_cookie(person)
    return [_pair(person, registration, cookie) for registration in work.create_drafts(person, count, world)]


def _pair(person: User, registration: int, cookie: str) -> tuple[PreparedPost, PreparedPost]:
    token = uuid.uuid4()
    fields = {"registration": registration, "unit": person.unit_id, "token": token}
    redirect_url = reverse("hours:lookup_registrations").encode()
    return (
        PreparedPost(_request(f"/{SMALLEST_WRITE}", {}, cookie), b"204"),
        PreparedPost(_request(reverse("hours:submit_confirm"), fields, cookie), b"302", redirect_url, token),
    )


def _request(path: str, fields: Mapping[str, object], cookie: str) -> bytes:
    body = urlencode({"csrfmiddlewaretoken": CSRF_TOKEN, **fields})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Cookie: {cookie}; {settings.CSRF_COOKIE_NAME}={CSRF_TOKEN}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


# --- The clients --------------------------------------------------------------------------------------


def _send_all(port: int, queues: list[list[PreparedPost]], tally: Tally) -> None:
    """Send each queue from its own thread, all starting together."""
    start = threading.Barrier(len(queues) + 1)

    def client(queue: list[PreparedPost]) -> None:
        start.wait()
        for post in queue:
            try:
                response = send(port, post.raw)
            except OSError as error:
                response = str(error).encode()
            if post.is_acknowledged(response):
                tally.acknowledged.append(post)
            else:
                tally.refused.append(response)

    threads = [threading.Thread(target=client, args=[queue]) for queue in queues]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    tally.seconds += time.perf_counter() - begun


# --- The database afterwards --------------------------------------------------------------------------


def _count_smallest_writes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")  # noqa: S608  (a constant)
        return cursor.fetchone()[0]


def _count_registrations(posts: list[PreparedPost]) -> int:
    tokens = [post.token for post in posts if post.token]
    return Registration.objects.filter(submission__token__in=tokens, status=Status.FIRST_REVIEW).count()
