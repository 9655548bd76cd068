"""待认领学时: what is reported for people or courses not known yet is kept, and credited when they are."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hours.completions import planning, plans, platforms, recording, waiting
from hours.completions.items import CompletionItem, Withdrawal
from hours.models import Course, PersonTotal, Platform, WaitingCompletion
from tests import factories
from tests.completions.conftest import NEW_YEAR, NUMBER, SOURCE, THIS_YEAR, answers, credited, signup_data
from tests.imports import confirm, counts, csv, upload
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
COMMITS = pytest.mark.django_db(transaction=True)  # crediting follows the commit
NO_PERSON = "还没有此证件号码的人员，先留存，该人员注册后自动计入。"
NO_COURSE = f"{THIS_YEAR} 年度还没有公需科目“职业道德”，先留存，录入该科目后自动计入。"


def waits() -> list[tuple]:
    rows = WaitingCompletion.objects.order_by("pk")
    return list(rows.values_list("id_tail", "course_name", "hours", "completed_on", "source_key", "state"))


# --- Kept ------------------------------------------------------------------------------------------


def test_item_of_unknown_person_is_kept_encrypted(unknown):
    assert answers(unknown(hours=4)) == [("waiting", NO_PERSON)]
    assert waits() == [(NUMBER[-4:], "当代科学技术前沿知识", 4, NEW_YEAR, "A-1", "person")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM hours_waitingcompletion")
        assert NUMBER not in str(cursor.fetchall())
    assert WaitingCompletion.objects.get().id_number == NUMBER


def test_item_of_unknown_course_is_kept(item):
    assert answers(item(course="职业道德")) == [("waiting", NO_COURSE)]
    assert answers(item(2, course_id=999_999, course="", year=None, key="A-2")) == [
        ("waiting", "还没有此编号的公需科目，先留存，录入该科目后自动计入。")
    ]
    assert [row[5] for row in waits()] == ["course", "course"]


@pytest.mark.parametrize("key", ["A-1", ""])
def test_item_sent_twice_waits_once_with_latest_facts(unknown, key):
    answers(unknown(key=key), unknown(2, key=key))
    answers(unknown(key=key, hours=4))
    assert [row[2] for row in waits()] == [4]


def test_wrong_number_of_waiting_item_can_be_corrected(unknown, item):
    answers(unknown())
    assert answers(item()) == [("saved", "")]
    assert waits() == []


def test_key_of_recorded_completion_does_not_wait_for_another_person(item, unknown):
    answers(item())
    assert answers(unknown()) == [("refused", "此来源编号已用于另一人员或另一科目。")]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"id_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")},
            "居民身份证号码校验位不正确，请核对是否有输错的数字。",
        ),
        ({"id_number": "wangwu"}, "证件号码至少应有 4 位数字，请核对。"),
        ({"hours": "1.3"}, "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": 9.5}, "学时 9.5 超过该科目的 9 学时。"),
        ({"course": "职业道德", "hours": "1.3"}, "学时必须大于 0，不超过 500，且是 0.5 的倍数。"),
        ({"course": "职业道德", "hours": 501}, "学时必须大于 0，不超过 500，且是 0.5 的倍数。"),
        ({"course": "职业道德", "completed_on": "2099-01-01"}, "完成日期 2099-01-01 在今天之后。"),
        (
            {"course": "职业道德", "completed_on": "2001-01-01"},
            f"完成日期 2001-01-01 在科目的 {THIS_YEAR} 年度之前。",
        ),
        ({"course": f"课{NUMBER}"}, f"{THIS_YEAR} 年度没有公需科目“课…”。"),
        ({"course_id": 10**8, "year": 10**8, "course": ""}, f"完成日期 {NEW_YEAR} 在科目的 {10**8} 年度之前。"),
        ({"key": f"x{NUMBER}"}, "来源编号不能含有证件号码。"),
    ],
)
def test_item_that_can_never_count_is_refused_at_once(unknown, facts, words):
    assert answers(unknown(**facts)) == [("refused", words)]
    assert waits() == []


def test_plan_keeps_nothing(unknown):
    assert planning.plan_batch([unknown()], SOURCE).results[0].message == NO_PERSON
    assert waits() == []


# --- Credited --------------------------------------------------------------------------------------


@COMMITS
def test_report_before_signup_counts_in_total_after_signup(client, course, guangxi, rules):
    """The way of the web: the platform posts, the person signs up and reads 学时查询."""
    token = platforms.issue_token(Platform.objects.create(name=SOURCE))
    item = {"id": "A-1", "id_number": NUMBER, "year": THIS_YEAR, "course": course.name, "completed_on": str(NEW_YEAR)}
    response = Client().post(
        reverse("api_completions"),
        json.dumps([item]),
        "application/json",
        headers={"authorization": f"Bearer {token}"},
    )
    assert response.json() == {
        "counts": {"saved": 0, "corrected": 0, "unchanged": 0, "waiting": 1, "refused": 0},
        "results": [{"item": 1, "id": "A-1", "result": "waiting", "field": "id_number", "message": NO_PERSON}],
    }
    assert client.post(reverse("accounts:signup"), signup_data(NUMBER)).status_code == 302
    (year,) = [row for row in client.get(reverse("hours:lookup")).context["years"] if row.year == THIS_YEAR]
    assert year.public == 9
    assert credited() == [("覃晓燕", course.name, 9, NEW_YEAR, SOURCE, "A-1")]
    assert waits() == []


@COMMITS
def test_statement_is_credited_with_hours_capped_by_course(course):
    answers(CompletionItem(1, NUMBER, course_id=course.pk, hours=Decimal(30), completed_on=NEW_YEAR, caps_hours=True))
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert [row[2] for row in credited()] == [9]


@COMMITS
def test_entered_course_credits_people_who_wait(client, item):
    answers(item(course="职业道德"))
    client.force_login(factories.administrator())
    data = {"year": THIS_YEAR, "name": "职业道德", "kind": "required", "hours": "6"}
    assert client.post(reverse("admin:hours_course_add"), data).status_code == 302
    assert [row[:3] for row in credited()] == [("黄秋梦", "职业道德", 6)]
    assert PersonTotal.objects.get().public == 6


@COMMITS
def test_renamed_course_credits_people_who_wait(client, item, course):
    answers(item(course="职业道德"))
    client.force_login(factories.administrator())
    data = {"year": THIS_YEAR, "name": "职业道德", "kind": "required", "hours": "9"}
    client.post(reverse("admin:hours_course_change", args=[course.pk]), data)
    assert [row[1] for row in credited()] == ["职业道德"]


@COMMITS
def test_imported_course_credits_people_who_wait(client, item):
    answers(item(course="职业道德"))
    client.force_login(factories.administrator())
    table = csv(("年度", "科目名称", "科目类型", "学时"), (str(THIS_YEAR), "职业道德", "必修", "6"))
    confirm(client, upload(client, "hours_course", table, "科目.csv"))
    assert [row[1] for row in credited()] == ["职业道德"]


@COMMITS
def test_person_before_course_waits_for_course(unknown):
    answers(unknown(course="职业道德"))
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert [row[5] for row in waits()] == ["course"]
    waiting.credit_courses([factories.course(THIS_YEAR, "职业道德")])
    assert ([row[0] for row in credited()], waits()) == (["覃晓燕"], [])


@COMMITS
def test_added_person_and_corrected_number_credit(client, unknown, huang):
    answers(unknown(), unknown(2, id_number=factories.resident_id(number=995), key="A-2"))
    client.force_login(factories.administrator())
    client.post(reverse("admin:accounts_user_add"), signup_data(NUMBER))
    assert [row[0] for row in credited()] == ["覃晓燕"]
    change = {
        "name": "黄秋梦",
        "id_kind": "resident",
        "username": huang.username,
        "phone": huang.phone,
        "is_active": "on",
    }
    number = factories.resident_id(number=995)
    client.post(reverse("admin:accounts_user_change", args=[huang.pk]), {**change, "id_number": number})
    assert [row[0] for row in credited()] == ["覃晓燕", "黄秋梦"]


@COMMITS
def test_imported_people_are_credited(client, unknown, guangxi):
    answers(unknown())
    client.force_login(factories.administrator())
    unit = factories.unit("横州市水利站")
    table = csv(("姓名", "证件号码", "单位"), ("覃晓燕", NUMBER, unit.credit_code))
    confirm(client, upload(client, "accounts_user", table, "人员.csv"))
    assert ([row[0] for row in credited()], waits()) == (["覃晓燕"], [])


@COMMITS
def test_crediting_twice_counts_once(unknown):
    answers(unknown())
    person = factories.person("覃晓燕", id_number=NUMBER)
    waiting.credit_people([person])
    waiting.credit_people([person])
    assert len(credited()) == 1
    assert PersonTotal.objects.get().public == 9


@COMMITS
def test_row_that_cannot_be_credited_stays_with_reason(unknown):
    answers(unknown(course="职业道德", hours=8))
    course = factories.course(THIS_YEAR, "职业道德", hours=6)
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    row = WaitingCompletion.objects.get()
    assert (row.state, row.reason) == ("refused", "学时 8 超过该科目的 6 学时。")
    Course.objects.filter(pk=course.pk).update(hours=8)
    waiting.credit_courses([course])
    assert ([row[2] for row in credited()], waits()) == ([8], [])


def test_withdrawal_deletes_waiting_and_recorded_completions(item, unknown):
    answers(item(), unknown(2, key="A-2"))
    assert recording.record(map(Withdrawal, ("A-1", "A-2", "A-3")), SOURCE) == []
    assert (credited(), waits(), PersonTotal.objects.count()) == ([], [], 0)


def test_import_shows_and_keeps_waiting_lines(client, course):
    client.force_login(factories.administrator())
    columns = ("证件号码", "年度", "科目名称", "学时", "完成日期", "来源编号")
    table = csv(columns, (NUMBER, str(THIS_YEAR), course.name, "", str(NEW_YEAR), "A-1"))
    preview = upload(client, "hours_completion", table, "记录.csv", source=SOURCE)
    assert (counts(preview), waits()) == ({"待认领": 1}, [])
    assert NO_PERSON in preview.content.decode()
    assert NUMBER not in preview.content.decode()
    assert message_texts(confirm(client, preview)) == ["导入完成：新增 0，更改 0，未变 0，待认领 1，有误 0。"]
    assert [row[0] for row in waits()] == [NUMBER[-4:]]


# --- Races -----------------------------------------------------------------------------------------


def test_person_saved_between_look_up_and_commit_is_credited(unknown, monkeypatch, django_capture_on_commit_callbacks):
    """The report reads no person, the sign-up sees no waiting row; the report looks again after its commit."""
    write = recording.write

    def sign_up_then_write(plan: plans.BatchPlan) -> None:
        monkeypatch.setattr(recording, "write", write)
        factories.person("覃晓燕", id_number=NUMBER)
        write(plan)

    monkeypatch.setattr(recording, "write", sign_up_then_write)
    with django_capture_on_commit_callbacks(execute=True):
        assert answers(unknown()) == [("waiting", NO_PERSON)]
    assert ([row[0] for row in credited()], waits()) == (["覃晓燕"], [])


# --- Command ---------------------------------------------------------------------------------------


def test_command_credits_known_rows_and_deletes_old_ones(unknown, settings, capsys):
    old = timezone.now() - timedelta(days=settings.WAITING_COMPLETION_DAYS, hours=1)
    answers(unknown(), unknown(2, id_number=factories.resident_id(number=995), key="A-2"))
    WaitingCompletion.objects.filter(source_key="A-2").update(received_at=old)
    factories.person("覃晓燕", id_number=NUMBER)
    call_command("credit_waiting")
    assert capsys.readouterr().out == "已计入 1 条，不能计入 0 条，到期删除 1 条。\n"
    assert ([row[0] for row in credited()], waits()) == (["覃晓燕"], [])


@COMMITS
def test_rewrite_covers_waiting_numbers(unknown, settings, manage):
    answers(unknown(key=""))
    settings.DIGEST_KEY = "another digest key"
    manage("rewrite_id_numbers")
    answers(unknown(key="", hours=4))
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert ([row[2] for row in credited()], waits()) == ([4], [])


def test_numbers_are_not_logged(unknown, caplog):
    with caplog.at_level(logging.DEBUG):
        answers(unknown())
        waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert not [r for r in caplog.records if r.name != "django.db.backends" and NUMBER in r.getMessage()]
