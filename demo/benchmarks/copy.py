"""A database to measure writes in: a copy of the one that DATABASE_URL names, gone when it is done."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError, connection


@contextmanager
def copied() -> Iterator[None]:
    """Inside, this process works in the copy; whatever it or its servers write there is forgotten."""
    original = str(connection.settings_dict["NAME"])
    copy = f"{original}_measured_{uuid.uuid4().hex[:8]}"
    make, drop = (_make_file, _drop_file) if connection.vendor == "sqlite" else (_make_database, _drop_database)
    try:
        make(copy)
        _work_in(copy)
        yield
    finally:
        _work_in(original)
        drop(copy)


def as_installed() -> dict[str, str]:
    """The environment of a process that runs as in a real installation, on the database that this one works in.

    With DEBUG on every statement would be written down and kept.
    """
    secrets = {name: getattr(settings, name) for name in ("SECRET_KEY", "FIELD_KEYS", "DIGEST_KEY")}
    switches = {"DEBUG": "0", "ALLOWED_HOSTS": "localhost", "SECURE_SSL_REDIRECT": "0"}
    return {**os.environ, **secrets, **switches, "DATABASE_URL": _url()}


def _work_in(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _url() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(told['NAME']).absolute()}"
    who, password = quote(told["USER"], safe=""), quote(told["PASSWORD"], safe="")
    port = f":{told['PORT']}" if told["PORT"] else ""
    return f"postgres://{who}:{password}@{quote(told['HOST'], safe='')}{port}/{quote(told['NAME'], safe='')}"


def _make_file(copy: str) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(copy)) as target:
        connection.connection.backup(target)


def _drop_file(copy: str) -> None:
    for end in ("", "-wal", "-shm"):
        Path(copy + end).unlink(missing_ok=True)


def _make_database(copy: str) -> None:
    original = connection.settings_dict["NAME"]
    connection.close()
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {_quoted(copy)} TEMPLATE {_quoted(original)}")
    except OperationalError as error:
        raise CommandError(f"The database cannot be copied: {error}") from None


def _drop_database(copy: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(copy)} WITH (FORCE)")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
