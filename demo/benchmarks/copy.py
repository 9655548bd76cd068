"""A temporary copy of the database that DATABASE_URL names, to measure writes in."""

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
def copied_database() -> Iterator[None]:
    """Connect this process to a copy of the database, and drop the copy afterwards."""
    original = str(connection.settings_dict["NAME"])
    copy = f"{original}_measured_{uuid.uuid4().hex[:8]}"
    is_file = connection.vendor == "sqlite"
    create, drop = (_create_file, _drop_file) if is_file else (_create_database, _drop_database)
    try:
        create(copy)
        _connect_to(copy)
        yield
    finally:
        _connect_to(original)
        drop(copy)


def production_environment() -> dict[str, str]:
    """Return the environment of a process with production settings, on the database of this process.

    With DEBUG on, Django keeps every statement in memory.
    """
    secrets = {name: getattr(settings, name) for name in ("SECRET_KEY", "FIELD_KEYS", "DIGEST_KEY")}
    switches = {"DEBUG": "0", "ALLOWED_HOSTS": "localhost", "SECURE_SSL_REDIRECT": "0"}
    return {**os.environ, **secrets, **switches, "DATABASE_URL": _database_url()}


def _connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(database['NAME']).absolute()}"
    user, password, host, name = (quote(database[key], safe="") for key in ("USER", "PASSWORD", "HOST", "NAME"))
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{user}:{password}@{host}{port}/{name}"


def _create_file(copy: str) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(copy)) as target:
        connection.connection.backup(target)


def _drop_file(copy: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(copy + suffix).unlink(missing_ok=True)


def _create_database(copy: str) -> None:
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
