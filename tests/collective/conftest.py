from __future__ import annotations

from functools import partial

import pytest

from hours.collective import drafts, roster
from tests import factories, files
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
def form_data(station):
    """Return a function that gives what the reviewer types for two whole days of training; facts override."""
    training = partial(factories.typed_training, factories.category(), content="林业有害生物防治培训班")
    return partial(training, unit=station.pk)


@pytest.fixture
def draft(station):
    """Return a function that gives a previewed draft of the same training for ticked people or rows."""
    return partial(previewed_draft, station, station.reviewer)


@pytest.fixture
def roster_row():
    """Return a function that gives the row of a file that names this person."""

    def named(person, number: int = 2, **fields) -> drafts.RosterRow:
        facts = {"name": person.name, "id_number": person.id_number, **fields}
        return drafts.RosterRow(number=number, **facts)

    return named


@pytest.fixture
def roster_upload():
    """Return a function that gives an uploaded Excel file with these rows below the column names."""

    def uploaded(*rows):
        return files.upload("名单.xlsx", roster.text_workbook([roster.COLUMNS, *rows]))

    return uploaded
