"""Fixtures for all tests. A warning, a logged error or an unknown template variable fails a test."""

from __future__ import annotations

import logging
from functools import partial
from importlib import import_module

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from hypothesis import settings as hypothesis

from organizations import search, tree

from . import factories

# No deadline, because a busy machine is no failure.
hypothesis.register_profile("patient", deadline=None)
hypothesis.load_profile("patient")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Let SQLite empty the tables after a test with real transactions: without the triggers that refuse DELETE."""
    if connection.vendor != "sqlite":
        yield
        return
    triggers = import_module("hours.migrations.0002_protect_decisions").SQLITE
    # Patch the class, because the thread of the live server has its own connection.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def flush_without_triggers(self, *args, **kwargs):
        return [*(f"DROP TRIGGER {name}" for name in triggers), *flush(self, *args, **kwargs), *triggers.values()]

    operations.sql_flush = flush_without_triggers
    yield
    operations.sql_flush = flush  # mutation testing runs the tests several times in one process


@pytest.fixture(autouse=True)
def _isolated_storage_and_caches(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path / "attachments"}},
    }
    search._index = tree._tree = None  # the revision starts again in each test
    cache.clear()


@pytest.fixture(autouse=True)
def _logged_errors_fail(caplog):
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, f"logged: {[record.getMessage() for record in errors]}"


@pytest.fixture
def guangxi(db):
    """A small part of the real region tree: 广西 with 南宁市 (青秀区, 宾阳县) and 柳州市 (城中区)."""
    return factories.regions()


@pytest.fixture
def rules(db):
    """Open year rules for this year and the two before."""
    return factories.open_years()


@pytest.fixture
def huang(guangxi, rules):
    """黄秋梦, who makes registrations."""
    return factories.person("黄秋梦")


@pytest.fixture
def station(guangxi):
    """The unit of 黄秋梦, with its reviewer."""
    unit = factories.unit("宾阳县甘棠镇林业站")
    unit.reviewer = factories.unit_reviewer(unit)
    return unit


@pytest.fixture
def bureau(guangxi):
    """A 终审员 of the region."""
    return factories.region_reviewer(guangxi)


@pytest.fixture
def typed(huang):
    """Return the form data of 新登记培训 for two whole days; keyword arguments replace values."""
    return partial(factories.typed_training, factories.category())


@pytest.fixture
def manage(capsys):
    """Run a management command; return its output."""

    def run(name: str, *args, **options) -> str:
        call_command(name, *args, **options)
        return capsys.readouterr().out

    return run
