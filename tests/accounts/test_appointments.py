"""我的任职 and 单位审核员管理: reviewers appoint reviewers of their unit and their own deputies."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import appointments, permissions
from accounts.appointments import AppointmentError
from accounts.models import Appointment, User
from accounts.permissions import Allowed, Denied
from accounts.positions import PlannedAppointment, Position
from hours.states import Action
from hours.workflow.permissions import may
from organizations.models import Unit
from tests import factories
from tests.accounts.appointment_pages import UNIT, day
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
PAGE = reverse("accounts:appointments")
REGION = Appointment.Role.REGION_REVIEWER


@pytest.fixture
def wei(guangxi):
    """韦新人, to be appointed."""
    return factories.person("韦新人", username="wei_new", phone="13877100077")


@pytest.fixture
def client(client, qin):
    client.force_login(qin)
    return client


def appoint_url(unit: Unit) -> str:
    return reverse("accounts:appoint", args=[unit.pk])


def deputise_url(appointment: Appointment) -> str:
    return reverse("accounts:deputise", args=[appointment.pk])


def form_data(identifier: str, start: int = 0, until: int | None = None) -> dict[str, str]:
    last = "" if until is None else f"{day(until)}"
    return {"identifier": identifier, "valid_from": f"{day(start)}", "valid_until": last}


def confirm(client: Client, url: str, response: Any) -> Any:
    """Confirm the plan that the response shows."""
    return client.post(url, {"plan": response.context["signed"]}, follow=True)


# --- The page ------------------------------------------------------------------------------------


def test_reviewer_sees_reviewers_of_own_unit_only(client, station, qin, held):
    factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    factories.unit_reviewer(station, "前审核员", valid_from=day(-30), valid_until=day(-1))
    factories.unit_reviewer(station, "以后的", valid_from=day(3))
    appointments.apply_to_review(factories.person("自荐者"), station)
    factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员")
    response = client.get(PAGE)
    [(unit, rows)] = response.context["units"]
    assert unit == station
    assert sorted((row.appointment.person.name, row.state.label, row.may_end) for row in rows) == [
        ("以后的", "未开始", True),
        ("前审核员", "已到期", False),
        ("自荐者", "待确认", False),
        ("莫代理", "有效", True),
        ("覃审核", "有效", True),
    ]
    page = response.content.decode()
    assert qin.masked_id in page
    assert qin.id_number not in page
    assert "别处审核员" not in page


def test_deputy_sees_only_own_appointment(client, station, held):
    factories.unit_reviewer(station, "同事审核员")
    client.force_login(factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held))
    response = client.get(PAGE)
    assert response.context["units"] == []
    assert [(row.may_end, row.may_deputise) for row in response.context["own"]] == [(True, False)]
    assert "同事审核员" not in response.content.decode()


def test_person_without_appointments_sees_advice(client, wei):
    client.force_login(wei)
    page = client.get(PAGE).content.decode()
    assert "您没有审核或管理职责" in page
    assert "任职管理" not in page


def test_menu_links_page_for_reviewers(client):
    assert "任职管理" in client.get(reverse("hours:list")).content.decode()


@pytest.mark.parametrize("others", [1, 30])
def test_page_takes_nine_queries(client, station, held, others, django_assert_num_queries):
    for _ in range(others):
        factories.unit_reviewer(station, valid_until=day(5), deputy_of=held)
    with django_assert_num_queries(9):  # session, person; own, deputies, units, their reviewers; duties (2), notices
        client.get(PAGE)


# --- Appointing a reviewer -------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id_number", "phone", "username"])
def test_reviewer_is_appointed_after_confirmation(client, station, wei, by):
    shown = client.post(appoint_url(station), form_data(getattr(wei, by), until=60))
    assert wei.appointments.count() == 0
    assert shown.context["facts"] == [
        ("姓名", "韦新人"),
        ("证件号码", wei.masked_id),
        ("职责", "单位审核员"),
        ("范围", station),
        ("起始日", day(0)),
        ("最后一日", day(60)),
    ]
    assert wei.id_number not in shown.content.decode()
    assert wei.phone not in shown.content.decode()
    response = confirm(client, appoint_url(station), shown)
    assert message_texts(response) == ["韦新人自即日起为“宾阳县甘棠镇林业站”的单位审核员。"]
    made = wei.appointments.get()
    assert (made.role, made.unit, made.valid_from, made.valid_until) == (UNIT, station, day(0), day(60))
    assert (made.is_active, made.deputy_of) == (True, None)


def test_get_finds_nobody(client, station, wei):
    response = client.get(appoint_url(station), form_data(wei.id_number))
    assert "韦新人" not in response.content.decode()
    assert wei.appointments.count() == 0


@pytest.mark.parametrize("text", ["1387710007", "韦新人", "wei", "450103199001010000"])
def test_partial_identifier_or_name_finds_nobody(client, station, wei, text):
    response = client.post(appoint_url(station), form_data(text))
    assert list(response.context["form"].errors) == ["identifier"]
    assert "没有找到这个账号" in response.content.decode()
    assert wei.masked_id not in response.content.decode()


def test_identifier_is_not_logged(client, station, wei, caplog):
    with caplog.at_level(logging.DEBUG):
        confirm(client, appoint_url(station), client.post(appoint_url(station), form_data(wei.id_number)))
    assert wei.id_number not in caplog.text


def test_unreadable_date_gives_error_at_field(client, station, wei):
    sent = {**form_data(wei.phone, 0, None), "valid_from": "昨天", "valid_until": "以后"}
    assert client.post(appoint_url(station), sent).context["form"].errors == {
        "valid_from": ["起始日无法识别，请按 2026-05-12 的格式填写。"],
        "valid_until": ["最后一日无法识别，请按 2026-05-12 的格式填写。"],
    }


@pytest.mark.parametrize(
    ("start", "until", "errors"),
    [
        (-1, None, {"valid_from": ["起始日不能早于今天。"]}),
        (5, 4, {"valid_until": ["最后一日不能早于起始日。"]}),
    ],
)
def test_dates_out_of_order_are_refused(client, station, wei, start, until, errors):
    assert client.post(appoint_url(station), form_data(wei.phone, start, until)).context["form"].errors == errors


@pytest.mark.parametrize(
    ("has", "wants", "free"),
    [
        ((0, None), (0, None), False),
        ((0, 10), (10, 20), False),  # the last day still counts
        ((0, 10), (11, 20), True),
        ((20, None), (0, 19), True),
        ((20, None), (0, 20), False),
        ((-20, -1), (0, None), True),
    ],
)
def test_overlapping_period_in_same_position_is_refused(station, wei, has, wants, free):
    def days(pair):
        return [offset if offset is None else day(offset) for offset in pair]

    start, until = days(has)
    appointments.appoint(wei, UNIT, unit=station, valid_from=start, valid_until=until)
    answer = permissions.may_hold(wei, Position(UNIT, station), *days(wants))
    shown = until or "长期"
    refusal = Denied(f"韦新人已有相同的任职（{start} 至 {shown}），时间重叠，不能重复任命。")
    assert answer == (Allowed() if free else refusal)


def test_other_positions_and_applications_do_not_overlap(station, wei, guangxi):
    appointments.appoint(wei, UNIT, unit=factories.unit("柳州市图书馆", "450202"))
    appointments.appoint(wei, REGION, region=guangxi)
    appointments.apply_to_review(wei, station)
    assert permissions.may_hold(wei, Position(UNIT, station), day(0), None) == Allowed()


def test_overlap_gives_error_at_field(client, station, qin):
    response = client.post(appoint_url(station), form_data(qin.phone))
    assert list(response.context["form"].errors) == ["identifier"]
    assert "时间重叠，不能重复任命。" in response.content.decode()


def test_repeated_confirmation_makes_one_appointment(client, station, wei):
    shown = client.post(appoint_url(station), form_data(wei.phone))
    confirm(client, appoint_url(station), shown)
    [sentence] = message_texts(confirm(client, appoint_url(station), shown))
    assert sentence.startswith("韦新人已有相同的任职")
    assert wei.appointments.count() == 1


def test_disabled_account_is_refused(client, station, wei):
    User.objects.filter(pk=wei.pk).update(is_active=False)
    response = client.post(appoint_url(station), form_data(wei.phone))
    assert response.context["form"].errors == {"identifier": ["该账号已停用，不能任命。"]}


@pytest.mark.parametrize("plan", ["", "x", "1:2:3"])
def test_forged_plan_is_refused(client, station, plan):
    response = client.post(appoint_url(station), {"plan": plan})
    assert message_texts(response) == ["确认已超时或无效，请重新填写。"]
    assert Appointment.objects.count() == 1


def test_plan_of_other_unit_or_actor_is_refused(client, station, qin, wei):
    other = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(qin, UNIT, unit=other)
    plan = client.post(appoint_url(station), form_data(wei.phone)).context["signed"]
    client.post(appoint_url(other), {"plan": plan})
    client.force_login(factories.unit_reviewer(station, "莫审核"))
    client.post(appoint_url(station), {"plan": plan})
    assert wei.appointments.count() == 0


def test_appoint_page_gives_404_to_others(client, station, held, wei, guangxi):
    strangers = [
        wei,
        factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员"),
        factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held),
        factories.unit_reviewer(station, "前审核员", valid_from=day(-30), valid_until=day(-1)),
        factories.region_reviewer(guangxi),
    ]
    for person in strangers:
        client.force_login(person)
        assert client.post(appoint_url(station), form_data(wei.phone)).status_code == 404, person.name
    assert wei.appointments.count() == 0


def test_deputy_may_not_appoint(station, held, wei):
    deputy = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    reason = "代理人不能任命或终止审核员，请由被代理的审核员办理。"
    assert permissions.may_appoint(deputy, station) == Denied(reason)
    assert permissions.may_appoint(wei, station) == Denied("只有该单位在任的审核员可以任命或终止审核员。")
    with pytest.raises(AppointmentError, match=reason):
        appointments.make(deputy, PlannedAppointment(Position(UNIT, station), wei, day(0), None))
    assert wei.appointments.count() == 0


# --- Deputies --------------------------------------------------------------------------------------


def test_deputy_gets_scope_of_principal_for_period(client, station, held, wei, rules):
    registration = factories.submitted(factories.person("黄秋梦"), station)
    response = confirm(client, deputise_url(held), client.post(deputise_url(held), form_data(wei.phone, 0, 7)))
    assert message_texts(response) == ["韦新人自即日起为“宾阳县甘棠镇林业站”的单位审核员（代理）。"]
    made = wei.appointments.get()
    assert (made.role, made.unit, made.deputy_of, made.valid_until) == (UNIT, station, held, day(7))
    assert may(wei, Action.AGREE, registration) == Allowed()


def test_region_reviewer_appoints_deputy(client, guangxi, wei):
    mo = factories.region_reviewer(guangxi, "莫终审")
    client.force_login(mo)
    held = mo.appointments.get()
    confirm(client, deputise_url(held), client.post(deputise_url(held), form_data(wei.phone, 0, 7)))
    made = wei.appointments.get()
    assert (made.role, made.region, made.deputy_of) == (REGION, guangxi, held)
    assert [row.appointment for row in client.get(PAGE).context["deputies"]] == [made]


@pytest.mark.parametrize(
    ("until", "sentence"),
    [(None, "请填写最后一日。"), (20, "代理期不能超过您本人的任期（至 {last}）。")],
)
def test_deputy_period_outside_principals_is_refused(client, held, wei, until, sentence):
    Appointment.objects.filter(pk=held.pk).update(valid_until=day(10))
    errors = client.post(deputise_url(held), form_data(wei.phone, 0, until)).context["form"].errors
    assert errors == {"valid_until": [sentence.format(last=day(10))]}


def test_own_deputy_is_refused(client, held, qin):
    response = client.post(deputise_url(held), form_data(qin.phone, 0, 7))
    assert response.context["form"].errors == {"identifier": ["不能指定本人代理自己的任职。"]}


def test_deputy_of_deputy_is_refused(client, station, held, wei):
    deputy = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    client.force_login(deputy)
    response = client.post(deputise_url(deputy.appointments.get()), form_data(wei.phone, 0, 3), follow=True)
    assert message_texts(response) == ["代理人不能再指定代理人。"]
    assert wei.appointments.count() == 0


def test_deputy_for_other_person_gives_404(client, station, wei):
    other = factories.unit_reviewer(station, "同事审核员").appointments.get()
    assert client.post(deputise_url(other), form_data(wei.phone, 0, 3)).status_code == 404


def test_region_admin_may_not_appoint_deputy(client, guangxi, wei):
    lu = factories.region_admin(guangxi)
    client.force_login(lu)
    response = client.post(deputise_url(lu.appointments.get()), form_data(wei.phone, 0, 3), follow=True)
    assert message_texts(response) == ["区域管理员的任职由上级管理员调整，不能自行指定代理人。"]
