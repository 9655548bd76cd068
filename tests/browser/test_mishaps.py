"""Double clicks, second tabs, going back, ended sessions and slow responses lose no input and submit nothing twice."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from hours.models import Attachment, Registration, Submission
from tests import factories
from tests.browser.pages import describe_training, fill_training
from tests.browser.steps import (
    attach,
    choose_types,
    current_dialog,
    declare,
    fill,
    fill_dates,
    open_dialog,
    press_button,
    tick_all,
    wait_for_dialog,
)

pytestmark = pytest.mark.browser
MODES = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])


def to_confirmation(page: Page) -> None:
    """Tick all and go on with the last unit."""
    tick_all(page)
    open_dialog(page, "button", "批量提交审核", "批量提交审核")
    press_button(page, "确定提交")
    wait_for_dialog(page, "确认提交")


def filled_form(page: Page, script: bool = True) -> None:
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    choose_types(form, "培训进修类", "培训班、研修班")
    fill(form, content="水利工程施工培训班", certificate_number="桂培 2026-88")
    fill_dates(form, 9, 8)
    if script:
        expect(form.locator("[name=hours_applied]")).to_have_value("16")


@MODES
def test_double_click_submits_once(visit, huang, script: bool):
    factories.registration(huang)
    page = visit("/hours/", huang, script=script)
    to_confirmation(page)
    current_dialog(page).get_by_role("button", name="确定提交 1 条").dblclick()
    expect(page.locator(".message-success").first).to_contain_text("已提交 1 条登记")
    assert Submission.objects.count() == 1
    assert Registration.objects.get().decisions.count() == 1


def test_double_click_saves_once(visit, huang):
    page = visit("/hours/", huang)
    filled_form(page)
    declare(current_dialog(page))
    current_dialog(page).get_by_role("button", name="保存").dblclick()
    expect(page.locator(".message-success")).to_contain_text("已保存")
    assert Registration.objects.count() == 1


@MODES
def test_second_tab_does_not_submit_again(visit, huang, script: bool):
    factories.registration(huang)
    page = visit("/hours/", huang, script=script)
    other = page.context.new_page()
    other.goto("/hours/")
    to_confirmation(page)
    to_confirmation(other)
    for tab in (page, other):
        press_button(tab, "确定提交 1 条")
        expect(tab.locator(".message").filter(has_text=re.compile("已提交|没有提交任何登记")).first).to_be_visible()
    expect(current_dialog(other)).to_contain_text("没有提交任何登记，请先处理下列问题：")
    expect(current_dialog(other).locator("[data-error-summary]")).to_contain_text("水利工程施工培训班")
    expect(current_dialog(other).get_by_role("button", name="确定提交")).to_have_count(0)
    assert Submission.objects.count() == 1


@MODES
def test_going_back_after_submission_ticks_nothing(visit, huang, script: bool):
    """A browser restores ticks by position: after a submission it would tick another row."""
    factories.registration(huang, "先提交的培训班", starts_at=factories.moment(9), ends_at=factories.moment(8, 18))
    factories.registration(huang, "后提交的培训班", starts_at=factories.moment(20), ends_at=factories.moment(19, 18))
    page = visit("/hours/", huang, script=script)
    page.get_by_label("选择“先提交的培训班”").check()
    open_dialog(page, "button", "批量提交审核", "批量提交审核")
    press_button(page, "确定提交")
    wait_for_dialog(page, "确认提交")
    press_button(page, "确定提交 1 条")
    expect(page.locator(".message-success")).to_contain_text("已提交 1 条登记")
    for _ in range(1 if script else 3):
        page.go_back()
    expect(page.locator(".page-title")).to_have_text("学时登记")
    expect(page.locator("[data-select-row]")).to_have_count(1)
    expect(page.locator("[data-select-row]:checked")).to_have_count(0)
    expect(page.locator("main tbody tr")).to_contain_text("后提交的培训班")


def test_going_back_after_logout_shows_login(visit, huang):
    factories.registration(huang)
    page = visit("/hours/", huang)
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="退出").click()
    expect(page.locator(".page-title")).to_have_text("登录")
    page.go_back()
    expect(page.locator(".page-title")).to_have_text("登录")


def test_ended_session_keeps_input(visit, huang):
    page = visit("/hours/", huang)
    filled_form(page)
    declare(current_dialog(page))
    Session.objects.all().delete()
    press_button(page, "保存")
    alert = current_dialog(page).get_by_role("alert")
    expect(alert).to_contain_text("登录已失效，已填写的内容仍在。")
    with page.expect_popup() as popup:
        alert.get_by_role("link", name="在新窗口登录").click()
    log_in = popup.value
    log_in.locator("[name=username]").fill(huang.phone)
    log_in.locator("[name=password]").fill(factories.PASSWORD)
    log_in.get_by_role("button", name="登录").click()
    expect(log_in.locator(".page-title")).to_have_text("学时登记")
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“水利工程施工培训班”。")
    assert Registration.objects.get().certificate_number == "桂培2026-88"


@MODES
def test_ended_session_returns_to_form_after_login(visit, huang, script: bool):
    page = visit("/hours/", huang, script=script)
    Session.objects.all().delete()
    page.get_by_role("link", name="新登记培训").click()
    expect(page.locator(".page-title")).to_have_text("登录")
    page.locator("[name=username]").fill(huang.phone)
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()
    wait_for_dialog(page, "新登记培训")


def test_slow_response_shows_progress(visit, huang):
    page = visit("/hours/", huang)

    def slowly(route):
        time.sleep(1)
        route.continue_()

    page.route("**/hours/new/", slowly)
    page.get_by_role("link", name="新登记培训").click()
    expect(page.locator("dialog[open]").get_by_role("status")).to_have_text("正在打开…")
    wait_for_dialog(page, "新登记培训")
    current_dialog(page).get_by_role("button", name="保存").click(no_wait_after=True)
    expect(current_dialog(page).get_by_role("button", name="保存")).to_be_disabled()
    expect(current_dialog(page).locator("[data-error-summary]")).to_be_visible()
    expect(current_dialog(page).get_by_role("button", name="保存")).to_be_enabled()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "提交的内容太多或无法识别，什么也没有保存。请减少附件后重试。"),
        (413, "上传的文件太大，请减少文件后重试。"),
    ],
)
def test_too_large_request_keeps_input(visit, huang, status: int, sentence: str):
    page = visit("/hours/", huang)
    filled_form(page)
    page.route("**/hours/new/", lambda route: route.fulfill(status=status, body="<!doctype html>"))
    press_button(page, "保存")
    expect(current_dialog(page).locator("[data-complaint]")).to_have_text(sentence)
    expect(current_dialog(page).locator("[name=content]")).to_have_value("水利工程施工培训班")
    visit.expect_error(str(status))


@MODES
def test_invalid_form_keeps_input_and_files(visit, huang, script: bool):
    page = visit("/hours/", huang, script=script)
    filled_form(page, script)
    attach(current_dialog(page), "结业证书.pdf")
    press_button(page, "保存")
    form = current_dialog(page)
    expect(form.locator("[data-error-summary]")).to_contain_text("请勾选“本人承诺以上信息属实”")
    expect(form.locator("[name=content]")).to_have_value("水利工程施工培训班")
    expect(form.locator("[name=certificate_number]")).to_have_value("桂培 2026-88")
    expect(form.locator("[name=category] option:checked")).to_have_text("培训班、研修班")
    expect(form.get_by_role("group", name="已上传的附件")).to_contain_text("结业证书.pdf")
    declare(form)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“水利工程施工培训班”。")
    assert list(Attachment.objects.values_list("name", "registration__content")) == [
        ("结业证书.pdf", "水利工程施工培训班")
    ]


# --- Files that come instead of a page ---------------------------------------------------------------


def test_page_stays_usable_after_download(visit, offices):
    """The bad lines come as a file; the good ones are then confirmed on the same page."""
    factories.category()
    li = factories.person("李工", unit=offices.station)
    lines = f"姓名,证件号码\n李工,{li.id_number}\n韦工,{factories.resident_id(number=990)}\n"
    page = visit("/hours/collective/", offices.unit)
    fill_training(page)
    page.get_by_label("人员名单").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": lines.encode()})
    page.get_by_role("button", name="下一步").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载有问题的 1 行").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("button", name="确认登记 1 人").click()
    expect(page.locator(".message-success")).to_contain_text("已为 1 人登记")


def test_tick_count_is_updated(visit, offices):
    factories.category()
    for number in range(3):
        factories.person(f"职工{number}", unit=offices.station)
    page = visit("/hours/collective/", offices.unit)
    describe_training(page)
    status = page.get_by_role("status").filter(has_text="已勾选")
    expect(status).to_contain_text("已勾选 0 人")
    page.locator("[name=person]").first.check()
    expect(status).to_contain_text("已勾选 1 人")
    page.get_by_label("全选本页").last.check()
    expect(status).to_contain_text("已勾选 3 人")
