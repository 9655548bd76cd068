"""manage.py benchmark_intake: the figures of files that people send."""

from __future__ import annotations

import re

import pytest

from demo.benchmarks.intake import costs
from organizations.models import Unit
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("debug")]


@pytest.mark.parametrize("name", ["space", "corner"])
def test_far_cell_is_measured(manage, name):
    assert re.fullmatch(rf" *{name}: \d+\.\d\d s, \d+ MB more\n", manage("benchmark_intake", measure=name))


def test_import_is_measured_and_not_kept(manage, guangxi):
    factories.administrator()
    manage("benchmark_intake", measure="units", size=3)
    assert not Unit.objects.filter(name__startswith="测量导入单位").exists()
    assert [label for label, _ in costs.measure("units", 2)] == ["2 units, preview", "2 units, confirmation"]
