"""Active appointments: the SQL of `active()` and the Python of `is_active` agree."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import Appointment
from tests import factories

pytestmark = pytest.mark.django_db
DAYS = (-1, 0, 1)


def _appointment(person, region, begins: int, ends: int | None, confirmed: bool, principal=None) -> Appointment:
    """Create an appointment; `begins` and `ends` are days from today."""
    today = timezone.localdate()
    return Appointment.objects.create(
        person=person,
        role=Appointment.Role.REGION_REVIEWER,
        region=region,
        valid_from=today + timedelta(begins),
        valid_until=None if ends is None else today + timedelta(ends),
        confirmed_at=timezone.now() if confirmed else None,
        deputy_of=principal,
    )


def _spans():
    return [
        (begins, ends, confirmed)
        for begins, ends, confirmed in product(DAYS, (*DAYS, None), (True, False))
        if ends is None or ends >= begins
    ]


def test_sql_and_python_agree_on_active_appointments(guangxi):
    lin, wei = factories.person("林志强"), factories.person("韦小兰")
    for principal in [_appointment(lin, guangxi, *span) for span in _spans()]:
        for span in _spans():
            _appointment(wei, guangxi, *span, principal=principal)
    for person, holds in ((lin, 6), (wei, 36)):
        active = set(person.appointments.active())
        assert len(active) == holds
        assert set(person.active_appointments()) == active


def test_no_active_appointments_for_disabled_account(guangxi):
    lin = factories.person("林志强")
    _appointment(lin, guangxi, 0, None, confirmed=True)
    lin.is_active = False
    assert lin.active_appointments() == []


def test_one_query_without_appointments(django_assert_num_queries):
    huang = factories.person("黄秋梦")
    with django_assert_num_queries(1):
        assert huang.active_appointments() == []
