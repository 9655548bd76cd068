"""学时审核 by keyboard alone: the list, bulk decisions, one registration, and the list of shortcuts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from hours.models import Decision, Registration
from tests.browser.steps import assert_focus_visible, expect_cells, tab_to

pytestmark = pytest.mark.browser


def press_keys(page: Page, *keys: str) -> None:
    """Press the keys one by one; the focus is visible after each."""
    for key in keys:
        page.keyboard.press(key)
        assert_focus_visible(page)


def type_verdict(page: Page, reason: str, words: str) -> None:
    """Choose the reason in the focused field, and type the words in the next one."""
    expect(page.get_by_label("原因")).to_be_focused()
    for _ in range(4):
        press_keys(page, "ArrowDown")
        if page.get_by_label("原因").locator("option:checked").inner_text() == reason:
            break
    press_keys(page, "Tab")
    expect(page.get_by_label("意见")).to_be_focused()
    page.keyboard.type(words)


def wait_for_title(page: Page, content: str) -> None:
    """Wait for the page with this heading and for its scripts."""
    expect(page.locator(".page-title")).to_contain_text(content)
    page.wait_for_load_state()


@pytest.fixture
def queue(visit, offices, registrations) -> Page:
    page = visit("/hours/review/", offices.unit)
    page.wait_for_load_state()
    return page


def test_decide_by_keyboard(queue: Page):
    press_keys(queue, "j", "j", "k")
    expect(queue.get_by_role("link", name="水利工程施工培训班")).to_be_focused()
    queue.keyboard.press("o")
    wait_for_title(queue, "水利工程施工培训班")
    agree(queue)
    return_by_typing(queue)
    refuse_by_ctrl_enter(queue)
    queue.keyboard.press("n")
    wait_for_title(queue, "水土保持培训班")
    queue.keyboard.press("k")
    wait_for_title(queue, "安全生产培训班")
    queue.keyboard.press("u")
    wait_for_title(queue, "学时审核")
    agree_to_two(queue)
    found = Decision.objects.exclude(stage="owner").order_by("pk").values_list("registration__content", "action")
    assert list(found) == [
        ("水利工程施工培训班", "agree"),
        ("一种渠道清淤装置", "return"),
        ("单位组织的考察", "refuse"),
        ("安全生产培训班", "agree"),
        ("水土保持培训班", "agree"),
    ]


def agree(page: Page) -> None:
    """A single key decides nothing: it moves the focus to the button."""
    press_keys(page, "a")
    expect(page.get_by_role("button", name="同意")).to_be_focused()
    assert not Decision.objects.filter(action="agree").exists()
    page.keyboard.press("Enter")
    wait_for_title(page, "一种渠道清淤装置")


def return_by_typing(page: Page) -> None:
    """Letters typed into the words are no shortcuts; Tab skips the first button, which agrees."""
    press_keys(page, "r")
    type_verdict(page, "材料不清晰", "ajknufr/? 请上传证书首页。")
    expect(page.get_by_label("意见")).to_have_value("ajknufr/? 请上传证书首页。")
    press_keys(page, "Tab")
    expect(page.get_by_role("button", name="退回修改")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_title(page, "单位组织的考察")


def refuse_by_ctrl_enter(page: Page) -> None:
    press_keys(page, "f")
    type_verdict(page, "不属于继续教育", "考察不计学时。")
    page.keyboard.press("Control+Enter")
    wait_for_title(page, "安全生产培训班")


def agree_to_two(page: Page) -> None:
    press_keys(page, "j", "x", "j", "x")
    expect(page.locator(".bulk-label")).to_have_text("将勾选的（2）")
    press_keys(page, "a")
    expect(page.get_by_role("button", name="批量审核")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_title(page, "批量审核结果")
    expect_cells(page, "认定内容", ["安全生产培训班", "水土保持培训班"])
    tab_to(page, page.get_by_role("link", name="返回列表"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect_cells(page, "认定内容", ["工程测量培训班 培训进修类 · 培训班"])


def test_bulk_refusal_asks_for_confirmation(queue: Page):
    press_keys(queue, "j", "x", "j", "x", "f")
    type_verdict(queue, "不属于继续教育", "考察不计学时。")
    queue.keyboard.press("Enter")
    expect(queue.locator(".confirm-sentence")).to_contain_text("将对以下 2 条登记作出“不予认定”的决定")
    tab_to(queue, queue.get_by_role("button", name="审核 2 条"))
    queue.keyboard.press("Enter")
    expect(queue.locator(".page-lead")).to_have_text("不予认定：2 条已完成。")
    assert Registration.objects.filter(status="refused").count() == 2


def test_question_mark_opens_and_esc_closes_key_list(queue: Page):
    for path in ("/hours/review/", "/hours/review/?tab=mine"):
        queue.goto(path)
        press_keys(queue, "?")
        expect(queue.locator(".keys-panel")).to_be_visible()
        press_keys(queue, "Escape")
        expect(queue.locator(".keys-panel")).to_be_hidden()
    press_keys(queue, "j")
    queue.keyboard.press("Enter")
    wait_for_title(queue, "水利工程施工培训班")
    press_keys(queue, "?")
    expect(queue.locator(".keys-panel")).to_contain_text("退回修改：移到原因、意见、按钮，回车决定")


def test_slash_focuses_search_and_n_opens_next_page(queue: Page, settings):
    settings.QUEUE_PAGE_SIZE = 4
    queue.reload()
    queue.keyboard.press("n")
    expect(queue).to_have_url(re.compile("after="))
    wait_for_title(queue, "学时审核")
    expect(queue.locator("[data-row]")).to_have_count(2)
    press_keys(queue, "/")
    expect(queue.get_by_label("姓名")).to_be_focused()
    queue.keyboard.type("黄秋")
    tab_to(queue, queue.get_by_label("认定内容"))
    queue.keyboard.type("测量")
    queue.keyboard.press("Enter")
    expect(queue.locator("[data-row]")).to_have_count(1)
    expect_cells(queue, "认定内容", ["工程测量培训班 培训进修类 · 培训班"])
