"""The key by which people are searched for by name: without spaces, width, case and the kind of middle dot."""

from django.db import migrations, models

from accounts.models import stored_name_key

BATCH_SIZE = 5_000
UPDATE = "UPDATE accounts_user SET name_key = %s WHERE id = %s"


def fill(apps, schema_editor):
    names, last = apps.get_model("accounts", "User").objects.order_by("pk").values_list("name", "pk"), 0
    while batch := list(names.filter(pk__gt=last)[:BATCH_SIZE]):
        last = batch[-1][1]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(UPDATE, [(stored_name_key(name), pk) for name, pk in batch])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_must_change_password")]

    operations = [
        migrations.AddField(
            "user",
            "name_key",
            models.CharField(max_length=100, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
