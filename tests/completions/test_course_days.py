"""最早完成日 and 最晚完成日: which completions count for a course, and which days it may have."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError
from django.urls import reverse

from hours.models import Course, PersonTotal
from tests import factories
from tests.completions.conftest import NEW_YEAR, THIS_YEAR, answers
from tests.imports import confirm, csv, problems, upload

pytestmark = pytest.mark.django_db


def test_course_of_earlier_year_counts_for_its_year(item, rules):
    earlier = factories.course(THIS_YEAR - 1, "职业道德", last_day=date(THIS_YEAR, 3, 31))
    assert answers(item(course_id=earlier.pk, year=None, course="")) == [("saved", "")]
    assert PersonTotal.objects.values_list("year", "public").get() == (THIS_YEAR - 1, 9)
    late = item(2, course_id=earlier.pk, year=None, course="", key="A-2", completed_on=date(THIS_YEAR, 4, 1))
    words = f"完成日期 {THIS_YEAR}-04-01 不在科目的可完成日期 {THIS_YEAR - 1}-01-01 至 {THIS_YEAR}-03-31 之内。"
    assert answers(late) == [("refused", words)]


def test_completion_before_first_day_is_refused(item, course):
    Course.objects.filter(pk=course.pk).update(first_day=date(THIS_YEAR, 1, 2))
    words = f"完成日期 {NEW_YEAR} 不在科目的可完成日期 {THIS_YEAR}-01-02 至 {THIS_YEAR}-12-31 之内。"
    assert answers(item()) == [("refused", words)]


@pytest.mark.parametrize(
    ("days", "errors"),
    [
        ({"first_day": "2025-12-31"}, {"first_day": ["最早完成日不能早于 2026 年 1 月 1 日。"]}),
        ({"last_day": "2025-12-31"}, {"last_day": ["最晚完成日不能早于 2026 年 1 月 1 日。"]}),
        (
            {"first_day": "2026-05-02", "last_day": "2026-05-01"},
            {"first_day": ["最早完成日不能晚于最晚完成日 2026-05-01。"]},
        ),
        ({"first_day": "2027-01-01"}, {"first_day": ["最早完成日不能晚于 2026 年 12 月 31 日（最晚完成日留空时）。"]}),
    ],
)
def test_wrong_days_of_course_have_field_errors(client, days, errors):
    client.force_login(factories.administrator())
    data = {"year": "2026", "name": "职业道德", "kind": "required", "hours": "6", **days}
    found = client.post(reverse("admin:hours_course_add"), data).context["adminform"].form.errors
    assert {field: list(sentences) for field, sentences in found.items()} == errors


def test_wrong_days_and_a_known_name_are_named_together(client, course):
    client.force_login(factories.administrator())
    data = {"year": THIS_YEAR, "name": course.name, "kind": "required", "hours": "6", "first_day": "五月"}
    found = client.post(reverse("admin:hours_course_add"), data).context["adminform"].form.errors
    assert found == {
        "name": ["该年度已有同名公需科目。"],
        "first_day": ["最早完成日无法识别，请按 2026-05-12 的格式填写。"],
    }
    data |= {"first_day": f"{THIS_YEAR}-05-02", "last_day": f"{THIS_YEAR}-05-01"}
    found = client.post(reverse("admin:hours_course_add"), data).context["adminform"].form.errors
    assert found == {
        "name": ["该年度已有同名公需科目。"],
        "first_day": [f"最早完成日不能晚于最晚完成日 {THIS_YEAR}-05-01。"],
    }


@pytest.mark.parametrize(
    "days",
    [
        {"first_day": date(2025, 12, 31)},
        {"last_day": date(2025, 12, 31)},
        {"first_day": date(2026, 5, 2), "last_day": date(2026, 5, 1)},
        {"first_day": date(2027, 1, 1)},
    ],
)
def test_database_refuses_wrong_days_of_course(days):
    with pytest.raises(IntegrityError):
        Course.objects.create(year=2026, name="职业道德", hours=6, **days)


def test_file_sets_days_and_leaves_them_without_the_columns(client):
    client.force_login(factories.administrator())
    columns = ("年度", "科目名称", "科目类型", "学时", "最早完成日", "最晚完成日")
    line = ("2025", "职业道德", "必修", "6")
    confirm(client, upload(client, "hours_course", csv(columns, (*line, "2025-03-01", "2026/3/31")), "科目.csv"))
    confirm(client, upload(client, "hours_course", csv(columns[:4], (*line[:3], "7")), "科目.csv"))
    stored = Course.objects.values_list("hours", "first_day", "last_day").get()
    assert stored == (7, date(2025, 3, 1), date(2026, 3, 31))
    bad = upload(
        client, "hours_course", csv(columns, (*line, "开学", ""), (*line[:1], "乙", *line[2:], "", "2024-01-01"))
    )
    assert problems(bad) == [
        "第 2 行：“最早完成日”列的值“开学”应为日期，例如 2025-01-01。",
        "第 3 行：“最晚完成日”列的值“2024-01-01”：最晚完成日不能早于 2025 年 1 月 1 日。",
    ]
