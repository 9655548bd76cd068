"""The unit picker of the dialog 批量提交审核."""

import re
from urllib.parse import quote

import pytest
from django.core.paginator import Page
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory

from organizations import units
from organizations.models import Region, Unit
from organizations.picker import UnitPicker, unit_picker
from tests import factories

pytestmark = pytest.mark.django_db

QUERIES = 2  # the revision; the units of the page with 其他单位


@pytest.fixture
def unaffiliated(guangxi):
    return units.unaffiliated(guangxi)


def pick(query: str = "") -> UnitPicker:
    return unit_picker(QueryDict(query))


def lines(picker: UnitPicker) -> list[str]:
    return [f"{'  ' * node.depth}{node.name}" for node in picker.tree]


def names(picker: UnitPicker) -> list[str]:
    return [unit.name for unit in picker.units]


def page_of(picker: UnitPicker) -> Page[Unit]:
    assert picker.page is not None
    return picker.page


def schools(count: int) -> None:
    for number in range(1, count + 1):
        factories.unit(f"南宁市第{number:02d}小学", "450103")


def test_root_is_selected_and_open_by_default(guangxi):
    picker = pick()
    assert lines(picker) == ["广西壮族自治区", "  南宁市", "  柳州市"]
    assert [(node.name, node.is_selected, node.is_open, node.has_children) for node in picker.tree] == [
        ("广西壮族自治区", True, True, True),
        ("南宁市", False, False, True),
        ("柳州市", False, False, True),
    ]
    assert picker.is_everywhere


def test_path_to_selected_region_is_open(guangxi):
    picker = pick("region=450126")
    assert lines(picker) == ["广西壮族自治区", "  南宁市", "    青秀区", "    宾阳县", "  柳州市"]
    assert [node.code for node in picker.tree if node.is_selected] == ["450126"]
    assert [node.code for node in picker.tree if node.is_open] == ["450000", "450100", "450126"]
    assert [node.code for node in picker.tree if node.has_children] == ["450000", "450100", "450200"]
    assert picker.region.name == "宾阳县"


def test_last_county_of_last_city_has_depth_two(guangxi):
    assert lines(pick("region=450202")) == ["广西壮族自治区", "  南宁市", "  柳州市", "    城中区"]


@pytest.mark.parametrize("code", ["", "999999", "450000 ", "宾阳县", "45'--", "110101", "\x00"])
def test_unknown_region_becomes_root(guangxi, code):
    beijing = Region.objects.create(code="110000", name="北京市", kind="province")
    Region.objects.create(code="110101", name="东城区", kind="county", parent=beijing)
    picker = unit_picker(_query(region=code))
    assert picker.region == guangxi
    assert lines(picker) == ["广西壮族自治区", "  南宁市", "  柳州市"]


def _query(**values: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def test_units_are_paged_without_keyword(guangxi):
    schools(12)
    factories.unit("柳州市图书馆", "450202")
    first, second = pick("region=450100"), pick("region=450100&page=2")
    assert names(first) == [f"南宁市第{number:02d}小学" for number in range(1, 11)]
    assert names(second) == ["南宁市第11小学", "南宁市第12小学"]
    assert (first.total, first.more, page_of(first).paginator.num_pages) == (12, 0, 2)
    assert (page_of(first).has_previous(), page_of(first).has_next()) == (False, True)
    page = page_of(second)
    assert (page.has_previous(), page.has_next(), page.start_index()) == (True, False, 11)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("1", 1),
        ("2", 2),
        ("3", 2),
        ("999999999", 2),
        ("99999999999999", 1),
        ("0", 1),
        ("-1", 1),
        ("二", 1),
        ("²", 1),
        ("1.5", 1),
        ("", 1),
    ],
)
def test_unknown_page_becomes_nearest(guangxi, asked, number):
    schools(12)
    picker = unit_picker(_query(page=asked))
    assert page_of(picker).number == number
    assert len(picker.units) == {1: 10, 2: 2}[number]


def test_many_pages_have_a_gap(guangxi):
    schools(111)
    page = page_of(pick())
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    assert [str(number) for number in numbers] == ["1", "2", "…", "12"]


def test_empty_region_has_one_empty_page(guangxi):
    picker = pick("region=450202&page=7")
    assert (picker.units, picker.total) == ([], 0)
    assert (page_of(picker).number, page_of(picker).has_next()) == (1, False)


def test_keyword_shows_ten_best_and_counts_others(guangxi):
    schools(12)
    picker = pick("q=小学")
    assert (len(picker.units), picker.total, picker.more, picker.similar, picker.page) == (10, 12, 2, False, None)


def test_keyword_is_limited_to_selected_region(guangxi):
    factories.unit("宾阳县图书馆", "450126")
    factories.unit("柳州市图书馆", "450202")
    assert names(pick("q=图书&region=450100")) == ["宾阳县图书馆"]
    assert names(pick("q=图书")) == ["宾阳县图书馆", "柳州市图书馆"]


def test_keyword_without_match_finds_similar_names(guangxi):
    factories.unit("宾阳县甘棠镇林业站", "450126")
    picker = pick("q=宾阳甘棠林业站")
    assert (names(picker), picker.similar) == (["宾阳县甘棠镇林业站"], True)


def test_keyword_is_kept_as_typed(guangxi):
    picker = pick('q= <b>"小学" ')
    assert (picker.keyword, picker.units, picker.total) == ('<b>"小学"', [], 0)


def test_unaffiliated_is_offered_beside_every_list(unaffiliated):
    schools(1)
    for query in ("", "q=小学", "q=其他单位", "region=450202", "q=没有"):
        picker = pick(query)
        assert picker.unaffiliated == unaffiliated
        assert unaffiliated not in picker.units


def test_pending_unit_is_offered_disabled_is_not(guangxi):
    factories.unit("南宁市停办小学", "450103", state=Unit.State.DISABLED)
    pending = factories.unit("南宁市新办小学", "450103", state=Unit.State.PENDING)
    assert pick().units == [pending]
    assert pick("q=小学").units == [pending]


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("query", ["", "region=450126", "page=2", "q=小学", "q=小学&region=450103", "q=南宁第小学"])
def test_query_count_is_constant(unaffiliated, django_assert_num_queries, count, query):
    schools(count)
    factories.unit("宾阳县甘棠镇林业站", "450126")
    pick()  # builds the index
    with django_assert_num_queries(QUERIES):
        pick(query)


def test_code_keyword_takes_at_most_two_more_queries(unaffiliated, django_assert_max_num_queries):
    for number in range(30):
        factories.unit(f"abcdef{number}公司")
    pick()
    for query in ("q=124501", "q=abcdef", "q=zzzzzzzz"):
        with django_assert_max_num_queries(QUERIES + 2):
            pick(query)


# --- The template ------------------------------------------------------------------------------------------------


def dialog(rf: RequestFactory, query: str = "", chosen: Unit | None = None) -> str:
    request = rf.get(f"/hours/submit/?{query}")
    context = {"picker": unit_picker(request.GET), "chosen": chosen}
    return render_to_string("organizations/_unit_picker.html", context, request)


def ticked(html: str) -> list[str]:
    return re.findall(r'type="radio" name="unit" id="unit-\d+" value="(\d+)" checked', html)


def test_page_has_the_hints_of_the_manual(rf, unaffiliated):
    html = dialog(rf)
    for hint in (
        "请在[单位名称]栏中输入单位名称的关键词进行模糊查询，模糊查询时单位只显示前10条符合条件的查询数据",
        "如当前没有工作单位，请在[单位名称]栏中输入“其他单位”",
        "如果所查询的单位名称在系统中不存在，请联系单位负责人先在本系统",
    ):
        assert hint in html


def test_tree_links_keep_other_parameters(rf, unaffiliated):
    links = set(
        re.findall(r'href="(\?[^"]*region=[^"]*)"', dialog(rf, "registration=1&registration=2&q=小学&page=3&go=search"))
    )
    kept = "?registration=1&amp;registration=2&amp;q=%E5%B0%8F%E5%AD%A6&amp;region="
    assert links == {kept + code for code in ("450000", "450100", "450200")}
    assert '?region=450100"' in dialog(rf)


def test_page_links_keep_other_parameters(rf, unaffiliated):
    schools(12)
    html = dialog(rf, "registration=1&region=450103")
    assert 'href="?registration=1&amp;region=450103&amp;page=2"' in html


def test_add_link_returns_to_this_page(rf, unaffiliated):
    back = quote("/hours/submit/?registration=1&registration=2&region=450126", safe="")
    assert f'href="/units/add/?next={back}&amp;region=450126"' in dialog(
        rf, "registration=1&registration=2&region=450126"
    )


def test_page_shows_number_of_matches(rf, unaffiliated):
    schools(12)
    assert "广西壮族自治区符合“小学”的单位有 12 个，以下为前 10 个，另有 2 个未显示" in dialog(rf, "q=小学")
    assert "南宁市没有名称含“南宁第小学”的单位，名称相近的有 12 个" in dialog(rf, "q=南宁第小学&region=450100")
    assert "没有符合“图书馆”的单位，请核对名称，或点击下方【添加单位】。" in dialog(rf, "q=图书馆")
    assert "柳州市没有符合“图书馆”的单位。" in dialog(rf, "q=图书馆&region=450200")


def test_chosen_unit_is_ticked_once(rf, unaffiliated):
    listed, elsewhere = factories.unit("南宁市小学", "450103"), factories.unit("柳州市小学", "450202")
    for chosen in (listed, elsewhere):
        html = dialog(rf, "region=450103", chosen)
        assert ticked(html) == [str(chosen.pk)]
        assert html.count(f'value="{chosen.pk}"') == 1


def test_keyword_unaffiliated_points_below_list(rf, unaffiliated):
    html = dialog(rf, "q=其他单位", unaffiliated)
    assert "没有工作单位的人员，请选择下方的“其他单位”。" in html
    assert ticked(html) == [str(unaffiliated.pk)]


def test_pending_unit_is_marked(rf, unaffiliated):
    factories.unit("南宁市新办小学", state=Unit.State.PENDING)
    factories.unit("南宁市老小学")
    assert dialog(rf).count("待核实") == 1


def test_keyword_is_escaped(rf, unaffiliated):
    html = dialog(rf, "q=%3Cscript%3E%22")
    assert "<script>" not in html
    assert 'value="&lt;script&gt;&quot;"' in html
