"""待认领学时 in the administration: list, filters, retry and deletion."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from hours.models import WaitingCompletion
from tests import factories
from tests.completions.conftest import NUMBER, answers
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:hours_waitingcompletion_changelist")
LIST_QUERIES = 6


def shown_rows(response: Any) -> list[str]:
    return [row.source_key for row in response.context["cl"].result_list]


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_is_constant(client, unknown, django_assert_num_queries, count):
    answers(*(unknown(n, id_number=factories.resident_id(number=900 + n), key=f"A-{n}") for n in range(count)))
    client.force_login(factories.administrator())
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(LIST).status_code == 200


def test_list_filters_by_source_state_and_number(client, unknown, item):
    answers(unknown())
    answers(item(course="职业道德", key="B-1"), source="高校平台")
    client.force_login(factories.administrator())
    assert shown_rows(client.get(LIST, {"source": "高校平台"})) == ["B-1"]
    assert shown_rows(client.get(LIST, {"state": "person"})) == ["A-1"]
    for typed in (NUMBER[-4:], NUMBER):
        found = client.post(LIST, {"q": typed}, follow=True)
        assert shown_rows(found) == ["A-1"]
        assert NUMBER not in found.content.decode() + found.request["QUERY_STRING"]


def test_repeated_reports_are_listed_when_asked_for(client, unknown, item):
    answers(unknown(), item(2, key="A-2"))
    answers(item(key="B-1"), source="高校平台")
    client.force_login(factories.administrator())
    assert shown_rows(client.get(LIST)) == ["A-1"]
    assert shown_rows(client.get(LIST, {"state": "repeated"})) == ["B-1"]


def test_retry_of_a_repeated_report_credits_nothing(client, item):
    answers(item())
    answers(item(key="B-1"), source="高校平台")
    client.force_login(factories.administrator())
    (key,) = WaitingCompletion.objects.values_list("pk", flat=True)
    done = client.post(f"{LIST}?state=repeated", {"action": "retry", "_selected_action": [key]}, follow=True)
    assert message_texts(done) == ["已计入 0 条，仍待认领 1 条，不能计入 0 条。"]


@pytest.mark.parametrize("typed", [f" {NUMBER[-4:]}\u200b", "".join(chr(ord(sign) + 0xFEE0) for sign in NUMBER[-4:])])
def test_digits_are_found_however_they_are_typed(client, unknown, typed):
    answers(unknown())
    client.force_login(factories.administrator())
    assert shown_rows(client.post(LIST, {"q": typed}, follow=True)) == ["A-1"]


def test_retry_credits_and_delete_asks_first(client, unknown):
    answers(unknown(), unknown(2, id_number=factories.resident_id(number=995), key="A-2"))
    factories.person("覃晓燕", id_number=NUMBER)
    client.force_login(factories.administrator())
    keys = list(WaitingCompletion.objects.values_list("pk", flat=True))
    done = client.post(LIST, {"action": "retry", "_selected_action": keys}, follow=True)
    assert message_texts(done) == ["已计入 1 条，仍待认领 1 条，不能计入 0 条。"]
    (left,) = WaitingCompletion.objects.values_list("pk", flat=True)
    delete = {"action": "delete_selected", "_selected_action": [left]}
    assert client.post(LIST, delete).status_code == 200
    assert WaitingCompletion.objects.count() == 1
    client.post(LIST, {**delete, "post": "yes"})
    assert not WaitingCompletion.objects.exists()


def test_page_shows_no_full_number(client, unknown):
    answers(unknown())
    client.force_login(factories.administrator())
    page = client.get(reverse("admin:hours_waitingcompletion_change", args=[WaitingCompletion.objects.get().pk]))
    assert f"*****{NUMBER[-4:]}" in page.content.decode()
    assert NUMBER not in page.content.decode()


def test_regional_administrator_cannot_see_list(client, guangxi):
    person = factories.region_admin(factories.region("450100"))
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    assert client.get(LIST).status_code == 403
