"""注册: new accounts, and a sentence at each wrong field."""

import logging
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import forms
from accounts.models import User
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
URL = "/accounts/signup/"
NUMBER = factories.resident_id(date(1990, 5, 12), 321)


def form_data(**fields: Any) -> dict[str, Any]:
    return {
        "name": "黄秋梦",
        "id_kind": "resident",
        "id_number": NUMBER,
        "username": "huangqiumeng",
        "phone": "13877100001",
        "email": "",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
        **fields,
    }


def errors(client: Client, **fields: Any) -> dict[str, list[str]]:
    response = client.post(URL, form_data(**fields))
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def test_new_person_is_logged_in_and_welcomed(client):
    response = client.post(URL, form_data())
    assert (response.status_code, response.url) == (302, reverse("hours:list"))
    person = User.objects.get()
    assert client.session["_auth_user_id"] == str(person.pk)
    assert (person.name, person.id_number, person.phone) == ("黄秋梦", NUMBER, "13877100001")
    messages = [str(message) for message in response.wsgi_request._messages]
    assert messages == ["注册成功，欢迎您，黄秋梦。接下来请点击【新登记培训】登记您的第一条学时。"]


def test_new_person_has_no_rights(client):
    client.post(URL, form_data(is_staff="1", is_superuser="1", unit="1"))
    person = User.objects.get()
    assert (person.is_staff, person.is_superuser, person.unit) == (False, False, None)


def test_numbers_and_email_are_normalised(client):
    spaced = f"{NUMBER[:6]} {NUMBER[6:14]}-{NUMBER[14:]}".lower()
    client.post(URL, form_data(id_number=spaced, phone="+86 138-7710 ０００１", email="Qiumeng@Example.com"))
    person = User.objects.get()
    assert (person.id_number, person.phone, person.email) == (NUMBER, "13877100001", "qiumeng@example.com")


def test_empty_form_requires_all_fields_but_email(client):
    response = client.post(URL, {"id_kind": "resident"})
    found = response.context["form"].errors
    assert set(found) == {"name", "id_number", "username", "phone", "password1", "password2"}
    assert found["id_number"] == ["请填写证件号码。"]


@pytest.mark.parametrize(
    ("kind", "number", "sentence"),
    [
        ("resident", NUMBER[:17], "居民身份证号码应为 18 位，现为 17 位。"),
        (
            "resident",
            NUMBER[:17] + ("1" if NUMBER[17] != "1" else "2"),
            "居民身份证号码校验位不正确，请核对是否有输错的数字。",
        ),
        ("passport", "E1", "证件号码应为 5 至 20 位字母或数字。"),
        ("passport", "护照12345", "证件号码应为 5 至 20 位字母或数字。"),
    ],
)
def test_wrong_id_number_gives_error_at_field(client, kind, number, sentence):
    assert errors(client, id_kind=kind, id_number=number) == {"id_number": [sentence]}


def test_passport_number_is_checked_as_passport(client):
    assert client.post(URL, form_data(id_kind="passport", id_number="e 1234 5678")).status_code == 302
    assert User.objects.get().id_number == "E12345678"


def test_all_errors_are_shown_together(client):
    found = errors(client, id_number="1", username="1x", phone="123", email="nobody")
    assert found == {
        "id_number": ["居民身份证号码应为 18 位，现为 1 位。"],
        "username": ["用户名应以字母开头，由 4 至 30 位字母、数字或 _ . - 组成。"],
        "phone": ["请输入 11 位手机号码。"],
        "email": ["电子邮箱格式不正确，请按 name@example.com 的格式填写。"],
    }


@pytest.mark.parametrize(
    "name", ["买买提·吐尔逊", "买买提．吐尔逊", "买买提‧吐尔逊", "王〇", "O'Brien Mary-Jane", "㛃𬍤"]
)
def test_name_with_rare_characters_is_accepted(client, name):
    client.post(URL, form_data(name=f" {name}\u200b\u200d "))
    assert User.objects.get().name == name


def test_private_use_character_is_stored_by_its_present_code(client):
    client.post(URL, form_data(name="李\ue863"))
    assert User.objects.get().name == "李\u4dae"


@pytest.mark.parametrize("name", ["黄秋梦2", "<b>黄</b>", "黄@秋梦", "😀"])
def test_impossible_name_is_refused(client, name):
    assert errors(client, name=name) == {"name": ["姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。"]}


def test_full_width_address_is_stored_in_half_width(client):
    client.post(URL, form_data(email="ｑｉｕｍｅｎｇ＠example.com"))
    assert User.objects.get().email == "qiumeng@example.com"


def test_user_name_is_stored_in_lower_case(client):
    client.post(URL, form_data(username="HuangQiuMeng"))
    assert User.objects.get().username == "huangqiumeng"


def test_taken_values_give_errors_at_fields(client):
    factories.person("覃小明", id_number=NUMBER, phone="13877100001", username="huangqiumeng")
    found = errors(client, id_number=f" {NUMBER.lower()} ")
    assert found == {
        "id_number": ["该证件号码已注册，可直接登录或找回密码。"],
        "phone": ["该手机号码已注册，可直接登录或找回密码。"],
        "username": ["该用户名已被使用，请换一个；如果是您本人注册的，可直接登录或找回密码。"],
    }


def test_refused_form_keeps_input_except_passwords(client):
    page = client.post(URL, form_data(phone="123", email="qiumeng@example.com")).content.decode()
    for value in ("黄秋梦", NUMBER, "huangqiumeng", "qiumeng@example.com"):
        assert f'value="{value}"' in page
    assert factories.PASSWORD not in page


def test_too_many_sign_ups_are_refused_without_checks(client, settings):
    settings.SIGN_UPS_IN_TEN_MINUTES = 2
    factories.person("覃小明", id_number=NUMBER)
    answers = [client.post(URL, form_data(password2="")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert message_texts(answers[2]) == [
        "同一网络地址每 10 分钟最多提交 2 次，现已超过，本次没有处理。请 10 分钟后再试；"
        "多人共用网络或急需办理的，请联系管理员：0771-0000000（示例）。"
    ]
    assert (answers[2]["Retry-After"], answers[2].context["form"].errors) == ("600", {})
    assert client.get(URL).status_code == 200
    assert client.post(URL, form_data(id_number="x"), REMOTE_ADDR="10.1.1.1").status_code == 200


def test_limited_form_keeps_input_except_passwords(client, settings):
    settings.SIGN_UPS_IN_TEN_MINUTES = 0
    page = client.post(URL, form_data(id_kind="passport", id_number="E1234567", email="a@example.com")).content.decode()
    for value in ("黄秋梦", "E1234567", "huangqiumeng", "13877100001", "a@example.com"):
        assert f'value="{value}"' in page
    assert '<option value="passport" selected>' in page
    assert factories.PASSWORD not in page
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["id_number", "phone", "username"])
def test_value_taken_by_concurrent_save_gives_error(field):
    form = forms.SignUpForm(form_data())
    assert form.is_valid()
    factories.person("覃小明", **{field: form_data()[field]})
    assert form.save_unless_taken() is None
    assert list(form.errors) == [field]
    assert User.objects.count() == 1


def test_unexplained_conflict_gives_general_error(client, monkeypatch):
    factories.person("覃小明", id_number=NUMBER)
    monkeypatch.setattr(forms.PersonForm, "clean_id_number", lambda form: form.cleaned_data["id_number"])
    assert errors(client) == {"__all__": [forms.VALUE_TAKEN]}


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("a1b2c3", "密码太短，至少应有 8 个字符。"),
        ("password1", "这个密码太常见了。"),
        ("20261124", "密码只包含数字。"),
        ("huangqiumeng", "密码跟 用户名 太相似了。"),
    ],
)
def test_weak_password_gives_chinese_reason(client, password, sentence):
    found = errors(client, password1=password, password2=password)
    assert sentence in found["password1"]
    assert set(found) == {"password1"}


def test_password_with_id_number_is_refused(client):
    number = "E12345678"
    secret = f"my-{number.lower()}"
    found = errors(client, id_kind="passport", id_number=number, password1=secret, password2=secret)
    assert found == {"password1": ["密码中不能包含证件号码。"]}


def test_different_passwords_are_refused(client):
    assert errors(client, password2="另一个-2026") == {"password2": ["输入的两个密码不一致。"]}


def test_fields_have_autocomplete_attributes(client):
    fields = client.get(URL).context["form"].fields
    assert {name: fields[name].widget.attrs.get("autocomplete") for name in fields} == {
        "name": "name",
        "id_kind": None,
        "id_number": "off",
        "username": "username",
        "phone": "tel",
        "email": "email",
        "password1": "new-password",
        "password2": "new-password",
    }
    assert fields["phone"].widget.attrs["inputmode"] == "tel"


def test_id_number_is_not_logged(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.post(URL, form_data())
        client.post(URL, form_data(username="second", phone="13877100002"))
    assert NUMBER not in caplog.text


def test_logged_in_person_is_redirected(client):
    client.force_login(factories.person())
    assert client.get(URL).url == reverse("hours:list")


@pytest.mark.parametrize("field", ["name", "id_kind", "id_number", "username", "phone", "email"])
def test_strange_input_gives_no_server_error(client, field):
    for value in ("\0", "x" * 5000, "💥", "' OR 1=1 --"):
        assert client.post(URL, form_data(**{field: value})).status_code in (200, 302)
