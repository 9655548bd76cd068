"""A pytest plugin for mutation testing: migrates once, and gives every forked run a copy of that database."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from shutil import copyfile

from django.conf import settings
from django.db import connection

_MIGRATED = Path(f"migrated-{os.getpid()}.sqlite3").absolute()


def _create_test_db(*args, **kwargs) -> str:
    if not _MIGRATED.exists():
        name = type(connection.creation).create_test_db(connection.creation, *args, **kwargs)
        connection.close()
        with sqlite3.connect(name) as source, sqlite3.connect(_MIGRATED) as target:
            source.backup(target)
        return name
    own = str(_MIGRATED.with_name(f"test-{os.getpid()}.sqlite3"))
    copyfile(_MIGRATED, own)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = own
    return own


def pytest_sessionstart() -> None:
    connection.creation.create_test_db = _create_test_db
