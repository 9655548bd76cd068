"""通知: in the product and by e-mail, for return, refusal and recognition, and read by their owner alone."""

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
from hours.notices.mail import CLAIM_DURATION, MAX_ATTEMPTS, RETRY_DELAYS
from hours.workflow import transitions
from tests import factories
from tests.workflow.test_races import at_once

pytestmark = pytest.mark.django_db
NOTICES, READ_ALL = reverse("hours:notices"), reverse("hours:notices_read")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def three(huang, station, bureau):
    """黄秋梦's notices of a return, a refusal and a recognition, in this order; 李工's beside them."""
    huang.email = "qiumeng@example.cn"
    huang.save()
    factories.returned(huang, station, station.reviewer, content="退回的")
    factories.refused(huang, station, station.reviewer, content="不予认定的")
    factories.recognised(huang, station, station.reviewer, bureau, content="认定的")
    factories.refused(factories.person("李工", email="li@example.cn"), station, station.reviewer, content="李工的")
    return list(huang.notices.order_by("pk"))


def open_(notice) -> str:
    return reverse("hours:notice", args=[notice.pk])


def bell(response) -> str:
    """What the bell says to somebody who does not see it."""
    return response.content.decode().split('class="head-notices"')[1].split('aria-label="')[1].split('"')[0]


# --- The page ------------------------------------------------------------------------------------


def test_it_lists_the_own_ones_latest_first_with_reason_and_words(client, three):
    response = client.get(NOTICES)
    assert [(sentence, words) for _, sentence, words in response.context["rows"]] == [
        ("您的登记“认定的”已认定 16 学时。", ""),
        ("您的登记“不予认定的”不予认定。", "材料不清晰：请补充证书复印件。"),
        ("您的登记“退回的”已退回修改。", "材料不清晰：请补充证书复印件。"),
    ]
    assert "李工" not in response.content.decode()


def test_the_steps_between_are_no_notices(client, huang, station):
    factories.agreed(huang, station, station.reviewer)
    assert client.get(NOTICES).context["rows"] == []


def test_an_empty_page_says_where_the_progress_is(client):
    page = client.get(NOTICES).content.decode()
    assert "没有通知" in page
    assert reverse("hours:lookup_registrations") in page


def test_opening_marks_it_read_and_leads_to_where_one_reads_on(client, three):
    returned, refused, recognised = three
    assert client.get(open_(returned)).url == reverse("hours:edit", args=[returned.registration_id])
    assert client.get(open_(refused)).url == reverse("hours:detail", args=[refused.registration_id])
    assert list(Notice.objects.filter(read_at=None, person=returned.person)) == [recognised]


def test_the_first_reading_is_kept(client, three):
    client.get(open_(three[1]))
    first = Notice.objects.get(pk=three[1].pk).read_at
    client.get(open_(three[1]))
    assert Notice.objects.get(pk=three[1].pk).read_at == first


def test_asking_for_the_head_reads_nothing(client, three):
    client.head(open_(three[0]))
    assert Notice.objects.get(pk=three[0].pk).read_at is None


def test_a_notice_of_a_registration_that_was_sent_again_leads_to_its_detail(client, huang, three, station):
    registration = three[0].registration
    registration.refresh_from_db()
    transitions.submit(huang, [registration], station, station.region)
    assert client.get(open_(three[0])).url == reverse("hours:detail", args=[registration.pk])


def test_another_persons_notice_is_a_404_and_stays_unread(client, three):
    others = Notice.objects.get(person__name="李工")
    assert client.get(open_(others)).status_code == 404
    assert Notice.objects.get(pk=others.pk).read_at is None


def test_all_are_marked_read_at_once_and_nobody_elses(client, three):
    response = client.post(READ_ALL, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["已将 3 条通知标为已读。"]
    assert [notice.person.name for notice in Notice.objects.filter(read_at=None)] == ["李工"]


def test_the_bell_counts_the_unread_ones_in_words(client, three):
    assert bell(client.get(reverse("hours:list"))) == "通知，3 条未读"
    client.get(open_(three[1]))
    assert bell(client.get(reverse("hours:list"))) == "通知，2 条未读"
    client.post(READ_ALL)
    assert bell(client.get(reverse("hours:list"))) == "通知，没有未读"


def test_the_bell_counts_no_further_than_it_shows(client, monkeypatch):
    monkeypatch.setattr("hours.notices.inbox.unread_count", lambda person: 100)
    assert bell(client.get(NOTICES)) == "通知，99+ 条未读"


@pytest.mark.parametrize("rows", [1, 25])
def test_it_costs_the_same_queries_for_any_number_of_rows(client, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        factories.returned(huang, station, station.reviewer, content=f"第 {number} 条")
    with django_assert_num_queries(6):  # session, person, count, rows; duties, unread notices
        client.get(NOTICES)


# --- By e-mail -----------------------------------------------------------------------------------


def send() -> str:
    out = StringIO()
    call_command("send_notices", stdout=out)
    return out.getvalue().strip()


def test_each_notice_is_mailed_once(three):
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


def test_the_mail_tells_what_why_and_where_and_no_id_number(three, huang, settings):
    settings.SITE_URL = "https://xueshi.example"
    send()
    body = mail.outbox[0].body
    for told in (
        "黄秋梦，您好：",
        "您的登记“退回的”已退回修改。",
        "原因和意见：材料不清晰：请补充证书复印件。",
        "办理单位：宾阳县甘棠镇林业站",
        "请按意见修改后重新提交审核。",
        f"https://xueshi.example{open_(three[0])}",
    ):
        assert told in body
    assert huang.id_number not in body
    assert huang.id_tail not in body
    assert "原因和意见" not in mail.outbox[2].body


def test_a_line_break_in_the_content_makes_no_second_header(huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    factories.refused(huang, station, station.reviewer, content="第一行\nBcc: all@example.cn")
    send()
    assert mail.outbox[0].subject == "您的登记“第一行 Bcc: all@example.cn”不予认定。"


def test_people_without_an_address_are_passed_over_once(huang, station):
    factories.refused(huang, station, station.reviewer)
    assert send() == "已发送 0 封，未成功 0 封（稍后重试），无邮箱 1 条。"
    assert send() == "已发送 0 封，未成功 0 封（稍后重试），无邮箱 0 条。"
    notice = huang.notices.get()
    assert (notice.mail_due_at, notice.mailed_at, notice.mail_attempts) == (None, None, 0)


def test_who_may_not_log_in_any_more_gets_no_mail(three, huang):
    huang.is_active = False
    huang.save()
    assert send() == "已发送 1 封，未成功 0 封（稍后重试），无邮箱 3 条。"


def test_nothing_is_sent_of_a_decision_that_was_rolled_back(huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    with transaction.atomic():
        factories.refused(huang, station, station.reviewer)
        transaction.set_rollback(True)
    send()
    assert mail.outbox == []


class Moody(EmailBackend):
    """A mail server that refuses some addresses, or is away."""

    def __init__(self, refused: tuple[str, ...] = (), away: bool = False) -> None:
        super().__init__()
        self.refused, self.away = refused, away

    def open(self) -> None:
        if self.away:
            raise ConnectionRefusedError

    def send_messages(self, messages) -> int:
        if messages[0].to[0] in self.refused:
            raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})
        return super().send_messages(messages)


def test_a_failing_address_does_not_stop_the_others_and_is_tried_later(three, huang, caplog):
    report = notice_mail.send_due(Moody(refused=("qiumeng@example.cn",)))
    assert (report.sent, report.failed) == (1, 3)
    assert [message.to for message in mail.outbox] == [["li@example.cn"]]
    notice = huang.notices.first()
    assert (notice.mailed_at, notice.mail_attempts) == (None, 1)
    assert abs(notice.mail_due_at - timezone.now() - RETRY_DELAYS[0]) < timedelta(minutes=1)
    assert f"notice {three[0].pk} could not be mailed (try 1 of {MAX_ATTEMPTS}): SMTPRecipientsRefused" in caplog.text
    assert huang.email not in caplog.text
    assert huang.id_tail not in caplog.text


def test_after_some_tries_it_is_given_up(three, huang):
    for attempt in range(MAX_ATTEMPTS):
        assert notice_mail.send_due(Moody(refused=("qiumeng@example.cn",))).failed == 3, attempt
        huang.notices.exclude(mail_due_at=None).update(mail_due_at=timezone.now())
    assert set(huang.notices.values_list("mail_due_at", "mail_attempts", "mailed_at")) == {(None, MAX_ATTEMPTS, None)}
    assert notice_mail.send_due().sent == 0


def test_a_server_that_is_away_costs_nobody_a_try(three, caplog):
    report = notice_mail.send_due(Moody(away=True))
    assert (report.sent, report.failed) == (0, 0)
    assert set(Notice.objects.values_list("mail_attempts", flat=True)) == {0}
    assert "the mail server does not answer (ConnectionRefusedError); the notices wait" in caplog.text
    assert notice_mail.send_due().sent == 4


def test_what_another_sender_has_claimed_is_not_sent(three, monkeypatch):
    claim = notice_mail._claim

    def claim_second(key, due_at):
        assert claim(key, due_at)  # somebody else, a moment earlier
        return claim(key, due_at)

    monkeypatch.setattr(notice_mail, "_claim", claim_second)
    assert notice_mail.send_due().sent == 0
    assert mail.outbox == []


def test_a_claim_ends_if_its_sender_died(three):
    notice_mail._claim(three[0].pk, three[0].mail_due_at)
    assert notice_mail.send_due().sent == 3
    died = Notice.objects.get(pk=three[0].pk)
    assert timedelta() < died.mail_due_at - timezone.now() <= CLAIM_DURATION
    Notice.objects.filter(pk=died.pk).update(mail_due_at=timezone.now())
    assert notice_mail.send_due().sent == 1


def test_it_can_keep_running_until_it_is_stopped(three, monkeypatch, huang, station):
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
def test_four_senders_at_once_send_each_notice_once(transactional_db, huang, station):
    huang.email = "qiumeng@example.cn"
    huang.save()
    for number in range(20):
        factories.refused(huang, station, station.reviewer, content=f"第 {number} 条")
    reports = at_once([notice_mail.send_due] * 4)
    assert sum(report.sent for report in reports) == 20
    assert sorted({message.subject for message in mail.outbox}) == sorted(message.subject for message in mail.outbox)
    assert len(mail.outbox) == 20
