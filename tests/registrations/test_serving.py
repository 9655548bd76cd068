"""附件: who may see a stored file, and how it is served."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment
from tests import factories, files

pytestmark = pytest.mark.django_db


@pytest.fixture
def attachment(huang, station):
    registration = factories.submitted(huang, station)
    return factories.attachment(registration, files.pdf("结业证书.pdf"))


def status_for(client, person, attachment) -> int:
    client.force_login(person)
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    if response.status_code == 200:
        b"".join(response.streaming_content)  # its end closes the file
    return response.status_code


def test_file_is_served_with_name_and_type_uncached(client, huang, attachment):
    client.force_login(huang)
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    assert b"".join(response.streaming_content) == files.PDF
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''%E7%BB%93")


def test_owner_and_responsible_reviewers_see_file(client, huang, station, bureau, attachment):
    for person in (huang, station.reviewer, bureau):
        assert status_for(client, person, attachment) == 200, person


def test_other_people_get_404_for_file(client, station, guangxi, attachment):
    other_unit = factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "柳州审核员")
    other_region = factories.region_reviewer(factories.region("450200"), "柳州终审员")
    colleague = factories.person("同事", unit=station)
    yesterday = timezone.localdate() - timedelta(days=1)
    former = factories.unit_reviewer(station, "前任", valid_from=yesterday, valid_until=yesterday)
    awaiting = factories.person("待确认")
    Appointment.objects.create(person=awaiting, role=Appointment.Role.UNIT_REVIEWER, unit=station)
    for person in (other_unit, other_region, colleague, former, awaiting):
        assert status_for(client, person, attachment) == 404, person


def test_file_of_draft_is_visible_to_owner_only(client, huang, station):
    draft = factories.attachment(factories.registration(huang))
    assert status_for(client, huang, draft) == 200
    assert status_for(client, station.reviewer, draft) == 404


def test_file_redirects_to_login_when_logged_out(client, attachment):
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:login"))


def test_storage_paths_are_not_served(client, huang, attachment):
    client.force_login(huang)
    for path in (f"/media/{attachment.file.name}", f"/static/{attachment.file.name}", f"/{attachment.file.name}"):
        assert client.get(path).status_code == 404
