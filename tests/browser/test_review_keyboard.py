"""学时审核 by keyboard alone: the list, several at once, one registration, and the list of keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from hours.models import Decision, Registration
from tests.browser.steps import cells, see_focus, tab_to

pytestmark = pytest.mark.browser


def press(page: Page, *keys: str) -> None:
    """One after the other; after each one sees where one is."""
    for key in keys:
        page.keyboard.press(key)
        see_focus(page)


def type_verdict(page: Page, reason: str, words: str) -> None:
    """The field for the reason has the focus; its letters choose, Tab leads to the words."""
    expect(page.get_by_label("原因")).to_be_focused()
    for _ in range(4):
        press(page, "ArrowDown")
        if page.get_by_label("原因").locator("option:checked").inner_text() == reason:
            break
    press(page, "Tab")
    expect(page.get_by_label("意见")).to_be_focused()
    page.keyboard.type(words)


def title(page: Page, content: str) -> None:
    """The page with this heading has come, and its scripts answer."""
    expect(page.locator(".page-title")).to_contain_text(content)
    page.wait_for_load_state()


@pytest.fixture
def queue(visit, offices, registrations) -> Page:
    page = visit("/hours/review/", offices.unit)
    page.wait_for_load_state()
    return page


def test_decide_by_keyboard(queue: Page):
    press(queue, "j", "j", "k")
    expect(queue.get_by_role("link", name="水利工程施工培训班")).to_be_focused()
    queue.keyboard.press("o")
    title(queue, "水利工程施工培训班")
    agree(queue)
    return_by_typing(queue)
    refuse_by_ctrl_enter(queue)
    queue.keyboard.press("n")
    title(queue, "水土保持培训班")
    queue.keyboard.press("k")
    title(queue, "安全生产培训班")
    queue.keyboard.press("u")
    title(queue, "学时审核")
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
    """One key alone decides nothing: it leads to the button."""
    press(page, "a")
    expect(page.get_by_role("button", name="同意")).to_be_focused()
    assert not Decision.objects.filter(action="agree").exists()
    page.keyboard.press("Enter")
    title(page, "一种渠道清淤装置")


def return_by_typing(page: Page) -> None:
    """The letters of the words are letters and no commands; Tab leads to the button that is meant, past the first."""
    press(page, "r")
    type_verdict(page, "材料不清晰", "ajknufr/? 请上传证书首页。")
    expect(page.get_by_label("意见")).to_have_value("ajknufr/? 请上传证书首页。")
    press(page, "Tab")
    expect(page.get_by_role("button", name="退回修改")).to_be_focused()
    page.keyboard.press("Enter")
    title(page, "单位组织的考察")


def refuse_by_ctrl_enter(page: Page) -> None:
    press(page, "f")
    type_verdict(page, "不属于继续教育", "考察不计学时。")
    page.keyboard.press("Control+Enter")
    title(page, "安全生产培训班")


def agree_to_two(page: Page) -> None:
    press(page, "j", "x", "j", "x")
    expect(page.locator(".bulk-label")).to_have_text("将勾选的（2）")
    press(page, "a")
    expect(page.get_by_role("button", name="批量审核")).to_be_focused()
    page.keyboard.press("Enter")
    title(page, "批量审核结果")
    assert cells(page, "认定内容") == ["安全生产培训班", "水土保持培训班"]
    tab_to(page, page.get_by_role("link", name="返回列表"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert cells(page, "认定内容") == ["工程测量培训班 培训进修类 · 培训班"]


def test_bulk_refusal_asks_for_confirmation(queue: Page):
    press(queue, "j", "x", "j", "x", "f")
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
        press(queue, "?")
        expect(queue.locator(".keys-panel")).to_be_visible()
        press(queue, "Escape")
        expect(queue.locator(".keys-panel")).to_be_hidden()
    press(queue, "j")
    queue.keyboard.press("Enter")
    title(queue, "水利工程施工培训班")
    press(queue, "?")
    expect(queue.locator(".keys-panel")).to_contain_text("退回修改：移到原因、意见、按钮，回车决定")


def test_slash_focuses_search_and_n_opens_next_page(queue: Page, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hours.review.queue.PAGE_SIZE", 4)
    queue.reload()
    queue.keyboard.press("n")
    expect(queue).to_have_url(re.compile("after="))
    title(queue, "学时审核")
    assert len(cells(queue, "认定内容")) == 2
    press(queue, "/")
    expect(queue.get_by_label("姓名")).to_be_focused()
    queue.keyboard.type("黄秋")
    tab_to(queue, queue.get_by_label("认定内容"))
    queue.keyboard.type("测量")
    queue.keyboard.press("Enter")
    expect(queue.locator("[data-row]")).to_have_count(1)
    assert cells(queue, "认定内容") == ["工程测量培训班 培训进修类 · 培训班"]
