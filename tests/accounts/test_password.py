"""修改密码 and 找回密码."""

import re
from datetime import date
from threading import Thread

import pytest
from django.core import mail
from django.test import Client

from accounts import forms
from accounts.forms import WRONG_PASSWORD
from accounts.views import people
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
CHANGE, RESET, SENT, LOGIN = (
    "/accounts/password/",
    "/accounts/password/reset/",
    "/accounts/password/reset/sent/",
    "/accounts/login/",
)
NEW = "另一个难猜的-2027"
ADDRESS = "qiumeng@example.com"


class ImmediateThread(Thread):
    """Runs in the test's thread, so the mail is there with the response."""

    def start(self) -> None:
        self.run()


@pytest.fixture(autouse=True)
def _immediate_mail(monkeypatch):
    monkeypatch.setattr(forms, "Thread", ImmediateThread)


@pytest.fixture
def qiumeng(db):
    # Numbers of its own: the counted ones may resemble each other, and a password, which is then refused.
    number = factories.resident_id(date(1985, 3, 21), 321)
    return factories.person("黄秋梦", id_number=number, username="qiumeng", email=ADDRESS, phone="15977001234")


def link(message: mail.EmailMessage) -> str:
    return re.search(r"http://127\.0\.0\.1:8000(\S+)", message.body).group(1)


def open_link(client: Client, url: str) -> str:
    """Return the URL of the form, which Django redirects to and which does not contain the token."""
    return client.get(url).url


def test_change_needs_login(client):
    assert client.get(CHANGE).url == f"{LOGIN}?next={CHANGE}"


def test_changed_password_is_stored(client, qiumeng):
    client.force_login(qiumeng)
    response = client.post(CHANGE, {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert response.url == "/accounts/profile/"
    assert client.get(CHANGE).status_code == 200, "still logged in here"
    qiumeng.refresh_from_db()
    assert (qiumeng.check_password(NEW), qiumeng.check_password(factories.PASSWORD)) == (True, False)


def test_change_logs_out_other_devices(client, qiumeng):
    other = type(client)()
    for device in (client, other):
        device.force_login(qiumeng)
    client.post(CHANGE, {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert other.get(CHANGE).status_code == 302


@pytest.mark.parametrize(
    ("old", "new1", "new2", "expected"),
    [
        ("wrong", NEW, NEW, {"old_password": [WRONG_PASSWORD]}),
        (
            factories.PASSWORD,
            factories.PASSWORD,
            factories.PASSWORD,
            {"new_password1": ["新密码不能与当前密码相同，请换一个。"]},
        ),
        (factories.PASSWORD, NEW, "x", {"new_password2": ["输入的两个密码不一致。"]}),
        (factories.PASSWORD, "a1b2", "a1b2", {"new_password1": ["密码太短，至少应有 8 个字符。"]}),
        (
            "",
            "",
            "",
            {
                "old_password": ["请填写当前密码。"],
                "new_password1": ["请填写新密码。"],
                "new_password2": ["请再输入一次密码。"],
            },
        ),
    ],
)
def test_refused_change_shows_reason(client, qiumeng, old, new1, new2, expected):
    client.force_login(qiumeng)
    response = client.post(CHANGE, {"old_password": old, "new_password1": new1, "new_password2": new2})
    assert dict(response.context["form"].errors) == expected
    qiumeng.refresh_from_db()
    assert qiumeng.check_password(factories.PASSWORD)


def test_first_password_has_a_page_without_menu(client, qiumeng):
    qiumeng.must_change_password = True
    qiumeng.save()
    client.force_login(qiumeng)
    page = client.get(CHANGE).content.decode()
    left = [word for word in ("主菜单", "个人资料", "学时登记</a>", "当前位置", "没有未读") if word in page]
    assert (left, "退出" in page) == ([], True)


def test_password_with_id_number_is_refused(client, qiumeng):
    client.force_login(qiumeng)
    number = f"my{qiumeng.id_number.lower()}"
    response = client.post(
        CHANGE, {"old_password": factories.PASSWORD, "new_password1": number, "new_password2": number}
    )
    assert response.context["form"].errors == {"new_password1": ["密码中不能包含证件号码。"]}


def test_response_is_same_for_known_and_unknown_address(client, qiumeng):
    known = client.post(RESET, {"email": ADDRESS}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@example.com"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain == [(SENT, 302)]
    assert known.content == unknown.content
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_too_many_resets_are_refused(client, qiumeng, settings):
    settings.PASSWORD_RESETS_IN_TEN_MINUTES = 1
    answers = [client.post(RESET, {"email": ADDRESS}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 429]
    assert f'value="{ADDRESS}"' in answers[1].content.decode()
    assert message_texts(answers[1]) == [people.RESETS.message]
    assert len(mail.outbox) == 1


def test_address_matches_in_any_case(client, qiumeng):
    client.post(RESET, {"email": "QiuMeng@EXAMPLE.com"})
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_address_matches_in_full_width(client, qiumeng):
    client.post(RESET, {"email": ADDRESS.replace("@", "＠")})
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_people_who_cannot_log_in_get_no_mail(client):
    factories.person("覃停用", email=ADDRESS, is_active=False)
    unusable = factories.person("莫无密", email=ADDRESS)
    unusable.set_unusable_password()
    unusable.save()
    client.post(RESET, {"email": ADDRESS})
    assert mail.outbox == []


def test_response_does_not_wait_for_mail_server(client, qiumeng, monkeypatch):
    """The response time would tell whether the address is known."""
    started = []
    monkeypatch.setattr(ImmediateThread, "start", lambda thread: started.append(thread))
    assert client.post(RESET, {"email": ADDRESS}).url == SENT
    assert (len(started), mail.outbox) == (1, [])
    started[0].run()
    assert len(mail.outbox) == 1


def test_each_person_of_shared_address_gets_link(client, qiumeng):
    factories.person("黄妈妈", username="huangmama", email=ADDRESS)
    client.post(RESET, {"email": ADDRESS})
    assert sorted(re.search("用户名为 (.+) 的账号", message.body).group(1) for message in mail.outbox) == [
        "huangmama",
        "qiumeng",
    ]


def test_mail_names_person_and_period_without_id_number(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    message = mail.outbox[0]
    assert message.subject == "专业技术人员继续教育学时系统：重设密码"
    assert message.body.startswith("黄秋梦，您好：")
    assert "链接 3 天内有效" in message.body
    assert qiumeng.id_number not in message.body


def test_link_uses_site_url_for_any_host(client, qiumeng, settings):
    """Otherwise a forged Host header would lead the person, with the token, to a host of the attacker."""
    settings.ALLOWED_HOSTS = ["*"]
    client.post(RESET, {"email": ADDRESS}, headers={"Host": "elsewhere.example"})
    assert ("elsewhere.example" in mail.outbox[0].body, bool(link(mail.outbox[0]))) == (False, True)


def test_page_tells_people_without_address_whom_to_contact(client):
    assert "请联系单位负责人或管理员核实身份后重设密码" in client.get(RESET).content.decode()


def test_link_works_once(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    url = link(mail.outbox[0])
    form = open_link(client, url)
    response = client.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert response.redirect_chain == [(LOGIN, 302)]
    assert message_texts(response) == ["密码已重设，请用新密码登录。"]
    qiumeng.refresh_from_db()
    assert qiumeng.check_password(NEW)
    again = client.get(url)
    assert (again.status_code, again.context["validlink"]) == (200, False)


def test_link_stays_valid_after_weak_password(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    form = open_link(client, link(mail.outbox[0]))
    response = client.post(form, {"new_password1": "1", "new_password2": "1"})
    assert "密码太短，至少应有 8 个字符。" in response.context["form"].errors["new_password1"]
    assert client.post(form, {"new_password1": NEW, "new_password2": NEW}).url == LOGIN


def test_reset_ends_lockout(client, qiumeng):
    for _ in range(8):
        client.post(LOGIN, {"username": qiumeng.phone, "password": "forgotten"})
    client.post(RESET, {"email": ADDRESS})
    client.post(open_link(client, link(mail.outbox[0])), {"new_password1": NEW, "new_password2": NEW})
    assert client.post(LOGIN, {"username": qiumeng.phone, "password": NEW}).status_code == 302


@pytest.mark.parametrize("url", ["/accounts/password/reset/MQ/x-y/", "/accounts/password/reset/!!/set-password/"])
def test_invalid_link_shows_page(client, url):
    response = client.get(url)
    assert (response.status_code, response.context["validlink"]) == (200, False)


@pytest.mark.parametrize("typed", ["", "nobody", "\0", "x" * 5000 + "@example.com"])
def test_invalid_address_gives_error_at_field(client, typed):
    assert list(client.post(RESET, {"email": typed}).context["form"].errors) == ["email"]
