"""删除 and 批量删除."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from hours.models import Attachment, Registration
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
DELETE = reverse("hours:delete")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def test_confirmation_names_the_registrations(client, huang):
    registration = factories.registration(huang, "公文写作培训班")
    page = client.get(DELETE, {"registration": registration.pk}).content.decode()
    assert "将删除下列 1 条登记及其附件，删除后无法恢复。" in page
    assert "公文写作培训班" in page
    assert Registration.objects.count() == 1


def test_all_ticked_drafts_are_deleted(client, huang):
    registrations = [factories.registration(huang, f"第 {number} 条") for number in range(3)]
    response = client.post(
        DELETE, {"registration": [registration.pk for registration in registrations[:2]]}, follow=True
    )
    assert message_texts(response) == ["已删除 2 条登记。"]
    assert list(Registration.objects.all()) == [registrations[2]]


def test_files_are_deleted_too(client, huang, django_capture_on_commit_callbacks):
    registration = factories.registration(huang)
    stored = factories.attachment(registration)
    path = stored.file.path
    with django_capture_on_commit_callbacks(execute=True):
        client.post(DELETE, {"registration": registration.pk})
    assert Attachment.objects.count() == 0
    assert not Path(path).exists()


def test_nothing_is_deleted_if_one_is_not_a_draft(client, huang, station):
    draft = factories.registration(huang, "草稿")
    returned = factories.returned(huang, station, station.reviewer, content="退回的")
    page = client.get(DELETE, {"registration": [draft.pk, returned.pk]}).content.decode()
    assert "“退回的”（退回修改）" in page
    response = client.post(DELETE, {"registration": [draft.pk, returned.pk]}, follow=True)
    assert message_texts(response) == ["“退回的”不是待提交状态，不能删除；没有删除任何登记。"]
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_persons_draft_is_404_and_deletes_nothing(client, huang, method):
    mine, other = factories.registration(huang), factories.registration(factories.person("李工"))
    response = getattr(client, method)(DELETE, {"registration": [mine.pk, other.pk]})
    assert response.status_code == 404
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("key", ["abc", "-1", "1.5", "", "９", "1" * 30])
def test_invalid_key_is_404(client, key):
    assert client.post(DELETE, {"registration": key}).status_code == 404


def test_no_ticks_redirects_with_message(client):
    assert message_texts(client.post(DELETE, follow=True)) == ["请先勾选要删除的登记。"]


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_is_constant(client, huang, rows, django_assert_num_queries):
    keys = [factories.registration(huang, f"第 {number} 条").pk for number in range(rows)]
    with django_assert_num_queries(5):  # session, person, registrations; duties, unread notices
        client.get(DELETE, {"registration": keys})
