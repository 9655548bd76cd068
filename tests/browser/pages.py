"""Every page and dialog of the product, with content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.models import User
from hours.certificates import issuing
from hours.collective import saving
from hours.models import Certificate, Registration
from hours.workflow import transitions
from tests import factories
from tests.browser.steps import (
    Offices,
    choose_types,
    current_dialog,
    fill,
    fill_dates,
    open_dialog,
    press_button,
    tick,
    tick_all,
    wait_for_dialog,
)
from tests.collective.previews import previewed_draft


@dataclass(frozen=True)
class PageCase:
    """A page: its address, its visitor ("" for nobody logged in), and an action that leads on from it."""

    name: str
    path: str
    visitor: str = "owner"
    action: Callable[[Page], object] = lambda page: None


def refused_form(page: Page) -> None:
    open_dialog(page, "link", "新登记培训", "新登记培训")
    press_button(page, "保存")
    current_dialog(page).locator("[data-error-summary]").wait_for()


def choose_unit(page: Page) -> None:
    tick_all(page)
    open_dialog(page, "button", "批量提交审核", "批量提交审核")


def confirm(page: Page) -> None:
    choose_unit(page)
    current_dialog(page).get_by_label("其他单位").check()
    press_button(page, "确定提交")
    wait_for_dialog(page, "确认提交")


def delete(page: Page) -> None:
    tick_all(page)
    open_dialog(page, "button", "批量删除", "删除登记")


def add_unit(page: Page) -> None:
    choose_unit(page)
    current_dialog(page).get_by_role("link", name="添加单位", exact=True).click()
    wait_for_dialog(page, "添加单位")


def refused_sign_up(page: Page) -> None:
    page.get_by_role("button", name="注册").click()
    page.locator("[data-error-summary]").wait_for()


def review_first(page: Page) -> None:
    page.locator("[data-row] [data-open]").first.click()
    page.locator("#decision").wait_for()


def refused_decision(page: Page) -> None:
    review_first(page)
    page.get_by_role("button", name="不予认定").click()
    page.locator("[data-error-summary]").wait_for()


def list_keys(page: Page) -> None:
    """Open the list of shortcuts; a phone does not show it."""
    if (keys := page.locator("[data-keys] summary")).is_visible():
        keys.click()


def decide_all(page: Page, action: str) -> None:
    tick_all(page)
    page.get_by_label("操作").select_option(label=action)
    page.get_by_role("button", name="批量审核").click()


def refuse_all(page: Page) -> None:
    decide_all(page, "不予认定")
    page.locator("[data-error-summary]").wait_for()


def agree_to_all(page: Page) -> None:
    decide_all(page, "同意")
    page.get_by_role("link", name="返回列表").wait_for()


def fill_training(page: Page) -> None:
    """Fill in the first step of 集体登记."""
    form = page.locator("#registration-form")
    choose_types(form, "培训进修类", "培训班")
    fill(form, content="林业有害生物防治培训班", hours_applied="16")
    fill_dates(form, 6, 5)
    tick(form.get_by_label("单位承诺以上信息属实"))


def describe_training(page: Page) -> None:
    """Go on to the second step, where people are ticked."""
    fill_training(page)
    page.get_by_role("button", name="下一步").click()
    page.locator("[data-bulk]").wait_for()


def preview_people(page: Page) -> None:
    describe_training(page)
    page.get_by_role("button", name="选中全部").click()
    page.get_by_role("button", name="全部取消").wait_for()
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="确认登记").wait_for()


def open_batch(page: Page) -> None:
    page.get_by_role("link", name="林业有害生物防治培训班").click()
    page.get_by_role("link", name="再登记一次培训").wait_for()


def appoint(page: Page) -> None:
    page.get_by_role("link", name="任命审核员").first.click()
    current_dialog(page).locator("#appoint-form").wait_for()


def end_appointment(page: Page) -> None:
    page.get_by_role("link", name="终止").first.click()
    current_dialog(page).get_by_role("button", name="终止任职").wait_for()


def issue(page: Page) -> None:
    page.locator("[name=years]").first.check()
    page.get_by_role("button", name="开具证明").click()
    page.locator(".message-success").wait_for()


def refused_certificate(page: Page) -> None:
    page.get_by_role("button", name="开具证明").click()
    page.locator("[data-error-summary]").wait_for()


def open_progress(page: Page) -> None:
    for plus in page.locator("[data-progress]").all():
        plus.click()


PAGE_CASES = (
    PageCase("登录", "/accounts/login/", visitor=""),
    PageCase("注册", "/accounts/signup/", visitor=""),
    PageCase("注册被拒", "/accounts/signup/", visitor="", action=refused_sign_up),
    PageCase("找回密码", "/accounts/password/reset/", visitor=""),
    PageCase("没有找到", "/nowhere/", visitor=""),
    PageCase("使用帮助", "/help/", visitor=""),
    PageCase("使用帮助，已登录", "/help/"),
    PageCase("学时登记", "/hours/"),
    PageCase("没有符合条件的登记", "/hours/?content=没有"),
    PageCase("新登记培训", "/hours/", action=lambda page: open_dialog(page, "link", "新登记培训", "新登记培训")),
    PageCase("新登记培训被拒", "/hours/", action=refused_form),
    PageCase("查看", "/hours/", action=lambda page: open_dialog(page, "link", "查看“水利工程施工培训班”", "登记详情")),
    PageCase(
        "修改", "/hours/", action=lambda page: open_dialog(page, "link", "修改“退回的安全生产培训班”", "修改登记")
    ),
    PageCase("批量删除", "/hours/", action=delete),
    PageCase("批量提交审核", "/hours/", action=choose_unit),
    PageCase("添加单位", "/hours/", action=add_unit),
    PageCase("确认提交", "/hours/", action=confirm),
    PageCase("培训总体查询", "/hours/lookup/"),
    PageCase("培训登记详情", "/hours/lookup/registrations/", action=open_progress),
    PageCase("单位注册", "/units/register/"),
    PageCase("个人资料", "/accounts/profile/"),
    PageCase("修改密码", "/accounts/password/"),
    PageCase("通知", "/hours/notices/"),
    PageCase(
        "请求退回",
        "/hours/lookup/registrations/",
        action=lambda page: open_dialog(page, "link", "请求退回“待初审的培训班”", "请求退回"),
    ),
    PageCase("学时证明", "/hours/certificates/"),
    PageCase("没有勾选年度", "/hours/certificates/", action=refused_certificate),
    PageCase("已开具的证明", "/hours/certificates/", action=issue),
    PageCase("证明核验", "/check/", visitor=""),
    PageCase("没有这个证明", "/check/ABCDEFGHJKMNPQRS/", visitor=""),
    PageCase("有效的证明", "/check/{certificate.code}/", visitor=""),
    PageCase("学时审核", "/hours/review/", visitor="unit"),
    PageCase("没有符合条件的", "/hours/review/?content=没有", visitor="unit"),
    PageCase("已处理", "/hours/review/?tab=done", visitor="unit"),
    PageCase("快捷键", "/hours/review/", visitor="unit", action=list_keys),
    PageCase("审核", "/hours/review/", visitor="unit", action=review_first),
    PageCase("审核被拒", "/hours/review/", visitor="unit", action=refused_decision),
    PageCase("批量不予认定", "/hours/review/", visitor="unit", action=refuse_all),
    PageCase("批量审核结果", "/hours/review/", visitor="unit", action=agree_to_all),
    PageCase("终审", "/hours/review/", visitor="region"),
    PageCase("任职管理", "/accounts/appointments/", visitor="unit"),
    PageCase("任命审核员", "/accounts/appointments/", visitor="unit", action=appoint),
    PageCase("终止任职", "/accounts/appointments/", visitor="unit", action=end_appointment),
    PageCase("集体登记", "/hours/collective/", visitor="unit"),
    PageCase("集体登记：选择人员", "/hours/collective/", visitor="unit", action=describe_training),
    PageCase("集体登记：预览", "/hours/collective/", visitor="unit", action=preview_people),
    PageCase("集体登记记录", "/hours/collective/batches/", visitor="unit"),
    PageCase("集体登记的结果", "/hours/collective/batches/", visitor="unit", action=open_batch),
    PageCase("单位批量开具", "/hours/certificates/unit/", visitor="unit"),
    PageCase("单位统计", "/hours/statistics/units/{unit.pk}/", visitor="unit"),
    PageCase("未完成人员", "/hours/statistics/units/{unit.pk}/outstanding/", visitor="unit"),
    PageCase("人员统计", "/hours/statistics/people/{person.pk}/", visitor="unit"),
    PageCase("区域统计", "/hours/statistics/regions/450000/", visitor="region"),
)


@dataclass(frozen=True)
class PageTour:
    """The people who visit the page cases, and the objects that the addresses name."""

    person: User
    offices: Offices
    certificate: Certificate

    def address(self, case: PageCase) -> str:
        return case.path.format(person=self.person, unit=self.offices.station, certificate=self.certificate)

    def open(self, pages: dict[str, Page], case: PageCase) -> Page:
        """Return the loaded page of the case as its visitor sees it."""
        page = pages[case.visitor]
        page.goto(self.address(case))
        case.action(page)
        page.wait_for_load_state()
        return page

    def pages(self, visit: Callable[..., Page], **how) -> dict[str, Page]:
        """Return a page for each visitor."""
        people = {"": None, "owner": self.person, "unit": self.offices.unit, "region": self.offices.region}
        return {
            visitor: visit("/accounts/login/" if not visitor else "/", person, **how)
            for visitor, person in people.items()
        }


def prepare_tour(person: User, offices: Offices) -> PageTour:
    """Create registrations in every status, a certificate, and what the owner and two offices see on these pages."""
    unit, reviewer, final = offices.station, offices.unit, offices.region
    factories.registration(person)
    factories.registration(person, "一种渠道清淤装置及其在南方丘陵地区中小型灌区续建配套与现代化改造工程中的应用研究")
    factories.submitted(person, unit, content="待初审的培训班")
    factories.agreed(person, unit, reviewer, content="待终审的培训班")
    factories.recognised(person, unit, reviewer, final, content="已认定的继续教育高级研修班")
    factories.refused(person, unit, reviewer, content="不予认定的培训班")
    factories.returned(person, unit, reviewer, content="退回的安全生产培训班")
    again = factories.returned(person, unit, reviewer, content="退回后再次提交的培训班")
    Registration.objects.filter(pk=again.pk).update(certificate_number="桂培 2026-88")
    again.refresh_from_db()
    transitions.submit(person, [again], unit, unit.region)
    transitions.ask_return(person, again, "附件传错了。")
    colleague = factories.person("李工", unit=unit)
    saving.save(reviewer, previewed_draft(unit, reviewer, [colleague]))
    year = person.registrations.filter(status="recognised").values_list("year", flat=True)[0]
    return PageTour(person, offices, issuing.issue(person, person, [year]))
