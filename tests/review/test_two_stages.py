"""学时审核 of people with offices at both stages: two people decide the two stages of a registration."""

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
from tests.review.lists import backdate, contents

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")


def test_first_reviewer_does_not_get_the_final_review(log_in, huang, station, bureau):
    colleague = factories.region_reviewer(factories.region("450100"), "韦终审")
    library = factories.unit("宾阳县图书馆")
    factories.agreed(huang, library, bureau, content="莫终审初审的")
    factories.agreed(huang, station, station.reviewer, content="单位初审的")
    response = log_in(bureau).get(QUEUE)
    assert (contents(response), response.context["queue"].waiting.count) == (["单位初审的"], 1)
    assert contents(log_in(bureau).get(QUEUE, {"tab": "all"})) == ["单位初审的", "莫终审初审的"]
    assert contents(log_in(colleague).get(QUEUE)) == ["莫终审初审的", "单位初审的"]


def test_returned_registration_waits_for_same_reviewer(log_in, huang, station, bureau):
    library = factories.unit("宾阳县图书馆")
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=library)
    registration = factories.returned(huang, library, bureau, content="退回过的")
    transitions.submit(huang, [registration], library, library.region)
    assert contents(log_in(bureau).get(QUEUE)) == ["退回过的"]


def test_two_offices_show_both_stages(log_in, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    backdate(factories.submitted(huang, station, content="待初审的"), 2)
    factories.agreed(huang, station, station.reviewer, content="待终审的")
    client = log_in(bureau)
    assert contents(client.get(QUEUE)) == ["待初审的", "待终审的"]
    assert contents(client.get(QUEUE, {"status": "final_review"})) == ["待终审的"]


def resubmitted_after_final_return(huang, unit, first, final) -> Registration:
    """Return a registration that `first` agreed to, `final` returned, and the owner submitted again."""
    registration = factories.return_(
        final, factories.agreed(huang, unit, first, content="再次提交的"), factories.verdict()
    )
    transitions.submit(huang, [registration], unit, unit.region)
    return registration


def test_final_reviewer_does_not_get_unattended_first_review(log_in, huang, bureau, guangxi):
    other = factories.region_reviewer(guangxi, "蓝终审")
    registration = resubmitted_after_final_return(huang, factories.unit("柳州市图书馆", "450202"), bureau, other)
    assert contents(log_in(bureau).get(QUEUE, {"tab": "unattended"})) == ["再次提交的"]
    assert contents(log_in(other).get(QUEUE, {"tab": "unattended"})) == []
    assert [bool(may(person, Action.AGREE, registration)) for person in (bureau, other)] == [True, False]


def test_final_reviewer_does_not_get_first_review_of_own_unit(log_in, huang, station, guangxi):
    both = factories.unit_reviewer(station, "蓝终审")
    appointments.appoint(both, Appointment.Role.REGION_REVIEWER, region=guangxi)
    registration = resubmitted_after_final_return(huang, station, station.reviewer, both)
    factories.submitted(huang, station, content="初次提交的")
    assert contents(log_in(station.reviewer).get(QUEUE)) == ["再次提交的", "初次提交的"]
    assert contents(log_in(both).get(QUEUE)) == ["初次提交的"]
    assert [bool(may(person, Action.AGREE, registration)) for person in (station.reviewer, both)] == [True, False]
