"""The administrators' list of certificates."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from hours.certificates.codes import grouped
from hours.models import Certificate
from tests import factories

pytestmark = pytest.mark.django_db
LIST = reverse("admin:hours_certificate_changelist")


def listed(response: Any) -> list[Certificate]:
    return list(response.context["cl"].result_list)


def test_search_finds_code_or_full_name_only(client, certificate):
    client.force_login(factories.administrator())
    for term in (grouped(certificate.code).lower(), certificate.code, "黄秋梦"):
        assert listed(client.get(LIST, {"q": term})) == [certificate]
    for term in ("黄", certificate.code[:-1], "李工"):
        assert listed(client.get(LIST, {"q": term})) == []


def test_list_shows_state(client, huang, certificate, revoke):
    revoke(huang.registration)
    client.force_login(factories.administrator())
    assert "已失效" in client.get(LIST).content.decode()


def test_list_is_limited_to_region(client, certificate):
    seen = []
    for code in ("450126", "450200"):
        admin = factories.region_admin(factories.region(code), f"{code}管理")
        admin.is_staff = True
        admin.save()
        client.force_login(admin)
        seen.append(listed(client.get(LIST)))
    assert seen == [[certificate], []]


def test_certificate_is_read_only(client, certificate):
    client.force_login(factories.administrator())
    page = reverse("admin:hours_certificate_change", args=[certificate.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"code": "X"}).status_code == 403
    assert client.post(reverse("admin:hours_certificate_delete", args=[certificate.pk])).status_code == 403
    assert client.get(reverse("admin:hours_certificate_add")).status_code == 403
