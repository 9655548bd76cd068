from __future__ import annotations

from functools import partial

import pytest

from hours.collective import drafts, roster
from tests import factories
from tests.collective.previews import previewed_draft

PEOPLE = ("黄秋梦", "李工", "韦工")


@pytest.fixture
def station(guangxi, rules):
    """A unit with its reviewer and three people."""
    unit = factories.unit("宾阳县甘棠镇林业站")
    unit.reviewer = factories.unit_reviewer(unit)
    unit.workers = [factories.person(name, unit=unit) for name in PEOPLE]
    return unit


@pytest.fixture
def reviewer(client, station):
    """The unit's reviewer, logged in."""
    client.force_login(station.reviewer)
    return station.reviewer


@pytest.fixture
def bureau(guangxi):
    return factories.region_reviewer(guangxi)


@pytest.fixture
def typed(station):
    """What the reviewer types: two whole days of training; each fact can be given."""
    training = partial(factories.typed_training, factories.category(), content="林业有害生物防治培训班")
    return partial(training, unit=station.pk)


@pytest.fixture
def draft(station):
    """The same training for people ticked or named in rows; each fact can be given."""
    return partial(previewed_draft, station, station.reviewer)


@pytest.fixture
def row():
    """A line of a file that names this person."""

    def named(person, number: int = 2, **fields) -> drafts.RosterRow:
        facts = {"name": person.name, "id_number": person.id_number, **fields}
        return drafts.RosterRow(number=number, **facts)

    return named


@pytest.fixture
def sheet():
    """An Excel file with these rows below the usual column names."""

    def made(*rows, columns=roster.COLUMNS) -> bytes:
        return roster.workbook([columns, *rows])

    return made
