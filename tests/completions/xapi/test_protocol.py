"""What the specification asks of a receiver of statements."""

from __future__ import annotations

import json
import uuid
from datetime import date
from time import process_time

import pytest

from hours.models import Completion, WaitingCompletion
from tests import factories
from tests.completions.conftest import THIS_YEAR
from tests.completions.xapi.facts import (
    ABOUT,
    DAY,
    FIRST,
    UNKNOWN,
    URL,
    VERSION,
    refusal,
)

pytestmark = pytest.mark.django_db


def test_post_answers_with_ids(send, statement):
    response = send(statement())
    assert (response.status_code, response.json(), response[VERSION]) == (200, [FIRST], "1.0.3")
    assert Completion.objects.values_list("person__name", "hours", "source_key").get() == ("黄秋梦", 9, FIRST)


def test_statement_without_id_gets_one(send, statement):
    [key] = send([statement(id=None)]).json()
    assert str(uuid.UUID(key)) == key
    assert Completion.objects.get().source_key == key


def test_put_answers_with_204_and_is_idempotent(send, statement):
    answers = [send(statement(), key=FIRST), send(statement(id=None), key=FIRST), send([statement()])]
    assert [answer.status_code for answer in answers] == [204, 204, 200]
    assert Completion.objects.count() == 1


def test_known_id_with_other_content_is_conflict(send, statement):
    send(statement())
    response = send(statement(result={"duration": "PT4H"}))
    words = "第 1 条语句的 id 已用于内容不同的语句，没有记录任何语句。"
    assert (response.status_code, response.json()) == (409, {"error": words})
    assert Completion.objects.get().hours == 9


@pytest.mark.parametrize("part", ["actor", "object"])
def test_id_of_another_person_or_course_is_conflict(send, statement, part):
    send(statement())
    other = factories.course(THIS_YEAR, "职业道德")
    changed = {"actor": UNKNOWN, "object": {"id": f"https://learn.example/courses/{other.pk}"}}
    assert send(statement(**{part: changed[part]})).status_code == 409
    assert Completion.objects.values_list("person__name", "source_key").get() == ("黄秋梦", FIRST)


def test_id_that_waits_is_idempotent_and_other_content_is_conflict(send, statement):
    sent = [statement(actor=UNKNOWN), statement(actor=UNKNOWN), statement(actor=UNKNOWN, result={"duration": "PT4H"})]
    assert [send(one, key=FIRST).status_code for one in sent] == [204, 204, 409]
    assert WaitingCompletion.objects.get().hours is None


def test_capital_letters_of_an_id_mean_the_same(send, statement):
    send(statement())
    assert send(statement(id=FIRST.upper())).json() == [FIRST.upper()]
    assert send(statement(id=FIRST.upper(), result={"duration": "PT4H"})).status_code == 409
    assert send([statement(), statement(id=FIRST.upper())]).json() == {"error": "同一请求中有两条语句的 id 相同。"}


@pytest.mark.parametrize("actor", [{}, {"actor": UNKNOWN}])
def test_statement_without_time_is_of_the_day_of_its_first_arrival(send, statement, monkeypatch, actor):
    sent = statement(timestamp=None, **actor)
    for day in (date(THIS_YEAR, 1, 1), date(THIS_YEAR, 1, 3)):
        monkeypatch.setattr("hours.views.xapi.timezone.localdate", lambda day=day: day)
        assert send(sent).status_code == 200
    days = [str(row.completed_on) for model in (Completion, WaitingCompletion) for row in model.objects.all()]
    assert days == [DAY]


def test_second_completion_of_a_course_is_accepted_and_counts_once(send, statement):
    send(statement())
    again = statement(id=str(uuid.uuid4()), timestamp=f"{DAY}T12:00:00+08:00", result={"duration": "PT4H"})
    assert send(again).status_code == 200
    assert [row.hours for row in Completion.objects.all()] == [9]


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3"])
def test_versions_are_accepted(send, statement, version):
    assert send(statement(), version=version).status_code == 200


@pytest.mark.parametrize("version", ["0.95", "2.0.0", "x"])
def test_other_versions_are_refused(send, statement, version):
    assert refusal(send(statement(), version=version)) == ("请求头 X-Experience-API-Version 应为 1.0.3。")


def test_request_without_version_is_answered_item_by_item(send, statement):
    assert send(statement(), version="").json()["counts"]["saved"] == 1


def test_about_needs_no_token(client):
    response = client.get(ABOUT)
    assert (response.json(), response[VERSION]) == ({"version": ["1.0.3"]}, "1.0.3")


def test_statements_cannot_be_read(client):
    response = client.get(URL, headers={VERSION: "1.0.3"})
    assert (response.status_code, response["Allow"]) == (405, "POST, PUT")


def test_wrong_token_gets_401(client, statement):
    response = client.post(URL, json.dumps(statement()), "application/json", headers={VERSION: "1.0.3"})
    assert (response.status_code, response["WWW-Authenticate"].split()[0]) == (401, "Basic")


def test_multipart_with_attachments_is_read(send, statement):
    part = json.dumps([statement()]).encode()
    body = (
        b"--xx\r\nContent-Type: application/json\r\n\r\n" + part + b"\r\n--xx\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: 00\r\n\r\n\x89PNG\x00\xff\r\n--xx--\r\n"
    )
    assert send(body, kind="multipart/mixed; boundary=xx").json() == [FIRST]


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed; boundary=yy", 'multipart/mixed; boundary="'])
def test_multipart_without_statements_is_refused(send, kind):
    assert refusal(send(b"--xx\r\n\r\n[]\r\n--xx--", kind=kind)) in (
        "multipart/mixed 的第一部分应为 JSON 语句。",
        "请求正文不是 JSON（UTF-8）。",
    )


NESTED = b"".join(
    b"--xx%d\r\nContent-Type: multipart/mixed; boundary=xx%d\r\n\r\n" % (level, level + 1) for level in range(15_000)
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--xx\r\n\r\n" * 100_000, "multipart/mixed; boundary=xx"),
        (b"--xx\r\nContent-Type: text/plain; " + b"a=b; " * 150_000 + b"\r\n\r\n{", "multipart/mixed; boundary=xx"),
        (b"--xx\r\nContent-Type: " + b"(" * 900_000 + b"\r\n\r\n{", "multipart/mixed; boundary=xx"),
        (NESTED, "multipart/mixed; boundary=xx0"),
        (b"--xx\r\n\r\n{", "multipart/mixed; boundary=xx; x=" + "(" * 2_000),
    ],
    ids=["parts", "parameters", "brackets", "nested", "header"],
)
def test_multipart_that_is_costly_to_parse_is_refused_at_once(send, body, kind):
    started = process_time()
    assert refusal(send(body, kind=kind)) == "请求正文不是 JSON（UTF-8）。"
    assert process_time() - started < 5  # 0.01; up to 52 if it is parsed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": 1, "id": 2}', "请求正文的一个 JSON 对象中，同一字段名出现了两次。"),
        (b"[" * 100_000, "请求正文不是 JSON（UTF-8）。"),
        (b"[" * 100_000 + b"]" * 100_000, "请求正文不是 JSON（UTF-8）。"),
        (b"\xff\xfe{}", "请求正文不是 JSON（UTF-8）。"),
        (b'[{"hours": Infinity}]', "请求正文不是 JSON（UTF-8）。"),
        (b"[1e400]", "第 1 条不是 xAPI 语句：应有 actor、verb 和 object。"),
        (b"{", "请求正文不是 JSON（UTF-8）。"),
        ([1], "第 1 条不是 xAPI 语句：应有 actor、verb 和 object。"),
        ({"actor": {}, "verb": {}}, "第 1 条不是 xAPI 语句：应有 actor、verb 和 object。"),
    ],
)
def test_body_that_is_no_statement_is_refused(send, content, words):
    assert refusal(send(content)) == words


@pytest.mark.parametrize("key", ["x", "", "6690e6c9-3ef0-4ed3-8b37-000000000000"])
def test_put_needs_the_id_of_its_statement(client, token, statement, key):
    headers = {"authorization": f"Bearer {token}", VERSION: "1.0.3"}
    response = client.put(f"{URL}?statementId={key}", json.dumps(statement()), "application/json", headers=headers)
    assert refusal(response).startswith("PUT ")


def test_one_wrong_statement_stops_the_request(send, statement):
    other = statement(id=str(uuid.uuid4()), result={"success": "false"})
    words = "第 2 条语句：result.success 应为 true 或 false，不能是文字或数字。"
    assert refusal(send([statement(), other])) == words
