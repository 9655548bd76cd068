"""The index of name keys; apart from 0006, as PostgreSQL builds no index after updates in one transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_name_key")]

    operations = [
        migrations.AddIndex(
            "user", models.Index(fields=["name_key"], name="user_name_key", opclasses=["varchar_pattern_ops"])
        ),
    ]
