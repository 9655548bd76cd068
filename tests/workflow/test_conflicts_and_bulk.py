"""Conflicts with an earlier change, and one verdict on several registrations."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts import appointments
from accounts.models import Appointment
from hours.errors import WorkflowError
from hours.models import Decision, Registration
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(guangxi, rules):
    """黄秋梦 who registers, 宾阳县甘棠镇林业站, its reviewer and the region's."""
    unit = factories.unit("宾阳县甘棠镇林业站")
    return factories.person("黄秋梦"), unit, factories.unit_reviewer(unit), factories.region_reviewer(guangxi)


def refusal_of(act: Callable[..., object], *arguments: Any) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(WorkflowError) as refusal:
        act(*arguments)
    return str(refusal.value)


def history(registration: Registration) -> list[tuple[int, str, str]]:
    return [(step.round, step.stage, step.action) for step in registration.decisions.all()]


# --- conflicts ---------------------------------------------------------------


def test_second_decision_names_the_first_reviewer(people):
    registration = factories.submitted(*people[:2])
    second = factories.unit_reviewer(people[1], "韦审核")
    seen_by_second = Registration.objects.get(pk=registration.pk)
    factories.return_(people[2], registration, factories.verdict())
    assert (
        refusal_of(factories.agree, second, seen_by_second)
        == "“水利工程施工培训班”：该登记已由覃审核处理，目前为“退回修改”。"
    )
    assert history(registration) == [(1, "owner", "submit"), (1, "first", "return")]


def test_decision_read_in_an_earlier_round_is_refused(people):
    registration = factories.submitted(*people[:2])
    seen_in_round_one = Registration.objects.get(pk=registration.pk)
    factories.return_(people[2], registration, factories.verdict())
    transitions.submit(people[0], [registration], people[1], people[1].region)
    assert (
        refusal_of(factories.agree, people[2], seen_in_round_one)
        == "“水利工程施工培训班”刚刚被修改过，请核对后重新操作。"
    )


def test_submission_of_a_changed_registration_is_refused(people):
    owner, unit, *_ = people
    registration = factories.registration(owner)
    read_before = Registration.objects.get(pk=registration.pk)
    registration.hours_applied = Decimal(12)
    registration.save()
    with pytest.raises(transitions.SubmissionRefused) as refusal:
        transitions.submit(owner, [read_before], unit, unit.region)
    assert refusal.value.problems == {registration.pk: "“水利工程施工培训班”刚刚被修改过，请核对后重新操作。"}


def test_submission_of_a_deleted_registration_is_refused(people):
    owner, unit, *_ = people
    registration = factories.registration(owner)
    read_before = Registration.objects.get(pk=registration.pk)
    registration.delete()
    assert refusal_of(transitions.submit, owner, [read_before], unit, unit.region) == "“水利工程施工培训班”已被删除。"


# --- several at once ----------------------------------------------------------------


def test_bulk_decision_moves_some_and_explains_others(people):
    owner, unit, first, _ = people
    good = factories.submitted(owner, unit, content="可以")
    own = factories.submitted(first, unit, content="本人的")
    done = factories.agreed(owner, unit, first, content="已同意")
    refused_first = factories.submitted(owner, unit, content="被抢先")
    stale = Registration.objects.get(pk=refused_first.pk)
    factories.refuse(first, refused_first, factories.verdict())
    outcome = transitions.decide(first, Action.AGREE, [good, own, done, stale], Verdict())
    assert [registration.pk for registration in outcome.done] == [good.pk]
    assert outcome.refused == {
        own.pk: "不能审核本人的登记。",
        done.pk: "该登记目前为“待终审”，不能初审同意。",
        stale.pk: "“被抢先”：该登记已由覃审核处理，目前为“不予认定”。",
    }
    assert good.status == "final_review"


@pytest.mark.parametrize("registrations", [1, 100])
@pytest.mark.parametrize(
    ("action", "queries"),
    [
        # savepoint twice, region, unit, appointments, decided, year rules, lock, update, decisions, refresh, sums
        (Action.AGREE, 12),
        # and type, first level, files; the version kept; the notices
        (Action.RETURN, 17),
    ],
)
def test_bulk_decision_costs_constant_queries(people, action, registrations, queries, django_assert_num_queries):
    owner, unit, first, _ = people
    for number in range(registrations):
        factories.submitted(owner, unit, content=f"培训 {number}")
    verdict = factories.verdict()
    rows = list(owner.registrations.all())
    with django_assert_num_queries(queries):
        outcome = transitions.decide(first, action, rows, verdict)
    assert (len(outcome.done), outcome.refused) == (registrations, {})
    assert Decision.objects.filter(action=action).count() == registrations


def test_bulk_recognition_skips_own_first_reviews(guangxi, people):
    """The person is reviewer of the unit and of the region."""
    owner, unit, first, _ = people
    appointments.appoint(first, Appointment.Role.REGION_REVIEWER, region=guangxi)
    other = factories.unit_reviewer(unit, "韦审核")
    mine, others = (
        factories.agreed(owner, unit, first, content="甲"),
        factories.agreed(owner, unit, other, content="乙"),
    )
    outcome = transitions.decide(first, Action.RECOGNISE, [mine, others], Verdict())
    assert [registration.pk for registration in outcome.done] == [others.pk]
    assert outcome.refused == {mine.pk: "您已对该登记作出初审决定，终审须由另一人进行。"}
