from __future__ import annotations

import uuid
from functools import partial

import pytest

from hours import collective, collective_files
from hours.models import Registration
from tests import factories

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

    def begin(people=(), rows=(), **facts) -> collective.Draft:
        training = factories.registration(factories.person("样本"), "林业有害生物防治培训班", **facts)
        Registration.objects.filter(pk=training.pk).delete()
        about = collective.Draft(
            reviewer=station.reviewer.pk,
            unit=station.pk,
            facts={
                "starts_at": training.starts_at.isoformat(),
                "ends_at": training.ends_at.isoformat(),
                "hours_applied": str(training.hours_applied),
                "category_id": training.category_id,
                "year": training.year,
                **{name: getattr(training, name) for name in ("content", "note", "certificate_number")},
            },
            files=str(uuid.uuid4()),
            rows=list(rows),
            ticked=[person.pk for person in people],
        )
        about.promised = collective.promise(collective.lines_of(about, station))
        return about

    return begin


@pytest.fixture
def row():
    """A line of a file that names this person."""

    def named(person, number: int = 2, **fields) -> collective.Row:
        facts = {"name": person.name, "id_number": person.id_number, **fields}
        return collective.Row(number=number, **facts)

    return named


@pytest.fixture
def sheet():
    """An Excel file with these rows below the usual column names."""

    def made(*rows, columns=collective_files.COLUMNS) -> bytes:
        return collective_files._workbook([list(columns), *map(list, rows)])

    return made
