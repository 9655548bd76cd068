"""Import and export of 公需科目 in the admin."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.files.importing import Outcome
from hours.models import Course
from tests import factories
from tests.imports import confirm, counts, errors, problems, rows, workbook
from tests.imports import upload as upload_table

pytestmark = pytest.mark.django_db
HEADERS = ("年度", "科目名称", "科目类型", "学时")
KIND = "hours_course"


@pytest.fixture
def client(client, db):
    client.force_login(factories.administrator())
    return client


def upload(client: Client, *lines: list, headers: tuple[str, ...] = HEADERS) -> Any:
    return upload_table(client, KIND, workbook(headers, *lines))


def stored() -> list[tuple]:
    return list(Course.objects.order_by("pk").values_list("year", "name", "kind", "hours"))


def test_import_saves_after_confirmation_only(client):
    Course.objects.create(year=2026, name="创新能力建设", kind="elective", hours=9)
    preview = upload(client, [2026, "创新能力建设", "必修", 12], [2026, "当代科学技术前沿知识", "选修", 7.5])
    assert stored() == [(2026, "创新能力建设", "elective", 9)]
    confirm(client, preview)
    assert stored() == [(2026, "创新能力建设", "required", 12), (2026, "当代科学技术前沿知识", "elective", 7.5)]
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["由文件导入"] * 2


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["9" * 20, "甲", "必修", 9], f"“年度”列的值“{'9' * 20}”应为 1990 至 2100 之间的四位年份。"),
        (["９" * 5000, "甲", "必修", 9], f"“年度”列的值“{'9' * 50}…”应为 1990 至 2100 之间的四位年份。"),
        (["٢٠٢٦", "甲", "必修", 9], "“年度”列的值“٢٠٢٦”应为 1990 至 2100 之间的四位年份。"),
        ([2026, "甲", "必修", "1e400"], "“学时”列的值“1e400”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", "∞"], "“学时”列的值“∞”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", -9], "“学时”列的值“-9”应为 0.5 的倍数，大于 0，不超过 500。"),
        (
            ["去年", "", "随便", 0],
            "“科目名称”列为空。“年度”列的值“去年”应为 1990 至 2100 之间的四位年份。"
            "“科目类型”列的值“随便”应为必修或选修。“学时”列的值“0”应为 0.5 的倍数，大于 0，不超过 500。",
        ),
        (["去年", "甲", "必修", 9], "“年度”列的值“去年”应为 1990 至 2100 之间的四位年份。"),
        ([2026, "", "必修", 9], "“科目名称”列为空。"),
        ([2026, "甲" * 121, "必修", 9], f"“科目名称”列的值“{'甲' * 50}…”超过 120 个字。"),
        ([2026, "甲", "随便", 9], "“科目类型”列的值“随便”应为必修或选修。"),
        ([2026, "甲", "必修", 0], "“学时”列的值“0”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", 7.3], "“学时”列的值“7.3”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", "NaN"], "“学时”列的值“NaN”应为 0.5 的倍数，大于 0，不超过 500。"),
    ],
)
def test_wrong_line_is_named_and_not_imported(client, row, sentence):
    preview = upload(client, row, [2026, "好的", "必修", 9])
    assert problems(preview) == [f"第 2 行：{sentence}"]
    confirm(client, preview)
    assert stored() == [(2026, "好的", "required", 9)]


@pytest.mark.parametrize("name", ["人工智能（一）", "人工智能(一)", "人工智能 （一）"])
def test_repeated_course_in_file_is_named(client, name):
    preview = upload(client, [2026, "人工智能（一）", "必修", 9], ["２０２６", name, "选修", "８"])
    assert problems(preview) == [f"第 3 行：“科目名称”列的值“{name}”与第 2 行是同一年度的同名科目。"]


def test_name_in_another_width_updates_the_course(client):
    Course.objects.create(year=2026, name="人工智能(一)", kind="required", hours=9)
    preview = upload(client, ["２０２６", "人工智能（一）", "必修", "９"])
    assert counts(preview) == {"更改": 1}
    confirm(client, preview)
    assert stored() == [(2026, "人工智能（一）", "required", 9)]


def test_empty_lines_are_passed_over(client):
    assert counts(upload(client, [2026, "甲", "必修", 9], [None], [None], [2026, "乙", "必修", 9])) == {"新增": 2}


def test_missing_and_repeated_columns_are_errors(client):
    assert errors(upload(client, [2026, "甲"], headers=HEADERS[:2])) == [
        "文件缺少列：科目类型、学时。第一行应为列名：年度、科目名称、科目类型、学时、课程编号、最早完成日、最晚完成日（可以没有：课程编号、最早完成日、最晚完成日）。"
    ]
    assert errors(upload(client, headers=(*HEADERS, "学时"))) == ["列名重复：学时。请只保留一列。"]


def test_export_has_no_formulas(client):
    Course.objects.create(year=2026, name="=1+1", kind="required", hours=9)
    response = client.get(reverse("admin:hours_course_export", args=["xlsx"]))
    assert rows(response) == [
        (*HEADERS, "课程编号", "最早完成日", "最晚完成日"),
        ("2026", "'=1+1", "必修", "9", None, None, None),
    ]


def test_preview_shows_replaced_values_without_inline_styles(client):
    Course.objects.create(year=2026, name="创新能力建设", kind="elective", hours=9)
    preview = upload(client, [2026, "创新能力建设", "必修", 12], [2026, "新科目", "选修", 7.5])
    shown = {
        outcome: [[(cell["value"], cell["was"]) for cell in line["values"]] for line in lines]
        for outcome, lines in preview.context["preview"].first.items()
    }
    assert shown[Outcome.CHANGED] == [
        [("2026", None), ("创新能力建设", None), ("必修", "选修"), ("12", "9"), ("", None), ("", None), ("", None)]
    ]
    assert shown[Outcome.NEW] == [
        [("2026", None), ("新科目", None), ("选修", None), ("7.5", None), ("", None), ("", None), ("", None)]
    ]
    assert " style=" not in preview.content.decode()


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"hours": "0.3"}, {"hours": ["学时必须大于 0，不超过 500，且是 0.5 的倍数。"]}),
        ({"hours": "501"}, {"hours": ["学时必须大于 0，不超过 500，且是 0.5 的倍数。"]}),
        ({"year": "20266"}, {"year": ["年度应在 1990 至 2100 之间。"]}),
        ({"name": "创新能力建设"}, {"name": ["该年度已有同名公需科目。"]}),
        ({"name": "创新能力　建设"}, {"name": ["该年度已有同名公需科目。"]}),
    ],
)
def test_invalid_course_has_field_errors(client, fields, errors):
    Course.objects.create(year=2026, name="创新能力建设", hours=9)
    right = {"year": "2026", "name": "新科目", "kind": "required", "hours": "9"}
    response = client.post(reverse("admin:hours_course_add"), {**right, **fields})
    assert {field: list(found) for field, found in response.context["adminform"].form.errors.items()} | errors == errors


def test_course_with_completions_cannot_be_deleted(client):
    course = factories.course(2026)
    factories.completion(factories.person(), course)
    assert client.get(reverse("admin:hours_course_delete", args=[course.pk])).status_code == 403
    response = client.get(reverse("admin:hours_course_changelist"))
    assert response.context["action_form"] is None


def test_regional_administrator_cannot_import_or_export(client, guangxi):
    person = factories.region_admin(factories.region("450100"))
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    addresses = [reverse("admin:hours_course_import"), reverse("admin:hours_course_export", args=["csv"])]
    assert ([client.get(address).status_code for address in addresses], stored()) == ([403, 403], [])


def test_code_is_imported_normalised_and_unique(client):
    heads = (*HEADERS, "课程编号")
    confirm(client, upload(client, [2026, "甲", "必修", 9, "ｇｘ-2026-01"], headers=heads))
    assert Course.objects.get().code == "GX-2026-01"
    lines = [2026, "乙", "必修", 9, "GX-2026-01"], [2026, "丙", "必修", 9, "12345"], [2026, "丁", "必修", 9, "a，"]
    wrong = "课程编号由字母、数字和 - _ . 组成，不能全是数字，例如 GX-2026-01。"
    assert problems(upload(client, *lines, headers=heads)) == [
        "第 2 行：“课程编号”列的值“GX-2026-01”已用于另一科目。",
        f"第 3 行：“课程编号”列的值“12345”：{wrong}",
        f"第 4 行：“课程编号”列的值“a，”：{wrong}",
    ]


def test_code_with_a_space_is_refused(client):
    """`x y` must not become XY: the space may stand for a hyphen."""
    heads = (*HEADERS, "课程编号")
    assert problems(upload(client, [2026, "甲", "必修", 9, "x y"], headers=heads)) == [
        "第 2 行：“课程编号”列的值“x y”：课程编号中不能有空格。"
    ]
    facts = {"year": "2026", "name": "甲", "kind": "required", "hours": "9", "code": "x y"}
    page = client.post(reverse("admin:hours_course_add"), facts)
    assert page.context["adminform"].form.errors == {"code": ["课程编号中不能有空格。"]}


def test_apostrophes_before_values_are_not_part_of_them(client):
    heads = (*HEADERS, "课程编号", "最早完成日")
    confirm(client, upload(client, ["'2026", "甲", "必修", "'9", "'GX-1", "'2026-03-01"], headers=heads))
    assert stored() == [(2026, "甲", "required", 9)]
    assert Course.objects.values_list("code", "first_day").get() == ("GX-1", date(2026, 3, 1))


def test_both_days_before_the_year_are_named(client):
    heads = (*HEADERS, "最早完成日", "最晚完成日")
    assert problems(upload(client, [2026, "甲", "必修", 9, "2025-01-01", "2025-05-01"], headers=heads)) == [
        "第 2 行：“最早完成日”列的值“2025-01-01”：最早完成日不能早于 2026 年 1 月 1 日。"
        "“最晚完成日”列的值“2025-05-01”：最晚完成日不能早于 2026 年 1 月 1 日。"
    ]


def test_page_of_huge_values_stays_small(client):
    lines = [[2026, f"{number}{'长' * 30_000}", "必修" * 10_000, "9" * 30_000] for number in range(60)]
    preview = upload(client, *lines)
    assert counts(preview) == {"有误": 60}
    assert len(preview.content) < 200_000
