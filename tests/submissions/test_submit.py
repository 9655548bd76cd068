"""批量提交审核: all or none, target and required unit, and one submission per token."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from hours.errors import WorkflowError
from hours.models import Category, Decision, Registration, Submission
from hours.workflow import transitions
from hours.workflow.transitions import SubmissionRefused
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(guangxi, rules):
    return factories.unit("宾阳县甘棠镇林业站")


@pytest.fixture
def owner(station):
    return factories.person("黄秋梦")


def send(owner, registrations, unit, region=None, **options) -> Submission:
    return transitions.submit(owner, registrations, unit, region or unit.region, **options)


def problems(owner, registrations, unit) -> dict[int, str]:
    """Return the problems of a refused submission, which changes nothing."""
    before = list(Registration.objects.order_by("pk").values())
    decisions = Decision.objects.count()
    with pytest.raises(SubmissionRefused) as refusal:
        send(owner, registrations, unit)
    assert list(Registration.objects.order_by("pk").values()) == before
    assert Decision.objects.count() == decisions
    return refusal.value.problems


# --- where the registrations go -----------------------------------------------------------


def test_submission_records_unit_name_and_region(owner, station):
    one, two = factories.registration(owner, "甲"), factories.registration(owner, "乙", hours_applied=Decimal("7.5"))
    submission = send(owner, [one, two], station)
    assert (submission.unit, submission.region, submission.owner) == (station, station.region, owner)
    assert (submission.unit_name, submission.unit_credit_code) == (station.name, station.credit_code)
    assert (submission.entries, submission.hours) == (2, Decimal("23.5"))
    for registration in (one, two):
        registration.refresh_from_db()
        assert (registration.status, registration.round, registration.submission) == ("first_review", 1, submission)
        assert (registration.unit, registration.unit_name, registration.region) == (
            station,
            "宾阳县甘棠镇林业站",
            station.region,
        )
        assert (registration.is_unaffiliated, registration.submitted_at) == (False, submission.created_at)
        decision = registration.decisions.get()
        assert (decision.stage, decision.action, decision.status) == ("owner", "submit", "first_review")
        assert (decision.actor_name, decision.office) == ("黄秋梦", "宾阳县甘棠镇林业站")
        assert decision.hours == registration.hours_applied


def test_submission_sets_the_persons_unit(owner, station):
    send(owner, [factories.registration(owner)], station)
    owner.refresh_from_db()
    assert owner.unit == station


def test_region_of_the_unit_overrides_the_argument(owner, station):
    registration = factories.registration(owner)
    send(owner, [registration], station, factories.region("450202"))
    registration.refresh_from_db()
    assert registration.region == station.region


def test_unaffiliated_registration_skips_first_review(guangxi, owner, station):
    owner.unit = station
    owner.save()
    registration, unaffiliated, county = (
        factories.registration(owner),
        factories.units.unaffiliated(guangxi),
        factories.region("450202"),
    )
    submission = send(owner, [registration], unaffiliated, county)
    registration.refresh_from_db()
    owner.refresh_from_db()
    assert (registration.status, registration.is_unaffiliated, registration.region) == ("final_review", True, county)
    assert (registration.unit, registration.unit_name) == (unaffiliated, "其他单位")
    assert (submission.region, submission.unit_credit_code) == (county, "")
    assert registration.decisions.get().status == "final_review"
    assert owner.unit == station  # 其他单位 is never stored as the own unit


def test_pending_unit_is_accepted(owner, guangxi):
    new = factories.unit("新成立的公司", state=Unit.State.PENDING)
    assert send(owner, [factories.registration(owner)], new).unit == new


def test_renaming_a_unit_keeps_the_submitted_name(owner, station):
    registration = factories.registration(owner)
    send(owner, [registration], station)
    station.name = "甘棠林业站"
    factories.units.store(station)
    registration.refresh_from_db()
    assert (registration.unit_name, registration.submission.unit_name) == ("宾阳县甘棠镇林业站", "宾阳县甘棠镇林业站")


# --- all or none --------------------------------------------------------------------


def test_one_invalid_registration_stops_all(owner, station):
    good = factories.registration(owner, "好的")
    one_day = {"starts_at": factories.moment(9, 8), "ends_at": factories.moment(9, 18), "hours_applied": Decimal(8)}
    bad = factories.registration(owner, "坏的", year=2001, **one_day)
    assert problems(owner, [good, bad], station) == {
        bad.pk: f"“坏的”：计入年度须在起止时间所在的年度之内（{factories.moment(9).year}）。"
    }


def test_problems_are_listed_by_registration(owner, station, rules):
    submitted = factories.submitted(owner, station, content="已提交")
    strangers = factories.registration(factories.person("李同事"), "别人的")
    stopped = factories.registration(owner, "停用类型", category=factories.category("旧类型"))
    Category.objects.filter(name="旧类型").update(is_active=False)
    stopped.refresh_from_db()
    tomorrow = {"starts_at": factories.moment(-1, 8), "ends_at": factories.moment(-1, 18)}
    day = f"{factories.moment(-1, 8):%Y-%m-%d}"
    several = factories.registration(owner, "多处不对", hours_applied=Decimal(40), **tomorrow)
    assert problems(owner, [submitted, strangers, stopped, several], station) == {
        submitted.pk: "“已提交”：该登记目前为“待初审”，不能提交审核。",
        strangers.pk: "“别人的”：只有登记人本人可以提交审核。",
        stopped.pk: "“停用类型”：认定类型“旧类型”已停用，请重新选择。",
        several.pk: f"“多处不对”：开始时间（{day} 08:00）不能晚于现在。"
        f"结束时间（{day} 18:00）不能晚于现在，学习结束后才能登记。"
        "申请学时 40 高于按起止时间计算的 8 学时；如确需申请更多，请在“认定内容说明”中说明原因。",
    }


def test_closed_year_is_refused(owner, station, rules):
    registration = factories.registration(owner)
    for rule in rules.values():
        rule.is_closed = True
        rule.save()
    assert problems(owner, [registration], station) == {
        registration.pk: f"“水利工程施工培训班”：{registration.year} 年度已关闭，不再接受提交。"
    }


def test_disabled_unit_is_refused_with_one_sentence(owner, station):
    one, two = factories.registration(owner, "甲"), factories.registration(owner, "乙")
    seen = Unit.objects.get(pk=station.pk)
    factories.units.disable(station)
    sentence = "单位“宾阳县甘棠镇林业站”已停用，请重新选择单位。"
    assert problems(owner, [one, two], seen) == {one.pk: sentence, two.pk: sentence}
    with pytest.raises(SubmissionRefused) as refusal:
        send(owner, [one, two], seen)
    assert str(refusal.value) == sentence


def test_unit_merged_meanwhile_is_refused(owner, station):
    registration, other = factories.registration(owner), factories.unit("宾阳县林业局")
    seen = Unit.objects.get(pk=station.pk)
    factories.units.merge(station, other)
    assert problems(owner, [registration], seen) == {
        registration.pk: "单位“宾阳县甘棠镇林业站”已停用，请重新选择单位。"
    }


def test_empty_submission_is_refused(owner, station):
    with pytest.raises(WorkflowError, match=r"^请先勾选要提交的登记。$"):
        send(owner, [], station)
    assert Submission.objects.count() == 0


# --- returned registrations ---------------------------------------------------------------


@pytest.fixture
def returned(owner, station):
    return factories.returned(owner, station, factories.unit_reviewer(station), content="退回的")


def test_returned_registration_starts_at_first_review_again(owner, station, returned):
    send(owner, [returned], station)
    returned.refresh_from_db()
    assert (returned.status, returned.round, returned.unit) == ("first_review", 2, station)


def test_returned_registration_requires_its_unit(owner, station, returned):
    draft, other = factories.registration(owner, "新的"), factories.unit("宾阳县林业局")
    assert transitions.required_unit([draft, returned]) == station
    assert problems(owner, [draft, returned], other) == {
        returned.pk: "“退回的”是退回修改的登记，须仍提交至“宾阳县甘棠镇林业站”。"
    }


def test_returned_registration_cannot_become_unaffiliated(guangxi, owner, returned):
    assert list(problems(owner, [returned], factories.units.unaffiliated(guangxi))) == [returned.pk]


def test_return_for_wrong_unit_frees_the_unit(owner, station):
    wrong_unit = factories.verdict(reason=factories.reason("单位选择错误", frees_unit=True))
    registration = factories.submitted(owner, station)
    factories.return_(factories.unit_reviewer(station), registration, wrong_unit)
    right = factories.unit("宾阳县林业局", "450103")
    assert transitions.required_unit([registration]) is None
    send(owner, [registration], right)
    registration.refresh_from_db()
    assert (registration.unit, registration.unit_name, registration.region) == (right, "宾阳县林业局", right.region)


def test_only_the_last_return_frees_the_unit(owner, station):
    reviewer = factories.unit_reviewer(station)
    registration = factories.submitted(owner, station)
    factories.return_(
        reviewer, registration, factories.verdict(reason=factories.reason("单位选择错误", frees_unit=True))
    )
    send(owner, [registration], station)
    factories.return_(reviewer, registration, factories.verdict())
    assert transitions.required_unit([registration]) == station


def test_disabled_unit_is_not_required(owner, station, returned):
    factories.units.disable(station)
    assert transitions.required_unit([returned]) is None
    assert send(owner, [returned], factories.unit("宾阳县林业局")).entries == 1


def test_returned_registration_requires_the_merged_unit(owner, station, returned):
    other = factories.unit("宾阳县林业局")
    factories.units.merge(station, other)
    returned.refresh_from_db()
    assert transitions.required_unit([returned]) == other
    send(owner, [returned], other)
    returned.refresh_from_db()
    assert (returned.unit, returned.unit_name) == (other, "宾阳县林业局")
    assert [step.office for step in returned.decisions.all()] == [
        *("宾阳县甘棠镇林业站", "宾阳县甘棠镇林业站"),
        "宾阳县林业局",
    ]


def test_merge_moves_registrations_but_keeps_submitted_name(owner, station):
    registration = factories.submitted(owner, station)
    decision = Decision.objects.filter(registration=registration).values().get()
    other = factories.unit("宾阳县林业局")
    factories.units.merge(station, other)
    registration.refresh_from_db()
    assert (registration.unit, registration.unit_name) == (other, "宾阳县甘棠镇林业站")
    assert (registration.submission.unit, registration.submission.unit_name) == (other, "宾阳县甘棠镇林业站")
    assert Decision.objects.filter(registration=registration).values().get() == decision


def test_returned_registrations_have_their_own_last_day(owner, station, returned, rules):
    yesterday = timezone.localdate() - timedelta(1)
    for rule in rules.values():
        rule.closes_on = yesterday
        rule.save()
    late = factories.registration(owner, "迟到的")
    assert problems(owner, [late, returned], station) == {
        late.pk: f"“迟到的”：{late.year} 年度已于 {yesterday:%Y-%m-%d} 截止提交。"
    }
    assert send(owner, [returned], station).entries == 1


# --- one token, one submission ------------------------------------------------------


def test_same_token_returns_the_first_submission(owner, station):
    registration, token = factories.registration(owner), uuid.uuid4()
    first = send(owner, [registration], station, token=token)
    assert send(owner, [Registration.objects.get(pk=registration.pk)], station, token=token) == first
    assert (Submission.objects.count(), Decision.objects.count()) == (1, 1)


def test_token_of_another_person_is_refused(owner, station):
    token = uuid.uuid4()
    send(owner, [factories.registration(owner)], station, token=token)
    other = factories.person("李同事")
    with pytest.raises(WorkflowError, match=r"^提交标识无效，请重新打开“批量提交审核”。$"):
        send(other, [factories.registration(other)], station, token=token)


def test_second_submission_with_new_token_is_refused(owner, station):
    registration = factories.registration(owner)
    stale = Registration.objects.get(pk=registration.pk)
    send(owner, [registration], station)
    with pytest.raises(SubmissionRefused) as refusal:
        send(owner, [stale], station)
    assert refusal.value.problems == {registration.pk: "“水利工程施工培训班”：该登记已由黄秋梦处理，目前为“待初审”。"}
    assert Submission.objects.count() == 1


# --- the cost -----------------------------------------------------------------------


@pytest.mark.parametrize("registrations", [1, 30])
def test_query_count_of_submission_is_constant(owner, station, registrations, django_assert_num_queries):
    for number in range(registrations):
        factories.registration(owner, f"培训 {number}")
    rows = list(owner.registrations.all())
    # categories and their first level, rules; savepoint, unit, person, submission, the person's unit,
    # lock, update, decisions, refresh, the person's year made and placed, places, release
    with django_assert_num_queries(16):
        send(owner, rows, station)


@pytest.mark.parametrize("registrations", [1, 30])
def test_query_count_of_returned_registrations_is_constant(owner, station, registrations, django_assert_num_queries):
    reviewer = factories.unit_reviewer(station)
    for number in range(registrations):
        factories.returned(owner, station, reviewer, content=f"培训 {number}")
    rows = list(owner.registrations.all())
    # two more for the unit that they must go to again, two fewer because unit and year of the person are known
    with django_assert_num_queries(16):
        send(owner, rows, station)


@pytest.mark.parametrize("registrations", [1, 30])
def test_query_count_of_problems_is_constant(owner, station, registrations, django_assert_num_queries):
    for number in range(registrations):
        factories.registration(owner, f"培训 {number}")
    rows = list(owner.registrations.all())
    with django_assert_num_queries(3):  # categories and their first level, rules
        assert transitions.submission_problems(owner, rows, station) == {}


# --- as of a day --------------------------------------------------------------------


def test_submission_is_dated_by_the_argument(owner, station):
    registration, then = factories.registration(owner), factories.moment(3)
    submission = send(owner, [registration], station, now=then)
    assert (submission.created_at, registration.submitted_at, registration.updated_at) == (then, then, then)
    assert registration.decisions.get().created_at == then


def test_problems_are_checked_as_of_the_argument(owner, station, rules):
    then = factories.moment(3)
    registration = factories.registration(
        owner, starts_at=factories.moment(5), ends_at=factories.moment(4, 18), year=factories.moment(4).year
    )
    early = factories.registration(
        owner, "太早", starts_at=factories.moment(2), ends_at=factories.moment(1, 18), year=factories.moment(1).year
    )
    rules_of_year = rules[registration.year]
    rules_of_year.closes_on = then.date()
    rules_of_year.save()
    assert transitions.submission_problems(owner, [registration], station, then) == {}
    assert list(transitions.submission_problems(owner, [early], station, then)) == [early.pk]
    assert transitions.submission_problems(owner, [registration], station) == {
        registration.pk: f"“水利工程施工培训班”：{registration.year} 年度已于 {then:%Y-%m-%d} 截止提交。"
    }


def test_problems_are_checked_without_a_unit(owner, station, returned):
    assert transitions.submission_problems(owner, [returned, factories.registration(owner)]) == {}


def test_submissions_without_tokens_get_different_ones(owner, station):
    one, two = (send(owner, [factories.registration(owner)], station) for _ in range(2))
    assert one.token != two.token


def test_unit_without_credit_code_leaves_it_empty(guangxi, owner):
    submission = send(owner, [factories.registration(owner)], factories.units.unaffiliated(guangxi), guangxi)
    assert submission.unit_credit_code == ""


def test_refusal_says_each_sentence_once():
    refusal = SubmissionRefused({1: "单位已停用。", 2: "“甲”有误。", 3: "单位已停用。"})
    assert str(refusal) == "单位已停用。“甲”有误。"
