"""统计 of one person, limited to the scope of the viewer."""

from __future__ import annotations

import pytest

from tests import factories
from tests.statistics.conftest import YEAR, registration
from tests.statistics.pages import rows

pytestmark = pytest.mark.django_db
NAME = "statistics_person"


def test_page_shows_years_and_registrations(ask, station):
    page = ask(station.reviewer, NAME, station.li.pk, year=YEAR)
    assert rows(page, "各年度计入的学时") == [
        [str(YEAR), "宾阳县甘棠镇林业站", "30", "40", "0", "70", "20", "未达标"],
        [str(YEAR - 1), "宾阳县甘棠镇林业站", "0", "12", "0", "12", "78", "未达标"],
    ]
    assert sorted(line[-3:] for line in rows(page, f"{YEAR} 年度提交的登记")) == [
        ["40", "40", "已认定"],
        ["8", "—", "不予认定"],
    ]
    assert station.li.id_number not in page.content.decode()


def test_former_unit_sees_nothing_from_elsewhere(ask, station, library):
    library.recognised(station.li, 33, year=YEAR + 1 - 2)  # the latest of that year: it is counted there now
    page = ask(station.reviewer, NAME, station.li.pk, year=YEAR).content.decode()
    assert "柳州市图书馆" not in page
    assert ">33<" not in page


def test_drafts_are_not_shown(ask, station):
    factories.registration(station.li, "还没提交的", year=YEAR)
    assert "还没提交的" not in ask(station.reviewer, NAME, station.li.pk, year=YEAR).content.decode()


def test_person_without_records_is_found_by_profile(ask, station):
    page = ask(station.reviewer, NAME, station.mo.pk)
    assert page.status_code == 200
    assert "还没有任何记录" in page.content.decode()


def test_strangers_get_404(ask, station, library):
    statuses = [ask(who, NAME, station.li.pk).status_code for who in (library.reviewer, station.huang, station.li)]
    assert statuses == [404, 404, 404]


def test_superuser_sees_years_but_no_registrations(ask, station):
    page = ask(factories.administrator(), NAME, station.li.pk, year=YEAR).content.decode()
    assert "各年度计入的学时" in page
    assert "年度提交的登记" not in page


def test_query_count_is_constant_for_many_registrations(ask, station):
    ask(station.reviewer, NAME, station.wei.pk, year=YEAR, queries=10)
    for _ in range(29):
        registration(station.wei, station.unit, 8)
    page = ask(station.reviewer, NAME, station.wei.pk, year=YEAR, queries=10)
    assert len(rows(page, f"{YEAR} 年度提交的登记")) == 30
