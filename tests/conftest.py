"""Strict tests: a warning, a logged error or an unknown variable in one of our templates fails."""

from __future__ import annotations

import logging
from functools import partial
from importlib import import_module

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from hypothesis import settings as hypothesis

from organizations import search

from . import factories

# A machine that others use too may be slow for a moment; that is no failure.
hypothesis.register_profile("patient", deadline=None)
hypothesis.load_profile("patient")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """After a test with real transactions all tables are emptied; on SQLite by DELETE, which decisions refuse."""
    if connection.vendor != "sqlite":
        yield
        return
    triggers = import_module("hours.migrations.0002_protect_decisions").SQLITE
    # The class, because the thread that drives a browser has a connection of its own.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def flush_without_triggers(self, *args, **kwargs):
        return [*(f"DROP TRIGGER {name}" for name in triggers), *flush(self, *args, **kwargs), *triggers.values()]

    operations.sql_flush = flush_without_triggers
    yield
    operations.sql_flush = flush  # mutation testing runs the tests several times in one process


@pytest.fixture(autouse=True)
def _in_a_world_of_its_own(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path / "attachments"}},
    }
    search.forget()
    cache.clear()


@pytest.fixture(autouse=True)
def _logged_errors_fail(caplog):
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, f"logged: {[record.getMessage() for record in errors]}"


@pytest.fixture
def guangxi(db):
    """A small true part of the region tree: 广西 with 南宁市 (青秀区, 宾阳县) and 柳州市 (城中区)."""
    return factories.regions()


@pytest.fixture
def rules(db):
    """Open rules for this year and the two before."""
    return factories.open_years()


@pytest.fixture
def huang(guangxi, rules):
    """黄秋梦, who registers and submits."""
    return factories.person("黄秋梦")


@pytest.fixture
def station(guangxi):
    """The unit she works for, with its reviewer."""
    unit = factories.unit("宾阳县甘棠镇林业站")
    unit.reviewer = factories.unit_reviewer(unit)
    return unit


@pytest.fixture
def bureau(guangxi):
    """A reviewer of the region's personnel bureau."""
    return factories.region_reviewer(guangxi)


@pytest.fixture
def typed(huang):
    """What she types into 新登记培训: two whole days of training; each fact can be given."""
    return partial(factories.typed_training, factories.category())


@pytest.fixture
def manage(capsys):
    """Runs a command and returns what it printed."""

    def run(name: str, *args, **options) -> str:
        call_command(name, *args, **options)
        return capsys.readouterr().out

    return run
