"""删除 and 批量删除."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from hours.models import Attachment, Registration
from tests import factories

pytestmark = pytest.mark.django_db
DELETE = reverse("hours:delete")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_it_asks_first_and_names_what_goes(client, huang):
    registration = factories.registration(huang, "公文写作培训班")
    page = client.get(DELETE, {"registration": registration.pk}).content.decode()
    assert "将删除下列 1 条登记及其附件，删除后无法恢复。" in page
    assert "公文写作培训班" in page
    assert Registration.objects.count() == 1


def test_it_deletes_all_ticked_drafts(client, huang):
    registrations = [factories.registration(huang, f"第 {number} 条") for number in range(3)]
    response = client.post(
        DELETE, {"registration": [registration.pk for registration in registrations[:2]]}, follow=True
    )
    assert said(response) == ["已删除 2 条登记。"]
    assert list(Registration.objects.all()) == [registrations[2]]


def test_the_files_go_too(client, huang, django_capture_on_commit_callbacks):
    registration = factories.registration(huang)
    stored = factories.attachment(registration)
    path = stored.file.path
    with django_capture_on_commit_callbacks(execute=True):
        client.post(DELETE, {"registration": registration.pk})
    assert Attachment.objects.count() == 0
    assert not Path(path).exists()


def test_one_that_is_no_draft_stops_the_whole_batch_and_is_named(client, huang, station):
    draft = factories.registration(huang, "草稿")
    returned = factories.returned(huang, station, station.reviewer, content="退回的")
    page = client.get(DELETE, {"registration": [draft.pk, returned.pk]}).content.decode()
    assert "“退回的”（退回修改）" in page
    response = client.post(DELETE, {"registration": [draft.pk, returned.pk]}, follow=True)
    assert said(response) == ["“退回的”不是待提交状态，不能删除；没有删除任何登记。"]
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_draft_is_not_found_and_nothing_goes(client, huang, method):
    mine, other = factories.registration(huang), factories.registration(factories.person("李工"))
    response = getattr(client, method)(DELETE, {"registration": [mine.pk, other.pk]})
    assert response.status_code == 404
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("key", ["abc", "-1", "1.5", "", "９", "1" * 30])
def test_nonsense_is_not_found(client, key):
    assert client.post(DELETE, {"registration": key}).status_code == 404


def test_without_a_tick_it_says_so(client):
    assert said(client.post(DELETE, follow=True)) == ["请先勾选要删除的登记。"]


@pytest.mark.parametrize("rows", [1, 30])
def test_it_costs_the_same_queries_for_any_number_of_rows(client, huang, rows, django_assert_num_queries):
    keys = [factories.registration(huang, f"第 {number} 条").pk for number in range(rows)]
    with django_assert_num_queries(5):  # session, person, registrations; duties, unread notices
        client.get(DELETE, {"registration": keys})
