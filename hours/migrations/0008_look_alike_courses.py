"""Keys of the names of courses, by which names that only look different are the same."""

from django.db import migrations, models

from config.texts import comparison_digest

STATES = [
    ("person", "待人员注册"),
    ("course", "待科目录入"),
    ("refused", "不能计入"),
    ("repeated", "另有报送已计入"),
]


def fill_keys(apps, schema_editor):
    seen = set()
    for course in apps.get_model("hours", "Course").objects.order_by("pk"):
        course.name_key = comparison_digest(course.name)
        if (course.year, course.name_key) in seen:  # accepted as different before
            course.name_key = f"saved before, {course.pk}"
        seen.add((course.year, course.name_key))
        course.save(update_fields=["name_key"])
    rows = apps.get_model("hours", "WaitingCompletion").objects.exclude(course_name="")
    for name in set(rows.values_list("course_name", flat=True)):
        rows.filter(course_name=name).update(course_key=comparison_digest(name))


class Migration(migrations.Migration):
    dependencies = [("hours", "0007_unique_look_alikes")]

    operations = [
        migrations.AddField(
            "course", "name_key", models.CharField(max_length=64, default=""), preserve_default=False
        ),
        migrations.AddField(
            "waitingcompletion", "course_key", models.CharField(max_length=64, default=""), preserve_default=False
        ),
        migrations.AddField("waitingcompletion", "course_labels", models.JSONField(default=list, editable=False)),
        migrations.AlterField(
            "waitingcompletion", "state", models.CharField("状态", max_length=10, choices=STATES)
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
