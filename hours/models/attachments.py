"""Attachments: the proofs of registrations."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .querysets import AttachmentQuerySet
from .registrations import Registration


def attachment_path(attachment: Attachment, filename: str) -> str:
    """Return a random path in a folder per month; the row keeps the uploaded file's name."""
    return f"{timezone.localtime():%Y/%m}/{uuid.uuid4().hex}"


class Attachment(models.Model):
    """A proof. It belongs to a registration, or until the form is saved to the form (`draft_key`)."""

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
