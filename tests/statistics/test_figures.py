"""The figures of places equal the expected sums and a recount from the rows."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from hours.models import PersonTotal, Registration
from hours.states import Status
from hours.statistics.figures import Figures, PlaceYears, child_rows, percentage, place_rows, units_of
from hours.statistics.wording import format_duration, measures
from organizations.models import Region, Unit
from tests import factories
from tests.statistics.conftest import YEAR, registration

pytestmark = pytest.mark.django_db


def figures(place: Region | Unit, year: int = YEAR) -> Figures:
    return PlaceYears(place).figures(year)


def test_figures_of_unit(station):
    now = figures(station.unit)
    assert (now.row.people, now.row.reached, now.share) == (3, 1, Decimal("33.3"))
    assert (now.row.public, now.row.professional, now.row.over_cap, now.hours) == (30, 70 + 20 + 40, 6, 160)
    assert dict(now.states) == {
        Status.FIRST_REVIEW: 1,
        Status.FINAL_REVIEW: 0,
        Status.RETURNED: 0,
        Status.RECOGNISED: 3,
        Status.REFUSED: 1,
        Status.REVOKED: 0,
    }
    assert (now.registrations, now.waiting, now.refusal_rate) == (5, 1, Decimal("25.0"))
    days = 24 * 3600
    assert round(now.first_mean) == (2 + 4 + 0 + 6) * days / 4
    assert now.final_mean == pytest.approx((1 + 3 + 0) * days / 3, abs=1)


def test_region_adds_up_units_below(station, library):
    now = figures(factories.region("450000"))
    assert (now.row.people, now.row.reached) == (4, 1)
    assert (now.row.public, now.row.professional, now.row.over_cap) == (30, 130, 6)
    assert [now.row.first_review, now.row.final_review, now.row.recognised] == [1, 1, 3]
    assert [now.row.refused, now.row.revoked, now.refusal_rate] == [1, 1, Decimal("20.0")]


def test_years_are_separate(station):
    years = PlaceYears(station.unit)
    assert sorted(years.by_year) == [YEAR - 1, YEAR]
    assert (years.figures(YEAR - 1).row.people, years.figures(YEAR - 1).hours) == (1, 12)
    assert (years.figures(YEAR - 2).row.people, years.figures(YEAR - 2).share) == (0, None)


@pytest.mark.parametrize("code", ["450000", "450100", "450126", "450200", "450202", "450103"])
def test_figures_of_region_equal_recount(station, library, code):
    region = factories.region(code)
    below = set(region.get_descendants(include_self=True).values_list("pk", flat=True))
    registrations = [one for one in Registration.objects.filter(year=YEAR) if one.region_id in below]
    people = [one for one in PersonTotal.objects.filter(year=YEAR) if one.region_id in below]
    now = figures(region)
    counted = Counter(one.status for one in registrations)
    assert {status.value: count for status, count in now.states if count} == dict(counted)
    assert now.row.people == len({one.owner_id for one in registrations}) == len(people)
    assert now.row.reached == sum(one.reached for one in people)
    assert now.hours == sum(one.public + one.professional for one in people)
    waits = [one.first_wait for one in registrations if one.first_wait is not None]
    mean = sum(waits, timedelta()).total_seconds() / len(waits) if waits else None
    assert now.first_mean == pytest.approx(mean, abs=1)


def test_child_rows_are_direct_children_in_order(station, library):
    rows = child_rows(factories.region("450000"), YEAR)
    assert [(row.place.name, row.now.row.people, row.before.row.people) for row in rows] == [
        ("南宁市", 3, 1),
        ("柳州市", 1, 0),
    ]
    assert child_rows(factories.region("450126"), YEAR) == []


def test_units_are_sorted_by_name_waiting_or_share(station, bureau):
    county = station.unit.region
    idle = factories.unit("安康诊所", "450126")
    busy = factories.unit("白云小学", "450126")
    for name in ("甲", "乙"):
        registration(factories.person(name), busy, 8)
    factories.unit("别处的单位", "450103")
    orders = {sort: list(units_of(county, YEAR, sort)) for sort in ("name", "waiting", "share")}
    assert orders["name"] == [idle, station.unit, busy]  # by code point
    assert orders["waiting"] == [busy, station.unit, idle]
    assert orders["share"] == [busy, station.unit, idle]  # 0, 33.3, nobody
    assert [row.now.waiting for row in place_rows(orders["waiting"], YEAR)] == [2, 1, 0]


def test_measures_have_change_from_year_before(station):
    years = PlaceYears(station.unit)
    found = {
        measure.label: (measure.text, measure.before, measure.change)
        for measure in measures(years.figures(YEAR), years.figures(YEAR - 1))
    }
    assert found == {
        "有记录人数": ("3", "1", "+2"),
        "达标人数": ("1", "0", "+1"),
        "达标率": ("33.3%", "0%", "+33.3 个百分点"),
        "计入学时": ("160", "12", "+148"),
        "审核中": ("1", "0", "+1"),
        "初审平均用时": ("3 天", "0 分钟", "+3 天"),
        "终审平均用时": ("1.3 天", "0 分钟", "+1.3 天"),
        "不予认定率": ("25%", "0%", "+25 个百分点"),
    }


def test_percentage():
    assert percentage(0, 0) is None
    assert percentage(2, 3) == Decimal("66.7")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "—"), (0, "0 分钟"), (1500, "25 分钟"), (9000, "2.5 小时"), (216000, "2.5 天"), (172800, "2 天")],
)
def test_format_duration(seconds, words):
    assert format_duration(seconds) == words
