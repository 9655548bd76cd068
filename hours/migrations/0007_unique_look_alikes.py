"""Registrations are unique by their keys; apart from 0006, as PostgreSQL builds no index after updates in one transaction."""

from django.db import migrations, models
from django.db.models import Q

REJECTED = ["refused", "revoked"]


class Migration(migrations.Migration):
    dependencies = [("hours", "0006_look_alike_registrations")]

    operations = [
        migrations.RemoveConstraint("registration", "registration_certificate_once"),
        migrations.RemoveConstraint("registration", "registration_content_and_dates_once"),
        migrations.AddConstraint(
            "registration",
            models.UniqueConstraint(
                fields=["owner", "certificate_key"],
                condition=~Q(status__in=REJECTED) & ~Q(certificate_key=""),
                name="registration_certificate_once",
                violation_error_message="该证书编号已登记过。",
            ),
        ),
        migrations.AddConstraint(
            "registration",
            models.UniqueConstraint(
                fields=["owner", "content_key", "starts_at", "ends_at"],
                condition=~Q(status__in=REJECTED),
                name="registration_content_and_dates_once",
                violation_error_message="相同内容、相同起止时间的登记已存在。",
            ),
        ),
    ]
