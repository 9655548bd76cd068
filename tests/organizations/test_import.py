"""Import and export of units as Excel and CSV, through the administration pages."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from organizations import revision, search, units
from organizations.models import Unit
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
IMPORT = reverse("admin:organizations_unit_import")
PROCESS = reverse("admin:organizations_unit_process_import")
EXPORT = reverse("admin:organizations_unit_export")
HEADERS = ["单位名称", "统一社会信用代码", "区划代码", "状态", "联系人", "联系电话"]
XLSX, CSV = "0", "1"
FORESTRY, FILMS, MINE = "12450126791325812B", "91450403498738853K", "91450084700708730B"
PREVIEW_QUERIES = 14  # 7 of them begin and end the transaction and its savepoints
EXPORT_QUERIES = 4  # session, person, open tree of the filter, rows
GONE = "没有等待确认的文件：可能已经导入，请核对列表；否则请重新上传。"
INVALID_CODE = "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"


@pytest.fixture
def superuser(guangxi, client):
    person = factories.administrator()
    client.force_login(person)
    return person


def workbook(*rows: Sequence[Any], headers: list[str] = HEADERS) -> bytes:
    book = Workbook()
    for row in (headers, *rows):
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv(*rows: list[str], headers: list[str] = HEADERS, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in (headers, *rows)).encode(encoding)


def upload(client: Client, content: bytes, kind: str = XLSX) -> Any:
    file = SimpleUploadedFile("units.xlsx" if kind == XLSX else "units.csv", content)
    return client.post(IMPORT, {"format": kind, "import_file": file, "resource": "0"})


def confirm(client: Client, preview: Any) -> Any:
    return client.post(PROCESS, preview.context["confirm_form"].initial, follow=True)


def import_file(client: Client, content: bytes, kind: str = XLSX) -> list[str]:
    """Upload and confirm a file; return the messages."""
    response = confirm(client, upload(client, content, kind))
    return message_texts(response)


def problems(response: Any) -> list[str]:
    assert "confirm_form" not in response.context
    return [message for row in response.context["result"].invalid_rows for message in row.error.messages]


def test_preview_changes_nothing(client, superuser):
    number = revision.current()
    response = upload(client, workbook(["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "韦站长", "0771-1"]))
    html = response.content.decode()
    assert "预览：新增 1 个，更新 0 个，未变 0 个" in html
    assert "宾阳县甘棠镇林业站" in html
    assert (Unit.objects.count(), revision.current()) == (0, number)


def test_import_adds_units_and_updates_index(client, superuser):
    assert search.find_units("林业").total == 0
    number = revision.current()
    rows: list[list[Any]] = [
        ["\ufeff宾阳县甘棠镇\u200b林业站", FORESTRY, "450126", "待核实", "韦站长", "0771-8212345"],
        ["梧州市电影公司", FILMS, 450202, None, None, 13800000000],
    ]
    assert import_file(client, workbook(*rows)) == ["导入完成：新增 2 个，更新 0 个，未变 0 个。"]
    values = Unit.objects.order_by("pk").values_list(
        "name", "credit_code", "region__code", "state", "contact_name", "contact_phone", "credit_code_flagged"
    )
    assert list(values) == [
        ("宾阳县甘棠镇林业站", FORESTRY, "450126", "pending", "韦站长", "0771-8212345", False),
        ("梧州市电影公司", FILMS, "450202", "active", "", "13800000000", False),
    ]
    assert revision.current() == number + 1
    assert search.find_units("林业").total == 1


def test_existing_code_updates_unit_and_preview_shows_change(client, superuser):
    unit = factories.unit("甘棠林业站", credit_code=FORESTRY, contact_name="旧人", contact_phone="1")
    same = factories.unit("梧州市电影公司", "450202", credit_code=FILMS)
    content = workbook(
        ["宾阳县甘棠镇林业站", FORESTRY.lower(), "450103"], [same.name, FILMS, "450202"], headers=HEADERS[:3]
    )
    preview = upload(client, content)
    html = preview.content.decode()
    assert "预览：新增 0 个，更新 1 个，未变 1 个" in html
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
    preview = upload(client, workbook(["北海市金峰矿业有限公司", MINE, "450126"], headers=HEADERS[:3]))
    assert f"第 2 行“统一社会信用代码”列的值“{MINE}”：{INVALID_CODE}将按原样保留并标记。" in preview.content.decode()
    confirm(client, preview)
    unit = Unit.objects.get()
    assert (unit.credit_code, unit.credit_code_flagged) == (MINE, True)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "nowhere"])
def test_confirm_reads_only_the_uploaded_file_once(client, superuser, name):
    preview = upload(client, workbook(["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "", ""]))
    asked = preview.context["confirm_form"].initial
    made_up = client.post(PROCESS, {**asked, "import_file_name": name}, follow=True)
    assert message_texts(made_up) == [GONE]
    assert [str(message) for message in confirm(client, preview).context["messages"]] != [GONE]
    assert [str(message) for message in confirm(client, preview).context["messages"]] == [GONE]
    assert Unit.objects.count() == 1


def test_errors_name_line_column_value_and_stop_import(client, superuser):
    merged_into = factories.unit("宾阳县林业站")
    gone = factories.unit("甘棠林业站", credit_code="12450100MB1760335W")
    units.merge(gone, into=merged_into)
    response = upload(
        client,
        workbook(
            ["好单位", FORESTRY, "450126", "正常"],
            [None, FILMS, "450126", "正常"],
            ["区划不对", "12450923499429892G", "999999", "正常"],
            ["代码重复", FORESTRY, "450126", "正常"],
            ["状态不对", "91450103MA5P0R272E", "450126", "营业"],
            ["没有代码", None, None, None],
            ["太长的代码", "1" * 19, "450126", None],
            ["长" * 121, MINE, "450126", None],
            ["已合并", gone.credit_code, "450126", "正常"],
        ),
    )
    assert problems(response) == [
        "第 3 行“单位名称”列为空。",
        "第 4 行“区划代码”列的值“999999”不是已有的区划代码。",
        f"第 5 行“统一社会信用代码”列的值“{FORESTRY}”与第 2 行重复。",
        "第 6 行“状态”列的值“营业”无效，应为待核实、正常、停用之一。",
        "第 7 行“统一社会信用代码”列为空。",
        "第 7 行“区划代码”列为空。",
        f"第 8 行“统一社会信用代码”列的值“{'1' * 19}”超过 18 位。",
        f"第 9 行“单位名称”列的值“{'长' * 20}…”超过 120 个字。",
        "第 10 行“统一社会信用代码”列的值“12450100MB1760335W”属于已被合并的单位“甘棠林业站”，不能再更改。",
    ]
    html = response.content.decode()
    assert "有 8 行不正确，未导入任何内容。" in html
    assert "第 4 行“区划代码”列的值“999999”不是已有的区划代码。" in html
    assert set(Unit.objects.all()) == {merged_into, gone}


def test_change_after_preview_stops_whole_import(client, superuser):
    rows = [["宾阳县甘棠镇林业站", FORESTRY, "450126"], ["梧州市电影公司", FILMS, "450202"]]
    preview = upload(client, workbook(*rows, headers=HEADERS[:3]))
    factories.region("450202").delete()
    response = confirm(client, preview)
    assert message_texts(response) == ["预览之后数据有变动，未导入任何内容，请重新上传文件查看。"]
    assert not Unit.objects.exists()


def test_missing_column_is_named(client, superuser):
    response = upload(client, workbook(["林业站", FORESTRY], headers=["单位名称", "信用代码"]))
    assert "文件缺少列：统一社会信用代码、区划代码。" in response.content.decode()
    assert "confirm_form" not in response.context


@pytest.mark.parametrize("content", [b"", b"not a workbook", workbook()], ids=["empty", "no workbook", "no lines"])
def test_unreadable_file_is_a_field_error(client, superuser, content):
    response = upload(client, content)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["import_file"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings_of_spreadsheets_are_read(client, superuser, encoding):
    content = csv(["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "", ""], encoding=encoding)
    assert import_file(client, content, CSV) == ["导入完成：新增 1 个，更新 0 个，未变 0 个。"]
    assert Unit.objects.get().name == "宾阳县甘棠镇林业站"


def exported(client: Client, kind: str, **query: str) -> list[list[Any]]:
    """Return the rows of an export, the first of which holds the columns."""
    response = client.post(
        f"{EXPORT}?{'&'.join(f'{name}={value}' for name, value in query.items())}", {"format": kind, "resource": "0"}
    )
    assert response.status_code == 200
    if kind == CSV:
        return [line.split(",") for line in response.content.decode("utf-8-sig").splitlines()]
    return [
        [cell or "" for cell in row]
        for row in load_workbook(io.BytesIO(response.content)).worksheets[0].iter_rows(values_only=True)
    ]


@pytest.mark.parametrize("kind", [XLSX, CSV])
def test_export_has_filtered_list_in_import_columns(client, superuser, kind):
    factories.unit("宾阳县甘棠镇林业站", credit_code=FORESTRY, contact_name="韦站长", contact_phone="0771-1")
    factories.unit("梧州市电影公司", "450202", credit_code=FILMS, state=Unit.State.DISABLED)
    assert exported(client, kind) == [
        HEADERS,
        ["宾阳县甘棠镇林业站", FORESTRY, "450126", "正常", "韦站长", "0771-1"],
        ["梧州市电影公司", FILMS, "450202", "停用", "", ""],
    ]
    assert [row[0] for row in exported(client, kind, region="450100")] == ["单位名称", "宾阳县甘棠镇林业站"]


@pytest.mark.parametrize("kind", [XLSX, CSV])
@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM"])
def test_formulas_are_escaped_and_survive_round_trip(client, superuser, kind, text):
    unit = factories.unit(text, credit_code=FORESTRY)
    response = client.post(EXPORT, {"format": kind, "resource": "0"})
    if kind == XLSX:
        cell = load_workbook(io.BytesIO(response.content)).worksheets[0]["A2"]
        assert (cell.value, cell.data_type) == (f"'{text}", "s")
    else:
        assert f"\n'{text}," in response.content.decode("utf-8-sig")
    assert import_file(client, response.content, kind) == ["导入完成：新增 0 个，更新 0 个，未变 1 个。"]
    unit.refresh_from_db()
    assert unit.name == text


def test_regional_administrator_imports_into_own_subtree(client, guangxi):
    person = factories.region_admin(factories.region("450100"))
    person.is_staff = True
    person.save()
    client.force_login(person)
    foreign = factories.unit("梧州市电影公司", "450202", credit_code=FILMS)
    response = upload(
        client,
        workbook(["林业站", FORESTRY, "450202"], ["抢来的单位", FILMS, "450126"], headers=HEADERS[:3]),
    )
    assert problems(response) == [
        "第 2 行“区划代码”列的值“450202”不在您管理的区域内。",
        f"第 3 行“统一社会信用代码”列的值“{FILMS}”属于“梧州市电影公司”（城中区），不在您管理的区域内。",
    ]
    foreign.refresh_from_db()
    assert foreign.name == "梧州市电影公司"
    assert [row[0] for row in exported(client, CSV)] == ["单位名称"]
    assert import_file(client, workbook(["林业站", FORESTRY, "450126"], headers=HEADERS[:3])) == [
        "导入完成：新增 1 个，更新 0 个，未变 0 个。"
    ]


@pytest.mark.parametrize("count", [1, 30])
def test_preview_and_export_query_counts_are_constant(client, superuser, django_assert_num_queries, count):
    rows = [[f"第{number}林业站", factories.unit_code(), "450126"] for number in range(count)]
    content = workbook(*rows, headers=HEADERS[:3])
    with django_assert_num_queries(PREVIEW_QUERIES):
        upload(client, content)
    import_file(client, content)
    with django_assert_num_queries(EXPORT_QUERIES):
        client.post(EXPORT, {"format": XLSX, "resource": "0"})
