from __future__ import annotations

import uuid

import pytest

from tests import factories


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
    category = factories.category()

    def type_in(**facts) -> dict:
        day = f"{factories.moment(9):%Y-%m-%d}"
        last = f"{factories.moment(8):%Y-%m-%d}"
        return {
            "first_level": category.parent_id,
            "category": category.pk,
            "content": "水利工程施工培训班",
            "starts_at_0": day,
            "starts_at_1": "08:00",
            "ends_at_0": last,
            "ends_at_1": "18:00",
            "hours_applied": "16",
            "year": "",
            "note": "",
            "certificate_number": "",
            "draft_key": str(uuid.uuid4()),
            "declared": "on",
            **facts,
        }

    return type_in
