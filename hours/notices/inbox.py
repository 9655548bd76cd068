"""Notices about decisions, to the owners of the registrations, as the product shows them; mail.py sends them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from config.constants import UNREAD_COUNT_LIMIT
from hours.models import Decision, Notice
from hours.states import Action
from hours.wording import format_number

RESULTS = {
    Action.RETURN: "已退回修改",
    Action.REFUSE: "不予认定",
    Action.RECOGNISE: "已认定",
    Action.ENTER: "已由单位代为登记，待终审",
}


def of_person(person: User) -> QuerySet[Notice]:
    """Return all notices of a person, latest first."""
    return (
        Notice.objects.filter(person=person).select_related("decision", "registration").order_by("-created_at", "-id")
    )


def unread_count(person: User) -> int:
    """Return the number of unread notices, at most UNREAD_COUNT_LIMIT; one query on a partial index."""
    return len(Notice.objects.filter(person=person, read_at=None).values_list("pk")[:UNREAD_COUNT_LIMIT])


def mark_read(notice: Notice) -> None:
    """Record when the notice was first opened."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def mark_all_read(person: User) -> int:
    """Mark all of a person's notices as read; return how many were unread."""
    return Notice.objects.filter(person=person, read_at=None).update(read_at=timezone.now())


def sentence(notice: Notice) -> str:
    """Return which registration was decided about, and how."""
    decision = notice.decision
    hours = f" {format_number(decision.hours)} 学时" if decision.action == Action.RECOGNISE and decision.hours else ""
    return f"您的登记“{notice.registration.content}”{RESULTS[Action(decision.action)]}{hours}。"


def reason_and_words(decision: Decision) -> str:
    """Return reason and words of the decision; empty if it has neither."""
    return "：".join(part for part in (decision.reason_name, decision.words) if part)


def advice(notice: Notice) -> str:
    """Return what the owner can do next."""
    return {
        Action.RETURN: "请按意见修改后重新提交审核。",
        Action.REFUSE: "如需更正后重新登记，可在该登记中点击“复制为新登记”。",
        Action.RECOGNISE: "已计入您的年度学时。",
        Action.ENTER: "如与事实不符，可在学时查询中对该登记“请求退回”。",
    }[Action(notice.decision.action)]
