"""查看: one registration with its files and its progress."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories, files

pytestmark = pytest.mark.django_db


def url_of(registration) -> str:
    return reverse("hours:detail", args=[registration.pk])


def test_detail_shows_all_fields_and_masked_id(client, huang):
    registration = factories.registration(huang, "公文写作培训班", certificate_number="GX-1")
    factories.attachment(registration, files.pdf("结业证书.pdf"))
    client.force_login(huang)
    page = client.get(url_of(registration)).content.decode()
    for text in ("公文写作培训班", "16 学时", "GX-1", "结业证书.pdf", "尚未提交审核。", huang.masked_id):
        assert text in page
    assert huang.id_number not in page


def test_responsible_reviewers_see_submitted_but_not_draft(client, huang, station, bureau):
    submitted, draft = factories.submitted(huang, station), factories.registration(huang, "草稿")
    for person in (station.reviewer, bureau):
        client.force_login(person)
        assert (client.get(url_of(submitted)).status_code, client.get(url_of(draft)).status_code) == (200, 404)


def test_detail_is_404_for_other_people(client, huang, station):
    registration = factories.submitted(huang, station)
    client.force_login(factories.person("李工", unit=station))
    assert client.get(url_of(registration)).status_code == 404


def test_detail_names_overlapping_registration(client, huang):
    registration = factories.registration(
        huang, "甲", starts_at=factories.moment(9, 8), ends_at=factories.moment(9, 18), hours_applied=8
    )
    factories.registration(
        huang, "乙", starts_at=factories.moment(9, 14), ends_at=factories.moment(9, 18), hours_applied=4
    )
    client.force_login(huang)
    assert [other.content for other in client.get(url_of(registration)).context["overlapping"]] == ["乙"]
