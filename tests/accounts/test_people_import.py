"""The import of people and of appointments by administrators."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment, User
from tests import factories, imports
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
PEOPLE, APPOINTMENTS = "accounts_user", "accounts_appointment"
HEADS = ("姓名", "证件类型", "证件号码", "单位", "手机号码", "用户名")
POSTS = ("姓名", "证件号码", "职责", "单位", "区划代码", "起始日", "最后一日")
OWN = "新密码-2026-水利"
RIGHT, OTHER, THIRD = "450102199110101236", "450102199003076135", "450102198802142747"


@pytest.fixture
def root(client):
    person = factories.administrator()
    client.force_login(person)
    return person


def upload(client: Client, *lines: tuple[Any, ...], kind: str = PEOPLE) -> Any:
    return imports.upload(client, kind, imports.workbook(HEADS if kind == PEOPLE else POSTS, *lines))


# --- People ------------------------------------------------------------------------------------------


def test_new_person_logs_in_with_first_password_and_changes_it(client, root, station):
    preview = upload(client, ("黄秋梦", "", RIGHT, station.credit_code, "139 0077 0001", "Huang"))
    assert imports.counts(preview) == {"新增": 1}
    assert RIGHT not in preview.content.decode()
    result = imports.confirm(client, preview)
    assert message_texts(result) == ["导入完成：新增 1，更改 0，未变 0，有误 0。"]
    heads, (name, masked, username, password) = imports.rows(client.get(imports.address(preview) + "handout/"))
    assert heads == ("姓名", "证件号码", "用户名", "初始密码")
    assert (name, masked, username) == ("黄秋梦", "*****1236", "huang")
    person = User.objects.get(username="huang")
    assert (person.unit, person.phone, person.id_number) == (station, "13900770001", RIGHT)

    own = Client()
    own.post(reverse("accounts:login"), {"username": RIGHT, "password": password})
    change = reverse("accounts:password_change")
    assert own.get(reverse("hours:list")).url == change
    page = own.get(change).content.decode()
    assert "您正在使用初始密码" in page
    own.post(
        change, {"old_password": password, "new_password1": "新密码-2026-水利", "new_password2": "新密码-2026-水利"}
    )
    assert own.get(reverse("hours:list")).status_code == 200
    person.refresh_from_db()
    assert (person.must_change_password, person.password.split("$")[0]) == (False, "md5")


def test_passwords_are_stored_encrypted_and_only_for_the_maker(client, root, station):
    preview = upload(client, ("黄秋梦", "", RIGHT, station.name))
    address = imports.address(preview) + "handout/"
    assert client.get(address).status_code == 404  # nothing before the confirmation
    imports.confirm(client, preview)
    [_, row] = imports.rows(client.get(address))
    for name in default_storage.listdir("imports")[1]:
        assert row[3].encode() not in Path(default_storage.path(f"imports/{name}")).read_bytes()
    client.force_login(factories.administrator("另一管理员"))
    assert client.get(address).status_code == 404


def test_known_person_changes_unit_and_phone_only(client, root, station):
    person = factories.person("黄秋梦", id_number=RIGHT, phone="13900770001")
    same = factories.person("李工", id_number=OTHER, unit=station)
    preview = upload(client, ("黄 秋梦", "", RIGHT, station.name, "13900770002"), ("李工", "", OTHER, station.name))
    assert imports.counts(preview) == {"更改": 1, "未变": 1}
    imports.confirm(client, preview)
    person.refresh_from_db()
    assert (person.name, person.unit, person.phone, person.must_change_password) == (
        *("黄秋梦", station, "13900770002"),
        False,
    )
    assert client.get(imports.address(preview) + "handout/").status_code == 404
    same.refresh_from_db()
    assert same.unit == station


def test_wrong_lines_of_people_are_named(client, root, station):
    factories.person("黄秋梦", id_number=RIGHT, phone="13900770001")
    factories.unit("同名的单位")
    factories.unit("同名的单位")
    preview = upload(
        client,
        ("黄冬梦", "", RIGHT, station.name),
        ("李工2", "", OTHER, station.name),
        ("李工", "护照", OTHER, station.name),
        ("李工", "军官证", "E12345678", station.name),
        ("李工", "", "450102199003076130", "没有的单位"),
        ("李工", "", THIRD, "同名的单位", "13900770001", "1li"),
        ("韦工", "护照", "E1234567", station.name, "12345"),
        ("韦工", "护照", "e 1234567", station.name),
    )
    assert imports.problems(preview) == [
        "第 2 行：“姓名”列的值“黄冬梦”与已注册的姓名不一致，请核对证件号码。",
        "第 3 行：“姓名”列的值“李工2”：姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。",
        "第 4 行：“证件号码”列的值“*****6135”：18 位数字不是这类证件的号码，像是居民身份证号码，请核对证件类型和号码。"
        "“证件号码”列的值“*****6135”与第 3 行重复。",
        "第 5 行：“证件类型”列的值“军官证”应为居民身份证、护照、港澳居民来往内地通行证、"
        "台湾居民来往大陆通行证、外国人永久居留身份证之一。",
        "第 6 行：“证件号码”列的值“*****6130”：居民身份证号码校验位不正确，请核对是否有输错的数字。"
        "“单位”列的值“没有的单位”不是已有的单位，请填统一社会信用代码或单位全称。",
        "第 7 行：“单位”列的值“同名的单位”有 2 个同名单位，请填统一社会信用代码。"
        "“用户名”列的值“1li”不正确，用户名应以字母开头，由 4 至 30 位字母、数字或 _ . - 组成。"
        "“手机号码”列的值“13900770001”已由他人注册。",
        "第 8 行：“手机号码”列的值“12345”不正确，请输入 11 位手机号码。",
        "第 9 行：“证件号码”列的值“*****4567”与第 8 行重复。",
    ]


def test_all_problems_of_a_line_of_people_are_named(client, root, station):
    preview = upload(client, ("", "军官证", RIGHT, "没有的单位", "12345", "1li"), ("李" * 51, "", "", station.name))
    assert imports.problems(preview) == [
        "第 2 行：“姓名”列为空。“证件类型”列的值“军官证”应为居民身份证、护照、港澳居民来往内地通行证、"
        "台湾居民来往大陆通行证、外国人永久居留身份证之一。“单位”列的值“没有的单位”不是已有的单位，"
        "请填统一社会信用代码或单位全称。“手机号码”列的值“12345”不正确，请输入 11 位手机号码。"
        "“用户名”列的值“1li”不正确，用户名应以字母开头，由 4 至 30 位字母、数字或 _ . - 组成。",
        f"第 3 行：“证件号码”列为空。“姓名”列的值“{'李' * 50}…”超过 50 个字。",
    ]


def test_other_kind_or_user_name_of_a_known_person_is_named(client, root, station):
    factories.person("黄秋梦", id_number=RIGHT, username="huang", unit=station)
    preview = upload(client, ("黄秋梦", "护照", RIGHT, station.name, "", "meng2"))
    assert imports.problems(preview) == [
        "第 2 行：“证件类型”列的值“护照”与已注册的“居民身份证”不一致，请核对证件号码。"
        "“用户名”列的值“meng2”与已注册的用户名“huang”不一致，导入不更改用户名，请留空。"
    ]
    same = upload(client, ("黄秋梦", "居民身份证", RIGHT, station.name, "", "Huang"))
    assert imports.counts(same) == {"未变": 1}


def test_apostrophes_of_people_are_not_part_of_values(client, root, station):
    imports.import_table(
        client, PEOPLE, imports.workbook(HEADS, ("黄秋梦", "", f"'{RIGHT}", f"'{station.credit_code}", "'13900770001"))
    )
    person = User.objects.get(name="黄秋梦")
    assert (person.id_number, person.unit, person.phone) == (RIGHT, station, "13900770001")


def test_regional_administrator_cannot_import_people(client, guangxi):
    person = factories.region_admin(guangxi)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    assert client.get(reverse("admin:accounts_user_import")).status_code == 403


# --- Appointments ------------------------------------------------------------------------------------


def test_appointments_are_made(client, root, station, guangxi):
    factories.person("黄秋梦", id_number=RIGHT)
    factories.person("李工", id_number=OTHER)
    until = timezone.localdate() + timedelta(days=30)
    lines = (
        ("黄秋梦", RIGHT, "单位审核员", station.credit_code, "", "", f"{until.year}年{until.month}月{until.day}日"),
        ("李工", OTHER, "终审员", "", guangxi.code),
    )
    preview = upload(client, *lines, kind=APPOINTMENTS)
    assert imports.counts(preview) == {"新增": 2}
    imports.confirm(client, preview)
    made = (
        Appointment.objects.active().order_by("pk").values_list("person__name", "role", "unit", "region", "valid_until")
    )
    assert list(made) == [
        ("黄秋梦", "unit_reviewer", station.pk, None, until),
        ("李工", "region_reviewer", None, guangxi.pk, None),
    ]
    assert imports.counts(upload(client, *lines, kind=APPOINTMENTS)) == {"未变": 2}


def test_wrong_lines_of_appointments_are_named(client, root, station, guangxi):
    held = factories.person("黄秋梦", id_number=RIGHT)
    appointments.appoint(held, Appointment.Role.UNIT_REVIEWER, unit=station)
    Appointment.objects.filter(person=held).update(valid_until=timezone.localdate() + timedelta(days=5))
    until = Appointment.objects.get(person=held).valid_until
    start = Appointment.objects.get(person=held).valid_from
    preview = upload(
        client,
        ("黄秋梦", RIGHT, "单位审核员", station.name),
        ("李工", OTHER, "单位审核员", station.name),
        ("黄冬梦", RIGHT, "单位审核员", station.name),
        ("黄秋梦", RIGHT, "组长", station.name),
        ("黄秋梦", RIGHT, "终审员", station.name, "999999"),
        ("黄秋梦", RIGHT, "单位审核员", "", guangxi.code, "昨天"),
        ("黄秋梦", RIGHT, "终审员", "", guangxi.code, "2020-01-01"),
        kind=APPOINTMENTS,
    )
    assert imports.problems(preview) == [
        f"第 2 行：“证件号码”列的值“*****1236”：黄秋梦已有相同的任职（{start} 至 {until}），时间重叠，不能重复任命。",
        "第 3 行：“证件号码”列的值“*****6135”：系统中没有这个证件号码的人员，请核对，或先导入人员。",
        "第 4 行：“姓名”列的值“黄冬梦”与证件号码不一致，请核对。",
        "第 5 行：“职责”列的值“组长”应为单位审核员、终审员、区域管理员之一。",
        f"第 6 行：“单位”列的值“{station.name}”应删去：终审员不填单位。“区划代码”列的值“999999”不是已有的区划代码。",
        f"第 7 行：“区划代码”列的值“{guangxi.code}”应删去：单位审核员不填区划代码。"
        "“单位”列为空：单位审核员须填单位。“起始日”列的值“昨天”无法识别，应如 2026-05-12。",
        "第 8 行：“起始日”列的值“2020-01-01”：起始日不能早于今天。",
    ]


@pytest.mark.parametrize("day", ["2999-+1-1_0", "2999-١-1", "2999-02-30", "9" * 5000], ids=range(4))
def test_lax_days_of_appointments_are_refused(client, root, station, day):
    factories.person("黄秋梦", id_number=RIGHT)
    preview = upload(client, ("黄秋梦", RIGHT, "单位审核员", station.name, "", "", day), kind=APPOINTMENTS)
    shown = day if len(day) < 50 else f"{day[:50]}…"
    assert imports.problems(preview) == [f"第 2 行：“最后一日”列的值“{shown}”无法识别，应如 2026-05-12。"]


def test_all_problems_of_an_appointment_are_named(client, root, station):
    preview = upload(client, ("", OTHER, "组长", station.name, "", "2020-01-02", "2020-01-01"), kind=APPOINTMENTS)
    assert imports.problems(preview) == [
        "第 2 行：“姓名”列为空。“证件号码”列的值“*****6135”：系统中没有这个证件号码的人员，请核对，或先导入人员。"
        "“职责”列的值“组长”应为单位审核员、终审员、区域管理员之一。"
        "“起始日”列的值“2020-01-02”：起始日不能早于今天。“最后一日”列的值“2020-01-01”：最后一日不能早于起始日。"
    ]


def test_regional_administrator_appoints_reviewers_of_own_units_only(client, station, guangxi):
    person = factories.region_admin(factories.region("450100"))
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    factories.person("黄秋梦", id_number=RIGHT)
    elsewhere = factories.unit("柳州市图书馆", "450202")
    preview = upload(
        client,
        ("黄秋梦", RIGHT, "单位审核员", station.name),
        ("黄秋梦", RIGHT, "单位审核员", elsewhere.name),
        ("黄秋梦", RIGHT, "终审员", "", "450100"),
        kind=APPOINTMENTS,
    )
    assert imports.problems(preview) == [
        "第 3 行：“单位”列的值“柳州市图书馆”不在您管理的区域内。",
        "第 4 行：“职责”列的值“终审员”：您只能任命单位审核员。",
    ]
