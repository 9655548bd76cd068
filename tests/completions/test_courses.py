"""公需科目 as a file in the admin: a preview, all lines or none."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from hours.models import Course
from tests import factories

pytestmark = pytest.mark.django_db
HEADERS = ("年度", "科目名称", "科目类型", "学时")
XLSX = "0"


@pytest.fixture
def client(client, db):
    client.force_login(factories.administrator())
    return client


def upload(client, *rows, headers=HEADERS):
    book = Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("courses.xlsx", stream.getvalue())
    return client.post(reverse("admin:hours_course_import"), {"format": XLSX, "import_file": file, "resource": "0"})


def stored() -> list[tuple]:
    return list(Course.objects.order_by("pk").values_list("year", "name", "kind", "hours"))


def test_a_preview_changes_nothing_and_the_confirmation_saves_it(client):
    Course.objects.create(year=2026, name="创新能力建设", kind="elective", hours=9)
    preview = upload(client, [2026, "创新能力建设", "必修", 12], [2026, "当代科学技术前沿知识", "选修", 7.5])
    assert stored() == [(2026, "创新能力建设", "elective", 9)]
    client.post(reverse("admin:hours_course_process_import"), preview.context["confirm_form"].initial)
    assert stored() == [(2026, "创新能力建设", "required", 12), (2026, "当代科学技术前沿知识", "elective", 7.5)]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["去年", "甲", "必修", 9], "第 2 行“年度”列的值“去年”应为四位年份。"),
        ([2026, "", "必修", 9], "第 2 行“科目名称”列应为 1 至 120 个字。"),
        ([2026, "甲", "随便", 9], "第 2 行“科目类型”列的值“随便”应为必修或选修。"),
        ([2026, "甲", "必修", 0], "第 2 行“学时”列的值“0”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", 7.3], "第 2 行“学时”列的值“7.3”应为 0.5 的倍数，大于 0，不超过 500。"),
        ([2026, "甲", "必修", "NaN"], "第 2 行“学时”列的值“NaN”应为 0.5 的倍数，大于 0，不超过 500。"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_can_be_confirmed(client, row, sentence):
    response = upload(client, row, [2026, "好的", "必修", 9])
    assert "confirm_form" not in response.context
    assert sentence in response.content.decode()
    assert stored() == []


def test_the_same_course_twice_in_a_file_is_named(client):
    response = upload(client, [2026, "甲", "必修", 9], [2026, "甲", "选修", 8])
    assert "第 3 行与第 2 行是同一年度的同名科目。" in response.content.decode()


def test_a_missing_column_is_named(client):
    response = upload(client, [2026, "甲"], headers=HEADERS[:2])
    assert "文件缺少列：科目类型、学时。第一行应为列名：年度、科目名称、科目类型、学时。" in response.content.decode()


def test_the_export_reads_back_and_runs_no_formula(client):
    Course.objects.create(year=2026, name="=1+1", kind="required", hours=9)
    columns = {f"courseresource_{name}": "on" for name in ("year", "name", "kind", "hours")}
    response = client.post(reverse("admin:hours_course_export"), {"format": XLSX, "resource": "0", **columns})
    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    assert rows == [HEADERS, ("2026", "'=1+1", "必修", "9")]
