"""Several people upload a large photograph at once, while another asks for pages: what that one waits."""

from __future__ import annotations

import http.client
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event
from typing import NamedTuple

from django.urls import reverse

from accounts.models import User
from demo.benchmarks.http import served
from demo.benchmarks.people import session_cookie

from . import files

BOUNDARY = "measured"
TIMEOUT = 120


class Waits(NamedTuple):
    """What pages took in milliseconds, alone and beside the uploads, and what the slowest upload took in seconds."""

    alone: float
    beside: float
    longest: float
    slowest_upload: float


def measure(uploads: int) -> Waits:
    """Return the waits beside so many uploads at once."""
    person = User.objects.filter(is_active=True).earliest("pk")
    cookie = f"{session_cookie(person)}; csrftoken={(token := secrets.token_hex(16))}"
    body = _form(token)
    with served() as port, ThreadPoolExecutor(uploads + 1) as threads:
        _page(port, cookie)
        alone = [_page(port, cookie) for _ in range(50)]
        done = Event()
        watching = threads.submit(_watch, port, cookie, done)
        sent = list(threads.map(lambda _: _upload(port, cookie, body), range(uploads)))
        done.set()
        beside = watching.result()
    return Waits(median(alone) * 1000, median(beside) * 1000, max(beside) * 1000, max(sent))


def _form(token: str) -> bytes:
    """Return a form with nothing but the photograph, which is refused after the picture was read."""
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    parts = [
        head.format("csrfmiddlewaretoken", "").encode() + token.encode(),
        head.format("proofs", '; filename="a.jpg"').encode() + files.photograph(),
    ]
    joined = f"\r\n--{BOUNDARY}\r\n".encode().join(parts)
    return f"--{BOUNDARY}\r\n".encode() + joined + f"\r\n--{BOUNDARY}--\r\n".encode()


def _watch(port: int, cookie: str, done: Event) -> list[float]:
    found = []
    while not done.is_set():
        found.append(_page(port, cookie))
    return found


def _page(port: int, cookie: str) -> float:
    return _ask(port, "GET", reverse("hours:list"), {"Cookie": cookie})


def _upload(port: int, cookie: str, body: bytes) -> float:
    headers = {"Cookie": cookie, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return _ask(port, "POST", reverse("hours:new"), headers, body)


def _ask(port: int, method: str, address: str, headers: dict[str, str], body: bytes | None = None) -> float:
    """Return the seconds until the whole answer, which must be a page."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, address, body, {"Host": "localhost", **headers})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"{method} {address}: {response.status}")
    return time.perf_counter() - started
