"""Where one stands after a dialog: on the list that it was opened from, with its filter and page."""

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


def left_by(client, path: str, before: str, **parameters) -> str:
    """The address that 取消 or 关闭 leads to, if the page before was this one."""
    page = client.get(path, parameters, headers={"Referer": f"http://testserver{before}"}).content.decode()
    return re.search(r'href="([^"]*)" data-dialog-close', page)[1].replace("&amp;", "&")


@pytest.mark.parametrize("before", [FILTERED, f"{LOOKUP}?year=2026", YEARS, NOTICES])
def test_a_page_is_closed_to_where_it_was_opened(client, registration, before):
    assert left_by(client, reverse("hours:detail", args=[registration.pk]), before) == before
    assert left_by(client, reverse("hours:edit", args=[registration.pk]), before) == before


@pytest.mark.parametrize("before", ["", "/accounts/profile/", "/hours/new/"])
def test_from_anywhere_else_it_is_closed_to_the_list(client, registration, before):
    assert left_by(client, reverse("hours:detail", args=[registration.pk]), before) == LIST


@pytest.mark.parametrize("said", ["//elsewhere.example/hours/", "http://elsewhere.example/hours/", "http://[", "\x00"])
def test_no_other_place_can_be_named(client, registration, said):
    response = client.post(
        reverse("hours:delete"), {"registration": registration.pk, "back": said}, headers={"Referer": said}
    )
    assert response.url == LIST


def test_what_a_list_was_asked_for_once_is_not_asked_again(client, registration):
    before = f"{LIST}?content=a&open=3&tick=all"
    assert left_by(client, reverse("hours:delete"), before, registration=registration.pk) == f"{LIST}?content=a"


def test_a_changed_registration_is_shown_in_the_filtered_list(client, registration, typed):
    """Without scripts the form says where it came from; with them the browser does, since the list lies below."""
    address, told = reverse("hours:edit", args=[registration.pk]), f"{FILTERED}#registration-{registration.pk}"
    assert client.post(address, typed(back=FILTERED)).url == told
    assert client.post(address, typed(), headers={"Referer": f"http://testserver{FILTERED}"}).url == told


def test_a_refused_form_still_knows_the_way_back(client, registration, typed):
    page = client.post(reverse("hours:edit", args=[registration.pk]), typed(content="", back=FILTERED)).content.decode()
    assert f'name="back" value="{FILTERED.replace("&", "&amp;")}"' in page


def test_a_new_registration_is_shown_whatever_the_filter_was(client, typed):
    assert client.post(reverse("hours:new"), typed(back=FILTERED)).url.startswith(f"{LIST}#registration-")


def test_after_deleting_the_filter_is_still_set(client, registration):
    assert client.post(reverse("hours:delete"), {"registration": registration.pk, "back": FILTERED}).url == FILTERED


def test_asking_for_a_return_is_left_to_the_lookup_with_its_filter(client, huang, station):
    registration = factories.submitted(huang, station)
    address = reverse("hours:ask_return", args=[registration.pk])
    assert left_by(client, address, f"{LOOKUP}?year=2026&open=5") == f"{LOOKUP}?year=2026"
