"""Permissions: 无人初审, own registrations, two people for two stages, ended appointments, pending units, years."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment
from accounts.permissions import Allowed, Denied
from hours.models import Opening, YearRule
from hours.states import Action
from hours.workflow import permissions, transitions
from hours.workflow.permissions import (
    Permissions,
    may,
    submission_answers,
    year_accepts_decision,
    year_accepts_submission,
)
from organizations import units
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
NO_RIGHT = Denied("您没有对该登记“初审同意”的权限。")
TODAY = date(2026, 11, 24)


@pytest.fixture
def station(guangxi, rules):
    return factories.unit("宾阳县甘棠镇林业站")


@pytest.fixture
def registration(station):
    """黄秋梦's registration, waiting for the 初审 of 宾阳县甘棠镇林业站."""
    return factories.submitted(factories.person("黄秋梦"), station)


def days_ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


# --- 无人初审 ------------------------------------------------------------


def test_region_decides_for_a_unit_without_reviewers(guangxi, registration):
    assert may(factories.region_reviewer(guangxi), Action.AGREE, registration) == Allowed()


def test_region_is_denied_while_the_unit_has_a_reviewer(guangxi, station, registration):
    factories.unit_reviewer(station, "覃审核")
    assert may(factories.region_reviewer(guangxi), Action.AGREE, registration) == NO_RIGHT


def test_disabled_account_is_no_reviewer(guangxi, station, registration):
    gone = factories.unit_reviewer(station, "覃审核")
    gone.is_active = False
    gone.save()
    assert may(factories.region_reviewer(guangxi), Action.AGREE, registration) == Allowed()
    assert may(gone, Action.AGREE, registration) == Denied("您的账号已停用。")


def test_ended_appointment_is_no_reviewer(guangxi, station, registration):
    gone = factories.unit_reviewer(station, "覃审核", valid_from=days_ago(30), valid_until=days_ago(1))
    assert may(factories.region_reviewer(guangxi), Action.AGREE, registration) == Allowed()
    assert may(gone, Action.AGREE, registration) == NO_RIGHT


def test_region_decides_the_sole_reviewers_registration(guangxi, station):
    sole = factories.unit_reviewer(station, "覃审核")
    own = factories.submitted(sole, station)
    assert may(sole, Action.AGREE, own) == Denied("不能审核本人的登记。")
    assert may(factories.region_reviewer(guangxi), Action.AGREE, own) == Allowed()


def test_second_reviewer_decides_a_reviewers_registration(guangxi, station):
    first, second = factories.unit_reviewer(station, "覃审核"), factories.unit_reviewer(station, "韦审核")
    own = factories.submitted(first, station)
    assert may(second, Action.AGREE, own) == Allowed()
    assert may(factories.region_reviewer(guangxi), Action.AGREE, own) == NO_RIGHT


def test_region_admin_is_no_reviewer(guangxi, registration):
    assert may(factories.region_admin(guangxi), Action.AGREE, registration) == NO_RIGHT


def test_reviewer_of_another_region_is_denied(guangxi, registration):
    assert may(factories.region_reviewer(factories.region("450200")), Action.AGREE, registration) == NO_RIGHT


# --- appointments ------------------------------------------------------------


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "answer"),
    [
        (0, None, Allowed()),
        (30, 0, Allowed()),  # the last day still counts
        (0, 0, Allowed()),
        (30, 1, NO_RIGHT),
        (-1, None, NO_RIGHT),  # begins tomorrow
    ],
)
def test_appointment_holds_from_first_to_last_day(station, registration, valid_from, valid_until, answer):
    until = None if valid_until is None else days_ago(valid_until)
    factories.unit_reviewer(station, "一直在任")  # so that 无人初审 does not apply
    reviewer = factories.unit_reviewer(station, "覃审核", valid_from=days_ago(valid_from), valid_until=until)
    assert may(reviewer, Action.AGREE, registration) == answer


def test_unconfirmed_appointment_gives_no_right(station, registration):
    applicant = factories.person("自荐者")
    Appointment.objects.create(person=applicant, role=Appointment.Role.UNIT_REVIEWER, unit=station)
    assert may(applicant, Action.AGREE, registration) == NO_RIGHT


def test_deputy_decides_like_the_principal(station, registration):
    first = factories.unit_reviewer(station, "覃审核")
    deputy = factories.unit_reviewer(station, "韦代理", deputy_of=first.appointments.get())
    assert may(deputy, Action.AGREE, registration) == Allowed()


@pytest.mark.parametrize(("code", "covers"), [("450000", True), ("450100", True), ("450126", True), ("450103", False)])
def test_final_reviewer_covers_the_regions_below(station, code, covers):
    agreed = factories.agreed(factories.person(), station, factories.unit_reviewer(station))
    assert bool(may(factories.region_reviewer(factories.region(code)), Action.RECOGNISE, agreed)) is covers


# --- two people for two stages ------------------------------------------------------------


def test_first_reviewer_may_not_recognise(guangxi, station):
    both = factories.unit_reviewer(station, "覃两职")
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=guangxi)
    agreed = factories.agreed(factories.person(), station, both)
    assert may(both, Action.RECOGNISE, agreed) == Denied("您已对该登记作出初审决定，终审须由另一人进行。")
    assert may(factories.region_reviewer(guangxi), Action.RECOGNISE, agreed) == Allowed()


def test_region_first_reviewer_may_not_recognise(guangxi, registration):
    one, other = factories.region_reviewer(guangxi, "莫一"), factories.region_reviewer(guangxi, "莫二")
    factories.agree(one, registration)
    assert not may(one, Action.RECOGNISE, registration)
    assert may(other, Action.RECOGNISE, registration)


def test_final_reviewer_may_not_do_the_next_first_review(guangxi, station, registration):
    reviewer = factories.unit_reviewer(station, "覃审核")
    both = factories.unit_reviewer(station, "韦两职")
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=guangxi)
    factories.return_(both, factories.agree(reviewer, registration), factories.verdict())
    transitions.submit(registration.owner, [registration], station, station.region)
    assert may(both, Action.AGREE, registration) == Denied("您已对该登记作出终审决定，初审须由另一人进行。")
    assert may(reviewer, Action.AGREE, registration) == Allowed()


def test_refusing_reviewer_may_not_recognise_when_reopened(guangxi, station, registration):
    both = factories.unit_reviewer(station, "覃两职")
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=guangxi)
    factories.refuse(both, registration, factories.verdict())
    transitions.reopen(factories.region_admin(guangxi), registration, factories.verdict("审核有误。"))
    assert may(both, Action.RECOGNISE, registration) == Denied("您已对该登记作出初审决定，终审须由另一人进行。")


# --- states of units ------------------------------------------------------------


def test_first_review_of_a_pending_unit_is_denied(guangxi, rules):
    new = factories.unit("新成立的公司", state=Unit.State.PENDING)
    registration = factories.submitted(factories.person(), new)
    waits = Denied("单位“新成立的公司”待核实，管理员确认后才能初审。")
    final = factories.region_reviewer(guangxi)
    assert may(final, Action.AGREE, registration) == waits
    assert may(final, Action.RETURN, registration) == waits
    units.confirm(new)
    registration.refresh_from_db()
    assert may(final, Action.AGREE, registration) == Allowed()


def test_disabled_unit_still_decides(station, registration):
    reviewer = factories.unit_reviewer(station, "覃审核")
    units.disable(station)
    registration.refresh_from_db()
    assert may(reviewer, Action.AGREE, registration) == Allowed()


def test_merged_unit_is_decided_by_both_units_reviewers(station, registration):
    other = factories.unit("宾阳县林业局")
    reviewer, former = factories.unit_reviewer(other, "覃审核"), factories.unit_reviewer(station, "韦审核")
    units.merge(station, other)
    registration.refresh_from_db()
    assert registration.unit_name == "宾阳县甘棠镇林业站"
    assert may(reviewer, Action.AGREE, registration) == Allowed()
    assert may(former, Action.AGREE, registration) == Allowed()  # the appointment moves too


# --- the cost ------------------------------------------------------------


@pytest.mark.parametrize("registrations", [1, 30])
def test_permissions_cost_constant_queries(guangxi, station, registrations, django_assert_num_queries):
    owner, final = factories.person("黄秋梦"), factories.region_reviewer(guangxi)
    for number in range(registrations):
        factories.submitted(owner, station, content=f"培训 {number}")
    rows = list(owner.registrations.all())
    with django_assert_num_queries(6):  # region, unit, appointments, reviewers, decided, year rules
        permissions = Permissions(final, rows)
        assert [permissions.may(Action.AGREE, row) for row in rows] == [Allowed()] * registrations


@pytest.mark.parametrize("registrations", [1, 30])
def test_owners_permissions_cost_no_query(rules, registrations, django_assert_num_queries):
    owner = factories.person("黄秋梦")
    for number in range(registrations):
        factories.registration(owner, f"培训 {number}")
    rows = list(owner.registrations.all())
    with django_assert_num_queries(0):
        permissions = Permissions(owner, rows)
        assert [permissions.may(Action.EDIT, row) for row in rows] == [Allowed()] * registrations


# --- years ------------------------------------------------------------


def rule(**fields: Any) -> YearRule:
    days = {"closes_on": date(2026, 11, 24), "returned_closes_on": date(2026, 12, 31)}
    return YearRule(year=2026, total=90, professional=60, **{**days, **fields})


def test_year_without_rule_is_closed():
    answer = year_accepts_submission(None, 2026, TODAY, returned=False)
    assert answer == Denied("2026 年度尚未开放登记（没有年度规则），请联系管理员。")


def test_closed_year_refuses_submissions():
    assert year_accepts_submission(rule(is_closed=True), 2026, TODAY, returned=True) == Denied(
        "2026 年度已关闭，不再接受提交。"
    )


def test_year_accepts_submissions_until_its_last_day():
    tomorrow = date(2026, 11, 25)
    assert year_accepts_submission(rule(), 2026, TODAY, returned=False) == Allowed()
    assert year_accepts_submission(rule(), 2026, tomorrow, returned=False) == Denied(
        "2026 年度已于 2026-11-24 截止提交。"
    )


def test_returned_registrations_have_their_own_last_day():
    assert year_accepts_submission(rule(), 2026, date(2026, 12, 31), returned=True) == Allowed()
    assert year_accepts_submission(rule(), 2026, date(2027, 1, 1), returned=True) == Denied(
        "2026 年度已于 2026-12-31 截止提交。"
    )


def test_submission_answers_cost_two_queries(rules, django_assert_num_queries):
    owner, this_year = factories.person(), timezone.localdate().year
    fine = factories.registration(owner, "今年")
    forgotten = factories.registration(owner, "很久以前", year=this_year - 9)
    with django_assert_num_queries(2):  # rules, openings
        answers = submission_answers([fine, forgotten])
    assert answers == {
        fine.pk: Allowed(),
        forgotten.pk: Denied(f"{this_year - 9} 年度尚未开放登记（没有年度规则），请联系管理员。"),
    }


def test_reopened_year_accepts_what_its_rule_refuses():
    closed = rule(is_closed=True, closes_on=date(2020, 1, 1))
    assert year_accepts_submission(closed, 2026, TODAY, returned=False, reopened=True) == Allowed()
    assert not year_accepts_submission(None, 2026, TODAY, returned=False, reopened=True)


def test_closed_year_accepts_decisions_once_reopened():
    assert year_accepts_decision(rule(), 2026) == Allowed()
    assert year_accepts_decision(rule(is_closed=True), 2026, reopened=True) == Allowed()
    assert not year_accepts_decision(rule(is_closed=True), 2026)
    assert not year_accepts_decision(None, 2026, reopened=True)


def test_submission_answers_for_nothing_cost_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert submission_answers([]) == {}


def test_submission_answers_are_of_the_given_day(rules):
    registration = factories.registration(factories.person())
    after = rules[registration.year].closes_on + timedelta(days=1)
    refusal = Denied(f"{registration.year} 年度已于 {after - timedelta(days=1):%Y-%m-%d} 截止提交。")
    assert submission_answers([registration], after) == {registration.pk: refusal}
    assert submission_answers([registration], after - timedelta(days=1)) == {registration.pk: Allowed()}


# --- reviewers and offices ----------------------------------------------------------


def test_reviewers_of_returns_the_given_units(guangxi):
    one, two, three = (factories.unit(name) for name in ("宾阳县林业局", "宾阳县图书馆", "宾阳县水利站"))
    reviewers = {factories.unit_reviewer(one, name).pk for name in ("覃审核", "韦审核")}
    factories.unit_reviewer(two, "莫审核")
    assert permissions.reviewers_of([one.pk, three.pk]) == {one.pk: reviewers}


def test_office_of_the_owner_is_empty(registration):
    assert Permissions(registration.owner, [registration]).office_name(Action.ASK_RETURN, registration) == ""


def test_office_of_a_unit_reviewer_is_the_unit(station, registration):
    reviewer = factories.unit_reviewer(station, "覃审核")
    assert Permissions(reviewer, [registration]).office_name(Action.AGREE, registration) == "宾阳县甘棠镇林业站"


@pytest.mark.parametrize("action", [Action.AGREE, Action.REFUSE])
def test_office_for_an_unattended_unit_is_the_nearest_bureau(guangxi, registration, action):
    both = factories.region_reviewer(guangxi)
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=factories.region("450100"))
    appointments.appoint(both, Appointment.Role.REGION_ADMIN, region=factories.region("450126"))
    assert Permissions(both, [registration]).office_name(action, registration) == "南宁市人社部门"


def test_office_of_an_administrator_is_that_of_the_appointment(guangxi, station):
    refused = factories.refused(factories.person("黄秋梦"), station, factories.unit_reviewer(station))
    both = factories.region_admin(guangxi)
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=factories.region("450126"))
    assert Permissions(both, [refused]).office_name(Action.REOPEN, refused) == "广西壮族自治区人社部门"


def test_office_of_a_superuser_is_the_bureau_of_the_region(station):
    refused = factories.refused(factories.person("黄秋梦"), station, factories.unit_reviewer(station))
    checks = Permissions(factories.administrator(), [refused])
    assert checks.may(Action.REOPEN, refused) == Allowed()
    assert checks.office_name(Action.REOPEN, refused) == "宾阳县人社部门"


def test_superuser_reviews_nothing_without_an_appointment(station):
    agreed = factories.agreed(factories.person("黄秋梦"), station, factories.unit_reviewer(station))
    assert may(factories.administrator(), Action.RECOGNISE, agreed) == Denied("您没有对该登记“认定”的权限。")


def test_registration_is_unattended_at_a_unit_without_reviewers(guangxi, station, registration):
    bureau = factories.region_reviewer(guangxi)
    assert Permissions(bureau, [registration]).is_unattended(registration) is True
    factories.unit_reviewer(station)
    assert Permissions(bureau, [registration]).is_unattended(registration) is False


def test_registration_past_the_first_review_is_not_unattended(guangxi, registration):
    bureau = factories.region_reviewer(guangxi)
    factories.agree(bureau, registration)
    assert Permissions(bureau, [registration]).is_unattended(registration) is False


def test_registration_of_a_pending_unit_is_not_unattended(guangxi, rules):
    pending = factories.unit("新成立的公司", state=Unit.State.PENDING)
    registration = factories.submitted(factories.person("黄秋梦"), pending)
    bureau = factories.region_reviewer(guangxi)
    assert Permissions(bureau, [registration]).is_unattended(registration) is False


def test_reopened_years_are_among_those_asked_for(rules):
    person, this_year = factories.person("黄秋梦"), timezone.localdate().year
    for year in (this_year, this_year - 1):
        Opening.objects.create(year=year, until=timezone.localdate(), reason="系统故障补报", person=person)
    assert permissions.reopened_years(person, [], [this_year], timezone.localdate()) == {this_year}
