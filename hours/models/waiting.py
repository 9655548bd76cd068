"""待认领学时: reported completions whose person or course is not known yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import identity
from accounts.crypto import DerivedField, EncryptedTextField, digest
from accounts.models import identity_digest
from config.texts import comparison_digest, comparison_key

from .courses import Completion, Course
from .fields import hours_field, in_half_hours


class WaitingCompletion(models.Model):
    """A reported completion that does not count, or not yet; the facts are as reported.

    It is credited when its person and course become known, or when the completion that another report has recorded is
    taken back. The course is named by `course_code`, `course_number`, or by `year` and `course_name`; beside the former
    two, year and name have to fit. `course_labels` are names by which the platform calls it. Without `hours` the hours
    of the course count.
    """

    class State(models.TextChoices):
        PERSON = "person", "待人员注册"
        COURSE = "course", "待科目录入"
        REFUSED = "refused", "不能计入"
        REPEATED = "repeated", "另有报送已计入"

    REASON_LENGTH = 200

    id_number = EncryptedTextField("证件号码", editable=False)
    id_digest = DerivedField(max_length=64, db_index=True, source="id_number", compute=identity_digest)
    id_tail = DerivedField("证件号码后四位", max_length=4, db_index=True, source="id_number", compute=identity.tail)
    year = models.PositiveSmallIntegerField("年度", null=True)
    course_name = models.CharField("科目名称", max_length=Course.NAME_LENGTH, blank=True)
    course_key = DerivedField(max_length=64, source="course_name", compute=comparison_digest)
    course_labels = models.JSONField(default=list, editable=False)
    course_number = models.PositiveIntegerField("科目编号", null=True)
    course_code = models.CharField("课程编号", max_length=Course.CODE_LENGTH, blank=True)
    hours = hours_field("学时", null=True)
    caps_hours = models.BooleanField("超出时按科目学时", default=False)
    completed_on = models.DateField("完成日期")
    source = models.CharField("来源", max_length=Completion.SOURCE_LENGTH)
    source_key = models.CharField("来源方编号", max_length=Completion.SOURCE_KEY_LENGTH, blank=True)
    row_key = DerivedField(max_length=64, source="row_identity", compute=digest)
    state = models.CharField("状态", max_length=10, choices=State)
    reason = models.CharField("说明", max_length=REASON_LENGTH)
    received_at = models.DateTimeField("收到时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "待认领学时"
        indexes = [
            models.Index(fields=["year", "course_key"], name="waiting_course_name"),
            models.Index(fields=["course_number"], name="waiting_course_number"),
            models.Index(fields=["course_code"], name="waiting_course_code"),
            models.Index(fields=["state"], name="waiting_state"),
            models.Index(fields=["received_at"], name="waiting_received"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "row_key"], name="waiting_once"),
            models.CheckConstraint(
                condition=Q(course_number__isnull=False)
                | ~Q(course_code="")
                | (Q(year__isnull=False) & ~Q(course_name="")),
                name="waiting_names_course",
            ),
            models.CheckConstraint(
                condition=Q(hours__isnull=True) | (Q(hours__gt=0) & in_half_hours("hours")), name="waiting_hours"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.masked_id} · {self.course_text}"

    @property
    def masked_id(self) -> str:
        return identity.masked(self.id_tail)

    @property
    def course_text(self) -> str:
        """The course as it was reported."""
        numbered = self.course_code or self.course_number is not None
        name = f"编号 {self.course_code or self.course_number}" if numbered else self.course_name
        return f"{name}（{self.year}）" if self.year else name

    @property
    def row_identity(self) -> str:
        """What makes the report unique within its source: the source's number, or else person and course."""
        if self.source_key:
            return self.source_key
        is_numbered = self.course_code or self.course_number is not None
        name = "" if is_numbered else comparison_key(self.course_name)
        facts = [identity.normalise(self.id_number), self.year, name, self.course_number]
        facts += [self.course_code] if self.course_code else []
        return "\n".join(map(str, facts))
