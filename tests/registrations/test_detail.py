"""查看: one registration with its files and its way so far."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories, files

pytestmark = pytest.mark.django_db


def detail(registration) -> str:
    return reverse("hours:detail", args=[registration.pk])


def test_it_shows_what_was_registered_and_masks_the_id(client, huang):
    registration = factories.registration(huang, "公文写作培训班", certificate_number="GX-1")
    factories.attachment(registration, files.pdf("结业证书.pdf"))
    client.force_login(huang)
    page = client.get(detail(registration)).content.decode()
    for told in ("公文写作培训班", "16 学时", "GX-1", "结业证书.pdf", "尚未提交审核。", huang.masked_id):
        assert told in page
    assert huang.id_number not in page


def test_the_reviewers_in_charge_see_a_submitted_registration_and_no_draft(client, huang, station, bureau):
    submitted, draft = factories.submitted(huang, station), factories.registration(huang, "草稿")
    for person in (station.reviewer, bureau):
        client.force_login(person)
        assert (client.get(detail(submitted)).status_code, client.get(detail(draft)).status_code) == (200, 404)


def test_a_stranger_finds_nothing(client, huang, station):
    registration = factories.submitted(huang, station)
    client.force_login(factories.person("李工", unit=station))
    assert client.get(detail(registration)).status_code == 404


def test_an_overlapping_registration_is_named(client, huang):
    registration = factories.registration(
        huang, "甲", starts_at=factories.moment(9, 8), ends_at=factories.moment(9, 18), hours_applied=8
    )
    factories.registration(
        huang, "乙", starts_at=factories.moment(9, 14), ends_at=factories.moment(9, 18), hours_applied=4
    )
    client.force_login(huang)
    assert [other.content for other in client.get(detail(registration)).context["overlapping"]] == ["乙"]
