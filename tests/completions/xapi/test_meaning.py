"""What a statement means: strict types, the course, the hours, voided statements."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from hours.completions import platforms
from hours.models import Completion, Course, PersonTotal, Platform, WaitingCompletion
from tests import factories
from tests.completions.conftest import THIS_YEAR
from tests.completions.xapi.facts import (
    COMPLETED,
    DAY,
    EXTERNAL_ID,
    FIRST,
    URL,
    VERSION,
    VOIDED,
    refusal,
)

NO_MOMENT = "timestamp 应为带时区的 ISO 8601 时间，例如 2026-05-12T08:30:00+08:00。"
MODULE, QUIZ = "http://id.tincanapi.com/activitytype/lms/module", "http://adlnet.gov/expapi/activities/assessment"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"id": "A-1"}, "第 1 条语句的 id 应为 UUID。"),
        ({"result": {"success": "false"}}, "第 1 条语句：result.success 应为 true 或 false，不能是文字或数字。"),
        ({"result": {"completion": 0}}, "第 1 条语句：result.completion 应为 true 或 false，不能是文字或数字。"),
        ({"result": {"completion": None}}, "第 1 条语句：result.completion 应为 true 或 false，不能是文字或数字。"),
        ({"result": {"duration": 9}}, "第 1 条语句：result.duration 应为 ISO 8601 时长，例如 PT9H。"),
        ({"result": {"duration": "P1Y"}}, "第 1 条语句：result.duration 应为 ISO 8601 时长，例如 PT9H。"),
        ({"timestamp": 1767225600}, f"第 1 条语句：{NO_MOMENT}"),
        ({"timestamp": f"{DAY}T08:30:00"}, f"第 1 条语句：{NO_MOMENT}"),
        ({"timestamp": f"{THIS_YEAR}-02-30T08:30:00Z"}, f"第 1 条语句：{NO_MOMENT}"),
        ({"timestamp": ""}, f"第 1 条语句：{NO_MOMENT}"),
        ({"result": {"score": 5}}, "第 1 条语句：score 应为 JSON 对象。"),
        ({"verb": {"display": {"en": "completed"}}}, "第 1 条语句：verb 缺少 id。"),
        ({"object": {"objectType": "Activity"}}, "第 1 条语句：object 缺少 id。"),
        ({"verb": COMPLETED}, "第 1 条语句：verb 应为 JSON 对象。"),
        ({"verb": {"id": 7}}, "第 1 条语句：id 应为文字。"),
        ({"object": {"id": "https://m.example/7", "objectType": 5}}, "第 1 条语句：objectType 应为文字。"),
        (
            {"object": {"id": "https://m.example/7", "definition": {"name": {str(n): "课" for n in range(101)}}}},
            "第 1 条语句：object.definition.name 最多 100 种语言。",
        ),
        (
            {"actor": {"objectType": "Group", "member": []}},
            "第 1 条语句：actor 应为个人（Agent），不能是小组（Group）。",
        ),
        ({"actor": {"account": {"homePage": "https://a.example", "name": 5}}}, "第 1 条语句：name 应为文字。"),
        ({"actor": {"name": "李工"}}, "第 1 条语句：actor 缺少 account：homePage 为平台地址，name 为证件号码。"),
        (
            {"actor": {"mbox": "mailto:a@example.com"}},
            "第 1 条语句：actor 应有 account（homePage 和 name），name 为证件号码；邮箱不能识别人员。",
        ),
        ({"actor": {"account": {"name": "450000198601023321"}}}, "第 1 条语句：actor.account 缺少 homePage。"),
    ],
)
def test_wrong_type_is_named(send, statement, parts, words):
    assert refusal(send(statement(**parts))) == words


@pytest.mark.parametrize(
    ("duration", "hours"), [("P1W", 9), ("P1WT1H", 9), ("P1DT2H", 9), ("PT1H30M", 1.5), ("PT0.5H", 0.5), ("P0WT4H", 4)]
)
def test_durations_with_weeks_count(send, statement, duration, hours):
    send(statement(result={"duration": duration}))
    assert Completion.objects.get().hours == hours


@pytest.mark.parametrize(
    "parts",
    [
        {"verb": {"id": "http://id.tincanapi.com/verb/viewed"}},
        {"object": {"id": "https://moodle.example/mod/quiz/view.php?id=3"}},
        {"object": {"id": "https://m.example/7", "definition": {"type": QUIZ}}},
        {"object": {"id": "https://m.example/7", "definition": {"type": MODULE, "extensions": {EXTERNAL_ID: "7"}}}},
        {"object": {"id": "https://m.example/7", "definition": {"extensions": {EXTERNAL_ID: "数学 101 班"}}}},
        {"object": {"id": "https://m.example/7", "definition": {"extensions": {EXTERNAL_ID: "A" * 41}}}},
        {"object": {"id": "https://m.example/mod/quiz/14"}},
        {"object": {"id": "https://m.example/course/0014"}},
        {"object": {"id": "https://m.example/7", "definition": {"extensions": {EXTERNAL_ID: "0011"}}}},
        *({"object": {"id": "https://m.example/7", "objectType": kind}} for kind in ("Agent", "SubStatement")),
        {"result": {"completion": False}},
        {"result": {"success": False}},
    ],
)
def test_other_events_of_a_platform_are_accepted_and_not_counted(send, statement, parts):
    assert send([statement(**parts)]).json() == [FIRST]
    assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (0, 0)


def test_course_is_named_by_its_code(send, statement, course):
    Course.objects.filter(pk=course.pk).update(code="GX-2026-01")
    by_extension = {
        "id": "https://m.example/course/view.php?id=5",
        "definition": {"extensions": {EXTERNAL_ID: "gx-2026-01"}},
    }
    send(statement(object=by_extension))
    assert Completion.objects.get().course == course
    assert send(statement(object={"id": "https://m.example/courses/GX-2026-01"})).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "http://id.tincanapi.com/activitytype/lms/course",
        "http://adlnet.gov/expapi/activities/course",
        "https://w3id.org/xapi/cmi5/activitytype/course",
    ],
)
def test_types_of_courses_count(send, statement, course, kind):
    send(statement(object={"id": f"https://m.example/courses/{course.pk}", "definition": {"type": kind}}))
    assert Completion.objects.get().course == course


def test_external_id_with_id_number_is_not_kept(send, statement, huang):
    for number in (huang.id_number, f"A{huang.id_number}"):
        activity = {"id": "https://m.example/5", "definition": {"extensions": {EXTERNAL_ID: number}}}
        send(statement(object=activity))
    assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (0, 0)


@pytest.mark.parametrize("external", [["GX-1"], True, 1.5, "GX\ud800"])
def test_external_id_of_wrong_type_is_refused(send, statement, external):
    activity = {"id": "https://m.example/5", "definition": {"extensions": {EXTERNAL_ID: external}}}
    assert refusal(send(statement(object=activity))).startswith("第 1 条语句：")


def test_unknown_code_waits_until_the_course_has_it(send, statement, course):
    send(statement(object={"id": "https://m.example/courses/GX-2026-09"}))
    row = WaitingCompletion.objects.get()
    assert (row.course_code, row.state, row.course_text) == ("GX-2026-09", "course", "编号 GX-2026-09")


def test_name_of_another_course_is_a_contradiction(send, statement, course):
    other = factories.course(THIS_YEAR, "职业道德")
    wrong = {"id": f"https://m.example/courses/{course.pk}", "definition": {"name": {"zh-CN": other.name}}}
    assert refusal(send(statement(object=wrong))) == (
        f"第 1 条语句：编号是“{course.name}”的，与科目名称“职业道德”不一致。"
    )
    own = {"id": wrong["id"], "definition": {"name": {"zh-CN": "网站上的另一种叫法", "en": "AI"}}}
    assert send(statement(object=own)).status_code == 200


def test_eleventh_name_is_looked_at_too(send, statement, course):
    other = factories.course(THIS_YEAR, "职业道德")
    names = {f"l{number}": f"叫法{number}" for number in range(10)} | {"zh": other.name}
    wrong = {"id": f"https://m.example/courses/{course.pk}", "definition": {"name": names}}
    assert "与科目名称“职业道德”不一致" in refusal(send(statement(object=wrong)))


def voiding(statement, key: str = FIRST) -> dict:
    return statement(id=str(uuid.uuid4()), verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": key})


def test_statements_of_a_request_count_in_their_order(send, statement):
    second = str(uuid.uuid4())
    assert send([voiding(statement), statement()]).status_code == 200
    assert Completion.objects.get().source_key == FIRST
    assert send([voiding(statement), statement(id=second)]).status_code == 200
    assert Completion.objects.get().source_key == second


def test_statement_voided_before_it_in_the_request_may_be_another(send, statement):
    send(statement())
    assert send([voiding(statement), statement(result={"duration": "PT4H"})]).status_code == 200
    assert (Completion.objects.get().hours, PersonTotal.objects.get().public) == (4, 4)


@pytest.mark.django_db(transaction=True)  # crediting follows the commit
def test_second_statement_of_a_course_counts_once_the_first_is_voided(send, statement):
    second = statement(id=str(uuid.uuid4()), result={"duration": "PT4H"})
    assert [send(sent).status_code for sent in (statement(), second, voiding(statement))] == [200] * 3
    assert Completion.objects.get().hours == 4
    assert send({**second, "result": {"duration": "PT5H"}}).status_code == 409


def test_waiting_statement_sent_again_with_other_notation_is_the_same(send, statement):
    numbers = ("11010519491231002X", "11010519491231002x", "110105 19491231 002X")
    actors = [{"account": {"homePage": "https://learn.example", "name": number}} for number in numbers]
    assert [send(statement(actor=actor)).status_code for actor in actors] == [200] * 3
    assert WaitingCompletion.objects.count() == 1


def test_waiting_statement_sent_again_for_another_person_is_refused(send, statement):
    unknown = {"account": {"homePage": "https://learn.example", "name": "450102199003076135"}}
    assert [send(statement(actor=unknown)).status_code, send(statement()).status_code] == [200, 409]


def test_voided_statement_no_longer_counts(send, statement, huang):
    send(statement())
    void = statement(id=str(uuid.uuid4()), verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": FIRST})
    assert send(void).status_code == 200
    assert (Completion.objects.count(), PersonTotal.objects.count()) == (0, 0)
    assert send(void).status_code == 200


def test_platform_voids_only_its_own(send, statement, huang, course):
    send(statement())
    other = platforms.issue_token(Platform.objects.create(name="另一平台"))
    void = statement(id=str(uuid.uuid4()), verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": FIRST})
    headers = {"authorization": f"Bearer {other}", VERSION: "1.0.3"}
    assert Client().post(URL, json.dumps(void), "application/json", headers=headers).status_code == 200
    assert Completion.objects.count() == 1


@pytest.mark.django_db(transaction=True)  # crediting follows the commit
def test_statement_before_sign_up_counts_after_it(send, statement, huang):
    number = "450102199003076135"
    actor = {"account": {"homePage": "https://learn.example", "name": number}}
    assert send(statement(actor=actor)).json() == [FIRST]
    assert not Completion.objects.exists()
    client = Client()
    facts = {"name": "李工", "id_kind": "resident", "id_number": number, "username": "ligong", "phone": "13977000009"}
    secret = "水利工程-2026-学习"
    client.post(reverse("accounts:signup"), {**facts, "password1": secret, "password2": secret})
    assert PersonTotal.objects.values_list("person__name", "public").get() == ("李工", 9)
    assert "9" in client.get(reverse("hours:lookup")).content.decode()
