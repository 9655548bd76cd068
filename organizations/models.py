"""Regions of the country as a tree, and units (employers) in them."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from mptt.models import MPTTModel, TreeForeignKey

from .querysets import RegionManager, UnitQuerySet


class Region(MPTTModel):
    """An administrative division of GB/T 2260. Write it through organizations.regions, which locks the tree."""

    class Kind(models.TextChoices):
        PROVINCE = "province", "省级"
        CITY = "city", "地级"
        COUNTY = "county", "县级"

    code = models.CharField(
        "行政区划代码",
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^\d{6}$", "行政区划代码应为 6 位数字。")],
    )
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("级别", max_length=10, choices=Kind)
    parent = TreeForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级区域"
    )

    objects = RegionManager()

    class Meta:
        verbose_name = verbose_name_plural = "区域"
        # Needed for the migration of the (tree_id, lft) index, which django-mptt adds to it.
        indexes = ()

    class MPTTMeta:
        order_insertion_by = ["code"]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """An employer. Write it through organizations.units, which increments the revision of the search index."""

    class State(models.TextChoices):
        PENDING = "pending", "待核实"
        ACTIVE = "active", "正常"
        DISABLED = "disabled", "停用"

    name = models.CharField("单位名称", max_length=120)
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True, null=True, blank=True)
    credit_code_flagged = models.BooleanField(
        "代码待核对", default=False, help_text="导入时校验位不正确，按原样保留，待管理员核对。"
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="units", verbose_name="单位属地")
    state = models.CharField("状态", max_length=10, choices=State, default=State.PENDING)
    is_unaffiliated = models.BooleanField(
        "其他单位", default=False, editable=False, help_text="供无工作单位人员选择的“其他单位”。"
    )
    contact_name = models.CharField("联系人", max_length=50, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="添加人",
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged", verbose_name="已合并至"
    )
    created_at = models.DateTimeField("添加时间", auto_now_add=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        indexes = [
            models.Index(fields=["region", "state"], name="unit_region_state"),
            models.Index(fields=["name"], name="unit_name"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "disabled"]),
                name="unit_state_known",
                violation_error_message="单位状态只能是待核实、正常或停用。",
            ),
            models.UniqueConstraint(
                fields=["is_unaffiliated"],
                condition=Q(is_unaffiliated=True),
                name="unit_one_unaffiliated",
                violation_error_message="“其他单位”只能有一个。",
            ),
            models.CheckConstraint(
                condition=Q(credit_code__isnull=False) | Q(is_unaffiliated=True),
                name="unit_credit_code_given",
                violation_error_message="请填写统一社会信用代码。",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(state="disabled"),
                name="unit_merged_is_disabled",
                violation_error_message="已合并的单位必须停用。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING


class UnitRevision(models.Model):
    """The only row holds a number that every change of a unit or region increments; it dates the search indexes.

    Each change locks the row, so that the numbers become visible in their order.
    """

    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="unit_revision_single_row")]

    def __str__(self) -> str:
        return str(self.number)
