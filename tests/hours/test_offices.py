"""At whose desk something was decided, as the decision's row and the progress tell it."""

from __future__ import annotations

import pytest

from accounts import appointments
from accounts.models import Appointment
from accounts.positions import Position
from hours.models import Registration
from hours.registrations.progress import steps
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from tests import factories

pytestmark = pytest.mark.django_db
Role = Appointment.Role
STATION = "宾阳县甘棠镇林业站"


def offices(registration: Registration) -> list[tuple[str, str]]:
    """The offices of everything that reviewers and administrators did."""
    decisions = list(registration.decisions.exclude(stage="owner"))
    registration = (
        Registration.objects.select_related("unit", "region").prefetch_related("decisions").get(pk=registration.pk)
    )
    shown = [step.office for step in steps(registration, is_unattended=False) if step.when][1:]
    assert shown == [decision.office for decision in decisions]
    return [(decision.action, decision.office) for decision in decisions]


@pytest.fixture
def empty(guangxi, rules):
    """A unit that nobody reviews for."""
    return factories.unit(STATION)


@pytest.mark.parametrize(
    ("code", "office"),
    [("450126", "宾阳县人社部门"), ("450100", "南宁市人社部门"), ("450000", "广西壮族自治区人社部门")],
)
def test_a_first_review_without_reviewers_is_that_of_the_bureau_that_gave_it(huang, empty, code, office):
    registration = factories.agreed(huang, empty, factories.region_reviewer(factories.region(code)))
    assert offices(registration) == [("agree", office)]


@pytest.mark.parametrize("decide", [factories.return_, factories.refuse])
def test_so_is_a_negative_one(huang, empty, decide):
    registration = factories.submitted(huang, empty)
    decide(factories.region_reviewer(factories.region("450100")), registration, factories.verdict())
    assert [office for _, office in offices(registration)] == ["南宁市人社部门"]


def test_several_at_once_tell_each_its_own(huang, empty):
    both = factories.region_reviewer(factories.region("450126"))
    library = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(both, Role.UNIT_REVIEWER, unit=library)
    at_library, at_bureau = factories.submitted(huang, library), factories.submitted(huang, empty)
    transitions.decide(both, Action.AGREE, [at_library, at_bureau], Verdict())
    assert (offices(at_library), offices(at_bureau)) == (
        [("agree", "柳州市图书馆")],
        [("agree", "宾阳县人社部门")],
    )


def test_who_holds_both_seats_gives_the_first_review_at_the_unit(huang, station, guangxi):
    appointments.appoint(station.reviewer, Role.REGION_REVIEWER, region=guangxi)
    assert offices(factories.agreed(huang, station, station.reviewer)) == [("agree", STATION)]


def test_who_holds_both_seats_gives_the_final_one_at_the_bureau(huang, station):
    registration = factories.agreed(huang, station, station.reviewer)
    both = factories.region_reviewer(factories.region("450100"))
    appointments.appoint(both, Role.UNIT_REVIEWER, unit=station)
    factories.recognise(both, registration)
    assert offices(registration) == [("agree", STATION), ("recognise", "南宁市人社部门")]


def test_of_several_regions_the_one_closest_to_the_registration_counts(huang, station, guangxi):
    final = factories.region_reviewer(guangxi)
    appointments.appoint(final, Role.REGION_REVIEWER, region=factories.region("450126"))
    appointments.appoint(final, Role.REGION_REVIEWER, region=factories.region("450202"))
    registration = factories.recognised(huang, station, station.reviewer, final)
    assert offices(registration)[1] == ("recognise", "宾阳县人社部门")


def test_a_deputy_acts_at_the_desk_of_whom_he_stands_for(huang, station, empty):
    principal = factories.region_reviewer(factories.region("450100"))
    position = Position.deputy_for(principal.appointments.get())
    deputy = factories.person("韦代理")
    appointments.appoint(deputy, position.role, region=position.region, deputy_of=position.deputy_of)
    unit_deputy = factories.person("蓝代理")
    first = station.reviewer.appointments.get()
    appointments.appoint(unit_deputy, first.role, unit=first.unit, deputy_of=first)
    registration = factories.recognised(huang, station, unit_deputy, deputy)
    assert offices(registration) == [("agree", STATION), ("recognise", "南宁市人社部门")]


def test_an_administrators_position_is_that_of_the_administrator(huang, station, bureau):
    admin = factories.region_admin(factories.region("450126"))
    appointments.appoint(admin, Role.REGION_REVIEWER, region=factories.region("450100"))
    registration = factories.recognised(huang, station, station.reviewer, bureau)
    transitions.revoke(admin, registration, factories.verdict())
    assert offices(registration)[2] == ("revoke", "宾阳县人社部门")


def test_a_superuser_without_an_appointment_acts_for_the_bureau_of_the_registrations_region(huang, station):
    registration = factories.refused(huang, station, station.reviewer)
    transitions.reopen(factories.administrator(), registration, factories.verdict())
    assert offices(registration)[1] == ("reopen", "宾阳县人社部门")
