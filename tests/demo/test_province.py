"""manage.py load_province."""

import pytest
from django.core.management import CommandError
from django.db.models import Count, F, Sum

from accounts.models import User
from hours.models import Registration, Submission
from hours.states import Status
from organizations.models import Region, Unit

pytestmark = pytest.mark.django_db
SMALL = {"units": 200, "people": 50, "registrations": 400}


def test_load_province_refuses_without_debug(manage):
    with pytest.raises(CommandError, match="DEBUG"):
        manage("load_province", **SMALL)
    assert not Region.objects.exists()


def test_load_province_creates_given_numbers(debug, manage):
    manage("load_province", **SMALL)
    assert Unit.objects.filter(is_unaffiliated=False).count() == 200
    assert User.objects.count() == 50
    assert Registration.objects.count() == 400


def test_registrations_are_spread_evenly_over_people(debug, manage):
    manage("load_province", **SMALL)
    per_person = User.objects.annotate(sent=Count("registrations")).values_list("sent", flat=True)
    assert set(per_person) == {8}


def test_every_status_occurs(debug, manage):
    manage("load_province", **SMALL)
    assert set(Registration.objects.values_list("status", flat=True)) == set(Status.values)


def test_submissions_carry_their_totals(debug, manage):
    manage("load_province", **SMALL)
    assert not Registration.objects.exclude(status=Status.DRAFT).filter(submission=None).exists()
    assert not Registration.objects.filter(status=Status.DRAFT, submission__isnull=False).exists()
    submissions = Submission.objects.annotate(sent=Count("registrations"), applied=Sum("registrations__hours_applied"))
    assert not submissions.exclude(entries=F("sent"), hours=F("applied")).exists()


def test_second_call_adds_people_to_same_units(debug, manage):
    manage("load_province", **SMALL)
    manage("load_province", **SMALL, seed=1)
    assert Unit.objects.filter(is_unaffiliated=False).count() == 200
    assert Registration.objects.count() == 800


def test_if_empty_leaves_filled_database_unchanged(debug, manage):
    manage("load_province", **SMALL)
    manage("load_province", **SMALL, if_empty=True)
    assert Registration.objects.count() == 400


def test_province_people_have_no_password(debug, manage):
    manage("load_province", **SMALL)
    assert not any(user.has_usable_password() for user in User.objects.all())
