"""Concurrent connections: one submission per dialog, one decision per stage, refusals for the others."""

import uuid

import pytest
from django.db.models import Count

from accounts.models import User
from hours.errors import WorkflowError
from hours.models import Decision, Registration, Submission
from hours.states import Action, Status
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from hours.workflow.transitions import SubmissionRefused
from organizations import units
from organizations.models import Unit
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def station(transactional_db):
    factories.regions()
    factories.open_years()
    return factories.unit("宾阳县甘棠镇林业站")


def drafts(owner: User, number: int) -> list[int]:
    return [factories.registration(owner, f"培训 {index}").pk for index in range(number)]


def sender(owner, keys, unit, token):
    """Return a click on 确定提交, which submits registrations read before, as a page does."""
    registrations = list(Registration.objects.filter(pk__in=keys))
    return lambda: transitions.submit(owner, registrations, unit, unit.region, token)


@pytest.mark.parametrize(("has_employer", "status"), [(True, "first_review"), (False, "final_review")])
def test_twenty_clicks_with_one_token_make_one_submission(station, has_employer, status):
    owner, token = factories.person("黄秋梦"), uuid.uuid4()
    unit = station if has_employer else units.unaffiliated(station.region)
    keys = drafts(owner, 3)
    answers = at_once(sender(owner, keys, unit, token) for _ in range(20))
    assert set(answers) == {Submission.objects.get()}
    assert Decision.objects.count() == 3
    assert set(Registration.objects.values_list("status", "round")) == {(status, 1)}


def test_concurrent_submissions_only_first_wins(station):
    owner = factories.person("黄秋梦")
    keys = drafts(owner, 3)
    answers = at_once(sender(owner, keys, station, uuid.uuid4()) for _ in range(20))
    won = [answer for answer in answers if isinstance(answer, Submission)]
    lost = [answer for answer in answers if isinstance(answer, SubmissionRefused)]
    assert (len(won), len(lost)) == (1, 19)
    assert won == list(Submission.objects.all())
    sentences = {key: f"“培训 {index}”：该登记已由黄秋梦处理，目前为“待初审”。" for index, key in enumerate(keys)}
    assert [answer.problems for answer in lost] == [sentences] * 19
    assert Decision.objects.count() == 3


def test_overlapping_submissions_only_first_wins(station):
    """No submission is split, and there is no deadlock."""
    owner = factories.person("黄秋梦")
    keys = drafts(owner, 6)
    answers = at_once(sender(owner, part, station, uuid.uuid4()) for part in (keys[:4], keys[2:]))
    assert sorted(type(answer).__name__ for answer in answers) == ["Submission", "SubmissionRefused"]
    assert Registration.objects.filter(status=Status.FIRST_REVIEW).count() == 4 == Decision.objects.count()


def test_concurrent_submissions_of_different_people_succeed(station):
    calls = []
    for number in range(12):
        owner = factories.person(f"登记人{number}")
        calls.append(sender(owner, drafts(owner, 2), station, uuid.uuid4()))
    answers = at_once(calls)
    assert {type(answer) for answer in answers} == {Submission}
    assert Registration.objects.filter(status=Status.FIRST_REVIEW).count() == 24 == Decision.objects.count()


def test_concurrent_bulk_decisions_decide_each_once(station):
    owner = factories.person("黄秋梦")
    reviewers = [factories.unit_reviewer(station, "覃审核"), factories.unit_reviewer(station, "韦审核")]
    keys = drafts(owner, 50)
    sender(owner, keys, station, uuid.uuid4())()

    def bulk(reviewer, action, verdict, order):
        registrations = list(Registration.objects.order_by(order))
        return lambda: transitions.decide(reviewer, action, registrations, verdict)

    agreed, returned = at_once(
        [
            bulk(reviewers[0], Action.AGREE, Verdict(), "pk"),
            bulk(reviewers[1], Action.RETURN, factories.verdict(), "-pk"),
        ]
    )
    assert len(agreed.done) + len(returned.done) == 50
    assert {registration.pk for registration in agreed.done} | {
        registration.pk for registration in returned.done
    } == set(keys)
    assert {*agreed.refused} == {registration.pk for registration in returned.done}
    assert {*returned.refused} == {registration.pk for registration in agreed.done}
    assert set(agreed.refused.values()) <= {
        f"“培训 {index}”：该登记已由韦审核处理，目前为“退回修改”。" for index in range(50)
    }
    stages = Decision.objects.order_by().values("registration", "round", "stage").annotate(number=Count("pk"))
    assert {row["number"] for row in stages} == {1}
    assert Decision.objects.count() == 100


def test_concurrent_single_decisions_decide_each_once(station):
    owner = factories.person("黄秋梦")
    reviewers = [factories.unit_reviewer(station, "覃审核"), factories.unit_reviewer(station, "韦审核")]
    sender(owner, drafts(owner, 50), station, uuid.uuid4())()

    def one_by_one(reviewer, order):
        registrations = list(Registration.objects.order_by(order))

        def work() -> int:
            done = 0
            for registration in registrations:
                try:
                    factories.agree(reviewer, registration)
                    done += 1
                except WorkflowError:
                    continue
            return done

        return work

    done = at_once([one_by_one(reviewers[0], "pk"), one_by_one(reviewers[1], "-pk")])
    assert sum(done) == 50
    assert Decision.objects.filter(action=Action.AGREE).count() == 50
    assert Registration.objects.filter(status=Status.FINAL_REVIEW).count() == 50


def test_concurrent_requests_for_return_store_one(station):
    owner = factories.person("黄秋梦")
    registration = factories.submitted(owner, station)

    def ask():
        seen = Registration.objects.get(pk=registration.pk)
        return lambda: transitions.ask_return(owner, seen, "附件传错了。")

    answers = at_once(ask() for _ in range(10))
    assert [type(answer).__name__ for answer in answers].count("Registration") == 1
    assert {str(answer) for answer in answers if isinstance(answer, WorkflowError)} <= {
        "此环节已请求过退回，请等待审核人员处理。",
        "“水利工程施工培训班”刚刚被修改过，请核对后重新操作。",
    }
    assert {type(answer) for answer in answers} == {Registration, WorkflowError}
    assert Decision.objects.filter(action=Action.ASK_RETURN).count() == 1


def test_concurrent_merge_leaves_nothing_at_the_old_unit(station):
    other, calls = factories.unit("宾阳县林业局"), []
    for number in range(10):
        owner = factories.person(f"登记人{number}", unit=station)
        calls.append(sender(owner, drafts(owner, 1), station, uuid.uuid4()))
    calls.insert(5, lambda: units.merge(station, other))
    answers = at_once(calls)
    assert {type(answer) for answer in answers} <= {Submission, SubmissionRefused, int}
    assert Unit.objects.get(pk=station.pk).merged_into == other
    assert Registration.objects.filter(unit=station).count() == 0
    sent = [answer for answer in answers if isinstance(answer, Submission)]
    assert Registration.objects.filter(unit=other).count() == len(sent) == Decision.objects.count()
