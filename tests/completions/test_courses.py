"""Import and export of 公需科目 in the admin."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import User
from hours.models import Course
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
HEADERS = ("年度", "科目名称", "科目类型", "学时")
XLSX = "0"


@pytest.fixture
def client(client, db):
    client.force_login(factories.administrator())
    return client


def upload(client: Client, *rows: list, headers: tuple[str, ...] = HEADERS) -> Any:
    book = Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("courses.xlsx", stream.getvalue())
    return client.post(reverse("admin:hours_course_import"), {"format": XLSX, "import_file": file, "resource": "0"})


def stored() -> list[tuple]:
    return list(Course.objects.order_by("pk").values_list("year", "name", "kind", "hours"))


def test_import_saves_after_confirmation_only(client):
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
def test_wrong_line_prevents_confirmation(client, row, sentence):
    response = upload(client, row, [2026, "好的", "必修", 9])
    assert "confirm_form" not in response.context
    assert sentence in response.content.decode()
    assert stored() == []


def test_repeated_course_in_file_is_error(client):
    response = upload(client, [2026, "甲", "必修", 9], [2026, "甲", "选修", 8])
    assert "第 3 行与第 2 行是同一年度的同名科目。" in response.content.decode()


def test_missing_columns_are_error(client):
    response = upload(client, [2026, "甲"], headers=HEADERS[:2])
    assert "文件缺少列：科目类型、学时。第一行应为列名：年度、科目名称、科目类型、学时。" in response.content.decode()


def test_export_has_no_formulas(client):
    Course.objects.create(year=2026, name="=1+1", kind="required", hours=9)
    columns = {f"courseresource_{name}": "on" for name in ("year", "name", "kind", "hours")}
    response = client.post(reverse("admin:hours_course_export"), {"format": XLSX, "resource": "0", **columns})
    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    assert rows == [HEADERS, ("2026", "'=1+1", "必修", "9")]


def test_preview_shows_replaced_values_without_inline_styles(client):
    Course.objects.create(year=2026, name="创新能力建设", kind="elective", hours=9)
    response = upload(client, [2026, "创新能力建设", "必修", 12], [2026, "新科目", "选修", 7.5])
    assert [
        [(cell["value"], cell["was"]) for cell in row.cells] for row in response.context["result"].valid_rows()
    ] == [
        [("2026", None), ("创新能力建设", None), ("必修", "选修"), ("12", "9")],
        [("2026", None), ("新科目", None), ("选修", None), ("7.5", None)],
    ]
    assert " style=" not in response.content.decode()


def test_import_is_counted_and_logged(client):
    preview = upload(client, [2026, "新科目", "选修", 7.5])
    address = reverse("admin:hours_course_process_import")
    response = client.post(address, preview.context["confirm_form"].initial, follow=True)
    assert message_texts(response) == ["导入完成：新增 1 个，更新 0 个，未变 0 个。"]
    assert LogEntry.objects.get().get_change_message() == "由文件导入"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("courses.doc", "请上传.xlsx 或 .csv 文件。其他格式请先用表格软件另存。"),
        ("courses.xlsx", "文件无法读取：它不是有效的 .xlsx 或 .csv 文件，或没有数据行。请用表格软件另存后重试。"),
    ],
)
def test_unreadable_file_is_form_error(client, name, sentence):
    file = SimpleUploadedFile(name, b"no sheet at all")
    response = client.post(reverse("admin:hours_course_import"), {"import_file": file, "resource": "0"})
    assert response.context["form"].errors["import_file"] == [sentence]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"hours": "0.3"}, {"hours": ["学时必须大于 0，不超过 500，且是 0.5 的倍数。"]}),
        ({"hours": "501"}, {"hours": ["学时必须大于 0，不超过 500，且是 0.5 的倍数。"]}),
        ({"year": "20266"}, {"year": ["年度应在 1990 至 2100 之间。"]}),
        ({"name": "创新能力建设"}, {"name": ["该年度已有同名公需科目。"]}),
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
    names = ("import", "export", "process_import")
    answers = [client.post(reverse(f"admin:hours_course_{name}")).status_code for name in names]
    assert (answers, stored()) == ([403, 403, 403], [])
