"""请求退回: the owner asks the reviewer for the return, once per stage; the status stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hours.models import Decision, Registration
from hours.states import Action, Status
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
WORDS = "上传的证书不是最终版，需要更换。"


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def registration(huang, station):
    return factories.submitted(huang, station)


def address(registration: Registration) -> str:
    return reverse("hours:ask_return", args=[registration.pk])


def ask(client: Client, registration: Registration, words: str = WORDS) -> Any:
    return client.post(address(registration), {"words": words})


def test_request_keeps_the_status_and_confirms(client, registration):
    response = client.post(address(registration), {"words": WORDS}, follow=True)
    registration.refresh_from_db()
    assert registration.status == Status.FIRST_REVIEW
    asked = registration.decisions.get(action=Action.ASK_RETURN)
    assert (asked.stage, asked.words, asked.actor_name) == ("first", WORDS, "黄秋梦")
    assert message_texts(response) == [
        "已就“水利工程施工培训班”请求退回。登记仍为“待初审”，审核人员处理时会首先看到您的请求。"
    ]
    assert [line["key"] for line in response.context["lines"] if line["is_open"]] == [str(registration.pk)]


def test_request_without_words_is_refused(client, registration):
    response = ask(client, registration, "   ")
    assert response.context["form"].errors == {"words": ["请填写请求退回的原因，审核人员据此处理。"]}
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_too_long_words_stay_in_the_form(client, registration):
    response = ask(client, registration, "长" * 501)
    assert response.context["form"].errors == {"words": ["请求退回的原因最多 500 个字，现有 501 个，请精简。"]}
    assert "长" * 501 in response.content.decode()


def test_request_is_possible_once_per_stage(client, registration, station, huang):
    client.post(address(registration), {"words": WORDS}, follow=True)
    response = client.post(address(registration), {"words": "再次请求"}, follow=True)
    assert message_texts(response) == ["此环节已请求过退回，请等待审核人员处理。"]
    factories.agree(station.reviewer, huang.registrations.get())
    ask(client, registration, "终审前也请退回。")
    asked = registration.decisions.filter(action=Action.ASK_RETURN)
    assert list(asked.values_list("stage", "words")) == [("first", WORDS), ("final", "终审前也请退回。")]


def test_conflict_names_the_reviewer_and_keeps_the_words(client, registration, station, monkeypatch):
    from hours.views import owner

    read = owner._own

    def read_before_a_decision(request, pk):
        found = read(request, pk)
        factories.agree(station.reviewer, registration)
        return found

    monkeypatch.setattr(owner, "_own", read_before_a_decision)
    response = ask(client, registration)
    assert response.context["form"].non_field_errors() == [
        "“水利工程施工培训班”：该登记已由覃审核处理，目前为“待终审”。"
    ]
    assert WORDS in response.content.decode()


@pytest.mark.parametrize("status", ["draft", "returned", "recognised"])
def test_request_outside_review_is_refused(client, huang, station, bureau, status):
    registration = {
        "draft": lambda: factories.registration(huang),
        "returned": lambda: factories.returned(huang, station, station.reviewer),
        "recognised": lambda: factories.recognised(huang, station, station.reviewer, bureau),
    }[status]()
    response = client.post(address(registration), {"words": WORDS}, follow=True)
    assert message_texts(response) == [f"该登记目前为“{registration.get_status_display()}”，不能请求退回。"]
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_request_for_another_owners_registration_is_404(client, station):
    other = factories.submitted(factories.person("李工"), station)
    assert (client.get(address(other)).status_code, ask(client, other).status_code) == (404, 404)
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_request_by_the_reviewer_is_404(client, registration, station):
    client.force_login(station.reviewer)
    assert ask(client, registration).status_code == 404


def test_button_is_shown_only_while_possible(client, huang, registration, station):
    agreed = factories.agreed(huang, station, station.reviewer, content="待终审的")
    detail, lookup = reverse("hours:detail", args=[registration.pk]), reverse("hours:lookup_registrations")

    def offers() -> list[bool]:
        return [address(registration) in client.get(page).content.decode() for page in (detail, lookup)]

    assert offers() == [True, True]
    ask(client, registration)
    assert offers() == [False, False]
    assert address(agreed) in client.get(lookup).content.decode()


def test_button_is_hidden_from_the_reviewer(client, registration, station):
    client.force_login(station.reviewer)
    assert address(registration) not in client.get(reverse("hours:detail", args=[registration.pk])).content.decode()


def test_dialog_is_sent_to_the_list(client, registration):
    response = client.post(address(registration), {"words": WORDS}, headers={"X-Requested-With": "dialog"})
    assert response.status_code == 204
    assert response.headers["X-Dialog-Location"].startswith(reverse("hours:lookup_registrations"))
