"""Send notices by e-mail, after the transaction that wrote them: a sender sees committed rows only.

Two senders never send the same notice: a sender claims it with a conditional update that moves `mail_due_at` into the
future. If the update changes no row, another sender was first. This works on both databases and holds no lock while the
mail server answers. The claim of a sender that crashed expires, and the notice is sent again: a mail may arrive twice,
and is never lost.
"""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from config import texts
from config.constants import MAIL_BATCH_SIZE
from hours.models import Notice

from . import inbox

logger = logging.getLogger(__name__)

CLAIM_DURATION = timedelta(minutes=10)  # longer than a mail server takes to answer
MAX_SUBJECT_LENGTH = 120


@dataclass
class SendReport:
    """The numbers of one pass."""

    sent: int = 0
    failed: int = 0
    unaddressed: int = 0


def send_due(connection: BaseEmailBackend | None = None) -> SendReport:
    """Send every notice that is due and has an address, one by one."""
    connection = connection or get_connection()
    report = SendReport(unaddressed=_skip_unaddressed())
    try:
        while keys := _due_keys():
            for key, due_at in keys:
                connection.open()  # before the claim, so that a server that is down uses up no attempt
                if _claim(key, due_at):
                    _send(key, connection, report)
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("the mail server does not answer (%s); the notices wait", type(error).__name__)
    finally:
        connection.close()
    return report


def _skip_unaddressed() -> int:
    """Take notices to people without an address or an active account out of the queue; return their number."""
    unreachable = Q(person__email="") | Q(person__is_active=False)
    due = Notice.objects.filter(unreachable, mail_due_at__lte=timezone.now())
    return Notice.objects.filter(pk__in=due.values("pk")).update(mail_due_at=None)


def _due_keys() -> list[tuple[int, datetime | None]]:
    due = Notice.objects.filter(mail_due_at__lte=timezone.now()).order_by("mail_due_at", "pk")
    return list(due.values_list("pk", "mail_due_at")[:MAIL_BATCH_SIZE])


def _claim(key: int, due_at: datetime | None) -> bool:
    until = timezone.now() + CLAIM_DURATION
    claimed = Notice.objects.filter(pk=key, mail_due_at=due_at)
    return bool(claimed.update(mail_due_at=until, mail_attempts=F("mail_attempts") + 1))


def _send(key: int, connection: BaseEmailBackend, report: SendReport) -> None:
    rows = Notice.objects.select_related("person", "decision", "registration").defer("person__id_number")
    notice = rows.get(pk=key)
    try:
        _message(notice, connection).send()
    except Exception as error:  # one bad address or text must not stop the others
        connection.close()
        _try_later(notice, error)
        report.failed += 1
    else:
        Notice.objects.filter(pk=key).update(mailed_at=timezone.now(), mail_due_at=None)
        report.sent += 1


def _try_later(notice: Notice, error: Exception) -> None:
    """Schedule the next attempt, with growing delays and a maximum; log the key, never address or ID number."""
    delays = settings.NOTICE_RETRY_MINUTES
    again = notice.mail_attempts <= len(delays)
    due_at = timezone.now() + timedelta(minutes=delays[notice.mail_attempts - 1]) if again else None
    Notice.objects.filter(pk=notice.pk).update(mail_due_at=due_at)
    logger.warning(
        "notice %s could not be mailed (try %s of %s): %s",
        *(notice.pk, notice.mail_attempts, len(delays) + 1, type(error).__name__),
    )


def _message(notice: Notice, connection: BaseEmailBackend) -> EmailMessage:
    """Return the mail: the decision, its reason and a link, never an ID number."""
    what = inbox.sentence(notice)
    body = render_to_string(
        "email/notice.txt",
        {
            "name": notice.person.name,
            "sentence": what,
            "words": inbox.reason_and_words(notice.decision),
            "advice": inbox.advice(notice),
            "office": notice.decision.office,
            "when": notice.created_at,
            "url": f"{settings.SITE_URL}{reverse('hours:notice', args=[notice.pk])}",
            "product_name": settings.PRODUCT_NAME,
            "help_contact": settings.HELP_CONTACT,
        },
    )
    subject = texts.normalise_line(what)[:MAX_SUBJECT_LENGTH]
    return EmailMessage(subject, body, None, [notice.person.email], connection=connection)
