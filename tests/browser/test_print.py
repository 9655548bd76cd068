"""A list prints as a table without the frame; A4 is narrower than a narrow screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.browser
A4 = 718  # CSS pixels between the browser's own margins


def test_list_prints_as_table_only(visit, huang):
    factories.registration(huang, "水利工程施工培训班")
    page = visit("/hours/", huang)
    page.set_viewport_size({"width": A4, "height": 1000})
    row = page.locator("tbody tr")
    expect(row).to_have_css("display", "block")
    page.emulate_media(media="print")
    expect(row).to_have_css("display", "table-row")
    expect(page.get_by_role("columnheader", name="认定内容")).to_be_visible()
    for part in (".site-head", ".side-menu", ".filter-bar", ".bulk-bar", ".row-actions"):
        expect(page.locator(part)).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == A4
