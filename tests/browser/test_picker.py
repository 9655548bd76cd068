"""Choosing a unit takes several steps; what was ticked on the way is not forgotten."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.steps import HAS_FOCUS, choose_region, open_by, shown, tick_all, work

pytestmark = pytest.mark.browser
CHOSEN = "青秀区林业局"


@pytest.fixture
def picker(visit, huang) -> Page:
    """批量提交审核 over more units than one page holds, with one ticked that is not the own."""
    for number in range(12):
        factories.unit(f"南宁市第 {number} 测绘院", "450100")
    factories.registration(huang)
    page = visit("/hours/", huang)
    tick_all(page)
    open_by(page, "button", "批量提交审核", "批量提交审核")
    work(page).get_by_role("link", name="下一页").click()
    settled(page).get_by_label(CHOSEN).check()
    return page


def settled(page: Page) -> Locator:
    return shown(page, "批量提交审核")


def is_ticked(page: Page) -> bool:
    return settled(page).get_by_label(CHOSEN).is_checked()


def test_tick_survives_paging_and_region_change(picker):
    work(picker).get_by_role("link", name="上一页").click()
    expect(work(picker).locator(".pager [aria-current]")).to_have_text("1")
    assert is_ticked(picker)
    choose_region(picker, "柳州市")
    assert is_ticked(picker)
    work(picker).get_by_role("link", name="重置").click()
    assert is_ticked(picker)


def test_tick_survives_add_unit_dialog(picker):
    work(picker).get_by_role("link", name="添加单位", exact=True).click()
    shown(picker, "添加单位").get_by_role("link", name="取消").click()
    assert is_ticked(picker)


def test_focus_stays_on_page_link(picker):
    back = work(picker).get_by_role("link", name="第 1 页")
    back.focus()
    picker.keyboard.press("Enter")
    expect(work(picker).locator(".pager [aria-current]")).to_have_text("1")
    settled(picker)
    assert back.evaluate(HAS_FOCUS)
