"""The office of each decision, in its row and in the progress."""

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
    """Return action and office of each decision of reviewers and administrators."""
    decisions = list(registration.decisions.exclude(stage="owner"))
    registration = (
        Registration.objects.select_related("unit", "region").prefetch_related("decisions").get(pk=registration.pk)
    )
    shown = [step.office for step in steps(registration, is_unattended=False) if step.when][1:]
    assert shown == [decision.office for decision in decisions]
    return [(decision.action, decision.office) for decision in decisions]


@pytest.fixture
def empty(guangxi, rules):
    """A unit without reviewers."""
    return factories.unit(STATION)


@pytest.mark.parametrize(
    ("code", "office"),
    [("450126", "宾阳县人社部门"), ("450100", "南宁市人社部门"), ("450000", "广西壮族自治区人社部门")],
)
def test_office_of_unattended_first_review_is_the_bureau(huang, empty, code, office):
    registration = factories.agreed(huang, empty, factories.region_reviewer(factories.region(code)))
    assert offices(registration) == [("agree", office)]


@pytest.mark.parametrize("decide", [factories.return_, factories.refuse])
def test_office_of_unattended_return_is_the_bureau(huang, empty, decide):
    registration = factories.submitted(huang, empty)
    decide(factories.region_reviewer(factories.region("450100")), registration, factories.verdict())
    assert [office for _, office in offices(registration)] == ["南宁市人社部门"]


def test_bulk_decision_stores_the_office_of_each(huang, empty):
    both = factories.region_reviewer(factories.region("450126"))
    library = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(both, Role.UNIT_REVIEWER, unit=library)
    at_library, at_bureau = factories.submitted(huang, library), factories.submitted(huang, empty)
    transitions.decide(both, Action.AGREE, [at_library, at_bureau], Verdict())
    assert (offices(at_library), offices(at_bureau)) == (
        [("agree", "柳州市图书馆")],
        [("agree", "宾阳县人社部门")],
    )


def test_first_review_by_reviewer_of_both_is_the_units(huang, station, guangxi):
    appointments.appoint(station.reviewer, Role.REGION_REVIEWER, region=guangxi)
    assert offices(factories.agreed(huang, station, station.reviewer)) == [("agree", STATION)]


def test_final_review_by_reviewer_of_both_is_the_bureaus(huang, station):
    registration = factories.agreed(huang, station, station.reviewer)
    both = factories.region_reviewer(factories.region("450100"))
    appointments.appoint(both, Role.UNIT_REVIEWER, unit=station)
    factories.recognise(both, registration)
    assert offices(registration) == [("agree", STATION), ("recognise", "南宁市人社部门")]


def test_office_is_the_closest_of_several_regions(huang, station, guangxi):
    final = factories.region_reviewer(guangxi)
    appointments.appoint(final, Role.REGION_REVIEWER, region=factories.region("450126"))
    appointments.appoint(final, Role.REGION_REVIEWER, region=factories.region("450202"))
    registration = factories.recognised(huang, station, station.reviewer, final)
    assert offices(registration)[1] == ("recognise", "宾阳县人社部门")


def test_office_of_a_deputy_is_that_of_the_principal(huang, station, empty):
    principal = factories.region_reviewer(factories.region("450100"))
    position = Position.deputy_for(principal.appointments.get())
    deputy = factories.person("韦代理")
    appointments.appoint(deputy, position.role, region=position.region, deputy_of=position.deputy_of)
    unit_deputy = factories.person("蓝代理")
    first = station.reviewer.appointments.get()
    appointments.appoint(unit_deputy, first.role, unit=first.unit, deputy_of=first)
    registration = factories.recognised(huang, station, unit_deputy, deputy)
    assert offices(registration) == [("agree", STATION), ("recognise", "南宁市人社部门")]


def test_office_of_a_revocation_is_the_administrators(huang, station, bureau):
    admin = factories.region_admin(factories.region("450126"))
    appointments.appoint(admin, Role.REGION_REVIEWER, region=factories.region("450100"))
    registration = factories.recognised(huang, station, station.reviewer, bureau)
    transitions.revoke(admin, registration, factories.verdict())
    assert offices(registration)[2] == ("revoke", "宾阳县人社部门")


def test_office_of_a_superuser_is_the_registrations_region(huang, station):
    registration = factories.refused(huang, station, station.reviewer)
    transitions.reopen(factories.administrator(), registration, factories.verdict())
    assert offices(registration)[1] == ("reopen", "宾阳县人社部门")
