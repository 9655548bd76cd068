"""Import and export of units as tables, through the administration pages."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import ImportPlan
from organizations import revision, search, units
from organizations.models import Unit
from tests import factories
from tests.imports import address, confirm, counts, csv, errors, import_table, problems, rows, upload, workbook
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
KIND = "organizations_unit"
EXPORT = {kind: reverse("admin:organizations_unit_export", args=[kind]) for kind in ("xlsx", "csv")}
HEADERS = ["单位名称", "统一社会信用代码", "区划代码", "状态", "联系人", "联系电话"]
FORESTRY, FILMS, MINE = "12450126791325812B", "91450403498738853K", "91450084700708730B"
EXPORT_QUERIES = 6  # session, person, two counts of the list, open tree of the filter, rows
INVALID_CODE = "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"
LOST = "是存成数字的（{}），末几位可能已丢失，请将该列设为“文本”格式后重新填写。"


@pytest.fixture
def superuser(guangxi, client):
    person = factories.administrator()
    client.force_login(person)
    return person


def table(*lines: Sequence[Any], headers: Sequence[str] = HEADERS) -> bytes:
    return workbook(headers, *lines)


def test_preview_changes_nothing(client, superuser):
    number = revision.current()
    preview = upload(client, KIND, table(["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "韦站长", "0771-8212345"]))
    html = preview.content.decode()
    assert "新增 1，更改 0，未变 0，有误 0" in html
    assert "宾阳县甘棠镇林业站" in html
    assert (Unit.objects.count(), revision.current()) == (0, number)


def test_import_adds_units_and_updates_index(client, superuser):
    assert search.find_units("林业").total == 0
    number = revision.current()
    lines: list[list[Any]] = [
        ["\ufeff宾阳县甘棠镇\u200b林业站", FORESTRY, "450126", "待核实", "韦站长", "0771-8212345"],
        ["梧州市电影公司", FILMS, 450202, None, None, 13800000000],
    ]
    assert import_table(client, KIND, table(*lines)) == ["导入完成：新增 2，更改 0，未变 0，有误 0。"]
    values = Unit.objects.order_by("pk").values_list(
        "name", "credit_code", "region__code", "state", "contact_name", "contact_phone", "credit_code_flagged"
    )
    assert list(values) == [
        ("宾阳县甘棠镇林业站", FORESTRY, "450126", "pending", "韦站长", "0771-8212345", False),
        ("梧州市电影公司", FILMS, "450202", "active", "", "13800000000", False),
    ]
    assert revision.current() == number + 1
    assert search.find_units("林业").total == 1
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["由文件导入"] * 2


def test_existing_code_updates_unit_and_preview_shows_change(client, superuser):
    unit = factories.unit("甘棠林业站", credit_code=FORESTRY, contact_name="旧人", contact_phone="1")
    same = factories.unit("梧州市电影公司", "450202", credit_code=FILMS)
    content = table(
        ["宾阳县甘棠镇林业站", FORESTRY.lower(), "450103"], [same.name, FILMS, "450202"], headers=HEADERS[:3]
    )
    preview = upload(client, KIND, content)
    html = preview.content.decode()
    assert counts(preview) == {"更改": 1, "未变": 1}
    assert "宾阳县甘棠镇林业站（原为 甘棠林业站）" in html
    assert "450103（原为 450126）" in html
    confirm(client, preview)
    unit.refresh_from_db()
    assert (unit.name, unit.region.name, unit.contact_name, unit.state) == (
        "宾阳县甘棠镇林业站",
        "青秀区",
        "旧人",
        "active",
    )
    assert Unit.objects.count() == 2


def test_invalid_code_is_imported_flagged(client, superuser):
    preview = upload(client, KIND, table(["北海市金峰矿业有限公司", MINE, "450126"], headers=HEADERS[:3]))
    assert f"{INVALID_CODE}将按原样保留并标记。" in preview.content.decode()
    confirm(client, preview)
    unit = Unit.objects.get()
    assert (unit.credit_code, unit.credit_code_flagged) == (MINE, True)


def test_second_confirmation_imports_nothing(client, superuser):
    preview = upload(client, KIND, table(["宾阳县甘棠镇林业站", FORESTRY, "450126"], headers=HEADERS[:3]))
    confirm(client, preview)
    Unit.objects.all().delete()
    assert message_texts(confirm(client, preview)) == ["这个文件已经导入过，没有再次导入。"]
    assert not Unit.objects.exists()


def test_plan_belongs_to_its_maker(client, superuser):
    """What a browser sends names no file: a plan is found by its key among those of the person."""
    preview = upload(client, KIND, table(["", FORESTRY, "450126"], headers=HEADERS[:3]))
    client.force_login(factories.administrator("另一管理员"))
    for path in (address(preview), address(preview) + "bad-lines/"):
        assert client.get(path).status_code == 404
    assert client.post(address(preview), {"import_file_name": "/etc/passwd"}).status_code == 404
    assert client.get(address(preview).replace("organizations/unit", "hours/course")).status_code == 404


def test_stored_lines_are_encrypted(client, superuser):
    upload(client, KIND, table(["宾阳县甘棠镇林业站", FORESTRY, "450126"], headers=HEADERS[:3]))
    for name in default_storage.listdir("imports")[1]:
        content = Path(default_storage.path(f"imports/{name}")).read_bytes()
        assert FORESTRY.encode() not in content
        assert "林业站".encode() not in content
    with connection.cursor() as cursor:
        cursor.execute("SELECT preview FROM accounts_importplan")
        assert "林业站" not in cursor.fetchone()[0]


def test_expired_plan_is_deleted_at_the_next_upload(client, superuser):
    content = table(["宾阳县甘棠镇林业站", FORESTRY, "450126"], headers=HEADERS[:3])
    old = upload(client, KIND, content)
    ImportPlan.objects.update(created_at=timezone.now() - timedelta(hours=13))
    upload(client, KIND, content)
    assert client.get(address(old)).status_code == 404
    assert (ImportPlan.objects.count(), len(default_storage.listdir("imports")[1])) == (1, 2)


def test_bad_lines_are_named_and_good_ones_imported(client, superuser):
    merged_into = factories.unit("宾阳县林业站")
    gone = factories.unit("甘棠林业站", credit_code="12450100MB1760335W")
    units.merge(gone, into=merged_into)
    preview = upload(
        client,
        KIND,
        table(
            ["好单位一家", FORESTRY, "450126", "正常"],
            [None, FILMS, "450126", "正常"],
            ["区划不对", "12450923499429892G", "999999", "正常"],
            ["代码重复", FORESTRY, "450126", "正常"],
            ["状态不对", "91450103MA5P0R272E", "450126", "营业"],
            ["没有代码", None, None, None],
            ["太长的代码", "A" * 19, "450126", None],
            ["长" * 121, MINE, "450126", None],
            ["已合并了", gone.credit_code, "450126", "正常"],
            ["其他单位", "91450300315918427P", "450126", None],
            ["电话不对", "91450300315918427Q", "450126", None, "韦工", "12345"],
        ),
    )
    assert problems(preview) == [
        "第 3 行：“单位名称”列为空。",
        "第 4 行：“区划代码”列的值“999999”不是已有的区划代码。",
        f"第 5 行：“统一社会信用代码”列的值“{FORESTRY}”与第 2 行重复。",
        "第 6 行：“状态”列的值“营业”无效，应为待核实、正常、停用之一。",
        "第 7 行：“统一社会信用代码”列为空。“区划代码”列为空。",
        f"第 8 行：“统一社会信用代码”列的值“{'A' * 19}”超过 18 位。",
        f"第 9 行：“单位名称”列的值“{'长' * 50}…”超过 120 个字。",
        "第 10 行：“统一社会信用代码”列的值“12450100MB1760335W”属于已被合并的单位“甘棠林业站”，不能再更改。",
        "第 11 行：“单位名称”列的值“其他单位”不是单位全称，至少 4 个字。",
        "第 12 行：“联系电话”列的值“12345”不正确，请输入手机号码或带区号的固定电话，例如 0771-1234567。",
    ]
    assert "10 行有误，不会导入" in preview.content.decode()
    result = confirm(client, preview)
    assert message_texts(result) == ["导入完成：新增 1，更改 0，未变 0，有误 10。"]
    assert "10 行有误，没有导入" in result.content.decode()
    assert set(Unit.objects.values_list("name", flat=True)) == {"宾阳县林业站", "甘棠林业站", "好单位一家"}


def test_all_problems_of_a_line_are_named(client, superuser):
    preview = upload(client, KIND, table(["", "A" * 19, "999999", "营业", "", "1.38E+10"]))
    assert problems(preview) == [
        f"第 2 行：“单位名称”列为空。“联系电话”列{LOST.format('1.38E+10')}"
        f"“统一社会信用代码”列的值“{'A' * 19}”超过 18 位。“区划代码”列的值“999999”不是已有的区划代码。"
        "“状态”列的值“营业”无效，应为待核实、正常、停用之一。"
    ]


def test_apostrophes_of_codes_are_not_part_of_them(client, superuser):
    import_table(client, KIND, table(["宾阳县甘棠镇林业站", f"'{FORESTRY}", "'450126", "", "", "'0771-8212345"]))
    values = Unit.objects.values_list("credit_code", "region__code", "contact_phone")
    assert list(values) == [(FORESTRY, "450126", "0771-8212345")]


def test_bad_lines_with_any_character_can_be_downloaded(client, superuser):
    preview = upload(client, KIND, csv(HEADERS, ["甲\ufffe_x000D_", FORESTRY, "9", "", "", ""]).replace(b"\x00", b""))
    [_, bad] = rows(client.get(address(preview) + "bad-lines/"))
    assert bad[0] == "甲_x005F_x000D_"  # as a workbook holds it


def test_file_of_bad_lines_can_be_corrected_and_uploaded(client, superuser):
    preview = upload(client, KIND, table(["'=甲", FORESTRY, "450126", "", "", ""], ["梧州市电影公司", FILMS, "450202"]))
    confirm(client, preview)
    [heads, bad] = rows(client.get(address(preview) + "bad-lines/"))
    assert heads == (*HEADERS, "原行号", "问题")
    assert bad[:3] == ("'=甲", FORESTRY, "450126")
    assert bad[-2:] == ("2", "“单位名称”列的值“=甲”不是单位全称，至少 4 个字。")
    again = upload(client, KIND, workbook(heads, ("宾阳县甘棠镇林业站", *bad[1:])))
    assert (counts(again), again.context["preview"].unused) == ({"新增": 1}, [])


@pytest.mark.parametrize(("code", "shown"), [(1.245010000000124e17, "1.24501E+17"), ("1.24501E+17", "1.24501E+17")])
def test_code_stored_as_a_number_is_refused(client, superuser, code, shown):
    """Two units whose codes lost their last digits must not be taken for one."""
    preview = upload(
        client, KIND, table(["甲单位一家", code, "450126"], ["乙单位一家", code, "450126"], headers=HEADERS[:3])
    )
    words = f"“统一社会信用代码”列{LOST.format(shown)}"
    assert problems(preview) == [f"第 2 行：{words}", f"第 3 行：{words}"]


def test_phone_in_scientific_notation_is_refused(client, superuser):
    content = csv(HEADERS, ["甲单位一家", FORESTRY, "450126", "", "", "1.38E+10"])
    assert problems(upload(client, KIND, content)) == [f"第 2 行：“联系电话”列{LOST.format('1.38E+10')}"]


def test_change_after_preview_stops_whole_import(client, superuser):
    lines = [["宾阳县甘棠镇林业站", FORESTRY, "450126"], ["梧州市电影公司", FILMS, "450202"]]
    preview = upload(client, KIND, table(*lines, headers=HEADERS[:3]))
    factories.region("450202").delete()
    response = confirm(client, preview)
    words = "预览之后数据有变动，尚未导入任何内容。以下是现在的预览，请重新核对后确认。"
    assert message_texts(response) == [words]
    assert not Unit.objects.exists()
    assert problems(response) == ["第 3 行：“区划代码”列的值“450202”不是已有的区划代码。"]
    confirm(client, response)
    assert Unit.objects.get().name == "宾阳县甘棠镇林业站"


def test_missing_column_is_one_sentence(client, superuser):
    response = upload(client, KIND, table(["林业站", FORESTRY], headers=["单位名称", "信用代码"]))
    assert errors(response) == [
        "文件缺少列：统一社会信用代码、区划代码。第一行应为列名：单位名称、统一社会信用代码、区划代码、状态、联系人、"
        "联系电话（可以没有：状态、联系人、联系电话）。"
    ]


def test_heading_that_appears_twice_is_refused(client, superuser):
    response = upload(client, KIND, table(headers=[*HEADERS, "单位名称"]))
    assert errors(response) == ["列名重复：单位名称。请只保留一列。"]


@pytest.mark.parametrize("content", [b"", b"\x00not a workbook", table()], ids=["empty", "no workbook", "no lines"])
def test_unreadable_file_is_a_field_error(client, superuser, content):
    response = upload(client, KIND, content)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["file"]
    assert not ImportPlan.objects.exists()
    assert not os.listdir(default_storage.path("imports")) if default_storage.exists("imports") else True


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_encodings_of_spreadsheets_are_read(client, superuser, encoding):
    content = csv(HEADERS, ["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "", ""], encoding=encoding)
    assert import_table(client, KIND, content) == ["导入完成：新增 1，更改 0，未变 0，有误 0。"]
    assert Unit.objects.get().name == "宾阳县甘棠镇林业站"


def test_empty_table_has_the_columns(client, superuser):
    assert rows(client.get(reverse("admin:organizations_unit_import_template"))) == [tuple(HEADERS)]


def exported(client: Client, kind: str, **query: str) -> list[list[Any]]:
    """Return the rows of an export, the first of which holds the columns."""
    response: Any = client.get(EXPORT[kind], query)
    content = b"".join(response.streaming_content)
    if kind == "csv":
        return [line.split(",") for line in content.decode("utf-8-sig").splitlines()]
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_export_has_filtered_list_in_import_columns(client, superuser, kind):
    factories.unit("宾阳县甘棠镇林业站", credit_code=FORESTRY, contact_name="韦站长", contact_phone="0771-1")
    factories.unit("梧州市电影公司", "450202", credit_code=FILMS, state=Unit.State.DISABLED)
    assert exported(client, kind) == [
        HEADERS,
        ["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "韦站长", "0771-1"],
        ["梧州市电影公司", FILMS, "450202", "停用", "", ""],
    ]
    assert [row[0] for row in exported(client, kind, region="450100")] == ["单位名称", "宾阳县甘棠镇林业站"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1单位", "-1单位", "@SUM"])
def test_formulas_are_escaped_and_survive_round_trip(client, superuser, kind, text):
    unit = factories.unit(text, credit_code=FORESTRY)
    content = b"".join(client.get(EXPORT[kind]).streaming_content)
    if kind == "xlsx":
        cell = load_workbook(io.BytesIO(content)).worksheets[0]["A2"]
        assert (cell.value, cell.data_type) == (f"'{text}", "s")
    else:
        assert f"\n'{text}," in content.decode("utf-8-sig")
    assert import_table(client, KIND, content) == ["导入完成：新增 0，更改 0，未变 1，有误 0。"]
    unit.refresh_from_db()
    assert unit.name == text


def test_regional_administrator_imports_into_own_subtree(client, guangxi):
    person = factories.region_admin(factories.region("450100"))
    person.is_staff = True
    person.save()
    client.force_login(person)
    foreign = factories.unit("梧州市电影公司", "450202", credit_code=FILMS)
    lines = ["甘棠林业站", FORESTRY, "450202"], ["抢来的单位", FILMS, "450126"]
    assert problems(upload(client, KIND, table(*lines, headers=HEADERS[:3]))) == [
        "第 2 行：“区划代码”列的值“450202”不在您管理的区域内。",
        f"第 3 行：“统一社会信用代码”列的值“{FILMS}”属于“梧州市电影公司”（城中区），不在您管理的区域内。",
    ]
    foreign.refresh_from_db()
    assert foreign.name == "梧州市电影公司"
    assert [row[0] for row in exported(client, "csv")] == ["单位名称"]
    content = table(["甘棠林业站", FORESTRY, "450126"], headers=HEADERS[:3])
    assert import_table(client, KIND, content) == ["导入完成：新增 1，更改 0，未变 0，有误 0。"]


@pytest.mark.parametrize("count", [1, 30])
def test_export_query_count_is_constant(client, superuser, django_assert_num_queries, count):
    lines = [[f"第{number}林业站", factories.unit_code(), "450126"] for number in range(count)]
    import_table(client, KIND, table(*lines, headers=HEADERS[:3]))
    with django_assert_num_queries(EXPORT_QUERIES):
        client.get(EXPORT["xlsx"]).close()
