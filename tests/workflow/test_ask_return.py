"""请求退回: the owner's word to the reviewer, once a stage, which decides nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hours.models import Decision
from hours.states import Action, Status
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = "上传的证书不是最终版，需要更换。"


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def registration(huang, station):
    return factories.submitted(huang, station)


def address(registration) -> str:
    return reverse("hours:ask_return", args=[registration.pk])


def ask(client, registration, words: str = WORDS):
    return client.post(address(registration), {"words": words})


def test_it_leaves_the_registration_where_it_is_and_says_so(client, registration):
    response = client.post(address(registration), {"words": WORDS}, follow=True)
    registration.refresh_from_db()
    assert registration.status == Status.FIRST_REVIEW
    asked = registration.decisions.get(action=Action.ASK_RETURN)
    assert (asked.stage, asked.words, asked.actor_name) == ("first", WORDS, "黄秋梦")
    assert [str(message) for message in response.context["messages"]] == [
        "已就“水利工程施工培训班”请求退回。登记仍为“待初审”，审核人员处理时会首先看到您的请求。"
    ]
    assert [line["key"] for line in response.context["lines"] if line["is_open"]] == [registration.pk]


def test_words_are_asked_for_and_nothing_is_written_without(client, registration):
    response = ask(client, registration, "   ")
    assert response.context["form"].errors == {"words": ["请填写请求退回的原因，审核人员据此处理。"]}
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_what_was_typed_is_kept_when_it_is_too_long(client, registration):
    response = ask(client, registration, "长" * 501)
    assert response.context["form"].errors == {"words": ["请求退回的原因最多 500 个字，现有 501 个，请精简。"]}
    assert "长" * 501 in response.content.decode()


def test_it_is_possible_once_a_stage(client, registration, station, huang):
    client.post(address(registration), {"words": WORDS}, follow=True)
    response = client.post(address(registration), {"words": "再次请求"}, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["此环节已请求过退回，请等待审核人员处理。"]
    factories.agree(station.reviewer, huang.registrations.get())
    ask(client, registration, "终审前也请退回。")
    asked = registration.decisions.filter(action=Action.ASK_RETURN)
    assert list(asked.values_list("stage", "words")) == [("first", WORDS), ("final", "终审前也请退回。")]


def test_somebody_who_was_faster_is_named_and_the_words_are_kept(client, registration, station, monkeypatch):
    from hours.views import owner

    read = owner._own

    def read_and_be_overtaken(request, pk):
        found = read(request, pk)
        factories.agree(station.reviewer, registration)
        return found

    monkeypatch.setattr(owner, "_own", read_and_be_overtaken)
    response = ask(client, registration)
    assert response.context["form"].non_field_errors() == [
        "“水利工程施工培训班”：该登记已由覃审核处理，目前为“待终审”。"
    ]
    assert WORDS in response.content.decode()


@pytest.mark.parametrize("status", ["draft", "returned", "recognised"])
def test_it_is_refused_where_nobody_is_reviewing(client, huang, station, bureau, status):
    registration = {
        "draft": lambda: factories.registration(huang),
        "returned": lambda: factories.returned(huang, station, station.reviewer),
        "recognised": lambda: factories.recognised(huang, station, station.reviewer, bureau),
    }[status]()
    response = client.post(address(registration), {"words": WORDS}, follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        f"该登记目前为“{registration.get_status_display()}”，不能请求退回。"
    ]
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_nobody_asks_for_another_persons_registration(client, station):
    other = factories.submitted(factories.person("李工"), station)
    assert (client.get(address(other)).status_code, ask(client, other).status_code) == (404, 404)
    assert not Decision.objects.filter(action=Action.ASK_RETURN).exists()


def test_the_reviewer_does_not_ask_either(client, registration, station):
    client.force_login(station.reviewer)
    assert ask(client, registration).status_code == 404


def test_the_button_stands_only_while_it_is_possible(client, huang, registration, station):
    agreed = factories.agreed(huang, station, station.reviewer, content="待终审的")
    detail, lookup = reverse("hours:detail", args=[registration.pk]), reverse("hours:lookup_registrations")

    def offers() -> tuple[bool, bool]:
        return tuple(address(registration) in client.get(page).content.decode() for page in (detail, lookup))

    assert offers() == (True, True)
    ask(client, registration)
    assert offers() == (False, False)
    assert address(agreed) in client.get(lookup).content.decode()


def test_a_reviewer_sees_no_button(client, registration, station):
    client.force_login(station.reviewer)
    assert address(registration) not in client.get(reverse("hours:detail", args=[registration.pk])).content.decode()


def test_in_a_dialog_the_answer_leads_out_of_it(client, registration):
    response = client.post(address(registration), {"words": WORDS}, headers={"X-Requested-With": "dialog"})
    assert response.status_code == 204
    assert response.headers["X-Dialog-Location"].startswith(reverse("hours:lookup_registrations"))
