"""统计 of a unit and its people; 未完成人员 as a list and as Excel."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from hours.models import YearRule
from hours.totals import sums
from tests import factories
from tests.statistics.conftest import YEAR, ReviewedUnit, completed, registration
from tests.statistics.pages import figures, rows, sheets, text

pytestmark = pytest.mark.django_db
NAME = "statistics_unit"
CAPTION, LIST = "本单位人员", "尚未达到年度要求的人员"


def test_page_shows_figures_and_people(ask, station):
    page = ask(station.reviewer, NAME, station.unit.pk, year=YEAR)
    assert figures(page)["有记录人数"] == "3"
    assert figures(page)["达标率"] == "33.3%"
    assert [[name, *line] for name, _, *line in rows(page, CAPTION)] == [
        ["李工", "30", "40", "70", "20", "未达标"],
        ["莫工", "0", "0", "0", "90", "无任何记录"],
        ["韦工", "0", "0", "0", "90", "未达标"],
        ["黄秋梦", "0", "90", "90", "0", "已达标"],
    ]


def test_page_counts_people_without_records(ask, station):
    page = text(ask(station.reviewer, NAME, station.unit.pk, year=YEAR).content.decode())
    assert "全部人员 4 人，其中 1 人本年度没有任何记录" in page
    assert "全员达标率 25%" in page


def test_page_links_to_certificates_of_unit(ask, client, station, bureau):
    """The link names the unit for both: by key for its reviewer, by code for the bureau."""
    for person in (station.reviewer, bureau):
        html = ask(person, NAME, station.unit.pk, year=YEAR).content.decode()
        [address] = re.findall(rf'href="({reverse("hours:certificates_unit")}[^"]*)"', html)
        page = client.get(address.replace("&amp;", "&"))
        assert (page.context["unit"], page.context["year"]) == (station.unit, YEAR)


def test_id_numbers_are_masked(ask, station):
    page = ask(station.reviewer, NAME, station.unit.pk, year=YEAR)
    masked = {name: number for name, number, *_ in rows(page, CAPTION)}
    assert masked["李工"] == f"*****{station.li.id_number[-4:]}"
    assert station.li.id_number not in page.content.decode()


def test_person_counted_elsewhere_is_listed_there_only(ask, station, library):
    moved = factories.person("搬走的", unit=station.unit)
    library.recognised(moved, 8)
    here = rows(ask(station.reviewer, NAME, station.unit.pk, year=YEAR), CAPTION)
    there = rows(ask(library.reviewer, NAME, library.unit.pk, year=YEAR), CAPTION)
    assert "搬走的" not in [line[0] for line in here]
    assert sorted(line[0] for line in there) == ["搬走的", "覃工"]


def test_inactive_person_without_records_is_not_listed(ask, station):
    factories.person("已停用", unit=station.unit, is_active=False)
    assert "已停用" not in ask(station.reviewer, NAME, station.unit.pk, year=YEAR).content.decode()


@pytest.mark.parametrize("name", [NAME, "statistics_outstanding", "statistics_unit_excel"])
def test_pages_are_visible_to_unit_and_bureaus_above_only(ask, bureau, station, library, name):
    city = factories.region_reviewer(factories.region("450100"), "市里的终审员")
    other_city = factories.region_admin(factories.region("450200"), "别市管理员")
    seen = {}
    for who in (station.reviewer, bureau, city, other_city, library.reviewer, station.huang):
        page = ask(who, name, station.unit.pk, year=YEAR)
        seen[who.name, who.pk] = page.status_code
        b"".join(page)
    assert list(seen.values()) == [200, 200, 200, 404, 404, 404]


def test_index_redirects_unit_reviewer_to_unit(ask, station):
    assert ask(station.reviewer, "statistics").url == reverse("hours:statistics_unit", args=[station.unit.pk])


def test_breadcrumb_depends_on_scope(ask, bureau, station):
    def path(who):
        page = ask(who, NAME, station.unit.pk, year=YEAR).content.decode()
        return text(page.split('class="breadcrumb"')[1].split("</ol>")[0])

    assert path(bureau) == "> 用户管理中心 统计 广西壮族自治区 南宁市 宾阳县 宾阳县甘棠镇林业站"
    assert path(station.reviewer) == "> 用户管理中心 统计 宾阳县甘棠镇林业站"


def test_unit_without_people_explains_itself(ask, bureau):
    other = ReviewedUnit("新单位", "450103", bureau)
    page = ask(other.reviewer, NAME, other.unit.pk).content.decode()
    assert "本单位还没有人员" in page
    assert "<figure" not in page


def test_outstanding_people_have_missing_hours(ask, station):
    page = ask(station.reviewer, "statistics_outstanding", station.unit.pk, year=YEAR)
    assert [(line[0], line[-2]) for line in rows(page, LIST)] == [("李工", "20"), ("莫工", "90"), ("韦工", "90")]
    assert "年度要求 90 学时，其中专业科目不少于 60 学时" in page.content.decode()


def test_reached_total_can_lack_professional_hours(ask, station):
    someone = factories.person("只学公需", unit=station.unit)
    completed(someone, 100)
    page = ask(station.reviewer, "statistics_outstanding", station.unit.pk, year=YEAR)
    assert [line[2:] for line in rows(page, LIST) if line[0] == "只学公需"] == [["100", "0", "100", "60", "未达标"]]


def test_year_without_rule_has_no_missing_hours(ask, station):
    YearRule.objects.filter(year=YEAR).delete()
    sums.recount(YEAR)
    page = ask(station.reviewer, "statistics_outstanding", station.unit.pk, year=YEAR)
    assert f"{YEAR} 年度没有年度规则" in page.content.decode()
    assert {line[-2] for line in rows(page, LIST)} == {"—"}


def test_no_outstanding_people(ask, bureau):
    other = ReviewedUnit("勤学单位", "450103", bureau)
    other.recognised(factories.person("勤学"), 90)
    page = ask(other.reviewer, "statistics_outstanding", other.unit.pk, year=YEAR).content.decode()
    assert "没有未完成人员" in page
    assert "only=outstanding" not in page


def test_excel_of_outstanding_people(ask, station):
    answer = ask(station.reviewer, "statistics_unit_excel", station.unit.pk, year=YEAR, only="outstanding")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    head, *lines = sheets(answer)["未完成人员"]
    assert head == ("姓名", "证件号码", "公需科目学时", "专业科目学时", "总学时", "还差", "情况")
    assert lines[0] == ("李工", f"*****{station.li.id_number[-4:]}", 30, 40, 70, 20, "未达标")
    assert [line[0] for line in lines] == ["李工", "莫工", "韦工"]


def test_excel_of_all_people(ask, station):
    lines = sheets(ask(station.reviewer, "statistics_unit_excel", station.unit.pk, year=YEAR))["人员"]
    assert [line[0] for line in lines[1:]] == ["李工", "莫工", "韦工", "黄秋梦"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "@x", "-1", "换\x0b行"])
def test_excel_has_no_formula_from_person_name(ask, station, name):
    factories.person(name, unit=station.unit)
    lines = sheets(ask(station.reviewer, "statistics_unit_excel", station.unit.pk, year=YEAR))["人员"]
    assert name.replace("\x0b", "") in [line[0] for line in lines]


def many(station: ReviewedUnit) -> None:
    """Add 28 people with a registration and 28 without records."""
    for number in range(28):
        registration(factories.person(f"第 {number} 人", unit=station.unit), station.unit, 8)
    for number in range(28):
        factories.person(f"新来的 {number}", unit=station.unit)


@pytest.mark.parametrize(("name", "queries"), [(NAME, 12), ("statistics_outstanding", 10)])
def test_query_count_is_constant_for_many_people(ask, station, name, queries):
    ask(station.reviewer, name, station.unit.pk, year=YEAR, queries=queries)
    many(station)
    page = ask(station.reviewer, name, station.unit.pk, year=YEAR, queries=queries)
    assert len(rows(page, CAPTION if name == NAME else LIST)) == 50
    second = ask(station.reviewer, name, station.unit.pk, year=YEAR, page=2, queries=queries)
    assert rows(second, CAPTION if name == NAME else LIST)[-1][0] in ("黄秋梦", "韦工")
