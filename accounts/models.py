"""People and their appointments."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from config.texts import name_key
from organizations.models import Region, Unit

from . import identity
from .crypto import DerivedField, EncryptedTextField, digest
from .querysets import AppointmentQuerySet, UserManager

NAME_KEY_LENGTH = 100
phone_validator = RegexValidator(r"^1[3-9]\d{9}$", "请输入 11 位手机号码。")
username_validator = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9_.-]{3,29}$", "用户名应以字母开头，由 4 至 30 位字母、数字或 _ . - 组成。"
)


def identity_digest(number: str) -> str:
    """Return the digest for look-up and uniqueness of an ID number, the same for every way to type it."""
    return digest(identity.normalise(number))


def stored_name_key(name: str) -> str:
    """Return the key by which a person is searched for by name; of one that folds to a very long text its beginning."""
    return name_key(name or "")[:NAME_KEY_LENGTH]


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. The ID number is encrypted; pages show `masked_id`, look-ups use `id_digest`."""

    NAME_LENGTH = 50

    class IdKind(models.TextChoices):
        RESIDENT = "resident", "居民身份证"
        PASSPORT = "passport", "护照"
        HK_MACAO = "hk_macao", "港澳居民来往内地通行证"
        TAIWAN = "taiwan", "台湾居民来往大陆通行证"
        FOREIGNER = "foreigner", "外国人永久居留身份证"

    username = models.CharField(
        "用户名",
        max_length=30,
        unique=True,
        validators=[username_validator],
        error_messages={"unique": "该用户名已被使用，请换一个。"},
    )
    name = models.CharField("姓名", max_length=NAME_LENGTH)
    name_key = DerivedField(max_length=NAME_KEY_LENGTH, source="name", compute=stored_name_key)
    id_kind = models.CharField("证件类型", max_length=10, choices=IdKind, default=IdKind.RESIDENT)
    id_number = EncryptedTextField("证件号码")
    id_digest = DerivedField(max_length=64, unique=True, source="id_number", compute=identity_digest)
    id_tail = DerivedField("证件号码后四位", max_length=4, db_index=True, source="id_number", compute=identity.tail)
    phone = models.CharField(
        "手机号码",
        max_length=11,
        unique=True,
        null=True,
        blank=True,
        validators=[phone_validator],
        error_messages={"unique": "该手机号码已注册，可直接登录或找回密码。"},
    )
    email = models.EmailField("电子邮箱", blank=True)
    unit = models.ForeignKey(
        Unit, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name="所在单位"
    )
    is_active = models.BooleanField("可登录", default=True)
    must_change_password = models.BooleanField("须修改密码", default=False, editable=False)
    is_staff = models.BooleanField("可进入系统管理", default=False)
    date_joined = models.DateTimeField("注册时间", default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name", "id_number"]

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        indexes = [
            # Serves searches by the start of a name, which a plain PostgreSQL index does not serve.
            models.Index(fields=["name"], name="user_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["name_key"], name="user_name_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["email"], name="user_email"),  # for 找回密码, open to anonymous visitors
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(id_kind__in=["resident", "passport", "hk_macao", "taiwan", "foreigner"]),
                name="user_id_kind_known",
                violation_error_message="证件类型不在可选范围内。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check every field by itself and, unless excluded, the ID number against its kind."""
        problems: dict[str, list[ValidationError]] = {}
        number = "" if "id_number" in (exclude or ()) else identity.normalise(self.id_number or "")
        if number and (problem := id_number_problem(self.id_kind, number)):
            problems["id_number"] = [ValidationError(problem)]
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            problems |= error.error_dict
        if problems:
            raise ValidationError(problems)

    def clean(self) -> None:
        super().clean()
        self.id_number = identity.normalise(self.id_number or "")
        self.phone = self.phone or None
        self.email = self.email.lower()

    @property
    def masked_id(self) -> str:
        return identity.masked(self.id_tail)

    def active_appointments(self) -> list[Appointment]:
        """Return today's active appointments with their regions; none for a disabled account.

        Every page calls this, and most people have no appointments, so `exists()` comes first. `is_active` in Python
        gives the same result as the SQL of `active()`, which takes longer to build than the rest of the page frame.
        """
        if not self.is_active or not self.appointments.exists():
            return []
        return [row for row in self.appointments.select_related("region", "deputy_of") if row.is_active]

    def administered_regions(self) -> list[Region]:
        """Return the regions that this person administers today."""
        held = self.appointments.active().filter(role=Appointment.Role.REGION_ADMIN).select_related("region")
        return [appointment.region for appointment in held if appointment.region]

    def set_password(self, raw_password: str | None) -> None:
        """Set a password that the person or an administrator has chosen."""
        super().set_password(raw_password)
        self.must_change_password = False

    def get_short_name(self) -> str:
        return self.name


def id_number_problem(kind: str, number: str) -> str:
    """Return why a normalised number of this kind is wrong, as a sentence for users; empty if it is right."""
    if kind == User.IdKind.RESIDENT:
        return identity.resident_id_problem(number, timezone.localdate())
    if kind == User.IdKind.FOREIGNER:
        return identity.foreigner_id_problem(number, timezone.localdate())
    return identity.other_id_problem(number)


class Appointment(models.Model):
    """A person's right to review or administer in a unit or region, from the first to the last day."""

    class Role(models.TextChoices):
        UNIT_REVIEWER = "unit_reviewer", "单位审核员"
        REGION_REVIEWER = "region_reviewer", "终审员"
        REGION_ADMIN = "region_admin", "区域管理员"

    person = models.ForeignKey(User, models.CASCADE, related_name="appointments", verbose_name="人员")
    role = models.CharField("职责", max_length=20, choices=Role)
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="appointments", verbose_name="单位"
    )
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="appointments", verbose_name="区域"
    )
    valid_from = models.DateField("起始日", default=timezone.localdate)
    valid_until = models.DateField("最后一日", null=True, blank=True, help_text="留空表示长期有效；到期自动失效。")
    deputy_of = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="deputies", verbose_name="代理谁的职责"
    )
    confirmed_at = models.DateTimeField(
        "确认时间", null=True, blank=True, help_text="单位注册提出的任职，由管理员确认后生效。"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        indexes = [models.Index(fields=["person", "role"], name="appointment_person_role")]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="unit_reviewer", unit__isnull=False, region__isnull=True)
                | Q(role__in=["region_reviewer", "region_admin"], unit__isnull=True, region__isnull=False),
                name="appointment_scope_fits_role",
                violation_error_message="单位审核员须指定单位（且不填区域），终审员和区域管理员须指定区域（且不填单位）。",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="appointment_dates_in_order",
                violation_error_message="最后一日不能早于起始日。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()} · {self.unit or self.region}"

    @property
    def is_active(self) -> bool:
        """Whether it is active today, by the same rules as `AppointmentQuerySet.active`."""
        today = timezone.localdate()
        return all(appointment._is_in_force(today) for appointment in self.with_principal())

    def with_principal(self) -> list[Appointment]:
        """Return this appointment and, for a deputy, the principal's, on which it depends."""
        return [self, self.deputy_of] if self.deputy_of else [self]

    def _is_in_force(self, day: date) -> bool:
        until = self.valid_until or day
        return bool(self.confirmed_at) and self.valid_from <= day <= until


class ImportPlan(models.Model):
    """A table that waits for its confirmation, or was imported. Only its maker sees it.

    The lines themselves lie encrypted in the storage (accounts/imports.py). `preview` holds what the preview shows.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("种类", max_length=20)
    maker = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name="上传人")
    file_name = models.CharField("文件名", max_length=120)
    options = models.JSONField("选项", default=dict)
    preview = EncryptedTextField("预览")
    digest = models.CharField("指纹", max_length=64)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    applied_at = models.DateTimeField("导入时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入"
        indexes = [models.Index(fields=["created_at"], name="import_plan_created")]

    def __str__(self) -> str:
        return self.file_name
