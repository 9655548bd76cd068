"""个人学时登记操作流程: the manual from its first page to its last, by a new person."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from hours.models import Registration
from tests import factories
from tests.browser.steps import (
    SignUpData,
    attach,
    choose_region,
    choose_types,
    current_dialog,
    declare,
    expect_cells,
    expect_texts,
    fill,
    fill_dates,
    find_row,
    open_dialog,
    press_button,
    register,
    tick_all,
    wait_for_dialog,
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_manual_from_sign_up_to_progress(visit, newcomer: SignUpData, course, offices, script: bool):
    page = visit("/", script=script)
    sign_up(page, newcomer)
    log_out_and_in(page, newcomer)
    course(User.objects.get(username=newcomer.username))

    register_by_dates(page, script)
    register_by_hand(page)
    register(page, "登记错了的培训班", days_ago=20)
    look_change_and_delete(page)

    submit_to_a_unit_of_the_tree(page, script)
    submit_to_other_units(page, script)
    submit_to_an_added_unit(page, script)

    look_up_years(page)
    look_up_progress(page)


def sign_up(page: Page, person: SignUpData) -> None:
    page.get_by_role("link", name="没有账号？注册").click()
    page.locator("[name=name]").fill(person.name)
    for name in ("id_number", "username", "phone"):
        page.locator(f"[name={name}]").fill(getattr(person, name))
    page.locator("[name=password1]").fill(person.password)
    page.locator("[name=password2]").fill(person.password)
    page.get_by_role("button", name="注册").click()
    expect(page.locator(".message-success")).to_contain_text("注册成功，欢迎您，黄秋梦。")
    expect(page.locator(".breadcrumb")).to_have_text(re.compile(r"用户管理中心\s*培训登记"))


def log_out_and_in(page: Page, person: SignUpData) -> None:
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="退出").click()
    expect(page.locator(".message")).to_have_text(re.compile("您已安全退出。"))
    page.get_by_label("身份证号 / 手机号 / 用户名").fill(person.id_number)
    page.get_by_label("密码").fill(person.password)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="学时登记").click()
    expect(page.locator(".banner")).to_have_text("公需科目学时无需个人登记，系统将根据学习完成情况自动计算。")


def register_by_dates(page: Page, script: bool) -> None:
    """Four half days of 4 hours: proposed while typing, and saved the same without JavaScript."""
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    labels = (
        "认定类型",
        "二级类型",
        "认定内容",
        "开始时间",
        "结束时间",
        "申请学时",
        "计入年度",
        "认定内容说明",
        "证书编号",
        "上传附件",
    )
    expect(form.locator("form .form-label, form legend")).to_have_text(
        [re.compile(rf"^\s*{label}\s*\*?\s*$") for label in labels]
    )
    expect(form.locator("[name=first_level] option").first).to_have_text("请选择类型")
    expect(form.get_by_placeholder("例如 培训班名称、专利名称、论文名称等")).to_be_visible()
    expect(form.get_by_placeholder("如成果类的排序、获奖等级等")).to_be_visible()
    expect(form.get_by_text("根据单位要求上传相关佐证材料")).to_be_visible()
    choose_types(form, "培训进修类", "培训班、研修班")
    fill(form, content="水利工程施工培训班")
    fill_dates(form, 9, 8)
    if script:
        expect(form.locator("[name=hours_applied]")).to_have_value("16")
        expect(form.locator("[data-proposal]")).to_have_text("按起止时间每半天 4 学时计算，共 16 学时。")
    press_button(page, "保存")
    expect(current_dialog(page).locator("[data-error-summary]")).to_contain_text(
        "请勾选“本人承诺以上信息属实”，否则不能保存。"
    )
    declare(current_dialog(page))
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“水利工程施工培训班”。")
    expect_cells(page, "申请学时", ["16"])


def register_by_hand(page: Page) -> None:
    """A category without hours by dates, and a file."""
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    choose_types(form, "专利类", "发明专利")
    fill(form, content="一种渠道清淤装置", hours_applied="24", note="第一发明人", certificate_number="ZL202610001234.5")
    fill_dates(form, 30, 30)
    attach(form, "专利证书.pdf")
    declare(form)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存“一种渠道清淤装置”。")


def look_change_and_delete(page: Page) -> None:
    view = open_dialog(page, "link", "查看“一种渠道清淤装置”", "登记详情")
    expect(view).to_contain_text("专利类 · 发明专利")
    expect(view).to_contain_text("24 学时")
    expect(view.get_by_role("link", name="专利证书.pdf")).to_be_visible()
    view.locator(".dialog-foot").get_by_text("关闭").click()

    form = open_dialog(page, "link", "修改“一种渠道清淤装置”", "修改登记")
    expect(form.locator("[name=hours_applied]")).to_have_value("24")
    fill(form, hours_applied="20")
    declare(form)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text("已保存修改“一种渠道清淤装置”。")

    open_dialog(page, "link", "删除“登记错了的培训班”", "删除登记")
    press_button(page, "删除 1 条")
    expect(page.locator(".message-success")).to_have_text("已删除 1 条登记。")
    expect_cells(page, "申请学时", ["16", "20"])
    expect_cells(page, "状态", ["待提交", "待提交"])


def submit_to_a_unit_of_the_tree(page: Page, script: bool) -> None:
    """Choose a city, search for a unit, and confirm the summary."""
    tick_all(page)
    dialog = open_dialog(page, "button", "批量提交审核", "批量提交审核")
    expect(dialog.locator("[data-tree]:visible a").first).to_have_text("广西壮族自治区")
    expect(dialog).to_contain_text("模糊查询时单位只显示前10条符合条件的查询数据")
    expect(dialog).to_contain_text("每页 10 条")
    choose_region(page, "南宁市")
    fill(dialog, q="林业")
    press_button(page, "查询")
    expect(current_dialog(page)).to_contain_text("南宁市符合“林业”的单位有 2 个")
    names = current_dialog(page).locator("td[data-label=单位名称]")
    expect(names.filter(has_text="宾阳县甘棠镇林业站")).to_have_count(1)
    expect(names.filter(has_text="青秀区林业局")).to_have_count(1)
    current_dialog(page).get_by_label("宾阳县甘棠镇林业站").check()
    press_button(page, "确定提交")
    summary = wait_for_dialog(page, "确认提交")
    unit = factories.units.Unit.objects.get(name="宾阳县甘棠镇林业站")
    expect_texts(summary.locator("dt"), ["单位名称", "统一社会信用代码", "单位属地", "登记条数", "申请学时合计"])
    expect_texts(summary.locator("dd"), [unit.name, unit.credit_code, "宾阳县", "2 条", "36 学时"])
    expect(summary).to_contain_text("已提交的学时登记信息无法撤销，请认真核查无误后，再进行提交。")
    assert not Registration.objects.exclude(status="draft").exists()
    press_button(page, "确定提交 2 条")
    expect(page.locator(".message-success")).to_contain_text(
        "已提交 2 条登记，共 36 学时，由“宾阳县甘棠镇林业站”初审。点击“+”可查看审核进度。"
    )


def submit_to_other_units(page: Page, script: bool) -> None:
    """Submit without an employer, to a chosen region."""
    page.get_by_role("link", name="学时登记").click()
    register(page, "自由职业者法规培训班", days_ago=40)
    tick_all(page)
    dialog = open_dialog(page, "button", "批量提交审核", "批量提交审核")
    expect(dialog.get_by_label("宾阳县甘棠镇林业站")).to_be_checked()
    dialog.get_by_label("其他单位").check()
    press_button(page, "确定提交")
    summary = wait_for_dialog(page, "确认提交")
    expect(summary).to_contain_text("无单位直报")
    press_button(page, "确定提交 1 条")
    expect(current_dialog(page)).to_contain_text("请选择所在区域，登记将由该区域的人社部门终审。")
    current_dialog(page).get_by_label("所在区域").select_option("450103")
    press_button(page, "确定提交 1 条")
    expect(page.locator(".message-success")).to_contain_text("由“青秀区人社部门”终审。")


def submit_to_an_added_unit(page: Page, script: bool) -> None:
    """Add an unknown employer, which is chosen at once and waits for confirmation."""
    page.get_by_role("link", name="学时登记").click()
    register(page, "新单位安全培训班", days_ago=50)
    tick_all(page)
    dialog = open_dialog(page, "button", "批量提交审核", "批量提交审核")
    dialog.get_by_role("link", name="添加单位", exact=True).click()
    form = wait_for_dialog(page, "添加单位")
    fill(form, name="南宁市邕水测绘有限公司", credit_code=factories.unit_code())
    form.locator("[name=region]").select_option("450103")
    press_button(page, "添加单位")
    dialog = wait_for_dialog(page, "批量提交审核")
    expect(dialog.get_by_label("南宁市邕水测绘有限公司")).to_be_checked()
    press_button(page, "确定提交")
    expect(wait_for_dialog(page, "确认提交")).to_contain_text("“南宁市邕水测绘有限公司”待核实")
    press_button(page, "确定提交 1 条")
    expect(page.locator(".message-success")).to_contain_text("待单位核实后进行")


def look_up_years(page: Page) -> None:
    """培训总体查询: a year, and the registrations that count in it."""
    page.get_by_role("link", name="学时查询").click()
    expect(page.locator(".breadcrumb")).to_have_text(re.compile(r"用户管理中心\s*登记查询"))
    page.get_by_role("link", name="培训总体查询").click()
    expect(page.locator("main table").first.locator("th")).to_contain_text(
        ["年度", "姓名", "公需科目学时", "专业科目学时", "总学时"]
    )
    year = str(factories.moment(5).year)
    page.get_by_role("link", name=f"查看 {year} 年度明细").click()
    expect(page).to_have_url(re.compile(f"detail={year}"))
    detail = page.locator("#detail")
    expect(detail.get_by_role("heading", name="详细信息")).to_be_visible()
    counted = detail.locator("table").first
    expect_texts(counted.locator("th:not(:first-child)"), ["姓名", "科目类型", "科目名称", "学时", "公需/专业科目"])
    expect_texts(counted.locator("td:not(:first-child)"), ["黄秋梦", "必修", "当代科学技术前沿知识", "9", "公需科目"])
    expect(page.locator("tr[aria-current] td[data-label=总学时]")).to_have_text("9")


def look_up_progress(page: Page) -> None:
    """培训登记详情: all registrations with their status; "+" opens the steps."""
    page.get_by_role("link", name="培训登记详情").click()
    user = User.objects.get(name="黄秋梦")
    states = {
        "水利工程施工培训班": "待初审",
        "一种渠道清淤装置": "待初审",
        "自由职业者法规培训班": "待终审 无单位直报",
        "新单位安全培训班": "待初审 单位待核实",
    }
    expect_cells(page, "证件号码", [user.masked_id] * len(states))
    for content, state in states.items():
        expect_texts(find_row(page, content).locator("td[data-label=审核状态]"), [state])
    plus = find_row(page, "水利工程施工培训班").get_by_role("button", name="审核进度")
    expect(plus).to_have_text("+")
    plus.click()
    opened = page.locator(".progress-row:visible")
    expect(opened).to_have_count(1)
    steps = opened.locator("li")
    expect(steps).to_have_count(2)
    expect(steps.nth(0)).to_contain_text("16 学时")
    expect(steps.nth(1)).to_contain_text("宾阳县甘棠镇林业站")
