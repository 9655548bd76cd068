"""The unit search: an index in memory that must say what a plain scan of the table would say."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.constants import SEARCH_MAX_RANKED
from organizations import regions, search, units
from organizations.models import Region, Unit
from tests import factories

MAX_HITS = 10
pytestmark = pytest.mark.django_db


def names(matches: search.UnitMatches) -> list[str]:
    return [unit.name for unit in matches.units]


def in_bulk(unit_names: list[str], region_code: str = "450103") -> None:
    place = factories.region(region_code)
    Unit.objects.bulk_create(
        Unit(name=name, region=place, state=Unit.State.ACTIVE, credit_code=factories.unit_code()) for name in unit_names
    )
    search.revision.advance()


def listed(region: Region | None, page: int, size: int) -> tuple[list[Unit], int]:
    """A page of the list, and how many units there are in all."""
    keys, total = search.list_keys(region, page, size, search.index())
    units = Unit.objects.in_bulk(keys)
    return [units[key] for key in keys], total


def test_a_part_of_the_name_is_enough(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("博白县东平镇英梅村小学")
    assert names(search.find_units("林业")) == ["宾阳县甘棠镇林业站"]


def test_signs_that_nobody_sees_do_not_hide_a_unit(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    assert names(search.find_units("\u200b甘棠镇\u200e林业")) == ["宾阳县甘棠镇林业站"]


def test_one_character_is_enough(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("博白县东平镇英梅村小学")
    assert names(search.find_units("梅")) == ["博白县东平镇英梅村小学"]


def test_two_characters_inside_a_chosen_city_find_its_subtree_only(guangxi):
    for code in ("450100", "450103", "450126", "450200", "450202", "450000"):
        factories.unit(f"{factories.region(code).name}图书馆", code)
    found = search.find_units("图书", factories.region("450100"))
    assert sorted(names(found)) == sorted(["南宁市图书馆", "青秀区图书馆", "宾阳县图书馆"])
    assert (found.total, found.similar) == (3, False)
    assert names(search.find_units("图书", factories.region("450202"))) == ["城中区图书馆"]
    assert search.find_units("图书", guangxi).total == 6


def test_the_exact_name_comes_first_then_early_ones_then_short_ones(guangxi):
    for name in ("新城小学", "南宁市城小学", "城小学附属幼儿园", "城小学分校", "城小学"):
        factories.unit(name)
    assert names(search.find_units("城小学")) == [
        "城小学",
        "城小学分校",
        "城小学附属幼儿园",
        "新城小学",
        "南宁市城小学",
    ]


def test_all_of_several_words_must_be_there_in_any_order(guangxi):
    for name in ("南宁市第一小学", "南宁市第一中学", "柳州市第一小学"):
        factories.unit(name)
    assert names(search.find_units("小学 南宁")) == ["南宁市第一小学"]
    assert names(search.find_units("南宁　第一")) == ["南宁市第一中学", "南宁市第一小学"]
    assert names(search.find_units("南宁 南宁 小学")) == ["南宁市第一小学"]


def test_a_name_that_holds_the_word_twice_counts_once(guangxi):
    factories.unit("南宁市南宁大道南宁小学")
    found = search.find_units("南宁")
    assert (names(found), found.total) == (["南宁市南宁大道南宁小学"], 1)


def test_of_more_matches_than_are_ranked_all_are_counted_once(guangxi):
    in_bulk([f"南宁市南宁大道{number}号店" for number in range(SEARCH_MAX_RANKED + 50)])
    in_bulk(["柳州市南宁饭店"], "450202")
    found = search.find_units("南宁")
    assert (len(found.units), found.total, found.more) == (10, SEARCH_MAX_RANKED + 51, SEARCH_MAX_RANKED + 41)
    assert search.find_units("南宁", factories.region("450200")).total == 1
    assert search.find_units("店 南宁").total == SEARCH_MAX_RANKED + 51


def test_the_exact_name_comes_first_however_many_match_before_it(guangxi):
    in_bulk([f"南宁饭店{number:04d}" for number in range(2 * SEARCH_MAX_RANKED)])
    in_bulk(["南宁饭店"], "450202")
    assert names(search.find_units("南宁饭店"))[0] == "南宁饭店"


def test_names_that_begin_with_the_word_come_first_however_many_match_before_them(guangxi):
    in_bulk([f"青秀区南宁饭店{number:04d}" for number in range(SEARCH_MAX_RANKED + 50)])
    in_bulk(["南宁饭店总部"], "450202")
    assert names(search.find_units("南宁"))[0] == "南宁饭店总部"


def test_a_credit_code_or_its_beginning_finds_the_unit(guangxi):
    unit = factories.unit("宾阳县甘棠镇林业站", credit_code="12450126791325812B")
    factories.unit("梧州市电影公司", credit_code="91450403498738853K")
    for typed in (
        "12450126791325812B",
        "12450126791325812b",
        "124501",
        "1245 0126 7913",
        "１２４５０１２６",
        "12450126-79",
    ):
        assert search.find_units(typed).units == [unit], typed
    assert search.find_units("12450", None).total == 0


def test_a_credit_code_is_found_in_the_chosen_region_only(guangxi):
    factories.unit("宾阳县甘棠镇林业站", "450126", credit_code="12450126791325812B")
    assert search.find_units("12450126", factories.region("450100")).total == 1
    assert search.find_units("12450126", factories.region("450200")).total == 0


def test_many_codes_with_the_same_beginning_are_counted(guangxi):
    in_bulk([f"第{number}小学" for number in range(12)])
    found = search.find_units("124501")
    assert (len(found.units), found.total, found.more) == (10, 12, 2)
    assert [unit.credit_code for unit in found.units] == sorted(unit.credit_code for unit in found.units)


def test_latin_letters_that_are_no_code_are_looked_for_in_names(guangxi):
    factories.unit("广西ABCDEF科技有限公司")
    assert names(search.find_units("abcdef")) == ["广西ABCDEF科技有限公司"]


def test_if_no_name_has_the_keyword_similar_ones_are_offered(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("北海市金峰矿业有限公司")
    found = search.find_units("宾阳甘棠林业站")
    assert (names(found), found.total, found.similar) == (["宾阳县甘棠镇林业站"], 1, True)
    assert search.find_units("甘棠镇林业总站", factories.region("450200")) == search.UnitMatches([], 0)


def test_nothing_similar_is_no_match(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    assert search.find_units("飞机制造厂") == search.UnitMatches([], 0, similar=False)
    assert search.find_units("飞") == search.UnitMatches([], 0, similar=False)


def test_full_width_brackets_case_and_spaces_do_not_matter(guangxi):
    unit = factories.unit("广西ABC（南宁）有限公司 第1分公司")
    for typed in ("ａｂｃ", "abc(南宁)", "ABC（南宁）", "公司第１分", "公司 第1"):
        assert search.find_units(typed).units == [unit], typed


@pytest.mark.parametrize(
    "typed", ["", " ", "　", "\n\t", "\x00", ".", ".*", "[", "(", "\\", "^南", "南$", "南|宁", "%", "_", "'", '"']
)
def test_what_means_something_to_a_machine_means_nothing_here(guangxi, typed):
    factories.unit("南宁市小学")
    assert search.find_units(typed) == search.UnitMatches([], 0)


def test_machine_signs_in_names_are_found_and_counted_as_they_stand(guangxi):
    in_bulk([f"南宁.*+?[店]{number}" for number in range(SEARCH_MAX_RANKED + 5)] + ["南宁老店"])
    assert search.find_units(".*+?[店]").total == SEARCH_MAX_RANKED + 5


def test_a_pending_unit_is_found_and_a_disabled_one_is_not(guangxi):
    pending = factories.unit("南宁市新办小学", state=Unit.State.PENDING)
    factories.unit("南宁市停办小学", state=Unit.State.DISABLED, credit_code="12450126791325812B")
    assert search.find_units("小学").units == [pending]
    assert search.find_units("12450126791325812B").total == 0
    assert listed(None, 1, 10) == ([pending], 1)


def test_a_new_unit_is_found_at_once(guangxi):
    assert search.find_units("林业").total == 0
    unit = factories.unit("宾阳县甘棠镇林业站")
    assert search.find_units("林业").units == [unit]


def test_a_renamed_disabled_or_merged_unit_is_known_at_once(guangxi):
    first, second, third = (factories.unit(f"宾阳县第{number}林业站") for number in "123")
    assert search.find_units("林业").total == 3
    first.name = "宾阳县第一园艺场"
    units.store(first)
    assert names(search.find_units("林业")) == ["宾阳县第2林业站", "宾阳县第3林业站"]
    units.merge(second, into=third)
    assert names(search.find_units("林业")) == ["宾阳县第3林业站"]
    units.disable(third)
    assert search.find_units("林业").total == 0


def test_a_moved_region_takes_its_units_with_it_at_once(guangxi):
    unit = factories.unit("宾阳县甘棠镇林业站", "450126")
    assert search.find_units("林业", factories.region("450200")).total == 0
    county = factories.region("450126")
    county.parent = factories.region("450200")
    regions.store(county)
    assert search.find_units("林业", factories.region("450200")).units == [unit]
    assert search.find_units("林业", factories.region("450100")).total == 0


def test_其他单位_stands_in_no_list(guangxi):
    unaffiliated = units.unaffiliated(guangxi)
    assert unaffiliated.name == "其他单位"
    assert search.find_units("其他单位") == search.UnitMatches([], 0)
    assert listed(None, 1, 10) == ([], 0)


def test_pages_follow_the_order_of_the_tree(guangxi):
    for code in ("450202", "450126", "450000", "450103", "450100"):
        factories.unit(f"{factories.region(code).name}图书馆", code)
    first, total = listed(None, 1, 3)
    second, _ = listed(None, 2, 3)
    assert [unit.region.code for unit in first + second] == ["450000", "450100", "450103", "450126", "450202"]
    assert total == 5
    assert listed(None, 3, 3)[0] == second
    assert [unit.region.code for unit in listed(factories.region("450100"), 1, 3)[0]] == [
        "450100",
        "450103",
        "450126",
    ]


def test_a_search_reads_the_revision_and_the_units_it_shows(guangxi, django_assert_num_queries):
    in_bulk([f"南宁市第{number}小学" for number in range(30)])
    search.find_units("小学")
    with django_assert_num_queries(2):
        units_found = search.find_units("小学").units
        assert {unit.region.name for unit in units_found} == {"青秀区"}


def rank(name: str, word: str) -> tuple[bool, int, int]:
    return name != word, name.find(word), len(name)


# Few characters, so that words meet: also twice in a name, across the ends of names, in full width and in brackets.
few = "南宁市（小)aＡ1 "
codes = [code for code, *_ in factories.REGIONS]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    placed=st.lists(st.tuples(st.text(few, min_size=1, max_size=8), st.sampled_from(codes)), max_size=40),
    keyword=st.text(few, min_size=1, max_size=5),
    within=st.sampled_from([None, *codes]),
    ranked=st.sampled_from([12, 400]),
)
def test_the_index_says_what_a_plain_scan_says(guangxi, monkeypatch, placed, keyword, within, ranked):
    monkeypatch.setattr(search, "SEARCH_MAX_RANKED", ranked)
    Unit.objects.all().delete()
    for code in codes:
        in_bulk([name for name, place in placed if place == code], code)
    region = factories.region(within) if within else None
    words = [word for word in map(search.normalise, keyword.split()) if word]
    rows = list((Unit.objects.within(region) if region else Unit.objects).in_tree_order())
    expected = [unit for unit in rows if words and all(word in search.normalise(unit.name) for word in words)]
    found = search.find_units(keyword, region)
    if expected:
        assert (found.total, found.similar) == (len(expected), False)
        assert set(found.units) <= set(expected)
        assert len(set(found.units)) == len(found.units) == min(len(expected), MAX_HITS)
        if len(expected) <= ranked:
            assert (
                found.units == sorted(expected, key=lambda unit: rank(search.normalise(unit.name), words[0]))[:MAX_HITS]
            )
    else:
        assert found.similar or found == search.UnitMatches([], 0)
    everything, total = listed(region, 1, 1000)
    assert (everything, total) == (rows, len(rows))
