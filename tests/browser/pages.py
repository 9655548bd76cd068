"""Every page and dialog of the product, with something on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.models import User
from tests import factories

from .steps import open_by, press, shown, tick_all, work


@dataclass(frozen=True)
class Place:
    """An address, whether one is logged in there, and what is pressed on it."""

    name: str
    path: str
    is_public: bool = False
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


def open_progress(page: Page) -> None:
    for plus in page.locator("[data-progress]").all():
        plus.click()


PLACES = (
    Place("登录", "/accounts/login/", is_public=True),
    Place("注册", "/accounts/signup/", is_public=True),
    Place("注册被拒", "/accounts/signup/", is_public=True, then=refused_sign_up),
    Place("找回密码", "/accounts/password/reset/", is_public=True),
    Place("没有找到", "/nowhere/", is_public=True),
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
)


def histories(person: User) -> None:
    """One entry in every state that a person meets on these pages."""
    unit, root = person.unit, person.unit.region.get_root()
    reviewer, final = factories.unit_reviewer(unit), factories.region_reviewer(root)
    factories.registration(person)
    factories.registration(person, "一种渠道清淤装置及其在南方丘陵地区中小型灌区续建配套与现代化改造工程中的应用研究")
    factories.submitted(person, unit, content="待初审的培训班")
    factories.recognised(person, unit, reviewer, final, content="已认定的继续教育高级研修班")
    factories.refused(person, unit, reviewer, content="不予认定的培训班")
    factories.returned(person, unit, reviewer, content="退回的安全生产培训班")
