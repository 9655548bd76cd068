"""年度学时证明: the facts certified on the day of issue, and whether the certificate is still valid."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Certificate(models.Model):
    """A 年度学时证明 for one or several years, with the facts of the day of issue.

    Anyone with its code can check it.
    """

    code = models.CharField("证明编号", max_length=20, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="certificates", verbose_name="人员"
    )
    facts = models.JSONField("内容", help_text="姓名、证件后四位、单位、各年度学时。")
    issued_at = models.DateTimeField("开具时间")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="开具人")
    superseded_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="supersedes", verbose_name="被替代于"
    )
    revoked_at = models.DateTimeField("失效时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "年度学时证明"
        indexes = [models.Index(fields=["person", "-issued_at"], name="certificate_latest")]

    def __str__(self) -> str:
        return self.code


class CertificateYear(models.Model):
    """A year that a certificate covers; a revocation finds the affected certificates by it."""

    certificate = models.ForeignKey(Certificate, models.CASCADE, related_name="years")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")

    class Meta:
        indexes = [models.Index(fields=["person", "year"], name="certificate_person_year")]
        constraints = [
            models.UniqueConstraint(fields=["certificate", "year"], name="certificate_year_once"),
            models.CheckConstraint(condition=Q(year__gt=1900), name="certificate_year_known"),
        ]

    def __str__(self) -> str:
        return f"{self.certificate} · {self.year}"
