"""The tick on a unit survives the steps of choosing one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.steps import choose_region, current_dialog, open_dialog, tick_all, wait_for_dialog

pytestmark = pytest.mark.browser
CHOSEN = "青秀区林业局"


@pytest.fixture
def picker(visit, huang) -> Page:
    """Open 批量提交审核 over more units than a page holds, with another unit than the person's own ticked."""
    for number in range(12):
        factories.unit(f"南宁市第 {number} 测绘院", "450100")
    factories.registration(huang)
    page = visit("/hours/", huang)
    tick_all(page)
    open_dialog(page, "button", "批量提交审核", "批量提交审核")
    current_dialog(page).get_by_role("link", name="下一页").click()
    unit_dialog(page).get_by_label(CHOSEN).check()
    return page


def unit_dialog(page: Page) -> Locator:
    return wait_for_dialog(page, "批量提交审核")


def expect_ticked(page: Page) -> None:
    expect(unit_dialog(page).get_by_label(CHOSEN)).to_be_checked()


def test_tick_survives_paging_and_region_change(picker):
    current_dialog(picker).get_by_role("link", name="上一页").click()
    expect(current_dialog(picker).locator(".pager [aria-current]")).to_have_text("1")
    expect_ticked(picker)
    choose_region(picker, "柳州市")
    expect_ticked(picker)
    current_dialog(picker).get_by_role("link", name="重置").click()
    expect_ticked(picker)


def test_tick_survives_add_unit_dialog(picker):
    current_dialog(picker).get_by_role("link", name="添加单位", exact=True).click()
    wait_for_dialog(picker, "添加单位").get_by_role("link", name="取消").click()
    expect_ticked(picker)


def test_focus_stays_on_page_link(picker):
    back = current_dialog(picker).get_by_role("link", name="第 1 页")
    back.focus()
    picker.keyboard.press("Enter")
    expect(current_dialog(picker).locator(".pager [aria-current]")).to_have_text("1")
    unit_dialog(picker)
    expect(back).to_be_focused()
