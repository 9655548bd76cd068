from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from hours.certificates import issuing
from hours.models import Completion
from hours.workflow import transitions
from tests import factories

DAY = factories.moment(40)
THIS_YEAR = DAY.year
_minutes = itertools.count()


@pytest.fixture
def station(guangxi, rules):
    """宾阳县甘棠镇林业站 with its reviewer."""
    unit = factories.unit()
    unit.reviewer = factories.unit_reviewer(unit)
    return unit


@pytest.fixture
def bureau(guangxi):
    """A reviewer of the whole region."""
    return factories.region_reviewer(guangxi)


@pytest.fixture
def recognise(station, bureau):
    """Make a recognised registration of a person, by default of 64 hours this year at the station."""

    def give(person, hours=64, year=THIS_YEAR, unit=station, **facts):
        reviewer = station.reviewer if unit == station else factories.unit_reviewer(unit)
        start = DAY.replace(year=year, day=min(DAY.day, 28), minute=next(_minutes) % 60)
        facts = {"starts_at": start, "ends_at": start + timedelta(hours=9), "hours_applied": hours, **facts}
        facts.setdefault("category", factories.category("学术讲座", by_half_day=False))
        return factories.recognised(person, unit, reviewer, bureau, year=year, **facts)

    return give


@pytest.fixture
def complete():
    """Make a completion of a person, by default of 30 hours this year."""

    def give(person, hours=30, year=THIS_YEAR) -> Completion:
        return factories.completion(person, factories.course(year, "生态文明建设", hours=30), hours=hours)

    return give


@pytest.fixture
def huang(station, recognise, complete):
    """黄秋梦 with 30 公需 and 64 专业 this year (reached) and 40 专业 last year (not reached)."""
    person = factories.person("黄秋梦")
    person.registration = recognise(person)
    complete(person)
    recognise(person, 40, THIS_YEAR - 1, content="去年的培训")
    person.refresh_from_db(fields=["unit"])
    return person


@pytest.fixture
def certificate(huang):
    """Her certificate of this year."""
    return issuing.issue(huang, huang, [THIS_YEAR])


@pytest.fixture
def revoke(guangxi):
    """Revoke a registration as an administrator of the region."""
    admin = factories.region_admin(guangxi)
    return lambda registration: transitions.revoke(admin, registration, factories.verdict("材料系伪造。"))
