"""What the scripts add to pages that work without them: dialogs, ticks, arrow keys in the tree, and the menu."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hours.models import Registration
from tests import factories

pytestmark = pytest.mark.browser
MOVES = (
    ("ArrowDown", "南宁市"),
    ("ArrowDown", "柳州市"),
    ("ArrowUp", "南宁市"),
    ("End", "柳州市"),
    ("Home", "广西壮族自治区"),
    ("ArrowRight", "南宁市"),
    ("ArrowLeft", "广西壮族自治区"),
)


def test_form_on_a_page_of_its_own_narrows_types(visit, huang):
    page = visit("/hours/new/", huang)
    expect(page.locator("[name=category]")).to_be_disabled()
    page.locator("[name=first_level]").select_option(label="专利类")
    expect(page.locator("[name=category] optgroup:not([disabled]) option")).to_have_text(["发明专利"])


def test_unsaved_input_asks_before_closing(visit, huang):
    page = visit("/hours/", huang)
    page.get_by_role("link", name="新登记培训").click()
    dialog = page.get_by_role("dialog", name="新登记培训")
    dialog.get_by_label("认定内容", exact=False).first.fill("水利工程施工培训班")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="继续填写").click()
    expect(dialog.get_by_label("认定内容", exact=False).first).to_have_value("水利工程施工培训班")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="不保存，关闭").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_closed_dialog_restores_focus(visit, huang):
    page = visit("/hours/", huang)
    page.get_by_role("link", name="新登记培训").click()
    expect(page.get_by_role("dialog", name="新登记培训")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="新登记培训")).to_be_focused()


def test_deleted_registration_shows_message_in_dialog(visit, huang):
    registration = factories.registration(huang)
    page = visit("/hours/", huang)
    Registration.objects.all().delete()
    page.get_by_role("link", name="查看").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "该内容不存在或已被删除。请关闭后刷新页面查看。"
    )
    visit.expect_error("404")
    assert not Registration.objects.filter(pk=registration.pk).exists()


def test_select_all_updates_button_counts(visit, huang):
    for _ in range(3):
        factories.registration(huang)
    page = visit("/hours/", huang)
    select_all = page.get_by_label("全选本页")
    select_all.check()
    expect(page.get_by_role("button", name="批量提交审核")).to_have_text("批量提交审核（3）")
    page.locator("[data-select-row]").first.uncheck()
    expect(page.get_by_role("button", name="批量提交审核")).to_have_text("批量提交审核（2）")
    expect(select_all).to_be_checked(indeterminate=True)


def test_region_tree_arrow_keys(visit, huang):
    factories.registration(huang)
    page = visit("/hours/", huang)
    page.get_by_label("全选本页").check()
    page.get_by_role("button", name="批量提交审核").click()
    root = page.get_by_role("treeitem", name="广西壮族自治区")
    root.focus()
    for key, name in MOVES:
        page.keyboard.press(key)
        expect(page.get_by_role("treeitem", name=name)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="青秀区")).to_be_visible()
    expect(page.get_by_role("treeitem", name="南宁市")).to_be_focused()


def test_phone_menu_with_and_without_script(visit, huang):
    for script in (True, False):
        page = visit("/hours/", huang, width=360, script=script)
        link = page.get_by_role("navigation", name="主菜单").get_by_role("link", name="学时查询")
        expect(link).to_be_hidden()
        page.get_by_text("菜单", exact=True).click()
        link.click()
        expect(page).to_have_title("学时查询 · 专业技术人员继续教育学时系统")
