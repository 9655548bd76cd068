"""People and appointments in the admin, without a full ID number anywhere."""

import logging
import re
from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment, User, identity_digest
from organizations.models import Unit
from tests import factories
from tests.accounts.admin_pages import APPOINTMENTS, NUMBER, PEOPLE, appointment_data, change_person, found
from tests.pages import message_texts

pytestmark = pytest.mark.django_db


# --- No full number anywhere ------------------------------------------------------------------


def test_pages_show_only_last_four_characters(client, admin, qiumeng):
    for url in (
        PEOPLE,
        f"{PEOPLE}{qiumeng.pk}/change/",
        f"{PEOPLE}{qiumeng.pk}/history/",
        f"{PEOPLE}{qiumeng.pk}/delete/",
    ):
        page = client.get(url).content.decode()
        assert "黄秋梦" in page
        assert NUMBER not in page
        assert NUMBER[:14] not in page
        assert identity_digest(NUMBER) not in page
    assert f"*****{NUMBER[-4:]}" in client.get(PEOPLE).content.decode()


def test_search_for_id_number_puts_digest_in_url(client, admin, qiumeng, caplog):
    with caplog.at_level(logging.DEBUG):
        response = client.post(PEOPLE, {"q": f" {NUMBER.lower()} "}, follow=True)
    ((address, _),) = response.redirect_chain
    assert address == f"{PEOPLE}?q=digest%3A{identity_digest(NUMBER)}"
    assert [person.username for person in response.context["cl"].result_list] == ["qiumeng"]
    page = response.content.decode()
    assert "按完整证件号码查找：1 条结果" in page
    assert NUMBER not in page + caplog.text


@pytest.mark.parametrize("number", [factories.resident_id(number=655), "4501031977070799", "E87654321", "H12345678"])
def test_search_for_unknown_id_number_puts_digest_in_url(client, admin, qiumeng, number):
    response = client.post(PEOPLE, {"q": number})
    assert response.url == f"{PEOPLE}?q=digest%3A{identity_digest(number)}"
    assert found(client, number) == []


def test_id_number_in_url_is_redirected(client, admin, qiumeng):
    assert client.get(PEOPLE, {"q": NUMBER}).url == f"{PEOPLE}?q=digest%3A{identity_digest(NUMBER)}"


def test_search_keeps_filters_and_resets_page(client, admin, qiumeng):
    response = client.post(f"{PEOPLE}?is_active__exact=1&p=3&_popup=1", {"q": "黄秋"})
    assert response.url == f"{PEOPLE}?is_active__exact=1&_popup=1&q=%E9%BB%84%E7%A7%8B"
    assert client.get(response.url).status_code == 200


def test_url_cannot_filter_encrypted_column(client, admin, qiumeng):
    assert client.get(PEOPLE, {"id_number": "1"}).url == f"{PEOPLE}?e=1"


@pytest.mark.parametrize(
    "address", [PEOPLE, f"{PEOPLE}add/", "{person}change/", "{person}password/", APPOINTMENTS, f"{APPOINTMENTS}add/"]
)
def test_pages_follow_content_security_policy(client, admin, qiumeng, address):
    response = client.get(address.format(person=f"{PEOPLE}{qiumeng.pk}/"))
    assert "default-src 'self'" in response.headers["Content-Security-Policy"].split("; ")
    assert re.findall(r"<style|\sstyle=|<script>|\son[a-z]+=|javascript:", response.content.decode()) == []


# --- People -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("黄秋梦", ["huang2", "qiumeng"]),
        ("黄", ["huang2", "qiumeng"]),
        ("qiumeng", ["qiumeng"]),
        ("13877100010", ["qiumeng"]),
        ("1387710", ["qiumeng"]),
        (NUMBER[-4:].lower(), ["qiumeng"]),
        ("梦", []),
        ("", ["admin_wei", "huang2", "qiumeng"]),
    ],
)
def test_search_finds_people(client, admin, qiumeng, text, expected):
    factories.person("黄秋梦", username="huang2", phone="15000000001", id_number=factories.resident_id(number=700))
    assert found(client, text) == expected


def test_search_finds_user_name_like_passport_number(client, admin):
    factories.person("甲", username="E12345678")
    assert found(client, "E12345678") == ["E12345678"]


@pytest.mark.parametrize("count", [1, 30])
def test_people_list_takes_four_queries(client, admin, guangxi, django_assert_num_queries, count):
    unit = factories.unit()
    for _ in range(count):
        factories.person(unit=unit)
    with django_assert_num_queries(4):
        client.get(PEOPLE)


def test_empty_id_number_keeps_stored_one(client, admin, qiumeng):
    assert change_person(client, qiumeng, name="黄秋萌").status_code == 302
    qiumeng.refresh_from_db()
    assert (qiumeng.name, qiumeng.id_number) == ("黄秋萌", NUMBER)
    assert LogEntry.objects.get().get_change_message() == "已修改姓名。"


def test_invisible_characters_are_removed_from_name(client, admin, qiumeng):
    change_person(client, qiumeng, name=" 黄\u200b秋梦 ")
    qiumeng.refresh_from_db()
    assert qiumeng.name == "黄秋梦"


def test_corrected_id_number_is_not_in_admin_log(client, admin, qiumeng):
    number = factories.resident_id(date(1977, 7, 7), 656)
    assert change_person(client, qiumeng, id_number=f" {number} ").status_code == 302
    qiumeng.refresh_from_db()
    assert (qiumeng.id_number, qiumeng.id_digest) == (number, identity_digest(number))
    registration = LogEntry.objects.get()
    assert registration.get_change_message() == "已修改证件号码（更正）。"
    kept = f"{registration.object_repr} {registration.change_message}"
    assert number not in kept
    assert NUMBER not in kept


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id_number": "123"}, "居民身份证号码应为 18 位，现为 3 位。"),
        ({"id_kind": "resident", "id_number": "E12345678"}, "居民身份证号码应为 18 位，现为 9 位。"),
    ],
)
def test_wrong_id_number_is_refused(client, admin, qiumeng, fields, sentence):
    response = change_person(client, qiumeng, **fields)
    assert response.context["adminform"].form.errors == {"id_number": [sentence]}
    assert NUMBER not in response.content.decode()


def test_id_number_of_another_person_is_refused(client, admin, qiumeng):
    other = factories.person("覃小明")
    response = change_person(client, other, id_number=NUMBER)
    assert list(response.context["adminform"].form.errors) == ["id_number"]


@pytest.mark.parametrize("name", ['改名<b>&"', "李工2", "·"])
def test_impossible_name_is_refused_as_at_sign_up(client, admin, qiumeng, name):
    response = change_person(client, qiumeng, name=name)
    assert list(response.context["adminform"].form.errors) == ["name"]


def test_administrator_adds_person(client, admin, guangxi):
    response = client.post(
        f"{PEOPLE}add/",
        {
            "name": "覃小明",
            "id_kind": "passport",
            "id_number": "e 1234 5678",
            "username": "xiaoming",
            "phone": "",
            "email": "",
            "unit": "",
            "password1": factories.PASSWORD,
            "password2": factories.PASSWORD,
        },
    )
    assert response.status_code == 302
    person = User.objects.get(username="xiaoming")
    assert (person.id_number, person.check_password(factories.PASSWORD)) == ("E12345678", True)
    assert "E12345678" not in LogEntry.objects.get().change_message


def test_new_password_resets_lockout(client, admin, qiumeng):
    new, stranger = "管理员设的-2026", type(client)()
    for _ in range(8):
        stranger.post("/accounts/login/", {"username": NUMBER, "password": "forgotten"})
    data = {"usable_password": "true", "password1": new, "password2": new}
    assert client.post(f"{PEOPLE}{qiumeng.pk}/password/", data).status_code == 302
    assert stranger.post("/accounts/login/", {"username": NUMBER, "password": new}).status_code == 302


def test_bulk_deletion_of_people_is_refused(client, admin, qiumeng):
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": [qiumeng.pk], "post": "yes"})
    assert User.objects.filter(pk=qiumeng.pk).exists()


# --- Appointments -----------------------------------------------------------------------------


def test_appointment_by_administrator_is_active_at_once(client, admin, qiumeng):
    response = client.post(f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, unit=qiumeng.unit_id))
    assert response.status_code == 302
    assert Appointment.objects.active().get().person == qiumeng


@pytest.mark.parametrize(
    ("role", "scope"),
    [("unit_reviewer", "region"), ("region_reviewer", "unit"), ("region_admin", None), ("unit_reviewer", None)],
)
def test_scope_that_does_not_fit_role_is_refused(client, admin, qiumeng, guangxi, role, scope):
    given = {scope: {"unit": qiumeng.unit_id, "region": guangxi.pk}[scope]} if scope else {}
    response = client.post(f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, role=role, **given))
    assert response.context["adminform"].form.errors == {
        "__all__": ["单位审核员须指定单位（且不填区域），终审员和区域管理员须指定区域（且不填单位）。"]
    }


def test_last_day_before_first_is_refused(client, admin, qiumeng):
    yesterday = timezone.localdate() - timedelta(1)
    response = client.post(
        f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, unit=qiumeng.unit_id, valid_until=f"{yesterday}")
    )
    assert response.context["adminform"].form.errors == {"__all__": ["最后一日不能早于起始日。"]}


def test_deputy_needs_role_and_scope_of_principal(client, admin, qiumeng, guangxi):
    principal = factories.unit_reviewer(qiumeng.unit, "覃审核").appointments.get()
    elsewhere = factories.unit("柳州市图书馆", "450202")

    def errors(**fields):
        data = appointment_data(unit=qiumeng.unit_id, deputy_of=principal.pk, **fields)
        response = client.post(f"{APPOINTMENTS}add/", data)
        return {} if response.status_code == 302 else dict(response.context["adminform"].form.errors)

    assert errors(person=principal.person_id) == {"deputy_of": ["不能代理本人的职责。"]}
    assert errors(person=qiumeng.pk) == {}
    deputy = qiumeng.appointments.get()
    assert deputy.deputy_of == principal
    data = appointment_data(person=qiumeng.pk, unit=elsewhere.pk, deputy_of=principal.pk)
    form = client.post(f"{APPOINTMENTS}add/", data).context["adminform"].form
    assert form.errors == {"deputy_of": ["代理的职责、单位和区域须与被代理的任职一致。"]}


def test_confirm_action_skips_applications_for_pending_units(client, admin, qiumeng):
    pending = factories.unit("新单位", "450103", state=Unit.State.PENDING)
    application = appointments.apply_to_review(qiumeng, qiumeng.unit)
    too_early = appointments.apply_to_review(factories.person("覃小明"), pending)
    response = client.post(
        APPOINTMENTS, {"action": "confirm", "_selected_action": [application.pk, too_early.pk]}, follow=True
    )
    assert message_texts(response) == [
        "已确认 1 项任职，自今日起生效。",
        "1 项任职的单位尚待核实，请先在单位列表中核实单位，任职会一并确认。",
    ]
    assert list(Appointment.objects.active()) == [application]


@pytest.mark.parametrize(
    ("state", "expected"), [("pending", "丙"), ("active", "甲"), ("future", "乙"), ("ended", "丁")]
)
def test_appointments_are_filtered_by_state(client, admin, guangxi, state, expected):
    unit, today = factories.unit(), timezone.localdate()
    factories.unit_reviewer(unit, "甲", valid_until=today)
    factories.unit_reviewer(unit, "乙", valid_from=today + timedelta(1))
    appointments.apply_to_review(factories.person("丙"), unit)
    factories.unit_reviewer(unit, "丁", valid_from=today - timedelta(9), valid_until=today - timedelta(1))
    rows = client.get(APPOINTMENTS, {"state": state}).context["cl"].result_list
    assert [row.person.name for row in rows] == [expected]


@pytest.mark.parametrize("count", [1, 30])
def test_appointment_list_takes_four_queries(client, admin, guangxi, django_assert_num_queries, count):
    unit = factories.unit()
    principal = factories.unit_reviewer(unit).appointments.get()
    for _ in range(count):
        factories.unit_reviewer(unit, deputy_of=principal)
    with django_assert_num_queries(4):
        client.get(APPOINTMENTS)


@pytest.mark.parametrize("text", ["覃审", "宾阳县", "广西"])
def test_search_finds_appointments(client, admin, qiumeng, guangxi, text):
    factories.unit_reviewer(qiumeng.unit, "覃审核")
    factories.region_reviewer(guangxi, "莫终审")
    rows = client.get(APPOINTMENTS, {"q": text}).context["cl"].result_list
    assert [str(row) for row in rows] == [
        "莫终审 · 终审员 · 广西壮族自治区" if text == "广西" else "覃审核 · 单位审核员 · 宾阳县甘棠镇林业站"
    ]


@pytest.mark.parametrize("address", [PEOPLE, APPOINTMENTS, f"{PEOPLE}add/", f"{APPOINTMENTS}add/"])
def test_people_without_admin_rights_see_no_page(client, qiumeng, address):
    client.force_login(qiumeng)
    response = client.get(address, follow=True)
    assert NUMBER[-4:] not in response.content.decode()
    assert response.redirect_chain != []


# --- Mistakes of administrators -------------------------------------------------------------------


def test_overlapping_appointment_is_refused(client, admin, qiumeng):
    client.post(f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, unit=qiumeng.unit_id))
    response = client.post(f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, unit=qiumeng.unit_id))
    today = timezone.localdate()
    assert response.context["adminform"].form.errors == {
        "person": [f"黄秋梦已有相同的任职（{today} 至 长期），时间重叠，不能重复任命。"]
    }
    assert qiumeng.appointments.count() == 1


def test_region_admin_without_staff_status_gives_warning(client, admin, qiumeng, guangxi):
    data = appointment_data(person=qiumeng.pk, role="region_admin", region=guangxi.pk)
    response = client.post(f"{APPOINTMENTS}add/", data, follow=True)
    assert "黄秋梦的账号尚未选中“可进入系统管理”，还不能进入这里；请在“人员”中选中。" in message_texts(response)


def test_person_of_appointment_cannot_change(client, admin, qiumeng):
    held = factories.unit_reviewer(qiumeng.unit, "覃审核").appointments.get()
    client.post(f"{APPOINTMENTS}{held.pk}/change/", appointment_data(person=qiumeng.pk, unit=qiumeng.unit_id))
    held.refresh_from_db()
    assert held.person.name == "覃审核"


def test_password_is_not_shown_and_cannot_be_removed(client, admin, qiumeng):
    assert "argon2" not in client.get(f"{PEOPLE}{qiumeng.pk}/change/").content.decode()
    address = f"{PEOPLE}{qiumeng.pk}/password/"
    assert "unset-password" not in client.get(address).content.decode()
    response = client.post(address, {"usable_password": "false", "unset-password": "1"})
    assert sorted(response.context["adminForm"].form.errors) == ["password1", "password2"]
    qiumeng.refresh_from_db()
    assert qiumeng.check_password(factories.PASSWORD)


def test_person_with_registrations_cannot_be_deleted(client, admin, qiumeng, rules):
    factories.registration(qiumeng)
    assert client.post(f"{PEOPLE}{qiumeng.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a kind of index that PostgreSQL has")
def test_search_by_start_of_name_uses_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_name" in User.objects.filter(name__startswith="黄秋").explain()


@pytest.mark.parametrize("typed", ["阿依古丽•买", "阿依 古丽·买", "阿依古丽・买买提"])
def test_search_by_name_does_not_mind_spaces_and_dots(client, admin, qiumeng, typed):
    person = factories.person("阿依古丽·买买提")
    response = client.post(PEOPLE, {"q": typed}, follow=True)
    assert list(response.context["cl"].result_list) == [person]
