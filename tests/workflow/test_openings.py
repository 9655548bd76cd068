"""重新开放: a closed year accepts submissions of one person, one unit or everybody until a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

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


def accepted(people: dict[str, Any], today: date = TODAY) -> list[str]:
    """Return the people whose registrations the closed year accepts on that day."""
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


def reopen(until: int = 0, year: int = YEAR, **whom: Any) -> Opening:
    return Opening.objects.create(year=year, until=TODAY + timedelta(until), reason="系统故障补登", **whom)


def test_closed_year_accepts_nobodys_registration(people):
    assert accepted(people) == []


@pytest.mark.parametrize(
    ("whom", "expected"),
    [
        ({"person": "黄秋梦"}, ["黄秋梦"]),
        ({"unit": "station"}, ["黄秋梦", "李工"]),
        ({"unit": "library"}, ["韦工"]),
        ({}, ["黄秋梦", "李工", "韦工"]),
    ],
)
def test_opening_for_person_unit_or_everybody(people, whom, expected):
    reopen(**{kind: people[name] for kind, name in whom.items()})
    assert accepted(people) == expected


@pytest.mark.parametrize(("until", "expected"), [(-1, []), (0, ["黄秋梦"]), (5, ["黄秋梦"])])
def test_opening_includes_its_last_day(people, until, expected):
    reopen(until, person=people["黄秋梦"])
    assert accepted(people) == expected


def test_opening_ends_after_its_last_day(people):
    reopen(2)
    assert [len(accepted(people, TODAY + timedelta(days))) for days in (0, 2, 3)] == [3, 3, 0]


def test_opening_of_another_year_has_no_effect(people):
    reopen(5, year=YEAR - 1)
    assert accepted(people) == []


def test_opening_reopens_a_year_marked_closed(people):
    YearRule.objects.update(is_closed=True)
    reopen(person=people["李工"])
    assert accepted(people) == ["李工"]


def test_opening_of_a_year_without_rule_has_no_effect(people):
    YearRule.objects.all().delete()
    reopen()
    assert accepted(people) == []


def test_opening_of_the_chosen_unit_counts(people):
    """韦工 has moved to the 林业站, whose year is reopened, and submits there for the first time."""
    reopen(unit=people["station"])
    registration = factories.registration(
        people["韦工"], starts_at=factories.moment(9), ends_at=factories.moment(8, 18)
    )
    assert not submission_answers([registration])[registration.pk]
    transitions.submit(people["韦工"], [registration], people["station"], people["station"].region)
    assert registration.status == "first_review"


def test_opening_applies_to_returned_registrations(people):
    reopen(person=people["黄秋梦"])
    reviewer = factories.unit_reviewer(people["station"])
    day = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    registration = factories.returned(people["黄秋梦"], people["station"], reviewer, **day)
    transitions.submit(people["黄秋梦"], [registration], people["station"], people["station"].region)
    assert registration.status == "first_review"


@pytest.mark.parametrize("wrong", ["both", "no reason"])
def test_invalid_opening_is_refused(people, wrong):
    facts: dict[str, Any] = {"year": YEAR, "until": TODAY, "reason": "系统故障补登"}
    facts |= {"reason": ""} if wrong == "no reason" else {"person": people["黄秋梦"], "unit": people["station"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Opening.objects.create(**facts)
