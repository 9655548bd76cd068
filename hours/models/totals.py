"""Stored sums of people, units and regions. hours/totals/sums.py writes them; `recount_totals` verifies them."""

from django.conf import settings
from django.db import models

from organizations.models import Region, Unit

from .fields import hours_field


class PersonTotal(models.Model):
    """The hours that count for one person in one year, and the unit and regions of that year."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="years", verbose_name="人员")
    year = models.PositiveSmallIntegerField("年度")
    public = hours_field("公需科目学时", default=0)
    professional = hours_field("专业科目学时", default=0)
    over_cap = hours_field("超出上限学时", default=0)
    reached = models.BooleanField("已达标", default=False)
    # False only inside the transaction that creates the row: it is inserted to be locked, and counted after that.
    is_counted = models.BooleanField(default=False, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位")
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="区域")
    city = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    province = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "个人年度学时"
        indexes = [models.Index(fields=["unit", "year", "reached"], name="person_total_unit")]
        constraints = [models.UniqueConstraint(fields=["person", "year"], name="person_total_once")]

    def __str__(self) -> str:
        return f"{self.person} · {self.year}"


class PlaceTotal(models.Model):
    """The sums of one unit or region in one year.

    `place` is the key of the unit or region, without a foreign key: a merge of units adds rows up, it does not move
    them.
    """

    class Kind(models.TextChoices):
        UNIT = "unit", "单位"
        REGION = "region", "区域"

    kind = models.CharField(max_length=10, choices=Kind)
    place = models.PositiveBigIntegerField()
    year = models.PositiveSmallIntegerField()
    # people
    people = models.IntegerField("人数", default=0)
    reached = models.IntegerField("达标人数", default=0)
    public = models.DecimalField("公需科目学时", max_digits=12, decimal_places=1, default=0)
    professional = models.DecimalField("专业科目学时", max_digits=12, decimal_places=1, default=0)
    over_cap = models.DecimalField("超出上限学时", max_digits=12, decimal_places=1, default=0)
    # registrations by state
    first_review = models.IntegerField("待初审", default=0)
    final_review = models.IntegerField("待终审", default=0)
    returned = models.IntegerField("退回修改", default=0)
    recognised = models.IntegerField("已认定", default=0)
    refused = models.IntegerField("不予认定", default=0)
    revoked = models.IntegerField("撤销认定", default=0)
    # seconds in each stage, of how many registrations
    first_wait = models.BigIntegerField("初审用时合计", default=0)
    first_waits = models.IntegerField("初审次数", default=0)
    final_wait = models.BigIntegerField("终审用时合计", default=0)
    final_waits = models.IntegerField("终审次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "单位与区域年度合计"
        constraints = [models.UniqueConstraint(fields=["kind", "place", "year"], name="place_total_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.place} · {self.year}"
