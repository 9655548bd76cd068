"""The owner's pages by keyboard alone, with visible focus."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from hours.models import Registration
from tests import factories
from tests.browser.steps import current_dialog, open_dialog, tab_to, wait_for_dialog

pytestmark = pytest.mark.browser

DATE_ORDERS = ("%Y%m%d", "%m%d%Y", "%d%m%Y")  # the browser's own language decides


def type_date(page: Page, field: Locator, day: datetime) -> None:
    tab_to(page, field)
    for order in DATE_ORDERS:
        page.keyboard.type(f"{day:{order}}")
        if field.input_value() == f"{day:%Y-%m-%d}":
            return
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
    raise AssertionError(f"no order of year, month and day gives {day:%Y-%m-%d}")


def test_register_and_submit_by_keyboard(visit, huang):
    page = visit("/")
    log_in(page, huang)
    register(page)
    expect(page.locator(".message-success")).to_contain_text("已保存“水利工程施工培训班”。")
    submit(page)
    expect(page.locator(".message-success")).to_contain_text("已提交 1 条登记，共 16 学时，由“青秀区人社部门”初审。")
    assert Registration.objects.get().status == "first_review"


def log_in(page: Page, person) -> None:
    tab_to(page, page.locator("[name=username]"))
    page.keyboard.type(person.phone)
    tab_to(page, page.locator("[name=password]"))
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".page-title")).to_have_text("学时登记")


def register(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="新登记培训"))
    page.keyboard.press("Enter")
    form = wait_for_dialog(page, "新登记培训")
    for name in ("first_level", "category"):
        tab_to(page, form.locator(f"[name={name}]"))
        page.keyboard.press("ArrowDown")
    tab_to(page, form.locator("[name=content]"))
    page.keyboard.type("水利工程施工培训班")
    type_date(page, form.locator("[name=starts_at_0]"), factories.moment(9))
    type_date(page, form.locator("[name=ends_at_0]"), factories.moment(8))
    expect(form.locator("[name=hours_applied]")).to_have_value("16")
    tab_to(page, form.get_by_label("本人承诺以上信息属实"))
    page.keyboard.press("Space")
    tab_to(page, form.get_by_role("button", name="保存"))
    page.keyboard.press("Enter")


def submit(page: Page) -> None:
    tab_to(page, page.locator("[data-select-row]"))
    page.keyboard.press("Space")
    button = page.get_by_role("button", name=re.compile(r"批量提交审核\s*（1）"))
    tab_to(page, button, "Shift+Tab")
    page.keyboard.press("Enter")
    dialog = wait_for_dialog(page, "批量提交审核")
    choose_city(page, dialog)
    tab_to(page, dialog.locator("[name=q]"))
    page.keyboard.type("林业")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("南宁市符合“林业”的单位有 2 个")
    choose_unit(page, dialog)
    tab_to(page, dialog.get_by_role("button", name="确定提交"))
    page.keyboard.press("Enter")
    summary = wait_for_dialog(page, "确认提交")
    tab_to(page, summary.get_by_role("button", name="确定提交 1 条"))
    page.keyboard.press("Enter")


def choose_city(page: Page, dialog: Locator) -> None:
    """The tree is one stop of the Tab key; arrow keys move in it, and the chosen node keeps the focus."""
    tab_to(page, dialog.get_by_role("treeitem", name="广西壮族自治区"))
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_text("柳州市")
    page.keyboard.press("ArrowUp")
    expect(page.locator(":focus")).to_have_text("南宁市")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("treeitem", name="宾阳县")).to_be_visible()
    expect(page.locator(":focus")).to_have_text("南宁市")
    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_have_text("青秀区")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_text("南宁市")


def choose_unit(page: Page, dialog: Locator) -> None:
    """The list of units is one stop of the Tab key; arrow keys choose."""
    chosen = dialog.locator("[name=unit]:checked")
    tab_to(page, chosen)
    wanted = dialog.get_by_label("青秀区林业局")
    for _ in range(4):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError("the unit is not reached")


def test_esc_closes_dialog_and_restores_focus(visit, huang):
    registration = factories.registration(huang)
    page = visit("/hours/", huang)
    opener = page.get_by_role("link", name=f"查看“{registration.content}”")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    wait_for_dialog(page, "登记详情")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(opener).to_be_focused()


def test_esc_asks_before_discarding_input(visit, huang):
    page = visit("/hours/", huang)
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    form.locator("[name=content]").fill("水利工程施工培训班")
    for key in ("Escape", "Enter"):  # the question's harmless answer has the focus
        page.keyboard.press(key)
    expect(form.locator("[name=content]")).to_have_value("水利工程施工培训班")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="不保存，关闭").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_focus_stays_inside_dialog(visit, huang):
    page = visit("/hours/", huang)
    open_dialog(page, "link", "新登记培训", "新登记培训")
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")


def test_progress_toggles_by_space_and_enter(visit, huang):
    registration = factories.submitted(huang, huang.unit)
    page = visit("/hours/lookup/registrations/", huang)
    plus = page.get_by_role("button", name=f"审核进度：{registration.content}")
    tab_to(page, plus)
    for key, opened in (("Space", "true"), ("Enter", "false")):
        page.keyboard.press(key)
        expect(plus).to_have_attribute("aria-expanded", opened)
    expect(page).to_have_url(re.compile(r"/hours/lookup/registrations/$"))


def test_error_summary_gets_focus_and_links_to_field(visit, huang):
    page = visit("/hours/", huang)
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    form.get_by_role("button", name="保存").press("Enter")
    expect(current_dialog(page).locator("[data-error-summary]")).to_be_focused()
    link = current_dialog(page).get_by_role("link", name="请填写认定内容")
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(current_dialog(page).locator("[name=content]")).to_be_focused()
