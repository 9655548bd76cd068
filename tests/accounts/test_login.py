"""登录 by ID number, phone or user name, and the lock-out after eight failures."""

import logging
from datetime import date
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.forms import WRONG_LOGIN
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
URL = "/accounts/login/"
NUMBER = factories.resident_id(date(1988, 8, 8), 432)


@pytest.fixture
def mengmeng(db):
    return factories.person("黄秋梦", id_number=NUMBER, phone="13877100003", username="mengmeng")


def login(client, identifier, password=factories.PASSWORD, next="/", **headers):
    return client.post(URL, {"username": identifier, "password": password, "next": next}, **headers)


@pytest.mark.parametrize(
    "identifier",
    [
        NUMBER,
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}".lower(),
        "13877100003",
        "138 7710 0003",
        "+8613877100003",
        "mengmeng",
        " mengmeng ",
        "MengMeng",
    ],
)
def test_each_identifier_logs_in(client, mengmeng, identifier):
    response = login(client, identifier)
    assert (response.status_code, response.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(mengmeng.pk)


def test_older_user_name_with_capitals_logs_in(client, db):
    older = factories.person("覃小明", username="QinXM")
    login(client, "QinXM")
    assert client.session["_auth_user_id"] == str(older.pk)


def test_field_label_names_identifiers(client):
    assert client.get(URL).context["form"].fields["username"].label == "身份证号 / 手机号 / 用户名"


def test_all_failures_show_same_sentence(client, mengmeng):
    factories.person("覃停用", username="tingyong", is_active=False)
    for identifier, password in [("mengmeng", "wrong"), ("nobody", "wrong"), ("tingyong", factories.PASSWORD)]:
        form = login(client, identifier, password).context["form"]
        assert dict(form.errors) == {"__all__": [WRONG_LOGIN]}


def test_password_decides_between_matching_accounts(client):
    first = factories.person("甲", username="E12345678")
    second = factories.person("乙", id_kind="passport", id_number="E12345678")
    second.set_password("乙的密码-2026")
    second.save()
    login(client, "E12345678", "乙的密码-2026")
    assert client.session["_auth_user_id"] == str(second.pk)
    client.logout()
    login(client, "E12345678")
    assert client.session["_auth_user_id"] == str(first.pk)


def test_login_leads_to_requested_page(client, mengmeng):
    profile = reverse("accounts:profile")
    asked = client.get(profile)
    assert asked.url == f"{URL}?next={profile}"
    assert f'name="next" value="{profile}"' in client.get(asked.url).content.decode()
    assert login(client, "mengmeng", next=profile).url == profile


def test_login_after_expired_post_leads_to_referring_page(client, mengmeng):
    """The URL of 全部标为已读 takes no GET, so the log-in must not lead there."""
    notices = "/hours/notices/?page=2"
    asked = client.post(reverse("hours:notices_read"), headers={"Referer": f"http://testserver{notices}"})
    assert asked.url == f"{URL}?next={notices.replace('?', '%3F').replace('=', '%3D')}"


@pytest.mark.parametrize("before", ["", "https://elsewhere.example/hours/", "http://["])
def test_login_after_post_from_elsewhere_leads_home(client, before):
    asked = client.post(reverse("hours:notices_read"), headers={"Referer": before})
    assert asked.url == f"{URL}?next=/"


def test_next_page_on_other_host_is_ignored(client, mengmeng):
    assert login(client, "mengmeng", next="https://example.com/").url == "/"


def test_login_page_redirects_logged_in_person(client, mengmeng):
    client.force_login(mengmeng)
    assert client.get(URL).url == "/"


def test_eight_failures_lock_identifier_for_one_address(client, mengmeng):
    for _ in range(7):
        assert login(client, "mengmeng", "wrong").status_code == 200
    assert login(client, "mengmeng", "wrong").status_code == 429
    assert login(client, "mengmeng").status_code == 429
    assert "_auth_user_id" not in client.session
    elsewhere = client.post(URL, {"username": "mengmeng", "password": factories.PASSWORD}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302


def test_lockout_behind_proxy_uses_visitor_address(client, mengmeng, settings):
    """The proxy's entry in X-Forwarded-For counts; entries that the visitor sent before it do not."""
    settings.BEHIND_PROXY = True
    for invented in range(8):
        login(client, "mengmeng", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{invented}, 203.0.113.66")
    locked = login(client, "mengmeng", HTTP_X_FORWARDED_FOR="10.0.0.99, 203.0.113.66")
    assert (locked.status_code, "_auth_user_id" in client.session) == (429, False)
    assert "该账号 15 分钟内不能登录" in locked.content.decode()
    assert login(client, "mengmeng", HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 302


@pytest.mark.parametrize("address", ["2001:db8:1:1::", "::ffff:203.0.113.7", "nonsense"])
def test_lockout_covers_every_kind_of_address(client, mengmeng, address):
    def attempt(number: int, password: str) -> Any:
        source = f"{address}{number}" if address.endswith("::") else address
        return client.post(URL, {"username": "mengmeng", "password": password}, REMOTE_ADDR=source)

    for number in range(1, 9):
        attempt(number, "wrong")
    assert attempt(9, factories.PASSWORD).status_code == 429


def test_failures_on_many_accounts_block_address(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 3
    assert [login(client, f"person{number}", "Xueshi-2026!").status_code for number in range(3)] == [200] * 3
    refused = login(client, "mengmeng")
    assert (refused.status_code, refused["Retry-After"]) == (429, "600")
    page = refused.content.decode()
    assert "同一网络地址每 10 分钟最多输错密码 3 次，现已超过，本次没有处理。" in page
    assert ('value="mengmeng"' in page, factories.PASSWORD in page) == (True, False)
    assert login(client, "mengmeng", REMOTE_ADDR="10.0.0.9").status_code == 302


def test_successful_logins_do_not_count(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 1
    for _ in range(3):
        assert login(client, "mengmeng").status_code == 302
        client.logout()


def test_admin_login_page_does_not_bypass_limit(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 1
    administrator = factories.administrator()
    client.force_login(mengmeng)
    for password in ("wrong", factories.PASSWORD):
        client.post("/admin/login/", {"username": administrator.username, "password": password})
    assert client.session["_auth_user_id"] == str(mengmeng.pk)


def test_notations_of_number_count_together(client, mengmeng):
    notations = [NUMBER, f" {NUMBER}", f"{NUMBER[:6]}-{NUMBER[6:]}", NUMBER.lower(), NUMBER.replace("8", "８")]
    for attempt in range(7):
        login(client, notations[attempt % len(notations)], "wrong")
    assert login(client, NUMBER, "wrong").status_code == 429


@pytest.mark.parametrize("identifier", [NUMBER, "138 7710 0003", "mengmeng"])
def test_success_resets_failures(client, mengmeng, identifier):
    for _ in range(2):
        for _ in range(7):
            login(client, identifier, "wrong")
        assert login(client, identifier).status_code == 302
        client.logout()


def test_identifiers_and_passwords_are_not_stored_or_logged(client, mengmeng, caplog):
    with caplog.at_level(logging.DEBUG):
        for identifier in (NUMBER, NUMBER.lower(), "E12345678", "13877100003"):
            login(client, identifier, "my-wrong-secret")
        login(client, NUMBER)
    assert AccessAttempt.objects.count() > 0
    kept = caplog.text
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        kept += "\n".join(str(row) for row in model.objects.values())
    for secret in (NUMBER, "E12345678", "my-wrong-secret", factories.PASSWORD):
        assert secret not in kept


def test_logout_needs_post(client, mengmeng):
    client.force_login(mengmeng)
    assert client.get("/accounts/logout/").status_code == 405
    response = client.post("/accounts/logout/", follow=True)
    assert response.redirect_chain == [(URL, 302)]
    assert message_texts(response) == ["您已安全退出。"]
    assert "_auth_user_id" not in client.session


def test_logout_deletes_session(client, mengmeng):
    client.force_login(mengmeng)
    copied = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    assert not Session.objects.exists()
    assert client.cookies["sessionid"]["max-age"] == 0
    client.cookies["sessionid"] = copied
    assert client.get("/hours/").url == f"{URL}?next=/hours/"


def test_session_cookie_is_http_only_and_same_site(client, mengmeng):
    client.post(URL, {"username": mengmeng.phone, "password": factories.PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 60 * 60)


def test_logout_works_after_session_has_ended(client):
    assert client.post("/accounts/logout/").url == URL


def test_admin_redirects_to_login_page(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(URL)


def test_empty_or_strange_input_gives_form(client, mengmeng):
    assert set(login(client, "", "").context["form"].errors) == {"username", "password"}
    for identifier in ("\0", "x" * 5000, "💥"):
        assert login(client, identifier).status_code == 200
