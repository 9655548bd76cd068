"""Caps of the second level, of the first, of both, calculated by hand; and hours freed by a revocation."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from hours.counting import LOCAL
from hours.models import Cap, Category, PersonTotal, YearRule
from hours.totals import sums
from hours.totals.summaries import person_years, year_rows
from hours.workflow import transitions
from tests import factories

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year - 1


@pytest.fixture
def people(guangxi, rules):
    unit = factories.unit()
    return factories.person("黄秋梦"), unit, factories.unit_reviewer(unit), factories.region_reviewer(guangxi)


@pytest.fixture
def kinds(rules):
    """论文 and 专著 of 论文著作类, 授课 of 教学指导类."""
    return {
        "论文": factories.category("论文", "论文著作类", by_half_day=False),
        "专著": factories.category("专著", "论文著作类", by_half_day=False),
        "授课": factories.category("授课", "教学指导类", by_half_day=False),
    }


def cap(rules: dict[int, YearRule], kinds: dict[str, Category], of: str, hours: float) -> Cap:
    """Create the cap of a category, of either level, by its name."""
    category = kinds.get(of) or Category.objects.get(name=of, parent=None)
    return Cap.objects.create(rule=rules[YEAR], category=category, hours=Decimal(str(hours)))


def learn(people, kinds, *registrations):
    """Create recognised registrations in the given order, a day apart."""
    start = datetime(YEAR, 3, 1, 8, tzinfo=LOCAL)
    return [
        factories.recognised(
            *people,
            content=f"第 {number} 条",
            category=kinds[kind],
            hours_applied=Decimal(str(hours)),
            starts_at=start + timedelta(days=number),
            ends_at=start + timedelta(days=number, hours=9),
        )
        for number, (kind, hours) in enumerate(registrations, 1)
    ]


# caps; registrations in the order of their end; counted hours of each; hours above the cap
TABLE: dict[str, tuple[dict[str, float], list[tuple[str, float]], list[float], float]] = {
    "no cap": ({}, [("论文", 30), ("论文", 30)], [30, 30], 0),
    "below the cap": ({"论文": 40}, [("论文", 30), ("论文", 9.5)], [30, 9.5], 0),
    "exactly the cap": ({"论文": 40}, [("论文", 30), ("论文", 10)], [30, 10], 0),
    "second level: the one above the cap counts in part, the next not at all": (
        {"论文": 40},
        [("论文", 30), ("论文", 30), ("论文", 8)],
        [30, 10, 0],
        28,
    ),
    "second level: other categories have no cap": ({"论文": 40}, [("论文", 50), ("专著", 50)], [40, 50], 10),
    "first level: its categories share the cap": (
        {"论文著作类": 40},
        [("论文", 30), ("专著", 30), ("授课", 30)],
        [30, 10, 30],
        20,
    ),
    "both: the second level's cap leaves hours to others": (
        {"论文著作类": 50, "论文": 20},
        [("论文", 30), ("专著", 40), ("论文", 5)],
        [20, 30, 0],
        25,
    ),
    "both: the first level may be full before the second": (
        {"论文著作类": 25, "论文": 20},
        [("专著", 20), ("论文", 20)],
        [20, 5],
        15,
    ),
    "half hours": ({"论文": 7.5}, [("论文", 4.5), ("论文", 4)], [4.5, 3], 1),
    "a cap of 0": ({"授课": 0}, [("授课", 8), ("论文", 8)], [0, 8], 8),
}


@pytest.mark.parametrize("case", TABLE)
def test_counted_hours_under_caps(people, kinds, rules, case):
    caps, registrations, counted, above = TABLE[case]
    for of, hours in caps.items():
        cap(rules, kinds, of, hours)
    learn(people, kinds, *registrations)
    assert [row.hours for row in year_rows(people[0], YEAR).counted] == [Decimal(str(hours)) for hours in counted]
    [year] = person_years(people[0])
    assert (year.professional, year.over_cap) == (sum(Decimal(str(hours)) for hours in counted), Decimal(str(above)))
    stored = PersonTotal.objects.get()
    assert (stored.professional, stored.over_cap) == (year.professional, year.over_cap)
    assert sums.recount(YEAR) == {"people": 0, "places": 0}


def test_recognised_hours_are_counted_up_to_the_cap(people, kinds, rules):
    cap(rules, kinds, "论文", 40)
    [registration] = learn(people, kinds, ("论文", 50))
    [row] = year_rows(people[0], YEAR).counted
    assert (registration.hours_recognised, row.hours) == (50, 40)
    assert row.reduction_reason == "10 学时超出上限（“论文”40 学时），不计入"


def test_both_caps_are_named_where_both_hold(people, kinds, rules):
    cap(rules, kinds, "论文", 20)
    cap(rules, kinds, "论文著作类", 30)
    learn(people, kinds, ("论文", 21))
    [row] = year_rows(people[0], YEAR).counted
    assert row.reduction_reason == "1 学时超出上限（“论文”20 学时、“论文著作类”30 学时），不计入"


def test_revocation_frees_hours_under_the_cap(people, kinds, rules, guangxi):
    cap(rules, kinds, "论文", 40)
    first, second = learn(people, kinds, ("论文", 30), ("论文", 30))
    transitions.revoke(factories.region_admin(guangxi), first, factories.verdict())
    second.refresh_from_db()
    assert second.hours_recognised == 30
    assert [row.hours for row in year_rows(people[0], YEAR).counted] == [30]
    stored = PersonTotal.objects.get()
    assert (stored.professional, stored.over_cap) == (30, 0)


def test_cap_applies_to_its_year_only(people, kinds, rules):
    cap(rules, kinds, "论文", 10)
    factories.recognised(
        *people,
        category=kinds["论文"],
        year=YEAR - 1,
        hours_applied=Decimal(16),
        starts_at=datetime(YEAR - 1, 3, 1, 8, tzinfo=LOCAL),
        ends_at=datetime(YEAR - 1, 3, 2, 18, tzinfo=LOCAL),
    )
    [year] = person_years(people[0])
    assert (year.professional, year.over_cap) == (16, 0)


def test_hours_above_a_cap_do_not_reach_the_target(people, kinds, rules):
    """Of 90 recognised 专业 hours 40 count."""
    cap(rules, kinds, "论文", 40)
    learn(people, kinds, ("论文", 90))
    [year] = person_years(people[0])
    assert (year.missing, year.missing_professional, year.is_complete) == (50, 20, False)
    assert PersonTotal.objects.get().reached is False
