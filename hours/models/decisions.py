"""Decisions about registrations, which are never changed, and the notices of them to the owner."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hours.states import Action, Stage, Status

from .fields import hours_field
from .registrations import Registration
from .settings import Reason


class Decision(models.Model):
    """One action taken on a registration. A row is never changed or deleted; names are kept as text."""

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="decisions", verbose_name="学时登记")
    round = models.PositiveSmallIntegerField("第几轮")
    stage = models.CharField("环节", max_length=10, choices=Stage)
    action = models.CharField("操作", max_length=20, choices=Action)
    status = models.CharField("操作后的状态", max_length=20, choices=Status)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions", verbose_name="操作人")
    actor_name = models.CharField("操作人姓名", max_length=50)
    office = models.CharField("办理单位", max_length=120, blank=True)
    hours = hours_field("学时", null=True, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="原因")
    reason_name = models.CharField("原因名称", max_length=50, blank=True)
    words = models.CharField("意见", max_length=500, blank=True)
    created_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "审核记录"
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["registration", "created_at"], name="decision_in_order"),
            models.Index(fields=["actor", "created_at", "id"], name="decision_by_actor"),
            # To exclude from the 终审 what the same person decided at the 初审 of a unit without reviewers.
            models.Index(fields=["actor", "registration"], condition=Q(stage=Stage.FIRST), name="decision_first_stage"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "round", "stage"],
                condition=~Q(action=Action.ASK_RETURN),
                name="decision_once_per_stage",
                violation_error_message="该登记在此环节已有决定。",
            ),
            models.UniqueConstraint(
                fields=["registration", "round", "stage"],
                condition=Q(action=Action.ASK_RETURN),
                name="decision_return_asked_once",
                violation_error_message="此环节已请求过退回。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} · {self.actor_name}"


class ReturnedVersion(models.Model):
    """The content of a registration when it was returned; the reviewer sees what its owner has changed since."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="returned_versions")
    round = models.PositiveSmallIntegerField("第几轮")
    facts = models.JSONField("内容", help_text="字段名 -> 显示的文字；attachments: 编号 -> 文件名。")
    created_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "退回时的内容"
        constraints = [models.UniqueConstraint(fields=["registration", "round"], name="returned_version_once")]

    def __str__(self) -> str:
        return f"{self.registration} · {self.round}"


class Notice(models.Model):
    """A notice of a decision to the owner; written with the decision, mailed later by `send_notices`."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="收件人")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="notice", verbose_name="审核记录")
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="notices", verbose_name="学时登记")
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    mail_due_at = models.DateTimeField(
        "邮件待发时间", null=True, blank=True, default=timezone.now, help_text="为空表示已发送或不再发送。"
    )
    mail_attempts = models.PositiveSmallIntegerField("邮件尝试次数", default=0)
    mailed_at = models.DateTimeField("邮件时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notice_latest"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.decision.get_action_display()} · {self.registration}"
