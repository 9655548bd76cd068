"""修改密码 and 找回密码: the answer never tells which addresses are known."""

import re
from threading import Thread

import pytest
from django.core import mail

from accounts import forms
from accounts.forms import WRONG_PASSWORD
from accounts.views import people
from tests import factories

pytestmark = pytest.mark.django_db
CHANGE, RESET, SENT, LOGIN = (
    "/accounts/password/",
    "/accounts/password/reset/",
    "/accounts/password/reset/sent/",
    "/accounts/login/",
)
NEW = "另一个难猜的-2027"
ADDRESS = "qiumeng@example.com"


class AtOnce(Thread):
    """Mail goes in a thread of its own; here it is there when the answer is."""

    def start(self) -> None:
        self.run()


@pytest.fixture(autouse=True)
def _mail_at_once(monkeypatch):
    monkeypatch.setattr(forms, "Thread", AtOnce)


@pytest.fixture
def qiumeng(db):
    return factories.person("黄秋梦", username="qiumeng", email=ADDRESS)


def link(message) -> str:
    return re.search(r"http://127\.0\.0\.1:8000(\S+)", message.body).group(1)


def open_link(client, url: str) -> str:
    """The address of the form behind the link: Django keeps the token out of it."""
    return client.get(url).url


def test_changing_needs_log_in(client):
    assert client.get(CHANGE).url == f"{LOGIN}?next={CHANGE}"


def test_a_changed_password_is_the_one_that_opens(client, qiumeng):
    client.force_login(qiumeng)
    response = client.post(CHANGE, {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert response.url == "/accounts/profile/"
    assert client.get(CHANGE).status_code == 200, "still logged in here"
    qiumeng.refresh_from_db()
    assert (qiumeng.check_password(NEW), qiumeng.check_password(factories.PASSWORD)) == (True, False)


def test_other_devices_are_logged_out_by_it(client, qiumeng):
    other = type(client)()
    for device in (client, other):
        device.force_login(qiumeng)
    client.post(CHANGE, {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert other.get(CHANGE).status_code == 302


@pytest.mark.parametrize(
    ("old", "new1", "new2", "expected"),
    [
        ("wrong", NEW, NEW, {"old_password": [WRONG_PASSWORD]}),
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
def test_a_refused_change_says_why(client, qiumeng, old, new1, new2, expected):
    client.force_login(qiumeng)
    response = client.post(CHANGE, {"old_password": old, "new_password1": new1, "new_password2": new2})
    assert dict(response.context["form"].errors) == expected
    qiumeng.refresh_from_db()
    assert qiumeng.check_password(factories.PASSWORD)


def test_the_id_number_is_no_new_password(client, qiumeng):
    client.force_login(qiumeng)
    number = f"my{qiumeng.id_number.lower()}"
    response = client.post(
        CHANGE, {"old_password": factories.PASSWORD, "new_password1": number, "new_password2": number}
    )
    assert response.context["form"].errors == {"new_password1": ["密码中不能包含证件号码。"]}


def test_the_answer_is_the_same_for_known_and_unknown_addresses(client, qiumeng):
    known = client.post(RESET, {"email": ADDRESS}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@example.com"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain == [(SENT, 302)]
    assert known.content == unknown.content
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_an_address_may_ask_for_so_many_mails(client, qiumeng, settings):
    settings.PASSWORD_RESETS_IN_TEN_MINUTES = 1
    answers = [client.post(RESET, {"email": ADDRESS}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 429]
    assert f'value="{ADDRESS}"' in answers[1].content.decode()
    assert [str(message) for message in answers[1].context["messages"]] == [people.RESETS.message]
    assert len(mail.outbox) == 1


def test_the_address_is_found_in_whatever_case_it_is_typed(client, qiumeng):
    client.post(RESET, {"email": "QiuMeng@EXAMPLE.com"})
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_people_who_may_not_log_in_get_no_mail(client):
    factories.person("覃停用", email=ADDRESS, is_active=False)
    unusable = factories.person("莫无密", email=ADDRESS)
    unusable.set_unusable_password()
    unusable.save()
    client.post(RESET, {"email": ADDRESS})
    assert mail.outbox == []


def test_the_answer_does_not_wait_for_the_mail_server(client, qiumeng, monkeypatch):
    """Its time would tell whether the address is known."""
    begun = []
    monkeypatch.setattr(AtOnce, "start", lambda thread: begun.append(thread))
    assert client.post(RESET, {"email": ADDRESS}).url == SENT
    assert (len(begun), mail.outbox) == (1, [])
    begun[0].run()
    assert len(mail.outbox) == 1


def test_people_who_share_an_address_each_get_a_link_of_their_own(client, qiumeng):
    factories.person("黄妈妈", username="huangmama", email=ADDRESS)
    client.post(RESET, {"email": ADDRESS})
    assert sorted(re.search("用户名为 (.+) 的账号", message.body).group(1) for message in mail.outbox) == [
        "huangmama",
        "qiumeng",
    ]


def test_the_mail_says_who_how_long_and_nothing_of_the_id(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    message = mail.outbox[0]
    assert message.subject == "专业技术人员继续教育学时系统：重设密码"
    assert message.body.startswith("黄秋梦，您好：")
    assert "链接 3 天内有效" in message.body
    assert qiumeng.id_number not in message.body


def test_the_link_leads_to_our_own_address_whatever_host_was_asked(client, qiumeng, settings):
    """Where any host is answered, who asks could else have the token brought to a host of theirs."""
    settings.ALLOWED_HOSTS = ["*"]
    client.post(RESET, {"email": ADDRESS}, headers={"Host": "elsewhere.example"})
    assert ("elsewhere.example" in mail.outbox[0].body, bool(link(mail.outbox[0]))) == (False, True)


def test_the_page_names_the_way_for_people_without_an_address(client):
    assert "请联系单位负责人或管理员核实身份后重设密码" in client.get(RESET).content.decode()


def test_the_link_sets_a_password_once(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    url = link(mail.outbox[0])
    form = open_link(client, url)
    response = client.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert response.redirect_chain == [(LOGIN, 302)]
    assert [str(message) for message in response.context["messages"]] == ["密码已重设，请用新密码登录。"]
    qiumeng.refresh_from_db()
    assert qiumeng.check_password(NEW)
    again = client.get(url)
    assert (again.status_code, again.context["validlink"]) == (200, False)


def test_a_weak_new_password_keeps_the_link(client, qiumeng):
    client.post(RESET, {"email": ADDRESS})
    form = open_link(client, link(mail.outbox[0]))
    response = client.post(form, {"new_password1": "1", "new_password2": "1"})
    assert "密码太短，至少应有 8 个字符。" in response.context["form"].errors["new_password1"]
    assert client.post(form, {"new_password1": NEW, "new_password2": NEW}).url == LOGIN


def test_who_locked_the_account_logs_in_at_once_after_a_reset(client, qiumeng):
    for _ in range(8):
        client.post(LOGIN, {"username": qiumeng.phone, "password": "forgotten"})
    client.post(RESET, {"email": ADDRESS})
    client.post(open_link(client, link(mail.outbox[0])), {"new_password1": NEW, "new_password2": NEW})
    assert client.post(LOGIN, {"username": qiumeng.phone, "password": NEW}).status_code == 302


@pytest.mark.parametrize("url", ["/accounts/password/reset/MQ/x-y/", "/accounts/password/reset/!!/set-password/"])
def test_a_made_up_link_is_a_page_and_no_error(client, url):
    response = client.get(url)
    assert (response.status_code, response.context["validlink"]) == (200, False)


@pytest.mark.parametrize("typed", ["", "nobody", "\0", "x" * 5000 + "@example.com"])
def test_no_address_is_a_sentence(client, typed):
    assert list(client.post(RESET, {"email": typed}).context["form"].errors) == ["email"]
