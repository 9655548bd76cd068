"""Closing day and grace, the year of a span, revocation after closing, and the two minimums, calculated by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Allowed, Denied
from hours.counting import LOCAL, default_year, selectable_years
from hours.errors import WorkflowError
from hours.models import PersonTotal, YearRule
from hours.totals.summaries import person_years
from hours.workflow import transitions
from hours.workflow.permissions import year_accepts_submission
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
LAST_YEAR = TODAY.year - 1


@pytest.fixture
def people(guangxi):
    unit = factories.unit()
    return factories.person("黄秋梦"), unit, factories.unit_reviewer(unit), factories.region_reviewer(guangxi)


def rule(closes: int, returned: int, year: int = LAST_YEAR, **fields: Any) -> YearRule:
    """Create a year rule whose two last days are so many days from today."""
    days = {"closes_on": TODAY + timedelta(closes), "returned_closes_on": TODAY + timedelta(returned)}
    return factories.year_rule(year, **days, **fields)


def in_march(**fields: Any) -> dict[str, Any]:
    start = datetime(LAST_YEAR, 3, 1, 8, tzinfo=LOCAL)
    return {"starts_at": start, "ends_at": start + timedelta(days=1, hours=10), **fields}


# --- Closing and grace ---------------------------------------------------------------------------

CLOSING, GRACE = date(2026, 3, 31), date(2026, 4, 30)
# day, a new registration, a returned one
DAYS = [
    (date(2026, 3, 30), True, True),
    (date(2026, 3, 31), True, True),  # the closing day itself
    (date(2026, 4, 1), False, True),
    (date(2026, 4, 30), False, True),  # the last day of the grace
    (date(2026, 5, 1), False, False),
]


@pytest.mark.parametrize(("day", "new", "returned"), DAYS)
@pytest.mark.parametrize("is_closed", [False, True])
def test_closing_day_and_grace(day, new, returned, is_closed):
    year_rule = YearRule(year=2025, closes_on=CLOSING, returned_closes_on=GRACE, is_closed=is_closed)
    answers = [bool(year_accepts_submission(year_rule, 2025, day, returned=which)) for which in (False, True)]
    assert answers == ([False, False] if is_closed else [new, returned])


def test_year_without_rule_is_closed():
    reason = "2031 年度尚未开放登记（没有年度规则），请联系管理员。"
    for reopened in (False, True):
        assert year_accepts_submission(None, 2031, date(2031, 6, 1), returned=False, reopened=reopened) == Denied(
            reason
        )


@pytest.mark.parametrize(
    "contradiction",
    [
        {"professional": 91},
        {"professional": -1},
        {"total": 0, "professional": 0},
        {"closes_on": "2026-05-01", "returned_closes_on": "2026-04-30"},
    ],
)
def test_contradictory_year_rule_is_refused(contradiction):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.year_rule(2025, **contradiction)


def test_new_registration_after_closing_day_is_refused(people):
    rule(-1, 9)
    registration = factories.registration(people[0], **in_march())
    with pytest.raises(transitions.SubmissionRefused, match=f"{LAST_YEAR} 年度已于 {TODAY - timedelta(1)} 截止提交。"):
        transitions.submit(people[0], [registration], people[1], people[1].region)


def test_returned_registration_within_grace_is_accepted(people):
    year_rule = rule(0, 9)
    registration = factories.returned(*people[:3], **in_march())
    YearRule.objects.filter(pk=year_rule.pk).update(closes_on=TODAY - timedelta(3))
    transitions.submit(people[0], [registration], people[1], people[1].region)
    assert registration.status == "first_review"


def test_returned_registration_after_grace_is_refused(people):
    year_rule = rule(0, 9)
    registration = factories.returned(*people[:3], **in_march())
    YearRule.objects.filter(pk=year_rule.pk).update(
        closes_on=TODAY - timedelta(9), returned_closes_on=TODAY - timedelta(1)
    )
    with pytest.raises(transitions.SubmissionRefused):
        transitions.submit(people[0], [registration], people[1], people[1].region)


def test_year_past_closing_day_allows_decisions(people):
    year_rule = rule(0, 9)
    registration = factories.submitted(*people[:2], **in_march())
    days = {"closes_on": TODAY - timedelta(9), "returned_closes_on": TODAY - timedelta(1)}
    YearRule.objects.filter(pk=year_rule.pk).update(**days)
    factories.recognise(people[3], factories.agree(people[2], registration))
    assert PersonTotal.objects.get().professional == 16


def test_closed_year_allows_only_revocation(people, guangxi):
    year_rule = rule(0, 9)
    waits, agreed, registration = (
        factories.submitted(*people[:2], content=f"第 {n} 条", **in_march()) for n in range(3)
    )
    factories.agree(people[2], agreed)
    factories.recognise(people[3], factories.agree(people[2], registration))
    YearRule.objects.filter(pk=year_rule.pk).update(is_closed=True)
    refused = f"{LAST_YEAR} 年度已关闭，除撤销认定外不能办理；确需办理的，请管理员重新开放该年度。"
    for decision in (
        lambda: factories.agree(people[2], waits),
        lambda: factories.return_(people[2], waits, factories.verdict()),
        lambda: factories.recognise(people[3], agreed),
        lambda: factories.refuse(people[3], agreed, factories.verdict()),
    ):
        with pytest.raises(WorkflowError, match=refused):
            decision()
    transitions.revoke(factories.region_admin(guangxi), registration, factories.verdict("证书系伪造。"))
    assert (registration.status, PersonTotal.objects.get().professional) == ("revoked", 0)
    [year] = person_years(people[0])
    assert (year.total, year.in_review, year.missing) == (0, 32, 90)


# --- The year of a span ----------------------------------------------------------------------------

# start, end, selectable years, default year
SPANS = [
    ((2025, 5, 7, 8), (2025, 5, 9, 18), [2025], 2025),
    ((2025, 12, 31, 8), (2026, 1, 2, 18), [2025, 2026], 2026),
    ((2024, 9, 1, 8), (2026, 7, 1, 18), [2024, 2025, 2026], 2026),
    ((2025, 12, 31, 8), (2025, 12, 31, 23, 59), [2025], 2025),
    ((2025, 12, 31, 8), (2026, 1, 1, 0), [2025], 2025),
]


@pytest.mark.parametrize(("start", "end", "choice", "proposed"), SPANS)
def test_selectable_and_default_years_of_a_span(start, end, choice, proposed):
    first, last = (datetime(*parts).replace(tzinfo=LOCAL) for parts in (start, end))
    assert (list(selectable_years(first, last)), default_year(first, last)) == (choice, proposed)


def test_rule_of_the_chosen_year_applies(people):
    """The old year is closed, the new one open; the same span is accepted for the new year only."""
    rule(-9, -1, LAST_YEAR)
    rule(9, 9, TODAY.year)
    span = {
        "starts_at": datetime(LAST_YEAR, 12, 31, 8, tzinfo=LOCAL),
        "ends_at": datetime(TODAY.year, 1, 1, 18, tzinfo=LOCAL),
    }
    old = factories.registration(people[0], "计入旧年", year=LAST_YEAR, **span)
    new = factories.registration(people[0], "计入新年", year=TODAY.year, **span)
    with pytest.raises(transitions.SubmissionRefused) as refused:
        transitions.submit(people[0], [old, new], people[1], people[1].region)
    assert list(refused.value.problems) == [old.pk]
    transitions.submit(people[0], [new], people[1], people[1].region)


# --- The two minimums ------------------------------------------------------------------------------

# 公需, 专业; missing, of which 专业; reached. The rule requires 90 hours, 60 of them 专业.
MINIMUMS = [
    (30, 60, 0, 0, True),
    (50, 59.5, 0.5, 0.5, False),  # 公需 far above, 专业 just below
    (90, 0, 60, 60, False),
    (0, 89.5, 0.5, 0, False),  # 专业 far above, the total just below
    (0, 90, 0, 0, True),
    (29.5, 60, 0.5, 0, False),
    (100, 60, 0, 0, True),
]


@pytest.mark.parametrize(("public", "professional", "missing", "of_professional", "reached"), MINIMUMS)
def test_both_minimums_must_be_reached(people, public, professional, missing, of_professional, reached):
    rule(9, 9)
    by_hand = factories.category("论文", by_half_day=False)
    if professional:
        factories.recognised(*people, **in_march(hours_applied=Decimal(str(professional)), category=by_hand))
    if public:
        factories.completion(people[0], factories.course(LAST_YEAR, hours=Decimal(str(public))))
    [year] = person_years(people[0])
    assert (year.missing, year.missing_professional) == (Decimal(str(missing)), Decimal(str(of_professional)))
    assert year.is_complete is reached
    assert PersonTotal.objects.get().reached is reached


def test_open_year_is_allowed():
    year_rule = YearRule(year=2025, closes_on=CLOSING, returned_closes_on=GRACE)
    assert year_accepts_submission(year_rule, 2025, CLOSING, returned=False) == Allowed()
