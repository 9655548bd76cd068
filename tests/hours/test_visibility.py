"""Visible registrations and attachments of each person. The world holds registrations that could leak."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment, User
from hours.models import Attachment, Registration, YearRule
from hours.workflow import transitions
from organizations import units
from organizations.models import Region
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(guangxi: Region, rules: dict[int, YearRule]) -> dict[str, Registration]:
    """Registrations of two people at units in 宾阳县 (南宁市) and 城中区 (柳州市), each registration with a file."""
    forest, library = factories.unit("宾阳县甘棠镇林业站", "450126"), factories.unit("柳州市图书馆", "450202")
    huang, li = factories.person("黄秋梦", unit=forest), factories.person("李图书", unit=library)
    # These two decide the registrations; their appointments have ended, so that they see nothing.
    ended: dict[str, Any] = {"valid_from": ago(30), "valid_until": ago(0)}
    first, final = (
        factories.unit_reviewer(forest, "覃审核", **ended),
        factories.region_reviewer(guangxi, "莫终审", **ended),
    )
    registrations = {
        "huang draft": factories.registration(huang, "黄草稿"),
        "huang waiting": factories.submitted(huang, forest, content="黄待初审"),
        "huang returned": factories.returned(huang, forest, first, content="黄退回"),
        "huang recognised": factories.recognised(huang, forest, first, final, content="黄认定"),
        "huang refused": factories.refused(huang, forest, first, content="黄不予认定"),
        "li draft": factories.registration(li, "李草稿"),
        "li waiting": factories.submitted(li, library, content="李待初审"),
        "li unaffiliated": factories.registration(li, "李直报"),
    }
    transitions.submit(li, [registrations["li unaffiliated"]], units.unaffiliated(guangxi), factories.region("450103"))
    # A draft is visible to its owner alone, even with a unit and region.
    Registration.objects.filter(content="黄草稿").update(unit=forest, region=forest.region)
    file: dict[str, Any] = {"file": "x", "content_type": "application/pdf", "size": 1}
    for registration in registrations.values():
        Attachment.objects.create(
            owner=registration.owner, registration=registration, name=registration.content, **file
        )
    for owner in (huang, li):
        Attachment.objects.create(owner=owner, draft_key=uuid.uuid4(), name=f"{owner.name}未保存", **file)
    Appointment.objects.update(valid_until=ago(1))
    return registrations


def ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def seen(person: User) -> set[str]:
    """Return the contents of visible registrations; attachments are those of the same and of the person's forms."""
    contents = {registration.content for registration in Registration.objects.visible_to(person)}
    waiting = set(Attachment.objects.filter(owner=person, registration=None).values_list("name", flat=True))
    assert set(Attachment.objects.visible_to(person).values_list("name", flat=True)) == contents | waiting
    return contents


HUANG = {"黄草稿", "黄待初审", "黄退回", "黄认定", "黄不予认定"}
LI = {"李草稿", "李待初审", "李直报"}


def test_people_see_their_own_registrations(world):
    assert seen(world["huang draft"].owner) == HUANG
    assert seen(world["li draft"].owner) == LI


def test_strangers_and_colleagues_see_nothing(world):
    assert seen(factories.person("陌生人")) == set()
    assert seen(factories.person("周同事", unit=world["huang waiting"].unit)) == set()


def test_superuser_sees_no_registrations(world):
    assert seen(factories.administrator()) == set()


def test_unit_reviewer_sees_all_submitted_to_the_unit(world):
    assert seen(factories.unit_reviewer(world["huang waiting"].unit, "新审核")) == HUANG - {"黄草稿"}
    assert seen(factories.unit_reviewer(world["li waiting"].unit, "新审核")) == {"李待初审"}


@pytest.mark.parametrize(
    ("code", "contents"),
    [
        ("450000", (HUANG | LI) - {"黄草稿", "李草稿"}),
        ("450100", (HUANG - {"黄草稿"}) | {"李直报"}),
        ("450126", HUANG - {"黄草稿"}),
        ("450103", {"李直报"}),
        ("450200", {"李待初审"}),
        ("450202", {"李待初审"}),
    ],
)
@pytest.mark.parametrize("role", [Appointment.Role.REGION_REVIEWER, Appointment.Role.REGION_ADMIN])
def test_region_reviewer_sees_all_submitted_below(world, role, code, contents):
    assert seen(factories.region_reviewer(factories.region(code), "新终审", role)) == contents


def test_ended_appointment_shows_nothing(world):
    dates: dict[str, Any] = {"valid_from": ago(30), "valid_until": ago(1)}
    assert seen(factories.unit_reviewer(world["huang waiting"].unit, "前审核", **dates)) == set()
    assert seen(factories.region_reviewer(factories.region("450000"), "前终审", **dates)) == set()


def test_future_appointment_shows_nothing(world):
    assert seen(factories.region_reviewer(factories.region("450000"), "后任", valid_from=ago(-1))) == set()


def test_unconfirmed_appointment_shows_nothing(world):
    applicant = factories.person("自荐者")
    Appointment.objects.create(person=applicant, role=Appointment.Role.UNIT_REVIEWER, unit=world["huang waiting"].unit)
    assert seen(applicant) == set()


def test_several_appointments_add_up(world):
    huang = world["huang draft"].owner
    appointments.appoint(huang, Appointment.Role.UNIT_REVIEWER, unit=world["li waiting"].unit)
    appointments.appoint(huang, Appointment.Role.REGION_REVIEWER, region=factories.region("450103"))
    assert seen(huang) == HUANG | {"李待初审", "李直报"}


def test_merge_shows_registrations_to_the_other_reviewers(world):
    other = factories.unit("宾阳县林业局")
    reviewer = factories.unit_reviewer(other, "新审核")
    assert seen(reviewer) == set()
    units.merge(world["huang waiting"].unit, other)
    assert seen(reviewer) == HUANG - {"黄草稿"}


@pytest.mark.parametrize(("count", "queries"), [(0, 2), (1, 3), (3, 3)])
def test_visible_rows_cost_constant_queries(world, count, queries, django_assert_num_queries):
    person = factories.person("多职")
    for code in ["450000", "450100", "450126"][:count]:
        appointments.appoint(person, Appointment.Role.REGION_REVIEWER, region=factories.region(code))
    with django_assert_num_queries(queries):
        list(Registration.objects.visible_to(person))
    with django_assert_num_queries(queries):
        list(Attachment.objects.visible_to(person))


# --- an owner's other registrations -------------------------------------------------------


def test_editable_lists_drafts_and_returned_latest_first(world):
    mine = Registration.objects.owned_by(world["huang draft"].owner).editable()
    assert {registration.content for registration in mine} == {"黄草稿", "黄退回"}
    assert [registration.ends_at for registration in mine] == sorted(
        (registration.ends_at for registration in mine), reverse=True
    )


def test_overlapping_each_costs_one_query(guangxi, rules, django_assert_num_queries):
    huang, li = factories.person("黄秋梦"), factories.person("李图书")
    day = {"starts_at": factories.moment(20, 8), "ends_at": factories.moment(20, 18), "hours_applied": 8}
    first = factories.registration(huang, "全天", **day)
    noon = factories.registration(huang, "中午", starts_at=factories.moment(20, 12), ends_at=factories.moment(20, 13))
    after = factories.registration(
        huang, "紧接着", starts_at=factories.moment(20, 18), ends_at=factories.moment(19, 18)
    )
    factories.registration(li, "别人的", **day)
    unit = factories.unit()
    factories.refused(huang, unit, factories.unit_reviewer(unit), content="不再算的", **day)
    returned = factories.returned(huang, unit, factories.unit_reviewer(unit), content="退回的", **day)
    with django_assert_num_queries(1):
        found = Registration.objects.overlapping_each([first, noon, after])
    assert found == {first.pk: [returned, noon], noon.pk: [first, returned], after.pk: []}
    assert Registration.objects.overlapping(noon) == [first, returned]
    assert Registration.objects.overlapping_each([]) == {}
