"""登录 by ID number, phone or user name; one sentence for every failure; a pause after eight of them."""

import logging
from datetime import date

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.forms import WRONG_LOGIN
from tests import factories

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
def test_each_identifier_opens_the_same_account(client, mengmeng, identifier):
    response = login(client, identifier)
    assert (response.status_code, response.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(mengmeng.pk)


def test_an_older_user_name_with_capitals_is_found_as_it_is_written(client, db):
    older = factories.person("覃小明", username="QinXM")
    login(client, "QinXM")
    assert client.session["_auth_user_id"] == str(older.pk)


def test_the_field_says_what_may_be_typed(client):
    assert client.get(URL).context["form"].fields["username"].label == "身份证号 / 手机号 / 用户名"


def test_every_failure_reads_the_same(client, mengmeng):
    factories.person("覃停用", username="tingyong", is_active=False)
    for identifier, password in [("mengmeng", "wrong"), ("nobody", "wrong"), ("tingyong", factories.PASSWORD)]:
        form = login(client, identifier, password).context["form"]
        assert dict(form.errors) == {"__all__": [WRONG_LOGIN]}


def test_a_passport_like_anothers_user_name_opens_only_its_own_account(client):
    first = factories.person("甲", username="E12345678")
    second = factories.person("乙", id_kind="passport", id_number="E12345678")
    second.set_password("乙的密码-2026")
    second.save()
    login(client, "E12345678", "乙的密码-2026")
    assert client.session["_auth_user_id"] == str(second.pk)
    client.logout()
    login(client, "E12345678")
    assert client.session["_auth_user_id"] == str(first.pk)


def test_the_page_asked_for_comes_after_log_in(client, mengmeng):
    profile = reverse("accounts:profile")
    asked = client.get(profile)
    assert asked.url == f"{URL}?next={profile}"
    assert f'name="next" value="{profile}"' in client.get(asked.url).content.decode()
    assert login(client, "mengmeng", next=profile).url == profile


def test_who_pressed_a_button_after_the_session_had_ended_comes_back_to_its_page(client, mengmeng):
    """The address of 全部标为已读 is no page, and would answer 405."""
    notices = "/hours/notices/?page=2"
    asked = client.post(reverse("hours:notices_read"), headers={"Referer": f"http://testserver{notices}"})
    assert asked.url == f"{URL}?next={notices.replace('?', '%3F').replace('=', '%3D')}"


@pytest.mark.parametrize("before", ["", "https://elsewhere.example/hours/", "http://["])
def test_without_a_page_of_ours_before_it_is_the_home_page(client, before):
    asked = client.post(reverse("hours:notices_read"), headers={"Referer": before})
    assert asked.url == f"{URL}?next=/"


def test_another_host_is_no_next_page(client, mengmeng):
    assert login(client, "mengmeng", next="https://example.com/").url == "/"


def test_who_is_logged_in_is_sent_on(client, mengmeng):
    client.force_login(mengmeng)
    assert client.get(URL).url == "/"


def test_eight_failures_lock_the_identifier_for_this_address_only(client, mengmeng):
    for _ in range(7):
        assert login(client, "mengmeng", "wrong").status_code == 200
    assert login(client, "mengmeng", "wrong").status_code == 429
    assert login(client, "mengmeng").status_code == 429
    assert "_auth_user_id" not in client.session
    elsewhere = client.post(URL, {"username": "mengmeng", "password": factories.PASSWORD}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302


def test_behind_a_proxy_too_the_lock_is_the_visitors_and_not_everybodys(client, mengmeng, settings):
    """All come from the proxy's address then; what a visitor writes before that of the proxy counts for nothing."""
    settings.BEHIND_PROXY = True
    for invented in range(8):
        login(client, "mengmeng", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{invented}, 203.0.113.66")
    locked = login(client, "mengmeng", HTTP_X_FORWARDED_FOR="10.0.0.99, 203.0.113.66")
    assert (locked.status_code, "_auth_user_id" in client.session) == (429, False)
    assert login(client, "mengmeng", HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 302


@pytest.mark.parametrize("address", ["2001:db8:1:1::", "::ffff:203.0.113.7", "nonsense"])
def test_no_kind_of_address_escapes_the_lock(client, mengmeng, address):
    def attempt(number: int, password: str):
        source = f"{address}{number}" if address.endswith("::") else address
        return client.post(URL, {"username": "mengmeng", "password": password}, REMOTE_ADDR=source)

    for number in range(1, 9):
        attempt(number, "wrong")
    assert attempt(9, factories.PASSWORD).status_code == 429


def test_who_tries_one_password_on_everybody_is_stopped_and_nobody_else(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 3
    assert [login(client, f"person{number}", "Xueshi-2026!").status_code for number in range(3)] == [200] * 3
    refused = login(client, "mengmeng")
    assert (refused.status_code, refused["Retry-After"]) == (429, "600")
    page = refused.content.decode()
    assert "同一网络地址每 10 分钟最多输错密码 3 次，现已超过，本次没有处理。" in page
    assert ('value="mengmeng"' in page, factories.PASSWORD in page) == (True, False)
    assert login(client, "mengmeng", REMOTE_ADDR="10.0.0.9").status_code == 302


def test_right_passwords_do_not_count(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 1
    for _ in range(3):
        assert login(client, "mengmeng").status_code == 302
        client.logout()


def test_the_log_in_page_of_the_admin_is_no_way_around(client, mengmeng, settings):
    settings.FAILED_LOG_INS_IN_TEN_MINUTES = 1
    administrator = factories.administrator()
    client.force_login(mengmeng)
    for password in ("wrong", factories.PASSWORD):
        client.post("/admin/login/", {"username": administrator.username, "password": password})
    assert client.session["_auth_user_id"] == str(mengmeng.pk)


def test_ways_to_type_one_number_are_counted_together(client, mengmeng):
    ways = [NUMBER, f" {NUMBER}", f"{NUMBER[:6]}-{NUMBER[6:]}", NUMBER.lower(), NUMBER.replace("8", "８")]
    for attempt in range(7):
        login(client, ways[attempt % len(ways)], "wrong")
    assert login(client, NUMBER, "wrong").status_code == 429


@pytest.mark.parametrize("identifier", [NUMBER, "138 7710 0003", "mengmeng"])
def test_a_success_forgets_the_failures_before_it(client, mengmeng, identifier):
    for _ in range(2):
        for _ in range(7):
            login(client, identifier, "wrong")
        assert login(client, identifier).status_code == 302
        client.logout()


def test_the_guard_and_the_log_never_hold_what_was_typed(client, mengmeng, caplog):
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


def test_log_out_is_by_post_and_says_so(client, mengmeng):
    client.force_login(mengmeng)
    assert client.get("/accounts/logout/").status_code == 405
    response = client.post("/accounts/logout/", follow=True)
    assert response.redirect_chain == [(URL, 302)]
    assert [str(message) for message in response.context["messages"]] == ["您已安全退出。"]
    assert "_auth_user_id" not in client.session


def test_log_out_deletes_the_session_so_that_a_copied_cookie_opens_nothing(client, mengmeng):
    client.force_login(mengmeng)
    copied = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    assert not Session.objects.exists()
    assert client.cookies["sessionid"]["max-age"] == 0
    client.cookies["sessionid"] = copied
    assert client.get("/hours/").url == f"{URL}?next=/hours/"


def test_the_session_cookie_is_for_this_site_only_and_no_script_reads_it(client, mengmeng):
    client.post(URL, {"username": mengmeng.phone, "password": factories.PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 60 * 60)


def test_log_out_after_the_session_has_ended_is_no_error(client):
    assert client.post("/accounts/logout/").url == URL


def test_the_admin_uses_the_same_log_in_page(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(URL)


def test_empty_and_strange_input(client, mengmeng):
    assert set(login(client, "", "").context["form"].errors) == {"username", "password"}
    for identifier in ("\0", "x" * 5000, "💥"):
        assert login(client, identifier).status_code == 200
