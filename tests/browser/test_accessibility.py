"""axe with all its rules finds no violation on any page or dialog, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import PAGE_CASES, prepare_tour

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_violations(visit, huang, offices, course, width: int):
    course(huang)
    tour = prepare_tour(huang, offices)
    axe, found, pages = Axe(), {}, tour.pages(visit, width=width)
    for case in PAGE_CASES:
        page = tour.open(pages, case)
        if violations := axe.run(page).response["violations"]:
            found[case.name] = [(rule["id"], node["html"]) for rule in violations for node in rule["nodes"]]
    visit.expect_error("404")
    assert found == {}
