"""Courses are unique by the keys of their names; apart from 0008, as PostgreSQL builds no index after updates in one transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hours", "0008_look_alike_courses")]

    operations = [
        migrations.RemoveConstraint("course", "course_once_a_year"),
        migrations.AddConstraint(
            "course",
            models.UniqueConstraint(
                fields=["year", "name_key"],
                name="course_once_a_year",
                violation_error_message="该年度已有同名公需科目。",
            ),
        ),
        migrations.RemoveIndex("waitingcompletion", "waiting_course_name"),
        migrations.AddIndex(
            "waitingcompletion", models.Index(fields=["year", "course_key"], name="waiting_course_name")
        ),
    ]
