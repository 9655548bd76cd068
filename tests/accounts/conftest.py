"""The people and unit of the accounts tests."""

import pytest

from accounts.models import User
from tests import factories
from tests.accounts.admin_pages import NUMBER
from tests.accounts.appointment_pages import day


@pytest.fixture
def qiumeng(guangxi):
    return factories.person("黄秋梦", id_number=NUMBER, username="qiumeng", phone="13877100010", unit=factories.unit())


@pytest.fixture
def admin(client, guangxi):
    administrator = factories.administrator(username="admin_wei")
    client.force_login(administrator)
    return administrator


@pytest.fixture
def nanning(client, guangxi):
    """The regional administrator of 南宁市, logged in."""
    region = factories.region("450100")
    person = factories.region_admin(region, "卢南宁")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture
def station(guangxi):
    return factories.unit("宾阳县甘棠镇林业站")


@pytest.fixture
def qin(station):
    """覃审核, reviewer of the station for a month."""
    return factories.unit_reviewer(station, "覃审核", valid_from=day(-30))


@pytest.fixture
def held(qin):
    """The appointment of 覃审核."""
    return qin.appointments.get()
