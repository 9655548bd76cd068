"""The effects of an action beside the status: times, hours, decisions, notices, the returned version."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from hours.models import Certificate, Decision, Notice, Registration, ReturnedVersion
from hours.registrations import return_changes
from hours.states import Action
from hours.workflow import moves, transitions
from hours.workflow.moves import Verdict
from organizations import units
from tests import factories

pytestmark = pytest.mark.django_db
SUBMITTED, DECIDED, LATER = factories.moment(6), factories.moment(5), factories.moment(2)


@pytest.fixture
def submitted(huang, station):
    """黄秋梦's registration, submitted six days ago."""
    draft = factories.registration(huang)
    transitions.submit(huang, [draft], station, station.region, now=SUBMITTED)
    return draft


def decide(
    actor: User, action: Action, registration: Registration, now: datetime | None, **verdict: Any
) -> Registration:
    outcome = transitions.decide(actor, action, [registration], factories.verdict(**verdict), now=now)
    assert (outcome.done, outcome.refused) == ([registration], {})
    return registration


def last_decision(registration: Registration) -> Decision:
    return list(registration.decisions.all())[-1]


def times(registration: Registration) -> tuple[object, ...]:
    """Start of the current stage, duration of both reviews; in the database as in the caller's copy."""
    stored = Registration.objects.get(pk=registration.pk)
    rows = [(row.stage_since, row.first_wait, row.final_wait) for row in (registration, stored)]
    assert rows[0] == rows[1]
    return rows[0]


# --- times --------------------------------------------------------------------------


def test_submission_starts_the_first_review(submitted):
    assert times(submitted) == (SUBMITTED, None, None)
    assert (submitted.submitted_at, submitted.updated_at) == (SUBMITTED, SUBMITTED)


def test_first_review_ends_with_its_duration(submitted, station):
    decide(station.reviewer, Action.AGREE, submitted, DECIDED)
    assert times(submitted) == (DECIDED, timedelta(days=1), None)


def test_final_review_ends_with_its_duration(submitted, station, bureau):
    decide(station.reviewer, Action.AGREE, submitted, DECIDED)
    decide(bureau, Action.RECOGNISE, submitted, LATER)
    assert times(submitted) == (LATER, timedelta(days=1), timedelta(days=3))


def test_request_for_return_changes_no_times(submitted, huang, station):
    before = Registration.objects.get(pk=submitted.pk).updated_at
    decide(huang, Action.ASK_RETURN, submitted, DECIDED)
    assert times(submitted) == (SUBMITTED, None, None)
    assert (before, submitted.updated_at, submitted.status) == (SUBMITTED, DECIDED, "first_review")


def test_new_submission_forgets_the_durations(submitted, huang, station):
    decide(station.reviewer, Action.RETURN, submitted, DECIDED)
    assert times(submitted) == (DECIDED, timedelta(days=1), None)
    transitions.submit(huang, [submitted], station, station.region, now=LATER)
    assert times(submitted) == (LATER, None, None)


def test_reopening_keeps_the_durations(submitted, station, guangxi):
    decide(station.reviewer, Action.REFUSE, submitted, DECIDED)
    decide(factories.region_admin(guangxi), Action.REOPEN, submitted, LATER)
    assert times(submitted) == (LATER, timedelta(days=1), None)


# --- hours --------------------------------------------------------------------------


def test_hours_limit_of_a_recognition_is_the_proposed():
    registration = Registration(hours_applied=Decimal(16), hours_proposed=Decimal(12))
    assert moves.hours_limit(Action.RECOGNISE, registration) == 12
    assert moves.hours_limit(Action.AGREE, registration) == 16
    assert moves.hours_limit(Action.RECOGNISE, Registration(hours_applied=Decimal(16))) == 16


def test_recognition_of_unaffiliated_takes_the_applied_hours(huang, guangxi, bureau):
    registration = factories.submitted(huang, units.unaffiliated(guangxi))
    transitions.decide(bureau, Action.RECOGNISE, [registration], Verdict())
    assert (registration.hours_proposed, registration.hours_recognised) == (None, 16)
    assert last_decision(registration).hours == 16


# --- decisions and notices ----------------------------------------------------------


def test_decision_is_of_the_moment_given(submitted, station):
    decide(station.reviewer, Action.AGREE, submitted, DECIDED)
    assert [decision.created_at for decision in submitted.decisions.all()] == [SUBMITTED, DECIDED]


def test_decision_is_of_now_without_a_moment(submitted, station):
    before = timezone.now()
    transitions.decide(station.reviewer, Action.AGREE, [submitted], Verdict())
    decision = last_decision(submitted)
    assert before <= decision.created_at <= timezone.now()
    assert submitted.stage_since == submitted.updated_at == decision.created_at


def test_decision_keeps_reason_actor_and_words(submitted, station):
    reason = factories.reason("证书不清晰")
    decide(station.reviewer, Action.RETURN, submitted, DECIDED, reason=reason, words=" 请重新扫描。 ")
    decision = last_decision(submitted)
    assert (decision.actor, decision.reason, decision.reason_name) == (station.reviewer, reason, "证书不清晰")
    assert (decision.words, decision.status, decision.hours) == ("请重新扫描。", "returned", None)


@pytest.mark.parametrize(
    ("action", "is_told"),
    [(Action.AGREE, False), (Action.RETURN, True), (Action.REFUSE, True)],
)
def test_owner_finds_a_notice_of_the_end_of_a_review(submitted, huang, station, action, is_told):
    decide(station.reviewer, action, submitted, DECIDED)
    notices = [
        (notice.person, notice.decision, notice.registration, notice.created_at) for notice in Notice.objects.all()
    ]
    assert notices == ([(huang, submitted.decisions.last(), submitted, DECIDED)] if is_told else [])


def test_returned_version_is_what_the_reviewer_saw(submitted, station):
    facts = return_changes.snapshot(submitted)
    decide(station.reviewer, Action.RETURN, submitted, DECIDED)
    version = ReturnedVersion.objects.get()
    assert (version.registration, version.round, version.facts, version.created_at) == (submitted, 1, facts, DECIDED)


def test_refusal_keeps_no_returned_version(submitted, station):
    decide(station.reviewer, Action.REFUSE, submitted, DECIDED)
    assert list(ReturnedVersion.objects.all()) == []


def test_revocation_revokes_the_certificate(huang, station, guangxi):
    certificate = factories.certificate(huang, station, station.reviewer)
    registration = huang.registrations.get()
    decide(factories.region_admin(guangxi), Action.REVOKE, registration, None)
    assert Certificate.objects.get(pk=certificate.pk).revoked_at is not None


# --- several at once ----------------------------------------------------------------


def test_registrations_of_several_statuses_move_together(huang, station, submitted):
    returned = factories.returned(huang, station, station.reviewer)
    draft = factories.registration(huang, "草稿")
    transitions.submit(huang, [returned, draft], station, station.region)
    assert [(row.status, row.round, last_decision(row).round) for row in (returned, draft)] == [
        ("first_review", 2, 2),
        ("first_review", 1, 1),
    ]


def test_rows_are_locked_in_the_order_of_their_keys(huang, station):
    two = [factories.submitted(huang, station, content=content) for content in ("甲", "乙")]
    offices = dict.fromkeys([registration.pk for registration in two], station.name)
    with CaptureQueriesContext(connection) as queries:
        moves.apply_action(station.reviewer, Action.AGREE, two[::-1], Verdict(), offices=offices)
    assert " ORDER BY 1 ASC" in queries[0]["sql"]  # the key is the first column


# --- conflicts ------------------------------------------------------------------


def test_conflict_message_names_the_latest_decision(submitted, station, huang):
    stale = Registration.objects.get(pk=submitted.pk)
    decide(station.reviewer, Action.AGREE, submitted, LATER)
    decide(huang, Action.ASK_RETURN, submitted, DECIDED)  # a past decision, loaded later
    assert moves.conflict_messages([stale]) == {
        submitted.pk: "“水利工程施工培训班”：该登记已由覃审核处理，目前为“待终审”。"
    }


def test_conflict_messages_for_nothing_cost_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert moves.conflict_messages([]) == {}
