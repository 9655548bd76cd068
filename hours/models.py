"""What is stored: fields and constraints, no decisions."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from organizations.models import Region, Unit

from .querysets import AttachmentQuerySet, CategoryQuerySet, RegistrationQuerySet
from .states import GIVEN_UP, Action, Stage, Status

LIVE = ~Q(status__in=sorted(GIVEN_UP))


def in_half_hours(field: str) -> Q:
    """The condition that hours are a multiple of 0.5 (or absent): their double is a whole number."""
    doubled = ExpressionWrapper(F(field) * 2, models.DecimalField(max_digits=7, decimal_places=1))
    return Q(**{f"{field}__isnull": True}) | Q(Exact(doubled, Cast(doubled, models.IntegerField())))


def hours_field(label: str, **options) -> models.DecimalField:
    """Hours are decimals with one place, 0.5 to 9999.5."""
    return models.DecimalField(label, max_digits=5, decimal_places=1, **options)


class Category(models.Model):
    """认定类型 in two levels; only the second level can be registered. Administrators edit these."""

    name = models.CharField("名称", max_length=50)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="一级类型",
        limit_choices_to={"parent": None},
    )
    counts_by_half_day = models.BooleanField(
        "按半天计算学时", default=False, help_text="选中后按起止时间每半天 4 学时计算申请学时。"
    )
    hint = models.CharField("学时填写提示", max_length=200, blank=True)
    is_example = models.BooleanField("示例", default=False, help_text="示例数据，不代表任何文件的规定。")
    is_active = models.BooleanField("可选", default=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "认定类型"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="category_name_once", violation_error_message="同一级下已有同名类型。"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(parent=None),
                name="category_first_level_name_once",
                violation_error_message="已有同名的一级类型。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（示例）" if self.is_example else self.name


class YearRule(models.Model):
    """What one year asks for and until when it takes submissions. A year without a row is closed."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    total = hours_field("总学时要求")
    professional = hours_field("专业科目最低学时")
    closes_on = models.DateField("提交截止日", help_text="当日仍可提交。")
    returned_closes_on = models.DateField("退回修改后再提交截止日", help_text="当日仍可提交，不早于提交截止日。")
    is_closed = models.BooleanField("已关闭", default=False)
    source = models.CharField("依据", max_length=200)
    source_url = models.URLField("依据链接", blank=True)
    is_example = models.BooleanField("截止日为示例", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "年度规则"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(professional__gte=0, total__gt=0, professional__lte=F("total")),
                name="year_rule_hours_in_order",
                violation_error_message="专业科目最低学时不能为负，也不能超过总学时要求。",
            ),
            models.CheckConstraint(
                condition=Q(returned_closes_on__gte=F("closes_on")),
                name="year_rule_days_in_order",
                violation_error_message="退回修改后再提交的截止日不能早于提交截止日。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年度"


class Reason(models.Model):
    """Why a reviewer returns or refuses; an administrator's list."""

    name = models.CharField("原因", max_length=50, unique=True)
    frees_unit = models.BooleanField("可改选单位", default=False, help_text="以此原因退回后，登记人可以改选提交单位。")
    is_active = models.BooleanField("可选", default=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "退回与不予认定原因"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Submission(models.Model):
    """One 批量提交审核: which entries went where together. Names are kept as they were."""

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
    """One thing learned. From its submission on it carries unit, region and names as they were then."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="registrations", verbose_name="登记人"
    )
    category = models.ForeignKey(Category, models.PROTECT, related_name="registrations", verbose_name="认定类型")
    content = models.CharField("认定内容", max_length=300)
    starts_at = models.DateTimeField("开始时间")
    ends_at = models.DateTimeField("结束时间")
    hours_applied = hours_field("申请学时")
    hours_proposed = hours_field("初审学时", null=True, blank=True, editable=False)
    hours_recognised = hours_field("认定学时", null=True, blank=True, editable=False)
    year = models.PositiveSmallIntegerField("计入年度")
    note = models.CharField("认定内容说明", max_length=1000, blank=True)
    certificate_number = models.CharField("证书编号", max_length=100, blank=True)
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
            models.Index(fields=["unit", "status", "submitted_at", "id"], name="registration_unit_queue"),
            models.Index(fields=["region", "status", "submitted_at", "id"], name="registration_region_queue"),
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
                fields=["owner", "certificate_number"],
                condition=LIVE & ~Q(certificate_number=""),
                name="registration_certificate_once",
                violation_error_message="该证书编号已登记过。",
            ),
            models.UniqueConstraint(
                fields=["owner", "content", "starts_at", "ends_at"],
                condition=LIVE,
                name="registration_content_and_dates_once",
                violation_error_message="相同内容、相同起止时间的登记已存在。",
            ),
        ]

    def __str__(self) -> str:
        return self.content

    @property
    def hours_shown(self):
        """The latest word on its hours: recognised, else proposed, else applied."""
        return self.hours_recognised or self.hours_proposed or self.hours_applied


class Decision(models.Model):
    """One step in the life of a registration. A row is never changed or deleted; names are kept as text."""

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
        indexes = [models.Index(fields=["registration", "created_at"], name="decision_in_order")]
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


def attachment_path(attachment, filename: str) -> str:
    """A name that tells nothing, spread over folders by month; the person's own name is kept in the row."""
    return f"{timezone.localtime():%Y/%m}/{uuid.uuid4().hex}"


class Attachment(models.Model):
    """A proof. Between a refused form and the next try it belongs to the form (`draft_key`), later to the entry."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments", verbose_name="上传人"
    )
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, blank=True, related_name="attachments", verbose_name="学时登记"
    )
    draft_key = models.UUIDField("表单标识", null=True, blank=True, db_index=True)
    file = models.FileField("文件", upload_to=attachment_path)
    name = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=50)
    size = models.PositiveIntegerField("字节数")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(registration__isnull=False, draft_key__isnull=True)
                | Q(registration__isnull=True, draft_key__isnull=False),
                name="attachment_belongs_to_one",
                violation_error_message="附件必须属于一条登记或一个未保存的表单。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")


class Course(models.Model):
    """A 公需科目 of one year; its hours come from completions, never from registrations."""

    class Kind(models.TextChoices):
        REQUIRED = "required", "必修"
        ELECTIVE = "elective", "选修"

    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("科目名称", max_length=120)
    kind = models.CharField("科目类型", max_length=10, choices=Kind, default=Kind.REQUIRED)
    hours = hours_field("学时")

    class Meta:
        verbose_name = verbose_name_plural = "公需科目"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "name"], name="course_once_a_year", violation_error_message="该年度已有同名公需科目。"
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0) & in_half_hours("hours"),
                name="course_hours",
                violation_error_message="学时必须大于 0，且是 0.5 的倍数。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.year}）"


class Completion(models.Model):
    """A person has completed a public course; the hours are those of that day."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="completions", verbose_name="人员"
    )
    course = models.ForeignKey(Course, models.PROTECT, related_name="completions", verbose_name="公需科目")
    hours = hours_field("学时")
    completed_on = models.DateField("完成日期")
    source = models.CharField("来源", max_length=50)
    source_key = models.CharField("来源方编号", max_length=100)

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
