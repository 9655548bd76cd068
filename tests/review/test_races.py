"""Reviewers who decide at the same time: one decision per stage, a message for the second, correct totals."""

from __future__ import annotations

import random
import uuid
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from hours.models import Decision, Notice, PersonTotal, Registration, Submission
from hours.states import Action, Stage, Status
from hours.totals import sums
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from hours.workflow.transitions import DecisionResult
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
REGISTRATIONS, OWNERS = 200, 10
THIS_YEAR = timezone.localdate().year


@pytest.fixture
def station(transactional_db):
    factories.regions()
    return factories.unit("宾阳县甘棠镇林业站")


@pytest.fixture
def bureau(station):
    return factories.region_reviewer(station.region)


def submitted(station, count: int, owners: int = 1) -> list[int]:
    """Submit registrations of this year, spread evenly over so many owners; return their keys."""
    keys = []
    for place in range(owners):
        owner = factories.person(f"登记人{place}", unit=station)
        registrations = [
            factories.registration(owner, f"培训 {number}", year=THIS_YEAR, hours_applied=Decimal(8))
            for number in range(count // owners)
        ]
        transitions.submit(owner, registrations, station, station.region)
        keys += [registration.pk for registration in registrations]
    return keys


def at_final_review(station, count: int, owners: int = 1) -> list[int]:
    keys = submitted(station, count, owners)
    registrations = list(Registration.objects.filter(pk__in=keys))
    assert not transitions.decide(factories.unit_reviewer(station), Action.AGREE, registrations, Verdict()).refused
    return keys


def deciding_one_by_one(person, action: Action, keys: list[int], verdict: Verdict):
    """Return a function that decides about all these registrations one by one, in an order of the person's own."""
    registrations = list(Registration.objects.filter(pk__in=keys))
    random.Random(person.pk).shuffle(registrations)
    return lambda: [
        (registration.pk, transitions.decide(person, action, [registration], verdict)) for registration in registrations
    ]


def totals_are_correct() -> bool:
    """Whether a recount changes nothing."""
    return set(sums.recount(THIS_YEAR).values()) == {0}


@pytest.mark.slow
def test_two_reviewers_make_one_decision_each(station):
    keys = submitted(station, REGISTRATIONS, OWNERS)
    agreeing, refusing = factories.unit_reviewer(station, "覃审核"), factories.unit_reviewer(station, "韦审核")
    answers = at_once(
        [
            deciding_one_by_one(agreeing, Action.AGREE, keys, Verdict()),
            deciding_one_by_one(refusing, Action.REFUSE, keys, factories.verdict()),
        ]
    )
    assert [type(answer) for answer in answers] == [list, list]
    decided = Decision.objects.filter(stage=Stage.FIRST)
    by = dict(decided.values_list("registration_id", "actor_name"))
    assert sorted(decided.values_list("registration_id", flat=True)) == sorted(keys)
    for name, answer in zip(("覃审核", "韦审核"), answers, strict=True):
        for key, outcome in answer:
            said = "".join(outcome.refused.values())
            assert bool(outcome.done) == (by[key] == name)
            assert outcome.done or f"该登记已由{by[key]}处理" in said
    refused = decided.filter(action=Action.REFUSE)
    assert sorted(Notice.objects.values_list("decision_id", flat=True)) == sorted(refused.values_list("pk", flat=True))
    assert Registration.objects.filter(status=Status.REFUSED).count() == refused.count()
    assert totals_are_correct()


def test_repeated_submission_is_stored_once(station):
    owner, token = factories.person("黄秋梦", unit=station), uuid.uuid4()
    keys = [factories.registration(owner, f"培训 {number}", year=THIS_YEAR).pk for number in range(5)]

    def sender():
        registrations = list(Registration.objects.filter(pk__in=keys))
        return lambda: transitions.submit(owner, registrations, station, station.region, token)

    answers = at_once([sender() for _ in range(20)])
    assert {answer.pk for answer in answers} == {Submission.objects.get().pk}
    assert Decision.objects.count() == 5
    assert totals_are_correct()


def test_recognition_and_revocation_of_one_person(station, bureau):
    first, *others = at_final_review(station, 6)
    factories.recognise(bureau, Registration.objects.get(pk=first))
    taking_back = factories.region_admin(station.region)
    answers = at_once(
        [
            deciding_one_by_one(bureau, Action.RECOGNISE, others, Verdict()),
            deciding_one_by_one(taking_back, Action.REVOKE, [first], factories.verdict()),
        ]
    )
    assert all(outcome.done for answer in answers for _, outcome in answer)
    assert PersonTotal.objects.get().professional == 8 * len(others)
    assert totals_are_correct()


def test_revocation_happens_once_after_recognition(station, bureau):
    keys = at_final_review(station, 10)
    admins = [factories.region_admin(station.region, name) for name in ("陆管理", "蒙管理")]
    for key in keys:
        registration = Registration.objects.get(pk=key)

        def recognising(registration=registration):
            return factories.recognise(bureau, registration)

        def revoking(admin, key=key):
            return lambda: transitions.revoke(admin, Registration.objects.get(pk=key), factories.verdict())

        at_once([recognising, *(revoking(admin) for admin in admins)])
    stages = Decision.objects.filter(registration__in=keys)
    assert stages.filter(action=Action.RECOGNISE).count() == len(keys)
    revoked = Registration.objects.filter(status=Status.REVOKED)
    assert stages.filter(action=Action.REVOKE).count() == revoked.count()
    assert totals_are_correct()


def test_two_final_reviewers_of_same_people(station, bureau):
    keys = at_final_review(station, 40, owners=4)
    other = factories.region_reviewer(station.region, "蓝终审")
    answers = at_once(
        [
            deciding_one_by_one(bureau, Action.RECOGNISE, keys[::2], Verdict()),
            deciding_one_by_one(other, Action.RECOGNISE, keys[1::2], Verdict()),
        ]
    )
    assert all(isinstance(outcome, DecisionResult) and outcome.done for answer in answers for _, outcome in answer)
    assert set(PersonTotal.objects.values_list("professional", flat=True)) == {Decimal(80)}
    assert totals_are_correct()


def test_recognition_and_completion_do_not_deadlock(station, bureau):
    keys = at_final_review(station, 30, owners=3)
    people = list(User.objects.filter(registrations__in=keys).distinct().order_by("pk"))
    courses = [factories.course(THIS_YEAR, f"公需科目 {number}", hours=1) for number in range(10)]

    def completing():
        for course in courses:
            for person in people:
                with transaction.atomic():
                    factories.completion(person, course)
        return "completed"

    answers = at_once([deciding_one_by_one(bureau, Action.RECOGNISE, keys, Verdict()), completing])
    assert answers[1] == "completed"
    assert all(outcome.done for _, outcome in answers[0])
    years = set(PersonTotal.objects.values_list("public", "professional"))
    assert years == {(Decimal(10), Decimal(80))}
    assert totals_are_correct()


def test_crossing_batches_do_not_deadlock(station):
    keys = submitted(station, 60, owners=3)
    one, other = factories.unit_reviewer(station, "覃审核"), factories.unit_reviewer(station, "韦审核")
    forwards = list(Registration.objects.filter(pk__in=keys).order_by("pk"))
    backwards = list(Registration.objects.filter(pk__in=keys).order_by("-pk"))
    answers = at_once(
        [
            lambda: transitions.decide(one, Action.AGREE, forwards, Verdict()),
            lambda: transitions.decide(other, Action.RETURN, backwards, factories.verdict()),
        ]
    )
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert sum(len(answer.done) for answer in answers) == len(keys)
    assert Decision.objects.filter(stage=Stage.FIRST).count() == len(keys)
    assert totals_are_correct()
