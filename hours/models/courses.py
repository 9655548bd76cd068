"""公需科目, their completions, and the learning platforms that report them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.crypto import DerivedField
from config.texts import comparison_digest

from .fields import hours_field, in_half_hours


def _is_absent_or(field: str, **condition: object) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**condition)


class Course(models.Model):
    """A 公需科目 of one year; its hours come from completions, never from registrations.

    It may be completed after its year, up to `last_day`; the hours count for its year all the same.
    """

    class Kind(models.TextChoices):
        REQUIRED = "required", "必修"
        ELECTIVE = "elective", "选修"

    NAME_LENGTH, CODE_LENGTH = 120, 40

    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("科目名称", max_length=NAME_LENGTH)
    name_key = DerivedField(max_length=64, source="name", compute=comparison_digest)
    code = models.CharField(
        "课程编号",
        max_length=CODE_LENGTH,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "该课程编号已用于另一科目。"},
    )
    kind = models.CharField("科目类型", max_length=10, choices=Kind, default=Kind.REQUIRED)
    hours = hours_field("学时")
    first_day = models.DateField("最早完成日", null=True, blank=True)
    last_day = models.DateField("最晚完成日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "公需科目"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "name_key"],
                name="course_once_a_year",
                violation_error_message="该年度已有同名公需科目。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0) & in_half_hours("hours"),
                name="course_hours",
                violation_error_message="学时必须大于 0，且是 0.5 的倍数。",
            ),
            models.CheckConstraint(
                condition=_is_absent_or("first_day", first_day__year__gte=F("year"))
                & _is_absent_or("last_day", last_day__year__gte=F("year")),
                name="course_days_from_its_year",
                violation_error_message="最早和最晚完成日不能早于科目的年度。",
            ),
            models.CheckConstraint(
                condition=Q(first_day__isnull=True)
                | Q(last_day__isnull=False, last_day__gte=F("first_day"))
                | Q(last_day__isnull=True, first_day__year=F("year")),
                name="course_days_in_order",
                violation_error_message="最早完成日不能晚于最晚完成日；最晚完成日留空时为科目年度的最后一日。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.year}）"

    @property
    def completion_days(self) -> tuple[date, date]:
        """The first and the last day of completion: its own, or those of its year."""
        return self.first_day or date(self.year, 1, 1), self.last_day or date(self.year, 12, 31)


class Platform(models.Model):
    """A learning platform that reports completions over HTTP. Its token is shown once and stored as a digest."""

    NAME_LENGTH = 50

    name = models.CharField("名称", max_length=NAME_LENGTH, unique=True)
    token_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    token_tail = models.CharField("令牌末四位", max_length=4, blank=True, editable=False)
    expires_on = models.DateField("最后一日", null=True, blank=True, help_text="留空表示长期有效。")
    is_withdrawn = models.BooleanField("已撤回", default=False)
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("添加时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "学习平台"

    def __str__(self) -> str:
        return self.name


class Completion(models.Model):
    """A person's completion of a public course, with the hours that the course had then."""

    SOURCE_LENGTH, SOURCE_KEY_LENGTH = 50, 100

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="completions", verbose_name="人员"
    )
    course = models.ForeignKey(Course, models.PROTECT, related_name="completions", verbose_name="公需科目")
    hours = hours_field("学时")
    completed_on = models.DateField("完成日期")
    source = models.CharField("来源", max_length=SOURCE_LENGTH)
    source_key = models.CharField("来源方编号", max_length=SOURCE_KEY_LENGTH)

    class Meta:
        verbose_name = verbose_name_plural = "公需科目学习记录"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course"],
                name="completion_once",
                violation_error_message="该人员已有此科目的学习记录。",
            ),
            models.UniqueConstraint(
                fields=["source", "source_key"],
                name="completion_source_key_once",
                violation_error_message="该来源的编号已存在。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0) & in_half_hours("hours"),
                name="completion_hours",
                violation_error_message="学时必须大于 0，且是 0.5 的倍数。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.course}"


class CompletionVersion(models.Model):
    """The former hours and date of a corrected completion."""

    completion = models.ForeignKey(Completion, models.CASCADE, related_name="versions", verbose_name="学习记录")
    hours = hours_field("原学时")
    completed_on = models.DateField("原完成日期")
    replaced_at = models.DateTimeField("更正时间", auto_now_add=True)
    replaced_by = models.CharField("更正来源", max_length=Completion.SOURCE_LENGTH)

    class Meta:
        verbose_name = verbose_name_plural = "学习记录的更正"
        ordering = ["-replaced_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.completion} · {self.replaced_at:%Y-%m-%d}"
