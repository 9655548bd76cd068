"""A dialog returns to the list that it was opened from, with its filter and page."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
LIST, LOOKUP, YEARS, NOTICES = map(
    reverse, ("hours:list", "hours:lookup_registrations", "hours:lookup", "hours:notices")
)
FILTERED = f"{LIST}?content=%E6%B0%B4%E5%88%A9&page=2"


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def registration(huang):
    return factories.registration(huang)


def close_url(client, path: str, before: str, **parameters) -> str:
    """Return the address of 取消 or 关闭 for a dialog opened from the page `before`."""
    page = client.get(path, parameters, headers={"Referer": f"http://testserver{before}"}).content.decode()
    return re.search(r'href="([^"]*)" data-dialog-close', page)[1].replace("&amp;", "&")


@pytest.mark.parametrize("before", [FILTERED, f"{LOOKUP}?year=2026", YEARS, NOTICES])
def test_close_link_leads_to_the_list_it_was_opened_from(client, registration, before):
    assert close_url(client, reverse("hours:detail", args=[registration.pk]), before) == before
    assert close_url(client, reverse("hours:edit", args=[registration.pk]), before) == before


@pytest.mark.parametrize("before", ["", "/accounts/profile/", "/hours/new/"])
def test_close_link_leads_to_the_list_from_other_pages(client, registration, before):
    assert close_url(client, reverse("hours:detail", args=[registration.pk]), before) == LIST


@pytest.mark.parametrize("url", ["//elsewhere.example/hours/", "http://elsewhere.example/hours/", "http://[", "\x00"])
def test_foreign_return_address_is_ignored(client, registration, url):
    response = client.post(
        reverse("hours:delete"), {"registration": registration.pk, "back": url}, headers={"Referer": url}
    )
    assert response.url == LIST


def test_one_time_parameters_are_dropped(client, registration):
    before = f"{LIST}?content=a&open=3&tick=all"
    assert close_url(client, reverse("hours:delete"), before, registration=registration.pk) == f"{LIST}?content=a"


def test_edit_returns_to_the_filtered_list(client, registration, typed):
    """Without scripts the form holds the address; with them the browser sends it: the list is below the dialog."""
    address, target = reverse("hours:edit", args=[registration.pk]), f"{FILTERED}#registration-{registration.pk}"
    assert client.post(address, typed(back=FILTERED)).url == target
    assert client.post(address, typed(), headers={"Referer": f"http://testserver{FILTERED}"}).url == target


def test_refused_form_keeps_the_return_address(client, registration, typed):
    page = client.post(reverse("hours:edit", args=[registration.pk]), typed(content="", back=FILTERED)).content.decode()
    assert f'name="back" value="{FILTERED.replace("&", "&amp;")}"' in page


def test_new_registration_returns_to_the_unfiltered_list(client, typed):
    assert client.post(reverse("hours:new"), typed(back=FILTERED)).url.startswith(f"{LIST}#registration-")


def test_delete_returns_to_the_filtered_list(client, registration):
    assert client.post(reverse("hours:delete"), {"registration": registration.pk, "back": FILTERED}).url == FILTERED


def test_return_request_returns_to_the_filtered_lookup(client, huang, station):
    registration = factories.submitted(huang, station)
    address = reverse("hours:ask_return", args=[registration.pk])
    assert close_url(client, address, f"{LOOKUP}?year=2026&open=5") == f"{LOOKUP}?year=2026"
