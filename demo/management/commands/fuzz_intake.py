"""manage.py fuzz_intake: send changed files and bodies to every entrance; none may fail or take long."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.test import override_settings

from demo import loading
from demo.fuzzing import entrances
from demo.fuzzing.entrances import Entrance


class Command(BaseCommand):
    help = (
        "Send seeded, changed requests to every entrance of the demonstration, in this process; nothing is kept. "
        "Fails if an answer is a 500 or takes too long. Only with DEBUG on, after load_demo."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=500)
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument("--seconds", type=float, default=3, help="the longest that one answer may take")
        parser.add_argument("--only", type=int, help="send this one request again")

    def handle(self, *args: Any, count: int, seed: int, seconds: float, only: int | None, **options: Any) -> None:
        loading.require_debug()
        with ExitStack() as stack:
            folder = stack.enter_context(TemporaryDirectory())
            stack.enter_context(_hosts_and_files(folder))
            stack.enter_context(transaction.atomic())
            logging.disable(logging.CRITICAL)  # every refused request would be told
            stack.callback(logging.disable, logging.NOTSET)
            numbers = range(count) if only is None else [only]
            failed = self._run(entrances.all_entrances(), numbers, seed, seconds)
            transaction.set_rollback(True)
        if failed:
            raise CommandError(f"{failed} requests failed; repeat one with --seed {seed} --only NUMBER")

    def _run(self, ways: list[Entrance], numbers: Iterable[int], seed: int, longest: float) -> int:
        answers: dict[str, Counter[int]] = {way.name: Counter() for way in ways}
        slowest: dict[str, float] = dict.fromkeys(answers, 0.0)
        failed = 0
        for number in numbers:
            way, random = ways[number % len(ways)], Random(f"{seed}-{number}")  # noqa: S311
            started = time.monotonic()
            with transaction.atomic():
                status, words = _send(way, random)
                transaction.set_rollback(True)
            seconds = time.monotonic() - started
            answers[way.name][status] += 1
            slowest[way.name] = max(slowest[way.name], seconds)
            if status >= 500 or seconds > longest:
                failed += 1
                self.stderr.write(f"{number} {way.name}: {status} in {seconds:.1f} s {words}")
        for name, counts in answers.items():
            shown = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
            self.stdout.write(f"{name:>22}  {shown}; slowest {slowest[name]:.2f} s")
        return failed


def _send(way: Entrance, random: Random) -> tuple[int, str]:
    try:
        response = way.send(random)
    except Exception as error:  # whatever it is, it is what this command looks for
        return 500, f"{type(error).__name__}: {error}"[:300]
    words = entrances.described(response) if response.status_code >= 500 else ""
    return response.status_code, words


@contextmanager
def _hosts_and_files(folder: str) -> Iterator[None]:
    """Let the test client in, and keep files in a folder that goes."""
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(ALLOWED_HOSTS=["testserver"], STORAGES=storages, SECURE_SSL_REDIRECT=False):
        yield
