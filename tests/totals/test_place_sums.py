"""What registrations and people's years add to units and regions, and what a recount finds wrong."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hours.models import Cap, Category, PersonTotal, PlaceTotal, Registration, YearRule
from hours.totals import sums
from tests import factories

THIS_YEAR = timezone.localdate().year
# Keys of 广西, 南宁市 and 宾阳县, and of 宾阳县甘棠镇林业站.
PROVINCE, CITY, COUNTY, UNIT = 1, 2, 3, 7


def registration(status: str = "first_review", **fields: Any) -> Registration:
    places = {"unit_id": UNIT, "region_id": COUNTY, "city_id": CITY, "province_id": PROVINCE}
    return Registration(status=status, **{"year": 2026, **places, **fields})


def person_total(**fields: Any) -> PersonTotal:
    hours = {"public": Decimal(30), "professional": Decimal("60.5"), "over_cap": Decimal(4), "reached": True}
    return PersonTotal(**{"person_id": 11, "year": 2026, "unit_id": UNIT, "region_id": COUNTY, **hours, **fields})


# --- what a row adds ----------------------------------------------------------------


def test_row_adds_to_its_unit_and_each_region_above():
    assert sums.places_of(registration()) == [("unit", 7), ("region", 1), ("region", 2), ("region", 3)]


def test_row_without_a_unit_adds_to_regions_alone():
    assert sums.places_of(registration(unit_id=None)) == [("region", 1), ("region", 2), ("region", 3)]


def test_row_of_the_province_adds_to_it_once():
    assert sums.places_of(registration(region_id=1, city_id=None)) == [("unit", 7), ("region", 1)]


def test_registration_adds_its_status_and_seconds_of_waiting():
    waited = registration("recognised", first_wait=timedelta(seconds=90, milliseconds=900), final_wait=timedelta(0))
    assert sums.sums_of_registration(waited) == {
        "recognised": 1,
        "first_wait": 90,
        "first_waits": 1,
        "final_wait": 0,
        "final_waits": 1,
    }


def test_registration_that_has_not_waited_adds_its_status_alone():
    assert sums.sums_of_registration(registration("returned")) == {"returned": 1}


def test_draft_adds_nothing():
    assert sums.sums_of_registration(registration("draft", first_wait=timedelta(1))) == {}
    assert sums.sums_of([registration("draft")]) == {}


@pytest.mark.parametrize("reached", [True, False])
def test_person_adds_hours_and_whether_the_year_is_reached(reached):
    assert sums.sums_of_person(person_total(reached=reached)) == {
        "people": 1,
        "reached": int(reached),
        "public": Decimal(30),
        "professional": Decimal("60.5"),
        "over_cap": Decimal(4),
    }


def test_rows_are_summed_by_place_and_year():
    rows: list[Registration | PersonTotal] = [
        registration("returned", city_id=None, province_id=None),
        registration("returned", city_id=None, province_id=None, year=2025),
        registration("refused", city_id=None, province_id=None),
        person_total(reached=False),
    ]
    now: sums.Amounts = {"returned": 1, "refused": 1, "people": 1, "reached": 0}
    now |= {"public": Decimal(30), "professional": Decimal("60.5"), "over_cap": Decimal(4)}
    found = sums.sums_of(rows)
    assert found == {
        ("unit", 7, 2026): now,
        ("region", 3, 2026): now,
        ("unit", 7, 2025): {"returned": 1},
        ("region", 3, 2025): {"returned": 1},
    }


# --- differences --------------------------------------------------------------------


def test_difference_is_what_must_be_added():
    before: sums.Sums = {("unit", 7, 2026): {"returned": 2, "refused": 1}, ("unit", 8, 2026): {"people": 1}}
    after: sums.Sums = {("unit", 7, 2026): {"returned": 1, "refused": 1, "people": 3}, ("unit", 9, 2026): {"people": 1}}
    found = sums.difference(before, after)
    assert found == {
        ("unit", 7, 2026): {"returned": -1, "people": 3},
        ("unit", 8, 2026): {"people": -1},
        ("unit", 9, 2026): {"people": 1},
    }


def test_equal_sums_have_no_difference():
    before: sums.Sums = {("unit", 7, 2026): {"returned": 2}}
    assert sums.difference(before, {("unit", 7, 2026): {"returned": 2, "refused": 0}}) == {}


def test_difference_leaves_both_sums_as_they_were():
    before: sums.Sums = {("unit", 7, 2026): {"returned": 2}}
    after: sums.Sums = {("unit", 7, 2026): {"returned": 3}}
    sums.difference(before, after)
    assert (before, after) == ({("unit", 7, 2026): {"returned": 2}}, {("unit", 7, 2026): {"returned": 3}})


def place_rows() -> list[tuple]:
    """Return every stored sum: kind, place, year and the columns that are not zero."""
    rows = PlaceTotal.objects.order_by("kind", "place", "year")
    return [
        (row.kind, row.place, row.year, {name: getattr(row, name) for name in sums.COLUMNS if getattr(row, name)})
        for row in rows
    ]


def test_adding_makes_rows_and_lets_them_grow(db):
    sums.add_to_places({("unit", 7, 2026): {"people": 1, "public": Decimal("7.5")}, ("region", 3, 2026): {"people": 1}})
    sums.add_to_places({("unit", 7, 2026): {"people": 2}, ("unit", 7, 2025): {"refused": 1}})
    assert place_rows() == [
        ("region", 3, 2026, {"people": 1}),
        ("unit", 7, 2025, {"refused": 1}),
        ("unit", 7, 2026, {"people": 3, "public": Decimal("7.5")}),
    ]


def test_adding_takes_places_in_one_order_in_one_statement(db):
    with CaptureQueriesContext(connection) as queries:
        sums.add_to_places({("unit", 7, 2026): {"people": 1}, ("region", 3, 2026): {"people": 1}})
    [statement] = [query["sql"] for query in queries]
    assert statement.index("'region'") < statement.index("'unit'")


def test_adding_nothing_asks_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        sums.add_to_places({})


# --- one person's year --------------------------------------------------------------

CAPPED = Category(pk=5, parent_id=4)
RULE = YearRule(year=2026, total=90, professional=60)
HOME: dict[str, int | None] = {"unit_id": 8, "region_id": 2, "city_id": 2, "province_id": 1}


def recognised(pk: int, hours: int, day: int, **fields: Any) -> Registration:
    fields = {"hours_recognised": Decimal(hours), "submitted_at": datetime(2026, 5, day, tzinfo=UTC), **fields}
    return registration("recognised", pk=pk, category=CAPPED, **fields)


def person_year(
    registrations: list[Registration],
    public: int = 0,
    rule: YearRule | None = RULE,
    caps: dict[int, Decimal] | None = None,
) -> dict[str, Any]:
    total = sums.person_total((11, 2026), registrations, Decimal(public), rule, caps or {}, {11: HOME})
    return {name: getattr(total, name) for name in ("person_id", "year", *sums.PERSON_COLUMNS)}


def test_person_year_belongs_where_it_was_submitted_last():
    earlier, later = recognised(2, 60, day=1, unit_id=6), recognised(1, 10, day=2)
    assert person_year([later, earlier], public=20) == {
        "person_id": 11,
        "year": 2026,
        "public": Decimal(20),
        "professional": Decimal(70),
        "over_cap": Decimal(0),
        "reached": True,
        "unit_id": UNIT,
        "region_id": COUNTY,
        "city_id": CITY,
        "province_id": PROVINCE,
    }


def test_person_year_of_one_batch_belongs_to_the_last_key():
    assert person_year([recognised(2, 1, day=1, unit_id=6), recognised(1, 1, day=1)])["unit_id"] == 6


def test_person_year_of_courses_alone_belongs_to_the_profile():
    found = person_year([], public=90)
    assert {name: found[name] for name in HOME} == HOME
    assert (found["public"], found["professional"], found["reached"]) == (90, 0, False)


def test_person_year_without_a_rule_is_not_reached():
    assert person_year([recognised(1, 90, day=1)], rule=None)["reached"] is False


@pytest.mark.parametrize("key", [5, 4], ids=["category", "first level"])
def test_person_year_keeps_hours_above_a_cap_apart(key):
    found = person_year([recognised(1, 50, day=1), recognised(2, 50, day=2)], caps={key: Decimal(70)})
    assert (found["professional"], found["over_cap"]) == (70, 30)


def test_person_year_counts_recognised_registrations_alone():
    refused = registration("refused", pk=9, category=CAPPED, submitted_at=datetime(2026, 5, 1, tzinfo=UTC))
    assert person_year([refused, recognised(1, 8, day=2)])["professional"] == 8


def test_caps_are_found_by_year_and_category(rules):
    one, two = factories.category("培训班"), factories.category("研修班")
    for year, category, hours in ((THIS_YEAR, one, 40), (THIS_YEAR, two, 20), (THIS_YEAR - 1, one, 30)):
        Cap.objects.create(rule=rules[year], category=category, hours=hours)
    assert sums.caps_of([THIS_YEAR]) == {THIS_YEAR: {one.pk: 40, two.pk: 20}}
    assert sums.caps_of([THIS_YEAR, THIS_YEAR - 1])[THIS_YEAR - 1] == {one.pk: 30}


# --- batches ------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "lists"), [(5, [[0, 1], [2, 3], [4]]), (4, [[0, 1], [2, 3]]), (0, [])])
def test_rows_come_in_lists_of_a_size(rows, lists):
    assert list(sums.batched(range(rows), 2)) == lists


# --- what a recount finds -----------------------------------------------------------


@pytest.fixture
def recognition(huang, station, bureau):
    """黄秋梦's recognised registration of this year, 16 hours."""
    ends_at = factories.moment(0, 0)
    starts_at = ends_at - timedelta(days=2)
    return factories.recognised(
        huang, station, station.reviewer, bureau, starts_at=starts_at, ends_at=ends_at, year=THIS_YEAR
    )


def test_recount_of_right_sums_finds_nothing_wrong(recognition):
    before = place_rows()
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}
    assert place_rows() == before


def test_recount_finds_a_wrong_place_and_rights_it(recognition, station):
    before = place_rows()
    PlaceTotal.objects.filter(kind="unit", place=station.pk).update(recognised=7, refused=2)
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 1}
    assert place_rows() == before


def test_recount_finds_a_wrong_person_and_rights_it(recognition):
    PersonTotal.objects.update(professional=1)
    assert sums.recount(THIS_YEAR)["people"] == 1
    assert PersonTotal.objects.get().professional == 16


def test_recount_removes_a_person_without_rows(recognition):
    stranger = factories.person("李强")
    PersonTotal.objects.create(
        person=stranger, year=THIS_YEAR, public=9, professional=0, over_cap=0, reached=False, is_counted=True
    )
    assert sums.recount(THIS_YEAR) == {"people": 1, "places": 0}
    assert [total.person_id for total in PersonTotal.objects.all()] == [recognition.owner_id]


def test_recount_makes_no_row_for_drafts(huang):
    draft = factories.registration(huang)
    assert sums.recount(draft.year) == {"people": 0, "places": 0}
    assert not PersonTotal.objects.exists()


def test_recount_leaves_other_years_alone(recognition):
    PersonTotal.objects.update(professional=1)
    PlaceTotal.objects.update(recognised=7)
    assert sums.recount(THIS_YEAR - 1) == {"people": 0, "places": 0}
    assert (PersonTotal.objects.get().professional, PlaceTotal.objects.all()[0].recognised) == (1, 7)


def test_recount_takes_people_in_chunks(huang, monkeypatch):
    for name in ("李强", "王芳", "韦工"):
        factories.completion(factories.person(name), factories.course(THIS_YEAR))
    PersonTotal.objects.all().delete()
    monkeypatch.setattr(sums, "RECOUNT_BATCH_SIZE", 2)
    with CaptureQueriesContext(connection) as queries:
        assert sums.recount(THIS_YEAR)["people"] == 3
    table = PersonTotal._meta.db_table
    assert sum(f'DELETE FROM "{table}"' in query["sql"] or f"INTO {table}" in query["sql"] for query in queries) == 2


def test_known_years_are_those_of_all_rows_and_sums(recognition):
    factories.completion(factories.person("李强"), factories.course(THIS_YEAR - 1))
    PersonTotal.objects.filter(year=THIS_YEAR - 1).update(year=2001)
    PlaceTotal.objects.create(kind="unit", place=7, year=2002)
    factories.registration(factories.person("王芳"), year=THIS_YEAR - 2)
    assert sums.known_years() == [2001, 2002, THIS_YEAR - 2, THIS_YEAR - 1, THIS_YEAR]
