"""Every page and dialog of the product, with something on it."""

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
from tests.browser.steps import Offices, choose_types, fill, fill_dates, open_by, press, shown, tick_all, work
from tests.collective.previews import previewed_draft


@dataclass(frozen=True)
class Place:
    """An address, who is there ("" for anybody who is not logged in), and what is pressed on it."""

    name: str
    path: str
    who: str = "owner"
    then: Callable[[Page], object] = lambda page: None


def refused_form(page: Page) -> None:
    open_by(page, "link", "新登记培训", "新登记培训")
    press(page, "保存")
    work(page).locator("[data-error-summary]").wait_for()


def choose_unit(page: Page) -> None:
    tick_all(page)
    open_by(page, "button", "批量提交审核", "批量提交审核")


def confirm(page: Page) -> None:
    choose_unit(page)
    work(page).get_by_label("其他单位").check()
    press(page, "确定提交")
    shown(page, "确认提交")


def delete(page: Page) -> None:
    tick_all(page)
    open_by(page, "button", "批量删除", "删除登记")


def add_unit(page: Page) -> None:
    choose_unit(page)
    work(page).get_by_role("link", name="添加单位", exact=True).click()
    shown(page, "添加单位")


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
    """A phone has no keys and does not list them."""
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
    """The first step of 集体登记, filled in."""
    form = page.locator("#registration-form")
    choose_types(form, "培训进修类", "培训班")
    fill(form, content="林业有害生物防治培训班", hours_applied="16")
    fill_dates(form, 6, 5)
    form.get_by_label("单位承诺以上信息属实").check()


def describe_training(page: Page) -> None:
    """On to the second step, where people are ticked."""
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
    work(page).locator("#appoint-form").wait_for()


def end_appointment(page: Page) -> None:
    page.get_by_role("link", name="终止").first.click()
    work(page).get_by_role("button", name="终止任职").wait_for()


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


PLACES = (
    Place("登录", "/accounts/login/", who=""),
    Place("注册", "/accounts/signup/", who=""),
    Place("注册被拒", "/accounts/signup/", who="", then=refused_sign_up),
    Place("找回密码", "/accounts/password/reset/", who=""),
    Place("没有找到", "/nowhere/", who=""),
    Place("使用帮助", "/help/", who=""),
    Place("使用帮助，已登录", "/help/"),
    Place("学时登记", "/hours/"),
    Place("没有符合条件的登记", "/hours/?content=没有"),
    Place("新登记培训", "/hours/", then=lambda page: open_by(page, "link", "新登记培训", "新登记培训")),
    Place("新登记培训被拒", "/hours/", then=refused_form),
    Place("查看", "/hours/", then=lambda page: open_by(page, "link", "查看“水利工程施工培训班”", "登记详情")),
    Place("修改", "/hours/", then=lambda page: open_by(page, "link", "修改“退回的安全生产培训班”", "修改登记")),
    Place("批量删除", "/hours/", then=delete),
    Place("批量提交审核", "/hours/", then=choose_unit),
    Place("添加单位", "/hours/", then=add_unit),
    Place("确认提交", "/hours/", then=confirm),
    Place("培训总体查询", "/hours/lookup/"),
    Place("培训登记详情", "/hours/lookup/registrations/", then=open_progress),
    Place("单位注册", "/units/register/"),
    Place("个人资料", "/accounts/profile/"),
    Place("修改密码", "/accounts/password/"),
    Place("通知", "/hours/notices/"),
    Place(
        "请求退回",
        "/hours/lookup/registrations/",
        then=lambda page: open_by(page, "link", "请求退回“待初审的培训班”", "请求退回"),
    ),
    Place("学时证明", "/hours/certificates/"),
    Place("没有勾选年度", "/hours/certificates/", then=refused_certificate),
    Place("已开具的证明", "/hours/certificates/", then=issue),
    Place("证明核验", "/check/", who=""),
    Place("没有这个证明", "/check/ABCDEFGHJKMNPQRS/", who=""),
    Place("有效的证明", "/check/{certificate.code}/", who=""),
    Place("学时审核", "/hours/review/", who="unit"),
    Place("没有符合条件的", "/hours/review/?content=没有", who="unit"),
    Place("已处理", "/hours/review/?tab=done", who="unit"),
    Place("快捷键", "/hours/review/", who="unit", then=list_keys),
    Place("审核", "/hours/review/", who="unit", then=review_first),
    Place("审核被拒", "/hours/review/", who="unit", then=refused_decision),
    Place("批量不予认定", "/hours/review/", who="unit", then=refuse_all),
    Place("批量审核结果", "/hours/review/", who="unit", then=agree_to_all),
    Place("终审", "/hours/review/", who="region"),
    Place("任职管理", "/accounts/appointments/", who="unit"),
    Place("任命审核员", "/accounts/appointments/", who="unit", then=appoint),
    Place("终止任职", "/accounts/appointments/", who="unit", then=end_appointment),
    Place("集体登记", "/hours/collective/", who="unit"),
    Place("集体登记：选择人员", "/hours/collective/", who="unit", then=describe_training),
    Place("集体登记：预览", "/hours/collective/", who="unit", then=preview_people),
    Place("集体登记记录", "/hours/collective/batches/", who="unit"),
    Place("集体登记的结果", "/hours/collective/batches/", who="unit", then=open_batch),
    Place("单位批量开具", "/hours/certificates/unit/", who="unit"),
    Place("单位统计", "/hours/statistics/units/{unit.pk}/", who="unit"),
    Place("未完成人员", "/hours/statistics/units/{unit.pk}/outstanding/", who="unit"),
    Place("人员统计", "/hours/statistics/people/{person.pk}/", who="unit"),
    Place("区域统计", "/hours/statistics/regions/450000/", who="region"),
)


@dataclass(frozen=True)
class Cast:
    """Whose pages these are, and what their addresses name."""

    person: User
    offices: Offices
    certificate: Certificate

    def address(self, place: Place) -> str:
        return place.path.format(person=self.person, unit=self.offices.station, certificate=self.certificate)

    def open(self, pages: dict[str, Page], place: Place) -> Page:
        """The place as its visitor sees it, all of it there."""
        page = pages[place.who]
        page.goto(self.address(place))
        place.then(page)
        page.wait_for_load_state()
        return page

    def pages(self, visit: Callable[..., Page], **how) -> dict[str, Page]:
        """A page of its own for everybody who visits places."""
        people = {"": None, "owner": self.person, "unit": self.offices.unit, "region": self.offices.region}
        return {who: visit("/accounts/login/" if not who else "/", person, **how) for who, person in people.items()}


def histories(person: User, offices: Offices) -> Cast:
    """One registration in every state, a certificate, and what its owner and two offices meet on these pages."""
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
    return Cast(person, offices, issuing.issue(person, person, [year]))
