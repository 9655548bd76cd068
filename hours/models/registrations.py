"""Registrations and the submissions that they belong to."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.crypto import DerivedField
from config.texts import comparison_digest
from hours.states import REJECTED, Status
from organizations.models import Region, Unit

from .fields import hours_field, in_half_hours
from .querysets import RegistrationQuerySet
from .settings import Category

LIVE = ~Q(status__in=sorted(REJECTED))


class Submission(models.Model):
    """One 批量提交审核 of several registrations to a unit, with the names of that day."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", verbose_name="提交人"
    )
    token = models.UUIDField(
        "提交标识",
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text="一个对话框一个标识：重复点击只提交一次。",
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="submissions", verbose_name="单位")
    region = models.ForeignKey(Region, models.PROTECT, related_name="submissions", verbose_name="区域")
    unit_name = models.CharField("提交时的单位名称", max_length=120)
    unit_credit_code = models.CharField("提交时的统一社会信用代码", max_length=18, blank=True)
    entries = models.PositiveIntegerField("登记条数")
    hours = models.DecimalField("申请学时合计", max_digits=8, decimal_places=1)
    created_at = models.DateTimeField("提交时间")

    class Meta:
        verbose_name = verbose_name_plural = "提交批次"
        indexes = [models.Index(fields=["owner", "-created_at"], name="submission_owner_latest")]

    def __str__(self) -> str:
        return f"{self.unit_name} · {self.entries} 条"


class Registration(models.Model):
    """One 学时登记. A submission stores the unit, its name and the regions of that day."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="registrations", verbose_name="登记人"
    )
    category = models.ForeignKey(Category, models.PROTECT, related_name="registrations", verbose_name="认定类型")
    content = models.CharField("认定内容", max_length=300)
    # Equal for texts that look alike, so that spacing, width and invisible characters make no other registration.
    content_key = DerivedField(max_length=64, source="content", compute=comparison_digest)
    starts_at = models.DateTimeField("开始时间")
    ends_at = models.DateTimeField("结束时间")
    hours_applied = hours_field("申请学时")
    hours_proposed = hours_field("初审学时", null=True, blank=True, editable=False)
    hours_recognised = hours_field("认定学时", null=True, blank=True, editable=False)
    year = models.PositiveSmallIntegerField("计入年度")
    note = models.CharField("认定内容说明", max_length=1000, blank=True)
    certificate_number = models.CharField("证书编号", max_length=100, blank=True)
    certificate_key = DerivedField(max_length=64, source="certificate_number", compute=comparison_digest)
    declared_at = models.DateTimeField("承诺时间", editable=False)
    status = models.CharField("审核状态", max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    round = models.PositiveSmallIntegerField("第几轮", default=0, editable=False, help_text="每次提交或重新审核加一。")
    submission = models.ForeignKey(
        Submission,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="registrations",
        verbose_name="提交批次",
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, editable=False, related_name="registrations", verbose_name="单位"
    )
    unit_name = models.CharField("提交时的单位名称", max_length=120, blank=True, editable=False)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, editable=False, related_name="registrations", verbose_name="区域"
    )
    # The regions above it on the day of the submission, so that a queue of any region filters one column.
    city = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    province = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    # The reviewer who entered it for the owner (单位集体登记); None if the owner registered it.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="单位代登记人",
    )
    # Start of the current stage, and the duration of each stage of the current round.
    stage_since = models.DateTimeField("进入当前环节的时间", null=True, blank=True, editable=False)
    first_wait = models.DurationField("初审用时", null=True, blank=True, editable=False)
    final_wait = models.DurationField("终审用时", null=True, blank=True, editable=False)
    is_unaffiliated = models.BooleanField("无单位直报", default=False, editable=False)
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    updated_at = models.DateTimeField("修改时间", auto_now=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学时登记"
        indexes = [
            models.Index(fields=["owner", "status", "-ends_at"], name="registration_owner_list"),
            models.Index(
                fields=["owner", "year", "status", "hours_applied", "hours_recognised"],
                name="registration_owner_years",
            ),
            # The owner is the last column, so that counting a queue without one's own registrations needs no table.
            models.Index(fields=["unit", "status", "submitted_at", "id", "owner"], name="registration_unit_queue"),
            *(
                models.Index(fields=[place, *order], name=f"registration_{place}_{name}")
                for place in ("region", "city", "province")
                for name, order in (
                    ("queue", ("status", "submitted_at", "id", "owner")),
                    ("all", ("submitted_at", "id")),
                )
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="registration_status_known",
                violation_error_message="审核状态不在可选范围内。",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="registration_end_not_before_start",
                violation_error_message="结束时间不能早于开始时间。",
            ),
            models.CheckConstraint(
                condition=Q(hours_applied__gt=0),
                name="registration_hours_positive",
                violation_error_message="申请学时必须大于 0。",
            ),
            *(
                models.CheckConstraint(
                    condition=in_half_hours(field),
                    name=f"registration_{field}_in_halves",
                    violation_error_message="学时必须是 0.5 的倍数。",
                )
                for field in ("hours_applied", "hours_proposed", "hours_recognised")
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT)
                | Q(submitted_at__isnull=False, unit__isnull=False, region__isnull=False, submission__isnull=False),
                name="registration_submitted_somewhere",
                violation_error_message="已提交的登记必须有提交时间、单位和区域。",
            ),
            models.CheckConstraint(
                condition=Q(hours_proposed__isnull=True)
                | Q(hours_proposed__gt=0, hours_proposed__lte=F("hours_applied")),
                name="registration_proposed_within_applied",
                violation_error_message="初审学时必须大于 0，且不能超过申请学时。",
            ),
            models.CheckConstraint(
                condition=Q(hours_recognised__isnull=True)
                | Q(hours_recognised__gt=0, hours_recognised__lte=Coalesce("hours_proposed", "hours_applied")),
                name="registration_recognised_within_proposed",
                violation_error_message="认定学时必须大于 0，且不能超过初审学时。",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.RECOGNISED, Status.REVOKED], hours_recognised__isnull=False)
                | (~Q(status__in=[Status.RECOGNISED, Status.REVOKED]) & Q(hours_recognised__isnull=True)),
                name="registration_recognised_has_hours",
                violation_error_message="只有已认定的登记有认定学时。",
            ),
            models.UniqueConstraint(
                fields=["owner", "certificate_key"],
                condition=LIVE & ~Q(certificate_key=""),
                name="registration_certificate_once",
                violation_error_message="该证书编号已登记过。",
            ),
            models.UniqueConstraint(
                fields=["owner", "content_key", "starts_at", "ends_at"],
                condition=LIVE,
                name="registration_content_and_dates_once",
                violation_error_message="相同内容、相同起止时间的登记已存在。",
            ),
        ]

    def __str__(self) -> str:
        return self.content

    @property
    def current_hours(self) -> Decimal:
        """The hours recognised, else proposed, else applied for."""
        return self.hours_recognised or self.hours_proposed or self.hours_applied
