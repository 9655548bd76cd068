"""A registration's two stages are decided by two people: no list offers what the other stage's decision bars."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import appointments
from accounts.models import Appointment
from hours.models import Registration
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.permissions import may
from tests import factories

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")


def contents(response) -> list[str]:
    return [line.registration.content for line in response.context["lines"]]


def returned_at_the_end(huang, unit, first, final) -> Registration:
    """Agreed by the one, returned by the other, sent again."""
    registration = factories.return_(
        final, factories.agreed(huang, unit, first, content="再次提交的"), factories.verdict()
    )
    transitions.submit(huang, [registration], unit, unit.region)
    return registration


def test_final_reviewer_does_not_get_unattended_first_review(reader, huang, bureau, guangxi):
    other = factories.region_reviewer(guangxi, "蓝终审")
    registration = returned_at_the_end(huang, factories.unit("柳州市图书馆", "450202"), bureau, other)
    assert contents(reader(bureau).get(QUEUE, {"tab": "unattended"})) == ["再次提交的"]
    assert contents(reader(other).get(QUEUE, {"tab": "unattended"})) == []
    assert [bool(may(person, Action.AGREE, registration)) for person in (bureau, other)] == [True, False]


def test_final_reviewer_does_not_get_first_review_of_own_unit(reader, huang, station, guangxi):
    both = factories.unit_reviewer(station, "蓝终审")
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=guangxi)
    registration = returned_at_the_end(huang, station, station.reviewer, both)
    factories.submitted(huang, station, content="初次提交的")
    assert contents(reader(station.reviewer).get(QUEUE)) == ["再次提交的", "初次提交的"]
    assert contents(reader(both).get(QUEUE)) == ["初次提交的"]
    assert [bool(may(person, Action.AGREE, registration)) for person in (station.reviewer, both)] == [True, False]
