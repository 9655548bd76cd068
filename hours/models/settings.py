"""What administrators set: types, yearly rules, reasons."""

from django.db import models
from django.db.models import F, Q

from hours.querysets import CategoryQuerySet

from .fields import hours_field


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
