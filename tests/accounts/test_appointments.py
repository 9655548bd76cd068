"""我的任职 and 单位审核员管理: a unit's reviewers are named by their own, deputies by whom they stand for."""

from __future__ import annotations

import logging

import pytest
from django.urls import reverse

from accounts import appointments
from accounts.appointments import AppointmentError, PlannedAppointment, Position
from accounts.models import Appointment, User
from accounts.permissions import Allowed, Denied
from hours.states import Action
from hours.workflow.permissions import may
from tests import factories
from tests.accounts.appointment_pages import UNIT, day, told

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


def new(unit) -> str:
    return reverse("accounts:appoint", args=[unit.pk])


def deputy(appointment) -> str:
    return reverse("accounts:deputise", args=[appointment.pk])


def typed(identifier: str, start: int = 0, until: int | None = None) -> dict[str, str]:
    last = "" if until is None else f"{day(until)}"
    return {"identifier": identifier, "valid_from": f"{day(start)}", "valid_until": last}


def confirm(client, url: str, response):
    """Send what the second step shows."""
    return client.post(url, {"plan": response.context["signed"]}, follow=True)


# --- The page ------------------------------------------------------------------------------------


def test_who_leads_a_unit_sees_its_reviewers_and_no_other_units(client, station, qin, held):
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


def test_a_deputy_sees_the_own_appointment_and_leads_nobody(client, station, held):
    factories.unit_reviewer(station, "同事审核员")
    client.force_login(factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held))
    response = client.get(PAGE)
    assert response.context["units"] == []
    assert [(row.may_end, row.may_deputise) for row in response.context["own"]] == [(True, False)]
    assert "同事审核员" not in response.content.decode()


def test_somebody_without_duties_reads_how_to_get_some(client, wei):
    client.force_login(wei)
    page = client.get(PAGE).content.decode()
    assert "您没有审核或管理职责" in page
    assert "任职管理" not in page


def test_reviewers_find_the_page_in_the_menu(client):
    assert "任职管理" in client.get(reverse("hours:list")).content.decode()


@pytest.mark.parametrize("others", [1, 30])
def test_it_costs_the_same_queries_for_any_number_of_rows(client, station, held, others, django_assert_num_queries):
    for _ in range(others):
        factories.unit_reviewer(station, valid_until=day(5), deputy_of=held)
    with django_assert_num_queries(9):  # session, person; own, deputies, units, their reviewers; duties (2), notices
        client.get(PAGE)


# --- Naming a reviewer in two steps ----------------------------------------------------------------


@pytest.mark.parametrize("by", ["id_number", "phone", "username"])
def test_a_reviewer_is_found_by_a_whole_identifier_and_appointed_after_a_look(client, station, wei, by):
    shown = client.post(new(station), typed(getattr(wei, by), until=60))
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
    response = confirm(client, new(station), shown)
    assert told(response) == ["韦新人自即日起为“宾阳县甘棠镇林业站”的单位审核员。"]
    made = wei.appointments.get()
    assert (made.role, made.unit, made.valid_from, made.valid_until) == (UNIT, station, day(0), day(60))
    assert (made.is_active, made.deputy_of) == (True, None)


def test_an_address_finds_nobody_and_appoints_nobody(client, station, wei):
    response = client.get(new(station), typed(wei.id_number))
    assert "韦新人" not in response.content.decode()
    assert wei.appointments.count() == 0


@pytest.mark.parametrize("text", ["1387710007", "韦新人", "wei", "450103199001010000"])
def test_a_part_of_an_identifier_or_a_name_finds_nobody(client, station, wei, text):
    response = client.post(new(station), typed(text))
    assert list(response.context["form"].errors) == ["identifier"]
    assert "没有找到这个账号" in response.content.decode()
    assert wei.masked_id not in response.content.decode()


def test_what_was_typed_is_no_log_entry(client, station, wei, caplog):
    with caplog.at_level(logging.DEBUG):
        confirm(client, new(station), client.post(new(station), typed(wei.id_number)))
    assert wei.id_number not in caplog.text


def test_a_day_that_cannot_be_read_is_said_at_its_field(client, station, wei):
    sent = {**typed(wei.phone, 0, None), "valid_from": "昨天", "valid_until": "以后"}
    assert client.post(new(station), sent).context["form"].errors == {
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
def test_days_must_be_in_order(client, station, wei, start, until, errors):
    assert client.post(new(station), typed(wei.phone, start, until)).context["form"].errors == errors


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
def test_nobody_holds_the_same_position_twice_at_a_time(station, wei, has, wants, free):
    def days(pair):
        return [offset if offset is None else day(offset) for offset in pair]

    start, until = days(has)
    appointments.appoint(wei, UNIT, unit=station, valid_from=start, valid_until=until)
    answer = appointments.may_hold(wei, Position(UNIT, station), *days(wants))
    shown = until or "长期"
    refusal = Denied(f"韦新人已有相同的任职（{start} 至 {shown}），时间重叠，不能重复任命。")
    assert answer == (Allowed() if free else refusal)


def test_a_position_elsewhere_or_a_mere_application_is_in_nobodys_way(station, wei, guangxi):
    appointments.appoint(wei, UNIT, unit=factories.unit("柳州市图书馆", "450202"))
    appointments.appoint(wei, REGION, region=guangxi)
    appointments.apply_to_review(wei, station)
    assert appointments.may_hold(wei, Position(UNIT, station), day(0), None) == Allowed()


def test_a_duplicate_is_told_at_the_field(client, station, qin):
    response = client.post(new(station), typed(qin.phone))
    assert list(response.context["form"].errors) == ["identifier"]
    assert "时间重叠，不能重复任命。" in response.content.decode()


def test_a_second_click_makes_no_second_appointment(client, station, wei):
    shown = client.post(new(station), typed(wei.phone))
    confirm(client, new(station), shown)
    [sentence] = told(confirm(client, new(station), shown))
    assert sentence.startswith("韦新人已有相同的任职")
    assert wei.appointments.count() == 1


def test_a_disabled_account_is_not_appointed(client, station, wei):
    User.objects.filter(pk=wei.pk).update(is_active=False)
    response = client.post(new(station), typed(wei.phone))
    assert response.context["form"].errors == {"identifier": ["该账号已停用，不能任命。"]}


@pytest.mark.parametrize("plan", ["", "x", "1:2:3"])
def test_a_forged_plan_is_refused(client, station, plan):
    response = client.post(new(station), {"plan": plan})
    assert told(response) == ["确认已超时或无效，请重新填写。"]
    assert Appointment.objects.count() == 1


def test_a_plan_is_good_for_its_unit_and_its_actor_only(client, station, qin, wei):
    other = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(qin, UNIT, unit=other)
    plan = client.post(new(station), typed(wei.phone)).context["signed"]
    client.post(new(other), {"plan": plan})
    client.force_login(factories.unit_reviewer(station, "莫审核"))
    client.post(new(station), {"plan": plan})
    assert wei.appointments.count() == 0


def test_others_do_not_find_the_page_that_appoints(client, station, held, wei, guangxi):
    strangers = [
        wei,
        factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员"),
        factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held),
        factories.unit_reviewer(station, "前审核员", valid_from=day(-30), valid_until=day(-1)),
        factories.region_reviewer(guangxi),
    ]
    for person in strangers:
        client.force_login(person)
        assert client.post(new(station), typed(wei.phone)).status_code == 404, person.name
    assert wei.appointments.count() == 0


def test_the_rule_says_why_a_deputy_appoints_nobody(station, held, wei):
    standing_in = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    reason = "代理人不能任命或终止审核员，请由被代理的审核员办理。"
    assert appointments.may_appoint(standing_in, station) == Denied(reason)
    assert appointments.may_appoint(wei, station) == Denied("只有该单位在任的审核员可以任命或终止审核员。")
    with pytest.raises(AppointmentError, match=reason):
        appointments.make(standing_in, PlannedAppointment(Position(UNIT, station), wei, day(0), None))
    assert wei.appointments.count() == 0


# --- Deputies --------------------------------------------------------------------------------------


def test_a_deputy_gets_the_same_scope_for_a_period(client, station, held, wei, rules):
    registration = factories.submitted(factories.person("黄秋梦"), station)
    response = confirm(client, deputy(held), client.post(deputy(held), typed(wei.phone, 0, 7)))
    assert told(response) == ["韦新人自即日起为“宾阳县甘棠镇林业站”的单位审核员（代理）。"]
    made = wei.appointments.get()
    assert (made.role, made.unit, made.deputy_of, made.valid_until) == (UNIT, station, held, day(7))
    assert may(wei, Action.AGREE, registration) == Allowed()


def test_a_regional_reviewer_names_a_deputy_too(client, guangxi, wei):
    mo = factories.region_reviewer(guangxi, "莫终审")
    client.force_login(mo)
    held = mo.appointments.get()
    confirm(client, deputy(held), client.post(deputy(held), typed(wei.phone, 0, 7)))
    made = wei.appointments.get()
    assert (made.role, made.region, made.deputy_of) == (REGION, guangxi, held)
    assert [row.appointment for row in client.get(PAGE).context["deputies"]] == [made]


@pytest.mark.parametrize(
    ("until", "sentence"),
    [(None, "请填写最后一日。"), (20, "代理期不能超过您本人的任期（至 {last}）。")],
)
def test_a_deputys_period_ends_and_lies_within_the_principals(client, held, wei, until, sentence):
    Appointment.objects.filter(pk=held.pk).update(valid_until=day(10))
    errors = client.post(deputy(held), typed(wei.phone, 0, until)).context["form"].errors
    assert errors == {"valid_until": [sentence.format(last=day(10))]}


def test_nobody_is_the_own_deputy(client, held, qin):
    response = client.post(deputy(held), typed(qin.phone, 0, 7))
    assert response.context["form"].errors == {"identifier": ["不能指定本人代理自己的任职。"]}


def test_a_deputy_names_no_deputy(client, station, held, wei):
    standing_in = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    client.force_login(standing_in)
    response = client.post(deputy(standing_in.appointments.get()), typed(wei.phone, 0, 3), follow=True)
    assert told(response) == ["代理人不能再指定代理人。"]
    assert wei.appointments.count() == 0


def test_nobody_names_a_deputy_for_somebody_else(client, station, wei):
    other = factories.unit_reviewer(station, "同事审核员").appointments.get()
    assert client.post(deputy(other), typed(wei.phone, 0, 3)).status_code == 404


def test_an_administrators_rights_are_not_passed_on(client, guangxi, wei):
    lu = factories.region_admin(guangxi)
    client.force_login(lu)
    response = client.post(deputy(lu.appointments.get()), typed(wei.phone, 0, 3), follow=True)
    assert told(response) == ["区域管理员的任职由上级管理员调整，不能自行指定代理人。"]
