"""通知 about returns, refusals and recognitions, in the product and by e-mail, for the owner only."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hours.management.commands import send_notices
from hours.models import Notice
from hours.notices import mail as notice_mail
from hours.notices.mail import CLAIM_DURATION
from hours.workflow import transitions
from tests import factories
from tests.concurrency import at_once
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
NOTICES, READ_ALL = reverse("hours:notices"), reverse("hours:notices_read")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def notices(huang, station, bureau):
    """黄秋梦's notices of a return, a refusal and a recognition, in this order; 李工 has one too."""
    huang.email = "qiumeng@example.cn"
    huang.save()
    factories.returned(huang, station, station.reviewer, content="退回的")
    factories.refused(huang, station, station.reviewer, content="不予认定的")
    factories.recognised(huang, station, station.reviewer, bureau, content="认定的")
    factories.refused(factories.person("李工", email="li@example.cn"), station, station.reviewer, content="李工的")
    return list(huang.notices.order_by("pk"))


def url_of(notice) -> str:
    return reverse("hours:notice", args=[notice.pk])


def bell(response) -> str:
    """Return the label of the bell for screen readers."""
    return response.content.decode().split('class="head-notices"')[1].split('aria-label="')[1].split('"')[0]


# --- The page ------------------------------------------------------------------------------------


def test_page_lists_own_notices_latest_first(client, notices):
    response = client.get(NOTICES)
    assert [(sentence, words) for _, sentence, words in response.context["rows"]] == [
        ("您的登记“认定的”已认定 16 学时。", ""),
        ("您的登记“不予认定的”不予认定。", "材料不清晰：请补充证书复印件。"),
        ("您的登记“退回的”已退回修改。", "材料不清晰：请补充证书复印件。"),
    ]
    assert "李工" not in response.content.decode()


def test_agreement_gives_no_notice(client, huang, station):
    factories.agreed(huang, station, station.reviewer)
    assert client.get(NOTICES).context["rows"] == []


def test_empty_page_links_to_the_progress(client):
    page = client.get(NOTICES).content.decode()
    assert "没有通知" in page
    assert reverse("hours:lookup_registrations") in page


def test_opening_marks_as_read_and_redirects(client, notices):
    returned, refused, recognised = notices
    assert client.get(url_of(returned)).url == reverse("hours:edit", args=[returned.registration_id])
    assert client.get(url_of(refused)).url == reverse("hours:detail", args=[refused.registration_id])
    assert list(Notice.objects.filter(read_at=None, person=returned.person)) == [recognised]


def test_second_opening_keeps_the_first_time(client, notices):
    client.get(url_of(notices[1]))
    first = Notice.objects.get(pk=notices[1].pk).read_at
    client.get(url_of(notices[1]))
    assert Notice.objects.get(pk=notices[1].pk).read_at == first


def test_head_request_does_not_mark_as_read(client, notices):
    client.head(url_of(notices[0]))
    assert Notice.objects.get(pk=notices[0].pk).read_at is None


def test_notice_of_resubmitted_registration_opens_detail(client, huang, notices, station):
    registration = notices[0].registration
    registration.refresh_from_db()
    transitions.submit(huang, [registration], station, station.region)
    assert client.get(url_of(notices[0])).url == reverse("hours:detail", args=[registration.pk])


def test_notice_of_another_person_is_404(client, notices):
    others = Notice.objects.get(person__name="李工")
    assert client.get(url_of(others)).status_code == 404
    assert Notice.objects.get(pk=others.pk).read_at is None


def test_all_own_notices_are_marked_as_read(client, notices):
    response = client.post(READ_ALL, follow=True)
    assert message_texts(response) == ["已将 3 条通知标为已读。"]
    assert [notice.person.name for notice in Notice.objects.filter(read_at=None)] == ["李工"]


def test_bell_label_has_the_unread_count(client, notices):
    assert bell(client.get(reverse("hours:list"))) == "通知，3 条未读"
    client.get(url_of(notices[1]))
    assert bell(client.get(reverse("hours:list"))) == "通知，2 条未读"
    client.post(READ_ALL)
    assert bell(client.get(reverse("hours:list"))) == "通知，没有未读"


def test_bell_label_stops_at_99(client, monkeypatch):
    monkeypatch.setattr("hours.notices.inbox.unread_count", lambda person: 100)
    assert bell(client.get(NOTICES)) == "通知，99+ 条未读"


@pytest.mark.parametrize("rows", [1, 25])
def test_query_count_is_constant(client, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        factories.returned(huang, station, station.reviewer, content=f"第 {number} 条")
    with django_assert_num_queries(6):  # session, person, count, rows; duties, unread notices
        client.get(NOTICES)


# --- By e-mail -----------------------------------------------------------------------------------


def send() -> str:
    out = StringIO()
    call_command("send_notices", stdout=out)
    return out.getvalue().strip()


def test_each_notice_is_mailed_once(notices):
    assert send() == "已发送 4 封，未成功 0 封（稍后重试），无邮箱 0 条。"
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["qiumeng@example.cn"], "您的登记“退回的”已退回修改。"),
        (["qiumeng@example.cn"], "您的登记“不予认定的”不予认定。"),
        (["qiumeng@example.cn"], "您的登记“认定的”已认定 16 学时。"),
        (["li@example.cn"], "您的登记“李工的”不予认定。"),
    ]
    assert Notice.objects.filter(mailed_at=None).count() == 0
    assert send() == "已发送 0 封，未成功 0 封（稍后重试），无邮箱 0 条。"
    assert len(mail.outbox) == 4


def test_mail_has_reason_and_link_but_no_id_number(notices, huang, settings):
    settings.SITE_URL = "https://xueshi.example"
    send()
    body = mail.outbox[0].body
    for text in (
        "黄秋梦，您好：",
        "您的登记“退回的”已退回修改。",
        "原因和意见：材料不清晰：请补充证书复印件。",
        "办理单位：宾阳县甘棠镇林业站",
        "请按意见修改后重新提交审核。",
        f"https://xueshi.example{url_of(notices[0])}",
    ):
        assert text in body
    assert huang.id_number not in body
    assert huang.id_tail not in body
    assert "原因和意见" not in mail.outbox[2].body


def test_line_break_in_content_adds_no_header(huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    factories.refused(huang, station, station.reviewer, content="第一行\nBcc: all@example.cn")
    send()
    assert mail.outbox[0].subject == "您的登记“第一行 Bcc: all@example.cn”不予认定。"


def test_people_without_address_are_skipped_once(huang, station):
    factories.refused(huang, station, station.reviewer)
    assert send() == "已发送 0 封，未成功 0 封（稍后重试），无邮箱 1 条。"
    assert send() == "已发送 0 封，未成功 0 封（稍后重试），无邮箱 0 条。"
    notice = huang.notices.get()
    assert (notice.mail_due_at, notice.mailed_at, notice.mail_attempts) == (None, None, 0)


def test_inactive_person_gets_no_mail(notices, huang):
    huang.is_active = False
    huang.save()
    assert send() == "已发送 1 封，未成功 0 封（稍后重试），无邮箱 3 条。"


def test_rolled_back_decision_sends_no_mail(huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    with transaction.atomic():
        factories.refused(huang, station, station.reviewer)
        transaction.set_rollback(True)
    send()
    assert mail.outbox == []


class FailingBackend(EmailBackend):
    """A mail server that refuses some addresses or cannot be reached."""

    def __init__(self, refused: tuple[str, ...] = (), is_down: bool = False) -> None:
        super().__init__()
        self.refused, self.is_down = refused, is_down

    def open(self) -> None:
        if self.is_down:
            raise ConnectionRefusedError

    def send_messages(self, messages) -> int:
        if messages[0].to[0] in self.refused:
            raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})
        return super().send_messages(messages)


def test_refused_address_is_retried_and_others_are_sent(notices, huang, caplog):
    report = notice_mail.send_due(FailingBackend(refused=("qiumeng@example.cn",)))
    assert (report.sent, report.failed) == (1, 3)
    assert [message.to for message in mail.outbox] == [["li@example.cn"]]
    notice = huang.notices.first()
    assert (notice.mailed_at, notice.mail_attempts) == (None, 1)
    assert abs(notice.mail_due_at - timezone.now() - timedelta(minutes=5)) < timedelta(minutes=1)
    assert f"notice {notices[0].pk} could not be mailed (try 1 of 5): SMTPRecipientsRefused" in caplog.text
    assert huang.email not in caplog.text
    assert huang.id_tail not in caplog.text


def test_sending_stops_after_max_attempts(notices, huang):
    for attempt in range(5):
        assert notice_mail.send_due(FailingBackend(refused=("qiumeng@example.cn",))).failed == 3, attempt
        huang.notices.exclude(mail_due_at=None).update(mail_due_at=timezone.now())
    assert set(huang.notices.values_list("mail_due_at", "mail_attempts", "mailed_at")) == {(None, 5, None)}
    assert notice_mail.send_due().sent == 0


def test_unreachable_server_uses_no_attempt(notices, caplog):
    report = notice_mail.send_due(FailingBackend(is_down=True))
    assert (report.sent, report.failed) == (0, 0)
    assert set(Notice.objects.values_list("mail_attempts", flat=True)) == {0}
    assert "the mail server does not answer (ConnectionRefusedError); the notices wait" in caplog.text
    assert notice_mail.send_due().sent == 4


def test_notice_claimed_by_another_sender_is_not_sent(notices, monkeypatch):
    claim = notice_mail._claim

    def claim_second(key, due_at):
        assert claim(key, due_at)  # another sender, a moment earlier
        return claim(key, due_at)

    monkeypatch.setattr(notice_mail, "_claim", claim_second)
    assert notice_mail.send_due().sent == 0
    assert mail.outbox == []


def test_claim_expires_after_a_crash(notices):
    notice_mail._claim(notices[0].pk, notices[0].mail_due_at)
    assert notice_mail.send_due().sent == 3
    claimed = Notice.objects.get(pk=notices[0].pk)
    assert timedelta() < claimed.mail_due_at - timezone.now() <= CLAIM_DURATION
    Notice.objects.filter(pk=claimed.pk).update(mail_due_at=timezone.now())
    assert notice_mail.send_due().sent == 1


def test_loop_runs_until_interrupted(notices, monkeypatch, huang, station):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt
        factories.refused(huang, station, station.reviewer, content="刚刚的")

    monkeypatch.setattr(send_notices.time, "sleep", sleep)
    monkeypatch.setattr(send_notices, "close_old_connections", lambda: None)
    out = StringIO()
    call_command("send_notices", loop=30, stdout=out)
    assert [line[:8] for line in out.getvalue().splitlines()] == ["已发送 4 封，", "已发送 1 封，", "已停止。"]
    assert slept == [30, 30]


@pytest.mark.django_db(transaction=True)
def test_concurrent_senders_send_each_notice_once(transactional_db, huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    for number in range(20):
        factories.refused(huang, station, station.reviewer, content=f"第 {number} 条")
    reports = at_once([notice_mail.send_due] * 4)
    assert sum(report.sent for report in reports) == 20
    assert sorted({message.subject for message in mail.outbox}) == sorted(message.subject for message in mail.outbox)
    assert len(mail.outbox) == 20
