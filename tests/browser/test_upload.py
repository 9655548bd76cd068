"""Files chosen for a registration: shown with name, size and picture, removed one by one, and sent with progress."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hours.models import Attachment
from tests import files
from tests.browser.steps import choose_types, declare, fill, fill_dates, open_dialog, press_button
from tests.browser.test_phone import TOO_LOW, TOO_WIDE

pytestmark = pytest.mark.browser
PHOTO = {"name": "证书照片.jpg", "mimeType": "image/jpeg", "buffer": files.picture(size=(600, 400))}
PAPER = {"name": "结业证书.pdf", "mimeType": "application/pdf", "buffer": files.PDF}
# Notes each text of the progress, which may be gone before the test looks.
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-upload-progress] span')?.textContent;
    if (text && window.seen.at(-1) !== text) window.seen.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_chosen_files_are_shown_removed_and_sent(visit, huang, offices, width):
    page = visit("/hours/", huang, width=width)
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    choose_types(form, "培训进修类", "培训班、研修班")
    fill(form, content="水利工程施工培训班")
    fill_dates(form, 9, 8)
    declare(form)
    form.locator("[name=proofs]").set_input_files([PHOTO])
    form.locator("[name=proofs]").set_input_files([PAPER, {**PAPER, "name": "多余.pdf"}])  # is added
    chosen = form.get_by_role("list", name="已选择的文件").get_by_role("listitem")
    expect(chosen).to_have_count(3)
    expect(chosen.first).to_contain_text("证书照片.jpg")
    assert chosen.first.locator("img").evaluate("async (one) => { await one.decode(); return one.naturalWidth }") == 600
    if width == 360:
        assert page.evaluate(TOO_WIDE) + page.evaluate(TOO_LOW) == []
    form.get_by_role("button", name="移除 多余.pdf").press("Enter")
    expect(chosen).to_have_count(2)
    expect(form.get_by_role("button", name="移除 结业证书.pdf")).to_be_focused()
    page.evaluate(WATCH)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“水利工程施工培训班”")
    assert list(Attachment.objects.order_by("pk").values_list("name", flat=True)) == ["证书照片.jpg", "结业证书.pdf"]


def test_progress_is_told_while_files_are_sent(visit, huang, offices):
    page = visit("/hours/", huang)
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    form.locator("[name=proofs]").set_input_files([PAPER])
    page.evaluate(WATCH)
    press_button(page, "保存")
    expect(page.locator(".error-summary")).to_be_visible()
    assert page.evaluate("window.seen.at(-1)") == "正在处理文件…"
    expect(page.locator("[data-upload-progress]")).to_have_count(0)


def test_page_without_dialog_tells_that_files_are_sent(visit, huang, offices):
    page = visit("/hours/new/", huang)
    page.locator("[name=proofs]").set_input_files([PAPER])
    page.evaluate("document.addEventListener('submit', (event) => event.preventDefault(), { once: true })")
    page.evaluate(WATCH)
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-upload-progress]")).to_contain_text("正在处理文件…")


def test_what_no_picture_can_be_made_of_has_an_icon(visit, huang, offices):
    page = visit("/hours/new/", huang)
    empty = {"name": "空.jpg", "mimeType": "image/jpeg", "buffer": b""}
    broken = {"name": "坏.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    photo = {"name": "手机.heic", "mimeType": "", "buffer": files.heic()}
    page.locator("[name=proofs]").set_input_files([empty, broken, photo])
    chosen = page.get_by_role("list", name="已选择的文件").get_by_role("listitem")
    expect(chosen.locator(".bi-file-earmark-image")).to_have_count(3)
    expect(chosen.locator("img")).to_have_count(0)
    expect(chosen.first).to_contain_text("空文件，请重新选择")


def test_question_goes_when_its_numbers_change(visit, huang, offices):
    page = visit("/hours/new/", huang)
    form = page.locator("#registration-form")
    choose_types(form, "培训进修类", "培训班、研修班")
    fill(form, content="半年脱产进修")
    form.locator("[name=starts_at_0]").fill("2025-01-06")
    form.locator("[name=ends_at_0]").fill("2025-07-01")
    declare(form)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".error-summary")).to_contain_text("还没有保存，请先确认")
    question = page.get_by_label("我已核对：起止时间和申请学时共 177 天、1416 学时")
    expect(question).to_be_visible()
    page.get_by_label("申请学时", exact=True).fill("90")
    page.keyboard.press("Tab")
    expect(question).to_have_count(0)
