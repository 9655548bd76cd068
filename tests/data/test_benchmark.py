"""manage.py benchmark: ratios of pages to a page that shows only a name."""

import pytest
from django.core.management import CommandError
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from accounts.models import User
from organizations.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests that go past the test client would end the connection, and with it the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_it_refuses_outside_development(manage):
    with pytest.raises(CommandError, match="DEBUG"):
        manage("benchmark")
    assert not User.objects.exists()


def test_it_says_what_is_missing(debug, manage):
    with pytest.raises(CommandError, match="load_province"):
        manage("benchmark")


def test_it_prints_every_page_beside_the_floor(debug, manage):
    manage("load_province", units=200, people=3, registrations=6)
    lines = manage("benchmark", rounds=2).strip().splitlines()[-10:]
    assert lines[0].split()[2] == "1.00"
    assert [line.split("  ")[-1] for line in lines] == [
        "空页：只有登录人姓名",
        "单位查询：南宁市内“林业”",
        "单位列表：全区第 1 页",
        "单位列表：全区第 20 页",
        "批量提交审核：整页",
        "学时登记",
        "培训登记详情",
        "培训总体查询",
        "统计：广西壮族自治区",
        "统计：一个 10 人的单位",
    ]


def test_units_are_added_until_there_are_enough(debug, manage):
    manage("load_province", units=150, people=3, registrations=6)
    manage("benchmark", rounds=2, units=200)
    assert Unit.objects.filter(is_unaffiliated=False).count() == 200
