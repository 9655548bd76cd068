"""统计 of a region: figures, links to the places below, the oldest queues, and access."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.models import Registration
from organizations import regions
from organizations.models import Region
from tests import factories
from tests.statistics.conftest import YEAR, ReviewedUnit, registration
from tests.statistics.pages import figures, rows, sheets, text

pytestmark = pytest.mark.django_db
NAME = "statistics_region"


def test_page_shows_figures_of_year_and_children(ask, bureau, station, library):
    page = ask(bureau, NAME, "450000", year=YEAR)
    assert figures(page) == {
        "有记录人数": "4",
        "达标人数": "1",
        "达标率": "25%",
        "计入学时": "160",
        "审核中": "2",
        "初审平均用时": "2 天",
        "终审平均用时": "1 天",
        "不予认定率": "20%",
    }
    assert rows(page, "各下级区域") == [
        ["南宁市", "3", "1", "33.3%", "0%", "30", "130", "1", "0", "3 天", "1.3 天", "25%"],
        ["柳州市", "1", "0", "0%", "—", "0", "0", "0", "1", "0 分钟", "0 分钟", "0%"],
    ]


@pytest.mark.parametrize("page", ["", "excel/"])
def test_invalid_code_gets_404(client, bureau, page):
    """PostgreSQL raises an error for a NUL character."""
    client.force_login(bureau)
    assert client.get(f"/hours/statistics/regions/4501%0000/{page}").status_code == 404


def test_pages_link_down_to_units(ask, bureau, station):
    links = [ask(bureau, NAME, code, year=YEAR).content.decode() for code in ("450000", "450100", "450126")]
    assert f"{reverse('hours:statistics_region', args=['450100'])}?year={YEAR}" in links[0]
    assert f"{reverse('hours:statistics_region', args=['450126'])}?year={YEAR}" in links[1]
    assert f"{reverse('hours:statistics_unit', args=[station.unit.pk])}?year={YEAR}" in links[2]


def test_breadcrumb_begins_with_highest_region_in_scope(ask, station):
    city = factories.region_reviewer(factories.region("450100"), "市里的终审员")
    page = ask(city, NAME, "450126", year=YEAR).content.decode()
    path = page.split('class="breadcrumb"')[1].split("</ol>")[0]
    assert text(path) == "> 用户管理中心 统计 南宁市 宾阳县"


@pytest.mark.parametrize(
    ("code", "status"), [("450100", 200), ("450126", 200), ("450000", 404), ("450202", 404), ("999999", 404)]
)
@pytest.mark.parametrize("name", [NAME, "statistics_region_excel"])
def test_city_reviewer_sees_city_and_regions_below(ask, station, library, name, code, status):
    city = factories.region_reviewer(factories.region("450100"), "市里的终审员")
    page = ask(city, name, code)
    assert page.status_code == status
    b"".join(page)


def test_region_gets_404_for_trainee_and_unit_reviewer(ask, station):
    for person in (station.huang, station.reviewer):
        assert ask(person, NAME, "450126").status_code == 404


def test_ended_appointment_gets_404(ask, station):
    city = factories.region("450100")
    was = factories.region_reviewer(
        city, "前终审员", valid_from=factories.moment(30).date(), valid_until=factories.moment(1).date()
    )
    assert ask(was, NAME, "450100").status_code == 404
    assert ask(was, "statistics").status_code == 404


def test_superuser_starts_at_root_and_sees_every_region(ask, station):
    someone = factories.administrator()
    assert ask(someone, "statistics").url == reverse("hours:statistics_region", args=["450000"])
    assert ask(someone, NAME, "450202").status_code == 200


def test_index_lists_several_places(ask, station):
    both = factories.unit_reviewer(station.unit, "双职")
    factories.appointments.appoint(both, "region_reviewer", region=factories.region("450202"))
    page = ask(both, "statistics").content.decode()
    assert reverse("hours:statistics_region", args=["450202"]) in page
    assert reverse("hours:statistics_unit", args=[station.unit.pk]) in page


def test_unknown_year_shows_this_year_with_note(ask, bureau, station):
    page = ask(bureau, NAME, "450000", year="abc").content.decode()
    assert f"没有“abc”年度的数据，以下为 {YEAR + 1} 年度。" in page


def test_empty_region_explains_itself(ask, bureau):
    page = ask(bureau, NAME, "450103").content.decode()
    assert "该年度还没有登记或公需学习记录" in page
    assert "该区域还没有单位" in page
    assert "<figure" not in page


def test_oldest_queues_come_first(ask, bureau, station):
    other = ReviewedUnit("青秀区绿化队", "450103", bureau)
    old = registration(factories.person("甲"), other.unit, 8)
    Registration.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(days=40))
    page = ask(bureau, NAME, "450000", year=YEAR)
    assert [[name, days, count] for name, _, days, count in rows(page, "初审积压最久的单位")] == [
        ["青秀区绿化队", "40 天", "1 条"],
        ["宾阳县甘棠镇林业站", "0 天", "1 条"],
    ]


def test_charts_have_title_description_and_table(ask, bureau, station, library):
    page = ask(bureau, NAME, "450000", year=YEAR).content.decode()
    assert page.count('role="img"') == page.count("<title id=") == page.count("<desc id=") == 5
    assert f">{YEAR} 年度学时</title>" in page
    assert "公需科目 30 学时，专业科目 130 学时，超出上限（不计入） 6 学时。</desc>" in page
    assert "南宁市 33.3%，柳州市 0%。</desc>" in page
    assert page.count('class="table stat-table"') == 4  # the regions' table is the one below
    assert "style=" not in page


def test_query_count_is_constant_for_many_units(ask, bureau, station):
    county = "450126"
    ask(bureau, NAME, county, year=YEAR, queries=17)
    for number in range(29):
        other = ReviewedUnit(f"第 {number} 站", county, bureau)
        registration(factories.person(f"第 {number} 人"), other.unit, 8)
    page = ask(bureau, NAME, county, year=YEAR, queries=17)
    assert len(rows(page, "宾阳县的单位")) == 30


def test_query_count_is_constant_for_many_regions(ask, bureau, station):
    ask(bureau, NAME, "450200", year=YEAR, queries=15)
    city = factories.region("450200")
    for number in range(29):
        regions.store(Region(code=f"4502{number + 40}", name=f"第 {number} 区", parent=city, kind="county"))
        other = ReviewedUnit(f"第 {number} 站", f"4502{number + 40}", bureau)
        other.recognised(factories.person(f"第 {number} 人"), 8)
    page = ask(bureau, NAME, "450200", year=YEAR, queries=15)
    assert len(rows(page, "各下级区域")) == 30


def test_excel_has_figures_of_page(ask, bureau, station, library):
    found = sheets(ask(bureau, "statistics_region_excel", "450126", year=YEAR))
    head, *lines = found["单位"]
    line = dict(zip(head, lines[0], strict=True))
    assert len(lines) == 1
    assert (line["单位名称"], line["有记录人数"], line["达标率（%）"]) == ("宾阳县甘棠镇林业站", 3, 33.3)
    assert (line["公需科目学时"], line["专业科目学时"], line["超出上限学时"]) == (30, 130, 6)
    assert (line["已认定"], line["不予认定"], line["不予认定率（%）"]) == (3, 1, 25)
    assert (line["初审平均用时（小时）"], line["终审平均用时（小时）"]) == (72, 32)
    assert [one[0] for one in found["本区域合计"]] == ["区域", "宾阳县"]


def test_excel_has_no_formula_from_unit_name(ask, bureau):
    factories.unit("=1+1", "450103")
    page = ask(bureau, "statistics_region_excel", "450103")
    assert sheets(page)["单位"][1][0] == "=1+1"
