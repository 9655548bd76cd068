"""登记记录: the batches of a unit and their registrations."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hours.collective import drafts, saving
from hours.models import Registration, Submission
from hours.workflow import transitions
from organizations import units
from tests import factories

pytestmark = pytest.mark.django_db
BATCHES = reverse("hours:collective_batches")


@pytest.fixture
def saved_batch(station, draft) -> Submission:
    """Save a batch of three people that waits for the 终审."""
    return saving.save(station.reviewer, draft(station.workers))


def page_of(batch: Submission) -> str:
    return reverse("hours:collective_batch", args=[batch.pk])


def states(response) -> list[tuple[str, int]]:
    return [(status.label, count) for status, count in response.context["record"].states]


def test_saved_batch_is_shown_and_listed(client, reviewer, station, draft):
    sealed = drafts.seal_draft(draft(station.workers))
    response = client.post(reverse("hours:collective_save"), {"draft": sealed}, follow=True)
    batch = Submission.objects.get()
    assert response.request["PATH_INFO"] == page_of(batch)
    assert [registration.owner.name for registration, *_ in response.context["rows"]] == ["李工", "韦工", "黄秋梦"]
    assert states(response) == [("待终审", 3)]
    [record] = client.get(BATCHES).context["records"]
    assert (record.submission, record.training.content) == (batch, "林业有害生物防治培训班")


def test_decisions_are_shown_with_words(client, reviewer, station, bureau, saved_batch):
    first, second, _ = Registration.objects.order_by("pk")
    factories.recognise(bureau, first)
    factories.refuse(bureau, second, factories.verdict("与证书不符。"))
    response = client.get(page_of(saved_batch))
    assert states(response) == [("待终审", 1), ("已认定", 1), ("不予认定", 1)]
    words_by_key = {registration.pk: words for registration, words, _ in response.context["rows"]}
    assert (words_by_key[first.pk], words_by_key[second.pk].endswith("：与证书不符。")) == ("", True)


def test_resubmitted_registration_stays_in_its_batch(client, reviewer, station, bureau, saved_batch):
    registration = Registration.objects.order_by("pk").first()
    factories.return_(bureau, registration, factories.verdict())
    transitions.submit(registration.owner, [registration], station, station.region)
    assert registration.submission != saved_batch
    assert states(client.get(page_of(saved_batch))) == [("待初审", 1), ("待终审", 2)]


def test_registration_of_other_unit_has_no_link(client, reviewer, station, bureau, saved_batch):
    registration, other = Registration.objects.order_by("pk").first(), factories.unit("柳州市图书馆", "450202")
    factories.return_(bureau, registration, factories.verdict(reason=factories.reason("单位选择错误", frees_unit=True)))
    transitions.submit(registration.owner, [registration], other, other.region)
    html = client.get(page_of(saved_batch)).content.decode()
    assert ("已转其他单位" in html, reverse("hours:review_detail", args=[registration.pk]) in html) == (True, False)


def test_batches_are_visible_to_unit_reviewers_only(client, station, bureau, saved_batch):
    colleague = factories.unit_reviewer(station, "韦审核")
    stranger = factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员")
    results = {}
    for person in (colleague, stranger, bureau, station.workers[0]):
        client.force_login(person)
        lists = client.get(BATCHES)
        shown = len(lists.context["records"]) if lists.status_code == 200 else None
        results[person.name] = (shown, client.get(page_of(saved_batch)).status_code)
    assert results == {"韦审核": (1, 200), "别处审核员": (0, 404), bureau.name: (None, 404), "黄秋梦": (None, 404)}


def test_own_submission_is_not_a_batch(client, reviewer, station):
    factories.submitted(station.workers[0], station)
    own = factories.submitted(reviewer, station)
    assert client.get(BATCHES).context["records"] == []
    assert client.get(page_of(own.submission)).status_code == 404


def test_batches_of_merged_unit_move_to_target(client, reviewer, station, saved_batch):
    other = factories.unit("宾阳县林业局")
    units.merge(station, other)
    client.force_login(factories.unit_reviewer(other, "韦审核"))
    assert len(client.get(BATCHES).context["records"]) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_is_constant(client, reviewer, station, draft, count, django_assert_num_queries):
    for number in range(count):
        batch = saving.save(reviewer, draft(station.workers[:count], content=f"培训 {number}"))
    client.get(BATCHES)
    with django_assert_num_queries(9):
        client.get(BATCHES)
    with django_assert_num_queries(11):
        client.get(page_of(batch))
