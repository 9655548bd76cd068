"""Keys of content and certificate number, by which registrations that only look different are the same."""

from django.db import migrations, models
from django.db.models import Count, Min

from config.texts import comparison_digest

BATCH_SIZE = 2_000
REJECTED = ["refused", "revoked"]
UPDATE = "UPDATE hours_registration SET content_key = %s, certificate_key = %s WHERE id = %s"


def fill_keys(apps, schema_editor):
    rows = apps.get_model("hours", "Registration").objects.order_by("pk")
    facts, last = rows.values_list("content", "certificate_number", "pk"), 0
    while batch := list(facts.filter(pk__gt=last)[:BATCH_SIZE]):
        last = batch[-1][2]
        values = [(comparison_digest(content), comparison_digest(number), pk) for content, number, pk in batch]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(UPDATE, values)
    part_rows_saved_before(rows.exclude(status__in=REJECTED), "content_key", ("owner", "starts_at", "ends_at"))
    part_rows_saved_before(rows.exclude(status__in=REJECTED), "certificate_key", ("owner",))


def part_rows_saved_before(live, key, others):
    """Give all but the first of several live rows with one key a key of their own: they were accepted as different."""
    repeated = live.exclude(**{key: ""}).order_by().values(key, *others).annotate(first=Min("pk"), count=Count("pk"))
    for group in repeated.filter(count__gt=1):
        same = live.filter(**{name: group[name] for name in (key, *others)}).exclude(pk=group["first"])
        for pk in list(same.values_list("pk", flat=True)):
            live.filter(pk=pk).update(**{key: f"saved before, {pk}"})


class Migration(migrations.Migration):
    dependencies = [("hours", "0005_course_codes")]

    operations = [
        migrations.AddField(
            "registration",
            "content_key",
            models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "registration",
            "certificate_key",
            models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
