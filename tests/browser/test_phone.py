"""A phone, 360 px wide: nothing scrolls sideways, rows are cards, targets fit a thumb, the menu opens and closes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.pages import PLACES, histories
from tests.browser.steps import open_by, press, shown, tick_all, work

pytestmark = pytest.mark.browser
MODES = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
# What is pressed, too low for a thumb; words inside a sentence are read first, so only actions count.
TOO_LOW = """() => [...document.querySelectorAll(
  'button:not([aria-hidden]), summary, select, input:not([type=hidden]), .btn, ' +
  ':is(.row-actions, .pager-list, .side-menu, .tabs, .tree) a'
)].filter((one) => {
  if (!one.checkVisibility({ visibilityProperty: true })) return false;
  const scope = document.querySelector('dialog[open]');
  if (scope && !scope.contains(one)) return false;
  const isBox = one.matches('[type=checkbox], [type=radio]');
  const target = isBox ? one.closest('label, td, .form-check') || one : one;
  return target.getBoundingClientRect().height < 43.5;
}).map((one) => `${Math.round(one.getBoundingClientRect().height)} px: ${one.outerHTML.slice(0, 120)}`)"""
TOO_WIDE = """() => [document.scrollingElement, ...document.querySelectorAll('dialog[open], dialog[open] .dialog-body')]
  .filter((one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > 360)
  .map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth} px`)"""


@MODES
def test_pages_fit_a_phone(visit, huang, offices, course, script: bool):
    course(huang)
    cast = histories(huang, offices)
    found, pages = {}, cast.pages(visit, width=360, script=script)
    for place in PLACES:
        page = cast.open(pages, place)
        if faults := page.evaluate(TOO_WIDE) + page.evaluate(TOO_LOW):
            found[place.name] = faults
    visit.expect_complaint("404")
    assert found == {}


@MODES
def test_bulk_bar_appears_with_first_tick(visit, offices, registrations, script: bool):
    page = visit("/hours/review/", offices.unit, width=360, script=script)
    button = page.get_by_role("button", name="批量审核")
    expect(button).to_be_hidden()
    page.locator("[data-select-row]").first.check()
    expect(button).to_be_in_viewport()
    page.get_by_label("操作").select_option(label="同意")
    assert page.evaluate(TOO_WIDE) + page.evaluate(TOO_LOW) == []
    button.click()
    expect(page.locator(".page-lead")).to_have_text("同意：1 条已完成。")


@MODES
def test_decision_is_one_press_away(visit, offices, registrations, script: bool):
    page = visit("/hours/review/", offices.unit, width=360, script=script)
    page.get_by_role("link", name="水利工程施工培训班").click()
    agree = page.get_by_role("button", name="同意")
    expect(agree).not_to_be_in_viewport()
    page.get_by_role("link", name="去审核").click()
    expect(agree).to_be_in_viewport()
    agree.click()
    expect(page.locator(".page-title")).to_contain_text("一种渠道清淤装置")
    expect(page.locator(".page-title")).to_be_in_viewport()
    expect(page.locator(".message-success")).to_be_in_viewport()


@MODES
def test_decision_errors_are_in_viewport(visit, offices, registrations, script: bool):
    page = visit("/hours/review/", offices.unit, width=360, script=script)
    page.get_by_role("link", name="水利工程施工培训班").click()
    page.get_by_role("button", name="退回修改").click()
    expect(page.locator("[data-error-summary]")).to_be_in_viewport()


def test_rows_are_cards_with_labels(visit, huang, offices):
    histories(huang, offices)
    page = visit("/hours/", huang, width=360)
    row = page.locator("main tbody tr").first
    assert row.evaluate("row => getComputedStyle(row).display") != "table-row"
    expect(page.locator("main thead")).not_to_be_in_viewport()
    tops = row.locator("td").evaluate_all("cells => cells.map((cell) => cell.getBoundingClientRect().top)")
    assert tops == sorted(tops)
    names = row.locator("td").evaluate_all("cells => cells.map((cell) => getComputedStyle(cell, '::before').content)")
    assert [name.strip('"') for name in names] == row.locator("td").evaluate_all(
        "cells => cells.map((cell) => cell.dataset.label)"
    )


@MODES
def test_menu_opens_and_closes(visit, huang, script: bool):
    page = visit("/hours/", huang, width=360, script=script)
    menu = page.locator("#menu")
    expect(menu).not_to_be_in_viewport()
    page.locator("[data-menu-button]").click()
    expect(menu.get_by_role("link", name="学时查询")).to_be_in_viewport()
    page.get_by_text("收起菜单").click()
    expect(menu).not_to_be_in_viewport()
    page.locator("[data-menu-button]").click()
    menu.get_by_role("link", name="学时查询").click()
    expect(page.locator(".page-title")).to_have_text("学时查询")
    expect(menu).not_to_be_in_viewport()


@MODES
def test_select_all_ticks_all_rows(visit, huang, offices, script: bool):
    histories(huang, offices)
    page = visit("/hours/", huang, width=360, script=script)
    tick_all(page)
    expect(page.locator("[data-select-row]")).to_have_count(3)
    expect(page.locator("[data-select-row]:checked")).to_have_count(3)


def test_dialog_head_stays_visible_at_error_field(visit, huang):
    days = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}  # each warns of the others
    for content in ("水利工程施工培训班", "公文写作培训班", "工程测量培训班"):
        factories.registration(huang, content, **days)
    page = visit("/hours/", huang, width=360)
    tick_all(page)
    assert page.get_by_role("button", name="批量提交审核").bounding_box()["height"] < 50  # one line of words
    open_by(page, "button", "批量提交审核", "批量提交审核")
    work(page).get_by_label("其他单位").check()
    press(page, "确定提交")
    shown(page, "确认提交")
    press(page, "确定提交 3 条")
    work(page).get_by_role("link", name="请选择所在区域").click()
    expect(work(page).get_by_label("所在区域")).to_be_focused()
    assert page.locator("dialog[open]").evaluate("dialog => dialog.scrollHeight - dialog.clientHeight") == 0
