"""Courses, completions and platforms on the administrator's pages."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from hours.completions import files, manual, platforms
from hours.models import Completion, CompletionVersion, Course, PersonTotal, Platform
from tests import factories, imports
from tests.completions.conftest import NEW_YEAR, THIS_YEAR
from tests.imports import confirm
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:hours_completion_changelist"), reverse("admin:hours_completion_add")
IMPORT, EXPORT = reverse("admin:hours_completion_import"), reverse("admin:hours_completion_export")
PLATFORM_ADD = reverse("admin:hours_platform_add")
LIST_QUERIES = 5  # session, user, count, rows, courses of the filter
DAY = str(NEW_YEAR)


@pytest.fixture(autouse=True)
def administrator(client):
    person = factories.administrator()
    client.force_login(person)
    return person


@pytest.fixture
def completed(huang, course) -> Completion:
    return manual.add(huang, course, Decimal(9), NEW_YEAR)


def change_url(row: Model) -> str:
    return reverse(f"admin:hours_{row._meta.model_name}_change", args=[row.pk])


# --- By hand ---------------------------------------------------------------------------------------


def test_added_completion_counts(client, huang, course):
    facts = {"person": huang.pk, "course": course.pk, "hours": "7.5", "completed_on": DAY}
    assert client.post(ADD, facts).status_code == 302
    row = Completion.objects.get()
    assert (row.person, row.hours, row.source) == (huang, Decimal("7.5"), "手工登记")
    assert PersonTotal.objects.get().public == Decimal("7.5")


def test_invalid_completion_is_not_added(client, huang, course, completed):
    other = factories.person("李工")
    facts = {"person": other.pk, "course": course.pk, "hours": "10", "completed_on": DAY}
    response = client.post(ADD, facts)
    assert response.context["adminform"].errors == {"hours": ["学时 10 超过该科目的 9 学时。"]}
    response = client.post(ADD, {**facts, "hours": 1, "completed_on": f"{THIS_YEAR - 1}-12-31"})
    assert list(response.context["adminform"].errors) == ["completed_on"]
    response = client.post(ADD, {**facts, "person": huang.pk, "hours": 1})
    assert response.context["adminform"].errors == {"__all__": ["该人员已有此科目的学习记录。"]}
    assert Completion.objects.get() == completed


def edit(client: Client, completed: Completion, **values: object) -> Any:
    management = {"versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0}
    return client.post(change_url(completed), {"hours": "9", "completed_on": DAY, **management, **values}, follow=True)


def test_correction_counts_and_shows_history(client, completed, administrator):
    edit(client, completed, hours="4")
    assert PersonTotal.objects.get().public == 4
    assert CompletionVersion.objects.values_list("hours", "completed_on", "replaced_by").get() == (
        9,
        NEW_YEAR,
        administrator.name,
    )
    html = client.get(change_url(completed)).content.decode()
    assert "更正记录（更正前的内容）" in html
    assert administrator.name in html


def test_person_and_source_cannot_be_changed(client, completed):
    other = factories.person("李工")
    edit(client, completed, person=other.pk, source="别处")
    completed.refresh_from_db()
    assert (completed.person.name, completed.source) == ("黄秋梦", "手工登记")


def test_deleted_completion_no_longer_counts(client, completed):
    client.post(reverse("admin:hours_completion_delete", args=[completed.pk]), {"post": "yes"})
    assert (Completion.objects.count(), PersonTotal.objects.count()) == (0, 0)


def test_completions_deleted_by_action_no_longer_count(client, completed):
    client.post(LIST, {"action": "delete_selected", "_selected_action": [completed.pk], "post": "yes"})
    assert (Completion.objects.count(), PersonTotal.objects.count()) == (0, 0)


def test_year_of_course_with_completions_cannot_be_changed(client, completed, course):
    client.post(change_url(course), {"name": course.name, "kind": "required", "hours": "9", "year": THIS_YEAR - 1})
    course.refresh_from_db()
    assert course.year == THIS_YEAR


# --- List ------------------------------------------------------------------------------------------


def test_search_by_name_or_id_number_masks_id_numbers(client, huang, completed):
    other = manual.add(factories.person("李工"), completed.course, Decimal(9), NEW_YEAR)
    for typed in ("黄秋", huang.id_number[-4:], huang.id_number):
        response = client.post(LIST, {"q": typed}, follow=True)
        assert list(response.context["cl"].result_list) == [completed], typed
        assert huang.id_number not in response.content.decode()
        assert huang.id_number not in response.redirect_chain[-1][0]
    assert set(client.get(LIST).context["cl"].result_list) == {completed, other}


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_is_constant(client, course, django_assert_num_queries, count):
    for number in range(count):
        manual.add(factories.person(f"学员{number}"), course, Decimal(9), NEW_YEAR)
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(LIST).status_code == 200


def test_export_is_filtered_masked_and_has_no_formulas(client, huang, completed):
    Course.objects.filter(pk=completed.course_id).update(name="=HYPERLINK(1)")
    manual.add(factories.person("李工"), Course.objects.create(year=THIS_YEAR, name="职业道德", hours=6), 6, NEW_YEAR)
    response = client.get(EXPORT, {"q": "黄秋梦"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [[cell.value for cell in row] for row in sheet] == [
        ["姓名", "证件号码", "年度", "科目名称", "科目类型", "学时", "完成日期", "来源", "来源编号"],
        ["黄秋梦", huang.masked_id, THIS_YEAR, "=HYPERLINK(1)", "必修", 9, DAY, "手工登记", completed.source_key],
    ]
    assert sheet["D2"].data_type == "s"


# --- Import ----------------------------------------------------------------------------------------


def test_import_without_source_and_file_has_errors(client, administrator):
    assert client.post(IMPORT, {"source": ""}).context["form"].errors == {
        "source": ["请填写来源。"],
        "file": ["请选择要导入的文件。"],
    }


def upload(client: Client, *rows: list[str], source: str = "广西继续教育网") -> Any:
    content = imports.csv(files.COLUMNS.known, *rows, encoding="gb18030")
    return imports.upload(client, "hours_completion", content, "completions.csv", source=source)


def row(person: User, course: Course, hours: str = "", key: str = "A-1") -> list[str]:
    return [person.id_number, str(course.year), course.name, hours, DAY, key]


def test_preview_shows_changes_and_bad_lines_before_saving(client, huang, course):
    other = factories.person("李工")
    preview = upload(client, row(huang, course), row(other, course, "99", "A-2"), row(other, course, "4", "A-3"))
    html = preview.content.decode()
    assert imports.counts(preview) == {"新增": 1, "有误": 2}
    assert imports.problems(preview) == [
        "第 3 行：“学时”列的值“99”：学时 99 超过该科目的 9 学时。",
        "第 4 行：“科目名称”列的值“当代科学技术前沿知识”：与第 3 行是同一人员的同一科目，请只保留一行。",
    ]
    assert huang.masked_id in html
    assert huang.id_number not in html
    assert not Completion.objects.exists()
    assert message_texts(confirm(client, preview)) == ["导入完成：新增 1，更改 0，未变 0，有误 2。"]
    stored = Completion.objects.order_by("pk").values_list("person__name", "hours", "source", "source_key")
    assert list(stored) == [("黄秋梦", 9, "广西继续教育网", "A-1")]
    assert PersonTotal.objects.get().public == 9


def test_one_source_key_for_two_people_is_named(client, huang, course):
    preview = upload(client, row(huang, course), row(factories.person("李工"), course))
    assert imports.problems(preview) == ["第 3 行：“来源编号”列的值“A-1”：与第 2 行是同一来源编号，请只保留一行。"]


def test_all_problems_of_a_line_are_named(client, huang, course):
    lines = [
        [huang.id_number, "二〇二六", course.name, "多", "昨天", "", "黄秋萝"],
        ["4501", str(THIS_YEAR), course.name, "1e400", f"{THIS_YEAR - 1}-12-31", "A" * 101],
        [huang.id_number, str(THIS_YEAR), "", "999", "", "", ""],
    ]
    assert imports.problems(upload(client, *lines)) == [
        "第 2 行：“年度”列的值“二〇二六”：年度应为整数。姓名“黄秋萝”与该证件号码的人员不一致，请核对姓名和证件号码。"
        "“学时”列的值“多”：学时应为数字，例如 8 或 7.5。完成日期“昨天”无法识别，应如 2026-05-12。",
        "第 3 行：“证件号码”列的值“*****4501”：证件号码应为 5 至 20 位字母或数字。"
        "“学时”列的值“1e400”：学时应为数字，例如 8 或 7.5。"
        f"“完成日期”列的值“{THIS_YEAR - 1}-12-31”：完成日期 {THIS_YEAR - 1}-12-31 不在科目的 {THIS_YEAR} 年度内。"
        f"“来源编号”列的值“{'A' * 50}…”：来源编号超过 100 个字符。",
        "第 4 行：“科目名称”列为空。“完成日期”列为空。“学时”列的值“999”：学时必须大于 0，不超过 500，且是 0.5 的倍数。",
    ]


def test_preview_lists_unused_columns(client, huang, course):
    heads = ("证件号码", "年度", "科目名称", "学时数", "完成日期")
    content = imports.csv(heads, row(huang, course, "4")[:5])
    preview = imports.upload(client, "hours_completion", content, source="x")
    assert "文件中没有使用的列：学时数。" in preview.content.decode()


@pytest.mark.parametrize(("name", "is_taken"), [("黄 秋\u3000梦", True), ("黄秋萝", False)])
def test_name_in_file_has_to_be_that_of_the_person(client, huang, course, name, is_taken):
    line = [huang.id_number, str(course.year), course.name, str(NEW_YEAR), name]
    content = imports.csv((*files.COLUMNS.required, "姓名"), line)
    preview = imports.upload(client, "hours_completion", content, source="x")
    words = f"第 2 行：姓名“{name}”与该证件号码的人员不一致，请核对姓名和证件号码。"
    assert imports.problems(preview) == ([] if is_taken else [words])


def test_preview_of_correction_shows_previous_value(client, huang, course):
    confirm(client, upload(client, row(huang, course)))
    preview = upload(client, row(huang, course, "4"))
    assert "4（原为 9）" in preview.content.decode()
    confirm(client, preview)
    assert PersonTotal.objects.get().public == 4


def test_confirmation_is_refused_after_data_changed(client, huang, course):
    preview = upload(client, row(huang, course))
    Course.objects.update(hours=5)
    response = confirm(client, preview)
    assert message_texts(response) == ["预览之后数据有变动，尚未导入任何内容。以下是现在的预览，请重新核对后确认。"]
    assert not Completion.objects.exists()
    confirm(client, response)
    assert [completion.hours for completion in Completion.objects.all()] == [5]


def test_import_across_batches_is_as_previewed(client, huang, course, monkeypatch):
    monkeypatch.setattr("config.files.importing.BATCH_SIZE", 1)
    people = [huang, *(factories.person(f"学员{number}") for number in range(3))]
    preview = upload(client, *(row(person, course, key=f"A-{number}") for number, person in enumerate(people)))
    assert message_texts(confirm(client, preview)) == ["导入完成：新增 4，更改 0，未变 0，有误 0。"]


def test_bad_lines_go_to_their_maker_as_typed(client, huang, course):
    preview = upload(client, row(huang, course, "99", "=1+1"))
    [_, bad] = imports.rows(client.get(imports.address(preview) + "bad-lines/"))
    assert bad == (
        *(huang.id_number, str(THIS_YEAR), course.name, "99", DAY, "'=1+1", None, "2"),
        "“学时”列的值“99”：学时 99 超过该科目的 9 学时。",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "这个文件是空的，请重新选择。"),
        (b"a,b\r\n1,2", "文件缺少列：证件号码、年度、科目名称、完成日期。"),
        (",".join(files.COLUMNS.known).encode(), "文件中没有数据行"),
        (b"%PDF\x00", "文件不是 Excel（.xlsx、.xls）或 CSV，请重新选择。"),
        (b"x" * (20 * 1024 * 1024 + 1), "文件超过 20 MB"),
    ],
)
def test_unreadable_file_is_form_error(client, content, words):
    response = imports.upload(client, "hours_completion", content, source="x")
    assert imports.errors(response)[0].startswith(words)


def test_too_many_lines_are_form_error(client, huang, course, settings):
    settings.IMPORT_MAX_ROWS = 1
    response = upload(client, row(huang, course), row(huang, course))
    assert imports.errors(response) == ["文件超过 1 行，请分成几个文件上传。"]


def test_other_staff_get_403(client, guangxi, completed):
    person = factories.region_admin(guangxi)
    person.is_staff = True
    person.save()
    client.force_login(person)
    for url in (LIST, ADD, IMPORT, EXPORT, PLATFORM_ADD, change_url(completed)):
        assert client.get(url).status_code == 403, url


# --- Platforms -------------------------------------------------------------------------------------


def test_platform_with_past_last_day_is_refused(client):
    words = "最后一日已过，请填写今天或以后的日期；要立即停用，请撤回令牌。"
    assert words in client.post(PLATFORM_ADD, {"name": "x", "expires_on": "2020-01-01"}).content.decode()
    over = Platform.objects.create(name="已到期的", expires_on=date(2020, 1, 1))
    page = client.get(reverse("admin:hours_platform_token", args=[over.pk])).content.decode()
    assert "但平台已过最后一日，须先改后新令牌才有效。" in page
    assert client.post(change_url(over), {"expires_on": "2020-01-01"}).status_code == 302


def test_token_of_new_platform_is_shown_once(client):
    response = client.post(PLATFORM_ADD, {"name": "广西继续教育网", "expires_on": f"{THIS_YEAR}-12-31"})
    token = response.context["token"]
    assert f"<code>{token}</code>" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    platform = platforms.authenticate(token)
    assert (platform.name, platform.expires_on) == ("广西继续教育网", date(THIS_YEAR, 12, 31))
    pages = [client.get(change_url(platform)), client.get(reverse("admin:hours_platform_changelist"))]
    assert [token in page.content.decode() for page in pages] == [False, False]
    assert f"*****{token[-4:]}" in pages[1].content.decode()


def test_token_is_replaced_and_withdrawn_after_confirmation(client):
    platform = Platform.objects.create(name="广西继续教育网")
    old = platforms.issue_token(platform)
    renew, withdraw = (reverse(f"admin:hours_platform_{name}", args=[platform.pk]) for name in ("token", "withdraw"))
    assert "原令牌随即失效" in client.get(renew).content.decode()
    assert platforms.authenticate(old) == platform
    new = client.post(renew).context["token"]
    with pytest.raises(platforms.TokenProblem, match="不正确"):
        platforms.authenticate(old)
    assert "随即不能再报送" in client.get(withdraw).content.decode()
    assert platforms.authenticate(new) == platform
    assert message_texts(client.post(withdraw, follow=True)) == ["已撤回“广西继续教育网”的令牌。"]
    with pytest.raises(platforms.TokenProblem, match="已撤回"):
        platforms.authenticate(new)
    assert "已撤回" in client.get(reverse("admin:hours_platform_changelist")).content.decode()


def test_platform_cannot_be_renamed_or_deleted(client):
    platform = Platform.objects.create(name="广西继续教育网")
    client.post(change_url(platform), {"name": "别的", "expires_on": ""})
    platform.refresh_from_db()
    assert platform.name == "广西继续教育网"
    assert client.post(reverse("admin:hours_platform_delete", args=[platform.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("days", "state"), [(-1, "已到期"), (0, "有效，尚未使用")])
def test_list_shows_state_of_platform(client, days, state):
    platform = Platform.objects.create(name="平台", expires_on=date.today() + timedelta(days=days))
    platforms.issue_token(platform)
    assert state in client.get(reverse("admin:hours_platform_changelist")).content.decode()
