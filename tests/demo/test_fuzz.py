"""manage.py fuzz_intake: no entrance fails at changed files and bodies."""

from __future__ import annotations

import re

import pytest
from django.core.management.base import CommandError

from demo.fuzzing import entrances


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_no_entrance_fails(manage):
    manage("load_base_data")
    manage("load_demo")
    report = manage("fuzz_intake", count=280, seed=1, seconds=600)
    assert len(re.findall(r"slowest", report)) == 14
    assert " 500:" not in report
    assert "302: " in report  # some requests are still right


@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_failing_request_is_reported(manage, monkeypatch):
    class Broken(entrances.Entrance):
        name = "坏入口"

        def send(self, random):
            raise KeyError("x")

    monkeypatch.setattr(entrances, "all_entrances", lambda: [Broken()])
    with pytest.raises(CommandError, match="2 requests failed; repeat one with --seed 5 --only NUMBER"):
        manage("fuzz_intake", count=2, seed=5)
