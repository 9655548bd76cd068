"""重新开放: a closed year takes submissions again from one person, one unit's people or everybody, until a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from hours.models import Opening, YearRule
from hours.workflow import transitions
from hours.workflow.permissions import submission_answers
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
YEAR = factories.moment(8).year


@pytest.fixture
def people(guangxi):
    """黄秋梦 and 李工 of the 林业站, 韦工 of the library; the year is closed since yesterday."""
    factories.year_rule(YEAR, closes_on=TODAY - timedelta(1), returned_closes_on=TODAY - timedelta(1))
    station, library = factories.unit(), factories.unit("柳州市图书馆", "450202")
    names = {"黄秋梦": station, "李工": station, "韦工": library}
    found = {name: factories.person(name, unit=unit) for name, unit in names.items()}
    return {**found, "station": station, "library": library}


def taken(people, today=TODAY) -> list[str]:
    """Whose registrations of the closed year are taken on that day."""
    names = ("黄秋梦", "李工", "韦工")
    registrations = {
        name: factories.registration(
            people[name],
            f"{name}的登记 {timezone.now()}",
            starts_at=factories.moment(9),
            ends_at=factories.moment(8, 18),
            year=YEAR,
        )
        for name in names
    }
    return [
        name
        for name, registration in registrations.items()
        if submission_answers([registration], today)[registration.pk]
    ]


def open_again(until: int = 0, year: int = YEAR, **whom) -> Opening:
    return Opening.objects.create(year=year, until=TODAY + timedelta(until), reason="系统故障补登", **whom)


def test_without_an_opening_nobodys_is_taken(people):
    assert taken(people) == []


@pytest.mark.parametrize(
    ("whom", "expected"),
    [
        ({"person": "黄秋梦"}, ["黄秋梦"]),
        ({"unit": "station"}, ["黄秋梦", "李工"]),
        ({"unit": "library"}, ["韦工"]),
        ({}, ["黄秋梦", "李工", "韦工"]),
    ],
)
def test_for_whom(people, whom, expected):
    open_again(**{kind: people[name] for kind, name in whom.items()})
    assert taken(people) == expected


@pytest.mark.parametrize(("until", "expected"), [(-1, []), (0, ["黄秋梦"]), (5, ["黄秋梦"])])
def test_the_last_day_still_counts(people, until, expected):
    open_again(until, person=people["黄秋梦"])
    assert taken(people) == expected


def test_it_ends_by_itself(people):
    open_again(2)
    assert [len(taken(people, TODAY + timedelta(days))) for days in (0, 2, 3)] == [3, 3, 0]


def test_another_years_opening_opens_nothing(people):
    open_again(5, year=YEAR - 1)
    assert taken(people) == []


def test_it_opens_a_year_that_was_closed_altogether(people):
    YearRule.objects.update(is_closed=True)
    open_again(person=people["李工"])
    assert taken(people) == ["李工"]


def test_it_opens_no_year_without_a_rule(people):
    YearRule.objects.all().delete()
    open_again()
    assert taken(people) == []


def test_the_unit_that_is_sent_to_counts_as_well_as_the_own_one(people):
    """韦工 has changed to the 林业站, whose year was opened, and sends there for the first time."""
    open_again(unit=people["station"])
    registration = factories.registration(
        people["韦工"], starts_at=factories.moment(9), ends_at=factories.moment(8, 18)
    )
    assert not submission_answers([registration])[registration.pk]
    transitions.submit(people["韦工"], [registration], people["station"], people["station"].region)
    assert registration.status == "first_review"


def test_returned_registrations_are_opened_too(people):
    open_again(person=people["黄秋梦"])
    reviewer = factories.unit_reviewer(people["station"])
    day = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    registration = factories.returned(people["黄秋梦"], people["station"], reviewer, **day)
    transitions.submit(people["黄秋梦"], [registration], people["station"], people["station"].region)
    assert registration.status == "first_review"


@pytest.mark.parametrize("wrong", ["both", "no reason"])
def test_the_database_refuses_what_cannot_be_meant(people, wrong):
    facts = {"year": YEAR, "until": TODAY, "reason": "系统故障补登"}
    facts |= {"reason": ""} if wrong == "no reason" else {"person": people["黄秋梦"], "unit": people["station"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Opening.objects.create(**facts)
