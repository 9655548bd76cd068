"""Concurrent issuing and revoking of certificates."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from hours.certificates import issuing
from hours.models import Certificate, Registration
from hours.workflow import transitions
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db) -> dict[str, int]:
    root = factories.regions()
    factories.open_years()
    station = factories.unit()
    huang, reviewer = factories.person(), factories.unit_reviewer(station)
    bureau = factories.region_reviewer(root)
    registration = factories.recognised(huang, station, reviewer, bureau)
    factories.recognised(
        huang,
        station,
        reviewer,
        bureau,
        content="另一次培训",
        starts_at=registration.starts_at,
        ends_at=registration.ends_at,
    )
    factories.reason()
    return {
        "huang": huang.pk,
        "admin": factories.region_admin(root).pk,
        "registration": registration.pk,
        "year": registration.year,
    }


def issue(world: dict[str, int]) -> Certificate:
    huang = User.objects.get(pk=world["huang"])
    return issuing.issue(huang, huang, [world["year"]])


def revoke(world: dict[str, int]) -> Registration:
    registration = Registration.objects.get(pk=world["registration"])
    return transitions.revoke(User.objects.get(pk=world["admin"]), registration, factories.verdict())


@pytest.mark.parametrize("attempt", range(4))
def test_concurrent_revocation_leaves_no_valid_certificate(world, attempt):
    at_once([lambda: issue(world), lambda: revoke(world)])
    [issued] = Certificate.objects.all()
    assert Registration.objects.get(pk=world["registration"]).status == "revoked"
    counted = issued.facts["years"][0]["entries"]
    assert (counted, issuing.state_of(issued)) in [(2, "revoked"), (1, "valid")]


def test_concurrent_issues_leave_one_valid_certificate(world):
    answers = at_once([lambda: issue(world)] * 4)
    assert [type(answer) for answer in answers] == [Certificate] * 4
    assert Certificate.objects.filter(superseded_by=None).count() == 1
    assert Certificate.objects.filter(issued_at__lte=timezone.now()).count() == 4
