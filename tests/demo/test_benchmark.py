"""manage.py benchmark."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection

from accounts.models import User
from hours.models import Registration
from organizations.models import Unit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests outside the test client would close the connection and with it the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_benchmark_refuses_without_debug(manage):
    with pytest.raises(CommandError, match="DEBUG"):
        manage("benchmark")
    assert not User.objects.exists()


def test_benchmark_without_units_names_load_province(debug, manage):
    with pytest.raises(CommandError, match="load_province"):
        manage("benchmark")


def table(printed: str, head: str) -> list[list[str]]:
    """Return the cells of the rows below this head, up to the next empty line."""
    rows = printed[printed.index(head) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]


def test_benchmark_prints_every_page_with_ratios(debug, manage):
    manage("load_province", units=200, people=3, registrations=6)
    rows = table(manage("benchmark", rounds=2), "| page |")
    assert (rows[0][3], rows[0][4]) == ("1.00", "1.00")
    assert [row[0] for row in rows] == [
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
        "学时审核：第 1 页",
        "学时审核：按年度筛选",
        "学时审核：500 页之后",
        "Django 自带列表：20 条登记",
    ]


@pytest.mark.django_db(transaction=True)
def test_benchmark_served_requests_pages_through_gunicorn(debug, manage):
    manage("load_province", units=200, people=3, registrations=6)
    rows = table(manage("benchmark", rounds=2, served=True), "| page |")
    assert (len(rows), rows[0][3], {row[4] for row in rows}) == (14, "1.00", {"—"})


def test_changes_cost_constant_statements_and_roll_back(debug, manage):
    manage("load_province", units=200, people=100, registrations=3000)
    before = Registration.objects.order_by("pk").values_list("pk", "status")
    before = [*before.exclude(owner__username__startswith="benchmark")]
    rows = table(manage("benchmark", rounds=2, changes=True, clients=0), "| change |")
    assert [row[0] for row in rows] == [f"{action} {size} 条" for action in ("认定", "提交") for size in (1, 10, 100)]
    assert len({row[1] for row in rows[:3]}) == len({row[1] for row in rows[3:]}) == 1
    after = Registration.objects.order_by("pk").values_list("pk", "status")
    assert [*after.exclude(owner__username__startswith="benchmark")] == before


@pytest.mark.django_db(transaction=True)
def test_concurrent_submissions_lose_nothing_and_leave_no_copy(debug, manage):
    manage("load_province", units=200, people=3, registrations=6)
    manage("benchmark", rounds=2)
    before = (User.objects.count(), Registration.objects.count())
    printed = manage("benchmark", rounds=2, changes=True, clients=4, batches=2)
    rows = table(printed, "| 4 clients at once |")
    assert [(row[0], *row[2:]) for row in rows] == [("提交 1 条", "8", "0"), ("最小的写入", "8", "0")]
    assert "acknowledged and lost: 0" in printed
    assert (User.objects.count(), Registration.objects.count()) == before
    assert not list(Path(str(connection.settings_dict["NAME"])).parent.glob("*_measured_*"))


def test_units_option_adds_missing_units(debug, manage):
    manage("load_province", units=150, people=3, registrations=6)
    manage("benchmark", rounds=2, units=200)
    assert Unit.objects.filter(is_unaffiliated=False).count() == 200
