"""The stored sums equal a recount from the rows after any sequence of actions."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from hours.errors import WorkflowError
from hours.models import Cap, PersonTotal, PlaceTotal, Registration
from hours.registrations import saving
from hours.states import Action, Status
from hours.totals import merging, sums
from hours.workflow import transitions
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
ACTIONS = int(os.environ.get("RANDOM_ACTIONS", "400"))
THIS_YEAR = timezone.localdate().year


@pytest.fixture
def world(guangxi, rules):
    stations = [
        factories.unit(f"第 {number} 林业站", code) for number, code in enumerate(("450126", "450103", "450202"))
    ]
    category = factories.category()
    Cap.objects.create(rule=rules[THIS_YEAR], category=category, hours=40)
    return {
        "units": stations,
        "people": [factories.person(name) for name in ("黄秋梦", "李工", "韦工", "莫工")],
        "reviewers": {unit.pk: factories.unit_reviewer(unit) for unit in stations},
        "bureau": factories.region_reviewer(guangxi),
        "admin": factories.region_admin(guangxi),
        "reason": factories.reason("单位选择错误", frees_unit=True),
    }


def stored() -> tuple[list[Any], list[Any]]:
    people = PersonTotal.objects.order_by("person", "year").values_list(
        "person", "year", "public", "professional", "over_cap", "reached", "unit", "region", "city", "province"
    )
    places = PlaceTotal.objects.order_by("kind", "place", "year").values_list("kind", "place", "year", *sums.COLUMNS)
    return list(people), list(places)


def step(world: dict[str, Any], chance: random.Random) -> None:
    """Take a random action; a refused one changes nothing."""
    person = chance.choice(world["people"])
    kind = chance.choice(
        ["new", "submit", "submit", "decide", "decide", "decide", "decide", "edit", "complete", "after"]
    )
    registrations = list(Registration.objects.select_related("owner", "region"))
    verdict = factories.verdict(reason=world["reason"])
    if kind == "new":
        year = chance.choice([THIS_YEAR, THIS_YEAR - 1])
        serial = len(registrations)
        start = timezone.make_aware(datetime(year, 1, 1 + serial % 27, 8, serial // 27 % 60))
        factories.registration(
            person,
            f"第 {serial} 条",
            starts_at=start,
            ends_at=start + timedelta(hours=30),
            hours_applied=Decimal(chance.choice([4, 7.5, 12])),
        )
    elif kind == "submit":
        mine = [
            registration
            for registration in registrations
            if registration.owner == person and registration.status in ("draft", "returned")
        ]
        chosen = chance.sample(mine, min(len(mine), 3))
        unit = chance.choice([*world["units"]])
        if chosen:
            transitions.submit(person, chosen, unit, unit.region)
    elif kind == "decide":
        waiting = [
            registration for registration in registrations if registration.status in ("first_review", "final_review")
        ]
        for registration in chance.sample(waiting, min(len(waiting), 2)):
            first = registration.status == Status.FIRST_REVIEW
            actor = world["reviewers"][registration.unit_id] if first else world["bureau"]
            good = Action.AGREE if first else Action.RECOGNISE
            action = chance.choice([good, good, good, Action.RETURN, Action.REFUSE])
            hours = chance.choice([None, Decimal(2)]) if action is good else None
            transitions.decide(actor, action, [registration], factories.verdict(reason=world["reason"], hours=hours))
    elif kind == "edit":
        mine = [
            registration
            for registration in registrations
            if registration.owner == person and registration.status == "returned"
        ]
        if mine:
            registration = chance.choice(mine)
            registration.year = chance.choice([THIS_YEAR, THIS_YEAR - 1])
            saving.save(registration)
    elif kind == "complete":
        course = factories.course(THIS_YEAR, f"公需 {chance.randrange(5)}", hours=10)
        if not course.completions.filter(person=person).exists():
            factories.completion(person, course)
    else:
        done = [registration for registration in registrations if registration.status in ("recognised", "refused")]
        if done:
            registration = chance.choice(done)
            act = transitions.revoke if registration.status == "recognised" else transitions.reopen
            act(world["admin"], registration, verdict)


def test_sums_after_random_actions_equal_a_recount(world):
    chance = random.Random(20261125)
    for _ in range(ACTIONS):
        try:
            step(world, chance)
        except WorkflowError:
            continue
    before = stored()
    assert Registration.objects.exclude(status="draft").count() > ACTIONS / 20
    assert [sums.recount(year) for year in (THIS_YEAR, THIS_YEAR - 1)] == [{"people": 0, "places": 0}] * 2
    PersonTotal.objects.all().delete()
    PlaceTotal.objects.all().delete()
    for year in (THIS_YEAR, THIS_YEAR - 1):
        sums.recount(year)
    assert without_empty(stored()) == without_empty(before)


def without_empty(sums_found: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
    """Drop places with zeros only: a place whose rows all left keeps its row."""
    people, places = sums_found
    return people, [row for row in places if any(row[3:])]


def test_recount_repairs_manual_changes(world):
    unit, person = world["units"][0], world["people"][0]
    factories.recognised(person, unit, world["reviewers"][unit.pk], world["bureau"])
    year = PersonTotal.objects.get().year
    right = stored()
    PersonTotal.objects.update(professional=1)
    PlaceTotal.objects.filter(kind="unit").update(recognised=7)
    assert sums.recount(year)["people"] == 1
    assert stored() == right
    assert sums.recount(year) == {"people": 0, "places": 0}


def test_recount_includes_years_of_completions_only(world, capsys):
    factories.completion(world["people"][0], factories.course(THIS_YEAR))
    PersonTotal.objects.all().delete()
    PlaceTotal.objects.all().delete()
    call_command("recount_totals")
    assert capsys.readouterr().out == f"{THIS_YEAR} 年度：更正个人合计 1 行，单位与区域合计 0 行。\n"


def test_merge_adds_the_sums_of_both_units(world):
    one, other, _ = world["units"]
    for unit, person in zip((one, other), world["people"], strict=False):
        factories.submitted(person, unit, starts_at=factories.moment(9), ends_at=factories.moment(8, 18))
    merging.merge_units(one, other)
    year = factories.moment(8).year
    row = PlaceTotal.objects.get(kind="unit", year=year)
    assert (row.place, row.people, row.first_review) == (other.pk, 2, 2)
    assert sums.recount(year) == {"people": 0, "places": 0}


def test_decision_read_before_a_merge_keeps_sums_right(world):
    one, other, _ = world["units"]
    registration = factories.agreed(world["people"][0], one, world["reviewers"][one.pk])
    read_before = Registration.objects.get(pk=registration.pk)
    merging.merge_units(one, other)
    factories.recognise(world["bureau"], read_before)
    row = PlaceTotal.objects.get(kind="unit", year=registration.year)
    assert (row.place, row.final_review, row.recognised) == (other.pk, 0, 1)
    assert sums.recount(registration.year) == {"people": 0, "places": 0}


def test_hours_above_a_cap_are_summed_separately(world):
    unit, person = world["units"][0], world["people"][0]
    for number in range(3):
        factories.recognised(
            person,
            unit,
            world["reviewers"][unit.pk],
            world["bureau"],
            content=f"第 {number} 条",
            starts_at=factories.moment(9 + 3 * number),
            ends_at=factories.moment(8 + 3 * number, 18),
        )
    row = PersonTotal.objects.get()
    assert (row.professional, row.over_cap, row.reached) == (40, 8, False)
    place = PlaceTotal.objects.get(kind="unit")
    assert (place.professional, place.over_cap, place.people, place.recognised) == (40, 8, 1, 3)


def test_registration_adds_to_its_unit_and_regions_only(world):
    unit, person = world["units"][0], world["people"][0]
    factories.submitted(person, unit)
    places = set(PlaceTotal.objects.values_list("kind", "place"))
    above = {("region", factories.region(code).pk) for code in ("450126", "450100", "450000")}
    assert places == {("unit", unit.pk), *above}


def test_person_with_courses_only_counts_at_the_profiles_unit(world):
    unit = Unit.objects.get(name="第 0 林业站")
    person = factories.person("覃工", unit=unit)
    factories.completion(person, factories.course(THIS_YEAR))
    row = PersonTotal.objects.get()
    assert (row.public, row.unit) == (9, unit)
    assert [row.region, row.city, row.province] == [factories.region(code) for code in ("450126", "450100", "450000")]
    assert User.objects.get(pk=person.pk).unit == unit
