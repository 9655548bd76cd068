from __future__ import annotations

from functools import partial

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
    return partial(factories.typed_training, factories.category())
