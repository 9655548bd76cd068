"""Settings that administrators maintain: categories, year rules, caps, reopened years, reasons."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from organizations.models import Unit

from .fields import hours_field, in_half_hours
from .querysets import CategoryQuerySet


class Category(models.Model):
    """认定类型 in two levels; a registration has one of the second level."""

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
        return category_name(self.name, self.is_example)

    @property
    def full_name(self) -> str:
        """The names of both levels; an example is marked once, at the second level."""
        return f"{self.parent.name} · {self}" if self.parent else str(self)


def category_name(name: str, is_example: bool) -> str:
    """Return a category's name as pages show it, for queries that read only these two columns."""
    return f"{name}（示例）" if is_example else name


class YearRule(models.Model):
    """The hours that a year requires and its last days for submission. A year without a row is closed."""

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


class Cap(models.Model):
    """The maximum hours that one category, of either level, counts for in one year."""

    rule = models.ForeignKey(YearRule, models.CASCADE, related_name="caps", verbose_name="年度规则")
    category = models.ForeignKey(Category, models.PROTECT, related_name="caps", verbose_name="认定类型")
    hours = hours_field("最多计入学时")
    is_example = models.BooleanField("示例", default=False, help_text="示例数据，不代表任何文件的规定。")

    class Meta:
        verbose_name = verbose_name_plural = "类型上限"
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "category"], name="cap_once", violation_error_message="该年度的这个类型已有上限。"
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0) & in_half_hours("hours"),
                name="cap_hours",
                violation_error_message="上限不能为负，且必须是 0.5 的倍数。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}：{self.hours}"


class Opening(models.Model):
    """A closed year that is open again until a day, for one person, one unit, or everybody."""

    year = models.PositiveSmallIntegerField("年度")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="openings", verbose_name="人员"
    )
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="openings", verbose_name="单位")
    until = models.DateField("最后一日", help_text="当日仍可提交。")
    reason = models.CharField("原因", max_length=200)
    created_at = models.DateTimeField("开放时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "重新开放"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["year", "until"], name="opening_year_until")]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None) | Q(unit=None),
                name="opening_for_one_or_all",
                violation_error_message="请只选人员或只选单位；都不选表示对所有人开放。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="opening_has_reason", violation_error_message="请填写重新开放的原因。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年度 · {self.person or self.unit or '所有人'} · 至 {self.until}"


class Reason(models.Model):
    """A reason for 退回修改, 不予认定 or 撤销认定, to choose from a list."""

    name = models.CharField("原因", max_length=50, unique=True)
    frees_unit = models.BooleanField("可改选单位", default=False, help_text="以此原因退回后，登记人可以改选提交单位。")
    is_active = models.BooleanField("可选", default=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "退回与不予认定原因"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name
