"""POST /api/completions/: every item that a platform reports gets a result."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hours.completions import platforms
from hours.models import Completion, CompletionVersion, PersonTotal, Platform
from tests import factories
from tests.completions.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
URL, STATEMENTS_URL = reverse("api_completions"), reverse("api_statements")
QUERIES = 14  # of a request with any number of items
DAY = f"{THIS_YEAR}-01-01"
NO_ACCOUNT = "actor 应有 account（homePage 和 name），name 为证件号码；邮箱不能识别人员。"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
FIRST = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"


@pytest.fixture
def platform(db):
    return Platform.objects.create(name="广西继续教育网")


@pytest.fixture
def token(platform):
    return platforms.issue_token(platform)


@pytest.fixture
def send(token):
    """Send content with the platform's token and return the response; CSRF checks are on."""

    def post(content: Any, url: str = URL, **headers: str) -> Any:
        headers = {"authorization": f"Bearer {token}", **headers}
        body = content if isinstance(content, bytes) else json.dumps(content)
        return Client(enforce_csrf_checks=True).post(url, body, "application/json", headers=headers)

    return post


@pytest.fixture
def plain_item(huang, course) -> Callable[..., dict]:
    """Make a plain item of 黄秋梦; every value can be replaced."""

    def make(**values: Any) -> dict:
        defaults = {"id": "A-1", "id_number": huang.id_number, "course": course.name, "year": THIS_YEAR}
        return {**defaults, "completed_on": DAY, **values}

    return make


@pytest.fixture
def statement(huang, course) -> Callable[..., dict]:
    """Make an xAPI statement of 黄秋梦; every part can be replaced."""

    def make(**parts: Any) -> dict:
        return {
            "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
            "actor": {"account": {"homePage": "https://learn.example", "name": huang.id_number}},
            "verb": {"id": COMPLETED},
            "object": {"id": f"https://learn.example/courses/{course.pk}"},
            "timestamp": f"{DAY}T08:30:00+08:00",
            **parts,
        }

    return make


def results(response: Any) -> list[tuple]:
    """Return (id, result, message) of each item."""
    assert response.status_code == 200, response.content
    return [(row["id"], row["result"], row.get("message", "")) for row in response.json()["results"]]


def test_item_is_saved_with_platform_as_source(send, plain_item, course):
    response = send([plain_item()])
    assert response.json() == {
        "counts": {"saved": 1, "corrected": 0, "unchanged": 0, "waiting": 0, "refused": 0},
        "results": [{"item": 1, "id": "A-1", "result": "saved", "hours": 9.0, "completed_on": DAY}],
    }
    assert Completion.objects.values_list("person__name", "course", "source", "source_key").get() == (
        "黄秋梦",
        course.pk,
        "广西继续教育网",
        "A-1",
    )
    assert PersonTotal.objects.get().public == 9


def test_repeated_item_counts_once_and_correction_keeps_history(send, plain_item):
    assert results(send([plain_item(), plain_item()])) == [("A-1", "saved", ""), ("A-1", "unchanged", "")]
    assert results(send({"items": [plain_item()]})) == [("A-1", "unchanged", "")]
    assert results(send([plain_item(hours=4.5)])) == [("A-1", "corrected", "")]
    assert [version.hours for version in CompletionVersion.objects.all()] == [9]
    assert PersonTotal.objects.get().public == 4.5


def test_refused_items_do_not_hold_up_others(send, plain_item, course):
    other = factories.person("李工")
    answer = send(
        [
            plain_item(hours=-1),
            plain_item(id=7, course_id=course.pk, course=None, year=None, id_number=other.id_number),
            "nonsense",
            plain_item(id=["x"]),
            plain_item(id="A-2", hours={"of": "day"}),
            plain_item(id="A-3", course="职业道德"),
            plain_item(id="A-4", year="x"),
            plain_item(id="A-5", id_number=None),
            plain_item(id="A-6\ud800"),
            plain_item(id="A-7", completed_on=[DAY]),
        ]
    )
    assert [(row["id"], row["result"], row.get("field")) for row in answer.json()["results"]] == [
        ("A-1", "refused", "hours"),
        (7, "saved", None),
        (None, "refused", ""),
        (None, "refused", "id"),
        ("A-2", "refused", "hours"),
        ("A-3", "waiting", "course"),
        ("A-4", "refused", "year"),
        ("A-5", "refused", "id_number"),
        (None, "refused", "id"),
        ("A-7", "refused", "completed_on"),
    ]
    assert answer.json()["counts"] == {"saved": 1, "corrected": 0, "unchanged": 0, "waiting": 1, "refused": 8}
    assert [row.person for row in Completion.objects.all()] == [other]


@pytest.mark.parametrize(
    "hours", ["1" * 1_000_000, "0." + "1" * 900_000, "-" + "9" * 300], ids=["million", "fraction", "negative"]
)
def test_hours_with_hundreds_of_digits_are_refused(send, plain_item, hours):
    assert results(send([plain_item(hours=hours)])) == [("A-1", "refused", "学时应为数字，例如 8 或 7.5。")]


@pytest.mark.parametrize("inside", ["", "\u200d", ".", " - ", "/"])
def test_number_of_anybody_in_an_id_is_refused_and_not_repeated(send, plain_item, huang, inside):
    for number in (huang.id_number, "450102199003076135"):
        answer = send([plain_item(id=f"A-{number[:6]}{inside}{number[6:]}")])
        assert answer.json()["results"][0] == {
            "item": 1,
            "id": None,
            "result": "refused",
            "field": "id",
            "message": "来源编号不能含有证件号码。",
        }


def test_item_with_capital_uuid_is_voided_by_it(send, plain_item):
    send([plain_item(id=FIRST.upper())])
    assert Completion.objects.get().source_key == FIRST


@pytest.mark.parametrize("moment", ["T99:99", "T25:61:99", " 08:60", "T08:30:60"])
def test_time_that_does_not_exist_is_refused(send, plain_item, moment):
    (result,) = send([plain_item(completed_on=f"{DAY}{moment}")]).json()["results"]
    assert (result["result"], result["field"]) == ("refused", "completed_on")


def test_item_with_unknown_field_is_refused(send, plain_item, huang):
    items = [plain_item(hour=4), plain_item(**{huang.id_number: 1}), plain_item(**{"half a sign \ud800": 1})]
    words = [result["message"] for result in send(items).json()["results"]]
    expected = ["不认识的字段：hour。", "不认识的字段：…。", "不认识的字段：half a sign ?。"]
    assert (words, Completion.objects.count()) == (expected, 0)


def test_empty_list_gives_empty_results(send):
    assert results(send([])) == []


# --- xAPI ------------------------------------------------------------------------------------------


def test_statement_is_saved_as_completion(send, statement):
    assert results(send(statement())) == [(statement()["id"], "saved", "")]
    row = Completion.objects.get()
    assert (row.person.name, row.hours, str(row.completed_on), row.source_key) == ("黄秋梦", 9, DAY, statement()["id"])


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        ({"verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}}, 9),
        ({"verb": {"id": "https://w3id.org/xapi/adl/verbs/passed"}}, 9),
        ({"result": {"completion": True, "success": True, "score": {"scaled": 0.9}}}, 9),
        ({"result": {"duration": "PT4H"}}, 4),
        ({"result": {"duration": "PT2H59M59.5S"}}, 2.5),
        ({"result": {"duration": "PT16200S"}}, 4.5),
        ({"result": {"duration": "P30D"}}, 9),
        ({"timestamp": f"{THIS_YEAR - 1}-12-31T17:00:00Z"}, 9),
    ],
)
def test_accepted_statements(send, statement, parts, hours):
    assert results(send([statement(**parts)]))[0][1:] == ("saved", "")
    assert Completion.objects.get().hours == hours


def test_statement_names_course_by_id_address_or_external_id(send, statement, course):
    moodle = {
        "id": "https://moodle.example/course/view.php?id=5",
        "definition": {"extensions": {EXTERNAL_ID: str(course.pk)}},
    }
    names = [{"id": str(course.pk)}, {"id": f"https://a.example/course/{course.pk}/"}, {"id": f"urn:c:{course.pk}"}]
    told = results(send([statement(object=name) for name in [moodle, *names]]))
    assert [row[1] for row in told] == ["saved", "unchanged", "unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("parts", "field", "words"),
    [
        (
            {"verb": {"id": "http://adlnet.gov/expapi/verbs/attempted"}},
            "verb",
            "verb.id 应为 completed 或 passed（http://adlnet.gov/expapi/verbs/…）。",
        ),
        ({"verb": "completed"}, "verb", "verb 应为 JSON 对象。"),
        ({"actor": {"mbox": "mailto:a@example.com"}}, "actor", NO_ACCOUNT),
        ({"actor": {"account": {"homePage": "https://a.example"}}}, "actor", "actor.account.name 应为证件号码。"),
        (
            {"actor": {"account": {"homePage": "https://a.example", "name": "nobody"}}},
            "actor",
            "证件号码至少应有 4 位数字，请核对。",
        ),
        (
            {"object": {"id": "https://moodle.example/course/view.php?id=5"}},
            "object",
            "object 应为课程，其 id 为科目编号，或以 /科目编号 结尾的地址。",
        ),
        ({"result": {"success": False}}, "result", "result 表明尚未完成或未通过。"),
        ({"result": {"duration": "9 hours"}}, "result", "result.duration 应为 ISO 8601 时长，例如 PT9H。"),
        ({"result": {"duration": "PT"}}, "result", "result.duration 应为 ISO 8601 时长，例如 PT9H。"),
        ({"result": {"duration": "PT20M"}}, "result", "result.duration 不足 0.5 学时。"),
        ({"timestamp": None}, "timestamp", "完成日期为空。"),
    ],
)
def test_invalid_statement_is_refused(send, statement, parts, field, words):
    (row,) = send([statement(**parts)]).json()["results"]
    assert (row["result"], row["field"], row["message"]) == ("refused", field, words)
    assert not Completion.objects.exists()


def test_statements_url_accepts_basic_authentication(send, statement, token):
    basic = base64.b64encode(f"platform:{token}".encode()).decode()
    response = send([statement()], STATEMENTS_URL, authorization=f"Basic {basic}")
    assert [row[1] for row in results(response)] == ["saved"]


# --- Tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("", "请求缺少令牌：Authorization: Bearer <令牌>。"),
        ("Token abc", "请求缺少令牌：Authorization: Bearer <令牌>。"),
        ("Bearer", "令牌不正确。"),
        ("Bearer xs_wrong", "令牌不正确。"),
        ("Bearer " + "x" * 5000, "令牌不正确。"),
        ("Basic !!!", "令牌不正确。"),
        ("Basic /////w==", "令牌不正确。"),
        ("Basic \u00e9", "令牌不正确。"),
    ],
)
def test_invalid_token_gets_401(send, plain_item, authorization, words):
    response = send([plain_item()], authorization=authorization)
    assert (response.status_code, response.json()) == (401, {"error": words})
    assert response["WWW-Authenticate"] == 'Bearer realm="completions", error="invalid_token"'
    assert not Completion.objects.exists()


def test_withdrawn_expired_and_replaced_tokens_get_error(send, plain_item, platform):
    yesterday = timezone.localdate() - timedelta(days=1)
    platform.refresh_from_db()
    platforms.withdraw(platform)
    assert send([plain_item()]).json() == {"error": "令牌已撤回。"}
    Platform.objects.update(is_withdrawn=False, expires_on=yesterday)
    assert send([plain_item()]).json() == {"error": f"令牌已于 {yesterday} 到期。"}
    Platform.objects.update(expires_on=timezone.localdate())
    assert send([plain_item()]).status_code == 200
    platforms.issue_token(platform)
    assert send([plain_item()]).json() == {"error": "令牌不正确。"}


def test_token_is_stored_as_digest_and_use_is_recorded(send, plain_item, platform, token):
    platform.refresh_from_db()
    assert platform.last_used_at is None
    assert token not in str(vars(platform))
    assert (len(platform.token_digest), platform.token_tail) == (64, token[-4:])
    send([plain_item()])
    platform.refresh_from_db()
    assert platform.last_used_at is not None


def test_session_does_not_replace_token(client, plain_item):
    client.force_login(factories.administrator())
    assert client.post(URL, json.dumps([plain_item()]), "application/json").status_code == 401


# --- Bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "请求正文不是 JSON（UTF-8）。"),
        (b"id=1&course=2", 400, "请求正文不是 JSON（UTF-8）。"),
        (b"\xff\xfe", 400, "请求正文不是 JSON（UTF-8）。"),
        ("[]".encode("utf-16"), 400, "请求正文不是 JSON（UTF-8）。"),
        ("[]".encode("utf-32"), 400, "请求正文不是 JSON（UTF-8）。"),
        (b'[{"hours": NaN}]', 400, "请求正文不是 JSON（UTF-8）。"),
        (b"[" * 100_000, 400, "请求正文不是 JSON（UTF-8）。"),
        (b"[" + b"9" * 5000 + b"]", 400, "请求正文不是 JSON（UTF-8）。"),
        (b'"text"', 400, '请求正文应为列表、{"items": [...]} 或 xAPI 语句。'),
        (b"{}", 400, '请求正文应为列表、{"items": [...]} 或 xAPI 语句。'),
        (b"[" + b" " * 1024 * 1024 + b"]", 413, "请求超过 1 MB，请分批发送。"),
        (b"[" + b"1," * 1000 + b"1]", 413, "一次最多 1000 条，现为 1001 条，请分批发送。"),
    ],
)
def test_invalid_body_gets_one_error(send, body, status, words):
    response = send(body)
    assert (response.status_code, response.json()) == (status, {"error": words})


def test_larger_body_is_read_where_settings_allow_it(send, settings):
    settings.API_MAX_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * settings.MEGABYTE
    body = b"[" + b" " * settings.MEGABYTE + b"]"
    assert send(body).status_code == 200
    assert send(body * 2).json() == {"error": "请求超过 2 MB，请分批发送。"}


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_get_405(client, method):
    response = getattr(client, method)(URL)
    assert (response.status_code, response["Allow"], response.json()) == (405, "POST", {"error": "请用 POST 发送。"})


@pytest.mark.parametrize("url", ["/api/completions", "/api/completions/", "/api/xapi/statements/"])
def test_trailing_slash_is_optional(send, plain_item, url):
    assert send([plain_item()], url).json()["counts"]["saved"] == 1


# --- Privacy and cost -------------------------------------------------------------------------------


def test_id_numbers_are_not_returned_or_logged(send, plain_item, statement, huang, caplog):
    number = huang.id_number
    with caplog.at_level(logging.DEBUG):
        answers = [
            send(
                [
                    plain_item(),
                    plain_item(id=number),
                    plain_item(id=f"x{number}"),
                    plain_item(id="A-9", course=number, hours=number),
                ]
            ),
            send([plain_item(id="A-8", completed_on=number), statement(id=number), statement(verb={}, id=number)]),
            send(
                [
                    plain_item(id_number=[number]),
                    plain_item(course=number + "学"),
                    plain_item(id=number, year="?"),
                ]
            ),
            send(number.encode()),
            send([plain_item()], authorization=f"Bearer {number}"),
        ]
    assert [number in answer.content.decode() for answer in answers] == [False] * 5
    # django.db.backends is what a developer switches on to see every statement with its values.
    assert not [r for r in caplog.records if r.name != "django.db.backends" and number in r.getMessage()]
    assert Completion.objects.values_list("source_key", flat=True).get() == "A-1"


@pytest.mark.parametrize("count", [1, 40])
def test_request_query_count_is_constant(send, plain_item, count):
    people = [factories.person(f"学员{number}") for number in range(count)]
    items = [plain_item(id=f"k{person.pk}", id_number=person.id_number) for person in people]
    with CaptureQueriesContext(connection) as queries:
        assert send(items).json()["counts"]["saved"] == count
    ours = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(ours) == QUERIES, "\n".join(sql[:150] for sql in ours)
