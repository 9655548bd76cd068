"""The review of the registrations of the manual, from 初审 to the outcome that the owner reads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from hours.models import Decision, Registration
from tests.browser.steps import (
    attach,
    current_dialog,
    declare,
    expect_cells,
    expect_texts,
    fill,
    find_row,
    open_dialog,
    press_button,
    tick_all,
    wait_for_dialog,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MODES = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])


@MODES
def test_review_from_submission_to_outcome(visit, huang, offices, registrations, script: bool):
    unit = visit("/", offices.unit, script=script)
    agree_return_and_refuse(unit)
    agree_to_the_rest(unit)

    owner = visit("/hours/", huang, script=script)
    read_the_notices(owner)
    correct_and_send_again(owner)
    copy_the_refused(owner)

    see_what_changed(unit)
    region = visit("/hours/review/", offices.region, script=script)
    recognise_with_fewer_hours(region)
    recognise_the_rest(region)
    read_the_outcome(owner)
    assert Decision.objects.filter(action="recognise").count() == 6
    assert dict(Registration.objects.exclude(status="recognised").values_list("content", "status")) == {
        "单位组织的考察": "refused",
        "赴水库现场研修": "draft",
    }


def agree_return_and_refuse(page: Page) -> None:
    """One by one: each decision opens the next registration, and a missing reason is asked for."""
    page.get_by_role("link", name="学时审核").click()
    expect(page.locator(".page-lead")).to_have_text(re.compile(r"6 条待您审核"))
    page.get_by_role("link", name="水利工程施工培训班").click()
    expect(page.locator(".page-title")).to_contain_text("水利工程施工培训班")
    page.get_by_role("button", name="同意").click()
    expect(page.locator(".message-success")).to_have_text(re.compile("已同意：黄秋梦“水利工程施工培训班”，16 学时。"))

    expect(page.locator(".page-title")).to_contain_text("一种渠道清淤装置")
    page.get_by_label("意见").fill("请上传证书首页。")
    page.get_by_role("button", name="退回修改").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("退回修改须选择原因。")
    expect(page.get_by_label("意见")).to_have_value("请上传证书首页。")
    page.get_by_label("原因").select_option(label="材料不清晰")
    page.get_by_role("button", name="退回修改").click()
    expect(page.locator(".message-success")).to_contain_text("已退回修改：黄秋梦“一种渠道清淤装置”。")

    expect(page.locator(".page-title")).to_contain_text("单位组织的考察")
    page.get_by_label("原因").select_option(label="不属于继续教育")
    page.get_by_label("意见").fill("考察不计学时。")
    page.get_by_role("button", name="不予认定").click()
    expect(page.locator(".message-success")).to_contain_text("已不予认定：黄秋梦“单位组织的考察”。")
    expect(page.locator(".page-title")).to_contain_text("安全生产培训班")


def agree_to_all(page: Page, count: int) -> None:
    """Go back to the queue and agree to all that waits."""
    page.locator(".breadcrumb").get_by_role("link", name="学时审核").click()
    expect(page.locator(".page-title")).to_have_text("学时审核")
    tick_all(page)
    page.get_by_label("操作").select_option(label="同意")
    page.get_by_role("button", name="批量审核").click()
    expect(page.locator(".page-lead")).to_have_text(f"同意：{count} 条已完成。")


def agree_to_the_rest(page: Page) -> None:
    agree_to_all(page, 3)
    expect_cells(page, "认定内容", ["安全生产培训班", "水土保持培训班", "工程测量培训班"])
    expect_cells(page, "结果", ["已完成"] * 3)
    expect_cells(page, "目前状态", ["待终审"] * 3)
    page.get_by_role("link", name="返回列表").click()
    expect(page.get_by_text("没有待审核的登记")).to_be_visible()


def read_the_notices(page: Page) -> None:
    """The head shows two unread notices; agreements are no notices."""
    page.reload()
    page.get_by_role("link", name="通知，2 条未读").click()
    refused = "您的登记“单位组织的考察”不予认定。 不属于继续教育：考察不计学时。"
    returned = "您的登记“一种渠道清淤装置”已退回修改。 材料不清晰：请上传证书首页。"
    expect_cells(page, "通知", [refused, returned])
    page.get_by_role("link", name="去修改“一种渠道清淤装置”").click()
    expect(current_dialog(page)).to_contain_text("该登记已退回修改：材料不清晰：请上传证书首页。")
    expect(page.get_by_role("link", name="通知，1 条未读")).to_be_visible()


def correct_and_send_again(page: Page) -> None:
    form = current_dialog(page)
    fill(form, certificate_number="ZL202610001234.5")
    attach(form, "证书首页.pdf")
    declare(form)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存修改“一种渠道清淤装置”。")
    tick_all(page)
    dialog = open_dialog(page, "button", "批量提交审核", "批量提交审核")
    dialog.get_by_label("宾阳县甘棠镇林业站").check()
    press_button(page, "确定提交")
    wait_for_dialog(page, "确认提交")
    press_button(page, "确定提交 1 条")
    expect(page.locator(".message-success")).to_contain_text("由“宾阳县甘棠镇林业站”初审。")


def copy_the_refused(page: Page) -> None:
    page.get_by_role("link", name="通知，1 条未读").click()
    page.get_by_role("link", name="查看“单位组织的考察”").click()
    open_dialog(page, "link", "复制为新登记", "新登记培训")
    expect(current_dialog(page)).to_contain_text("内容复制自不予认定的登记“单位组织的考察”")
    fill(current_dialog(page), content="赴水库现场研修")
    declare(current_dialog(page))
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“赴水库现场研修”。")
    expect(page.get_by_role("link", name="通知，没有未读")).to_be_visible()
    expect_cells(page, "状态", ["待提交"])


def see_what_changed(page: Page) -> None:
    """The resubmitted registration shows its two changes."""
    page.get_by_role("link", name="学时审核").first.click()
    page.get_by_role("link", name="一种渠道清淤装置").click()
    changes = page.get_by_role("region", name="退回后修改的内容")
    expect_texts(changes.locator("th[data-label]"), ["证书编号", "附件"])
    expect_texts(changes.locator("td[data-label=退回时]"), ["—", "—"])
    expect_texts(changes.locator("ins"), ["ZL202610001234.5", "证书首页.pdf"])
    page.get_by_role("button", name="同意").click()
    expect(page.locator(".message-success")).to_contain_text("已同意：黄秋梦“一种渠道清淤装置”，20 学时。")
    expect(page.get_by_text("没有待审核的登记")).to_be_visible()


def recognise_with_fewer_hours(page: Page) -> None:
    """Fewer hours need words."""
    expect(page.locator(".page-lead")).to_have_text(re.compile("6 条待您审核"))
    page.get_by_role("link", name="水利工程施工培训班").click()
    page.get_by_label("认定学时").fill("12")
    page.get_by_role("button", name="认定", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_contain_text("意见")
    page.get_by_label("意见").fill("按签到表核减半天。")
    page.get_by_role("button", name="认定", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已认定：黄秋梦“水利工程施工培训班”，12 学时。")


def recognise_the_rest(page: Page) -> None:
    agree_to_all(page, 5)
    expect_cells(page, "目前状态", ["已认定"] * 5)


def read_the_outcome(page: Page) -> None:
    """The notices, then the steps behind "+"."""
    page.get_by_role("link", name="学时查询").click()
    expect(page.get_by_role("link", name="通知，6 条未读")).to_be_visible()
    page.get_by_role("link", name="培训登记详情").click()
    plus = find_row(page, "水利工程施工培训班").get_by_role("button", name="审核进度")
    plus.click()
    steps = page.locator(".progress-row:visible li")
    expect(steps).to_have_count(3)
    expect(steps.nth(0)).to_contain_text("提交审核")
    expect(steps.nth(1)).to_contain_text("宾阳县甘棠镇林业站")
    expect(steps.nth(1)).to_contain_text("16 学时")
    expect(steps.nth(2)).to_contain_text("认定")
    expect(steps.nth(2)).to_contain_text("12 学时")
    expect(steps.nth(2)).to_contain_text("按签到表核减半天。")
    expect(find_row(page, "单位组织的考察")).to_contain_text("不予认定")
