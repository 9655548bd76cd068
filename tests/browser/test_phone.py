"""A phone of 360 px: no sideways scrolling, rows as cards, targets for a thumb, and the menu."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.pages import PAGE_CASES, prepare_tour
from tests.browser.steps import current_dialog, open_dialog, press_button, tick_all, wait_for_dialog

pytestmark = pytest.mark.browser
MODES = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
# Controls lower than a thumb; links inside sentences are left out.
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


@pytest.mark.slow
@MODES
def test_pages_fit_a_phone(visit, huang, offices, course, script: bool):
    course(huang)
    tour = prepare_tour(huang, offices)
    found, pages = {}, tour.pages(visit, width=360, script=script)
    for case in PAGE_CASES:
        page = tour.open(pages, case)
        if faults := page.evaluate(TOO_WIDE) + page.evaluate(TOO_LOW):
            found[case.name] = faults
    visit.expect_error("404")
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
    prepare_tour(huang, offices)
    page = visit("/hours/", huang, width=360)
    row = page.locator("main tbody tr").first
    expect(row).not_to_have_css("display", "table-row")
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
    prepare_tour(huang, offices)
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
    open_dialog(page, "button", "批量提交审核", "批量提交审核")
    current_dialog(page).get_by_label("其他单位").check()
    press_button(page, "确定提交")
    wait_for_dialog(page, "确认提交")
    press_button(page, "确定提交 3 条")
    current_dialog(page).get_by_role("link", name="请选择所在区域").click()
    expect(current_dialog(page).get_by_label("所在区域")).to_be_focused()
    assert page.locator("dialog[open]").evaluate("dialog => dialog.scrollHeight - dialog.clientHeight") == 0
