"""学时审核 of somebody who has, or had, a say at both stages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import appointments
from accounts.models import Appointment
from hours.workflow import transitions
from tests import factories
from tests.review.lists import contents, send_back_in_time

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")


def test_first_reviewer_does_not_get_the_final_review(reader, huang, station, bureau):
    colleague = factories.region_reviewer(factories.region("450100"), "韦终审")
    library = factories.unit("宾阳县图书馆")
    factories.agreed(huang, library, bureau, content="莫终审初审的")
    factories.agreed(huang, station, station.reviewer, content="单位初审的")
    response = reader(bureau).get(QUEUE)
    assert (contents(response), response.context["queue"].waiting.count) == (["单位初审的"], 1)
    assert contents(reader(bureau).get(QUEUE, {"tab": "all"})) == ["单位初审的", "莫终审初审的"]
    assert contents(reader(colleague).get(QUEUE)) == ["莫终审初审的", "单位初审的"]


def test_returned_registration_waits_for_same_reviewer(reader, huang, station, bureau):
    library = factories.unit("宾阳县图书馆")
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=library)
    registration = factories.returned(huang, library, bureau, content="退回过的")
    transitions.submit(huang, [registration], library, library.region)
    assert contents(reader(bureau).get(QUEUE)) == ["退回过的"]


def test_two_offices_show_both_stages(reader, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    send_back_in_time(factories.submitted(huang, station, content="待初审的"), 2)
    factories.agreed(huang, station, station.reviewer, content="待终审的")
    client = reader(bureau)
    assert contents(client.get(QUEUE)) == ["待初审的", "待终审的"]
    assert contents(client.get(QUEUE, {"status": "final_review"})) == ["待终审的"]
