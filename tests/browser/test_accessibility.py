"""axe finds nothing on any page or dialog, wide and narrow. No rule is left out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import PLACES, histories

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_violations(visit, huang, offices, course, width: int):
    course(huang)
    cast = histories(huang, offices)
    axe, found, pages = Axe(), {}, cast.pages(visit, width=width)
    for place in PLACES:
        page = cast.open(pages, place)
        if barriers := axe.run(page).response["violations"]:
            found[place.name] = [(barrier["id"], node["html"]) for barrier in barriers for node in barrier["nodes"]]
    visit.expect_complaint("404")
    assert found == {}
