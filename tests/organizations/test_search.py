"""The unit search. Its index must give the results of a plain scan of the table."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.constants import SEARCH_MAX_RANKED
from organizations import regions, revision, search, units
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
    revision.advance()


def listed(region: Region | None, page: int, size: int) -> tuple[list[Unit], int]:
    """Return a page of the list and the number of all units."""
    keys, total = search.list_keys(region, page, size, search.index())
    units = Unit.objects.in_bulk(keys)
    return [units[key] for key in keys], total


def test_part_of_name_finds_unit(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("博白县东平镇英梅村小学")
    assert names(search.find_units("林业")) == ["宾阳县甘棠镇林业站"]


def test_invisible_characters_are_ignored(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    assert names(search.find_units("\u200b甘棠镇\u200e林业")) == ["宾阳县甘棠镇林业站"]


def test_one_character_finds_unit(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("博白县东平镇英梅村小学")
    assert names(search.find_units("梅")) == ["博白县东平镇英梅村小学"]


def test_search_is_limited_to_subtree(guangxi):
    for code in ("450100", "450103", "450126", "450200", "450202", "450000"):
        factories.unit(f"{factories.region(code).name}图书馆", code)
    found = search.find_units("图书", factories.region("450100"))
    assert sorted(names(found)) == sorted(["南宁市图书馆", "青秀区图书馆", "宾阳县图书馆"])
    assert (found.total, found.similar) == (3, False)
    assert names(search.find_units("图书", factories.region("450202"))) == ["城中区图书馆"]
    assert search.find_units("图书", guangxi).total == 6


def test_rank_is_exact_then_early_then_short(guangxi):
    for name in ("新城小学", "南宁市城小学", "城小学附属幼儿园", "城小学分校", "城小学"):
        factories.unit(name)
    assert names(search.find_units("城小学")) == [
        "城小学",
        "城小学分校",
        "城小学附属幼儿园",
        "新城小学",
        "南宁市城小学",
    ]


def test_all_words_must_occur_in_any_order(guangxi):
    for name in ("南宁市第一小学", "南宁市第一中学", "柳州市第一小学"):
        factories.unit(name)
    assert names(search.find_units("小学 南宁")) == ["南宁市第一小学"]
    assert names(search.find_units("南宁　第一")) == ["南宁市第一中学", "南宁市第一小学"]
    assert names(search.find_units("南宁 南宁 小学")) == ["南宁市第一小学"]


def test_word_twice_in_name_counts_once(guangxi):
    factories.unit("南宁市南宁大道南宁小学")
    found = search.find_units("南宁")
    assert (names(found), found.total) == (["南宁市南宁大道南宁小学"], 1)


def test_total_counts_unranked_matches_once(guangxi):
    in_bulk([f"南宁市南宁大道{number}号店" for number in range(SEARCH_MAX_RANKED + 50)])
    in_bulk(["柳州市南宁饭店"], "450202")
    found = search.find_units("南宁")
    assert (len(found.units), found.total, found.more) == (10, SEARCH_MAX_RANKED + 51, SEARCH_MAX_RANKED + 41)
    assert search.find_units("南宁", factories.region("450200")).total == 1
    assert search.find_units("店 南宁").total == SEARCH_MAX_RANKED + 51


def test_exact_name_is_first_beyond_ranked_matches(guangxi):
    in_bulk([f"南宁饭店{number:04d}" for number in range(2 * SEARCH_MAX_RANKED)])
    in_bulk(["南宁饭店"], "450202")
    assert names(search.find_units("南宁饭店"))[0] == "南宁饭店"


def test_prefix_match_is_first_beyond_ranked_matches(guangxi):
    in_bulk([f"青秀区南宁饭店{number:04d}" for number in range(SEARCH_MAX_RANKED + 50)])
    in_bulk(["南宁饭店总部"], "450202")
    assert names(search.find_units("南宁"))[0] == "南宁饭店总部"


def test_credit_code_prefix_finds_unit(guangxi):
    unit = factories.unit("宾阳县甘棠镇林业站", credit_code="12450126791325812B")
    factories.unit("梧州市电影公司", credit_code="91450403498738853K")
    for typed in (
        "12450126791325812B",
        "12450126791325812b",
        "1245",
        "124501",
        "1245 0126 7913",
        "１２４５０１２６",
        "12450126-79",
    ):
        assert search.find_units(typed).units == [unit], typed
    assert search.find_units("124", None).total == 0


def test_credit_code_search_is_limited_to_region(guangxi):
    factories.unit("宾阳县甘棠镇林业站", "450126", credit_code="12450126791325812B")
    assert search.find_units("12450126", factories.region("450100")).total == 1
    assert search.find_units("12450126", factories.region("450200")).total == 0


def test_units_with_same_code_prefix_are_counted(guangxi):
    in_bulk([f"第{number}小学" for number in range(12)])
    found = search.find_units("124501")
    assert (len(found.units), found.total, found.more) == (10, 12, 2)
    codes = [unit.credit_code or "" for unit in found.units]
    assert codes == sorted(codes)


def test_latin_keyword_without_code_match_searches_names(guangxi):
    factories.unit("广西ABCDEF科技有限公司")
    assert names(search.find_units("abcdef")) == ["广西ABCDEF科技有限公司"]


def test_similar_names_are_found_without_exact_match(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    factories.unit("北海市金峰矿业有限公司")
    found = search.find_units("宾阳甘棠林业站")
    assert (names(found), found.total, found.similar) == (["宾阳县甘棠镇林业站"], 1, True)
    assert search.find_units("甘棠镇林业总站", factories.region("450200")) == search.UnitMatches([], 0)


def test_dissimilar_names_are_no_match(guangxi):
    factories.unit("宾阳县甘棠镇林业站")
    assert search.find_units("飞机制造厂") == search.UnitMatches([], 0, similar=False)
    assert search.find_units("飞") == search.UnitMatches([], 0, similar=False)


def test_width_brackets_case_and_spaces_are_ignored(guangxi):
    unit = factories.unit("广西ABC（南宁）有限公司 第1分公司")
    for typed in ("ａｂｃ", "abc(南宁)", "ABC（南宁）", "公司第１分", "公司 第1"):
        assert search.find_units(typed).units == [unit], typed


@pytest.mark.parametrize(
    "typed", ["", " ", "　", "\n\t", "\x00", ".", ".*", "[", "(", "\\", "^南", "南$", "南|宁", "%", "_", "'", '"']
)
def test_special_characters_match_nothing(guangxi, typed):
    factories.unit("南宁市小学")
    assert search.find_units(typed) == search.UnitMatches([], 0)


def test_regex_characters_in_names_are_literal(guangxi):
    in_bulk([f"南宁.*+?[店]{number}" for number in range(SEARCH_MAX_RANKED + 5)] + ["南宁老店"])
    assert search.find_units(".*+?[店]").total == SEARCH_MAX_RANKED + 5


def test_pending_unit_is_found_disabled_is_not(guangxi):
    pending = factories.unit("南宁市新办小学", state=Unit.State.PENDING)
    factories.unit("南宁市停办小学", state=Unit.State.DISABLED, credit_code="12450126791325812B")
    assert search.find_units("小学").units == [pending]
    assert search.find_units("12450126791325812B").total == 0
    assert listed(None, 1, 10) == ([pending], 1)


def test_new_unit_is_found_at_once(guangxi):
    assert search.find_units("林业").total == 0
    unit = factories.unit("宾阳县甘棠镇林业站")
    assert search.find_units("林业").units == [unit]


def test_changed_units_are_found_at_once(guangxi):
    first, second, third = (factories.unit(f"宾阳县第{number}林业站") for number in "123")
    assert search.find_units("林业").total == 3
    first.name = "宾阳县第一园艺场"
    units.store(first)
    assert names(search.find_units("林业")) == ["宾阳县第2林业站", "宾阳县第3林业站"]
    units.merge(second, into=third)
    assert names(search.find_units("林业")) == ["宾阳县第3林业站"]
    units.disable(third)
    assert search.find_units("林业").total == 0


def test_moved_region_moves_its_units_at_once(guangxi):
    unit = factories.unit("宾阳县甘棠镇林业站", "450126")
    assert search.find_units("林业", factories.region("450200")).total == 0
    county = factories.region("450126")
    county.parent = factories.region("450200")
    regions.store(county)
    assert search.find_units("林业", factories.region("450200")).units == [unit]
    assert search.find_units("林业", factories.region("450100")).total == 0


def test_unaffiliated_is_in_no_list(guangxi):
    unaffiliated = units.unaffiliated(guangxi)
    assert unaffiliated.name == "其他单位"
    assert search.find_units("其他单位") == search.UnitMatches([], 0)
    assert listed(None, 1, 10) == ([], 0)


def test_pages_are_in_tree_order(guangxi):
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


def test_search_takes_two_queries(guangxi, django_assert_num_queries):
    in_bulk([f"南宁市第{number}小学" for number in range(30)])
    search.find_units("小学")
    with django_assert_num_queries(2):
        units_found = search.find_units("小学").units
        assert {unit.region.name for unit in units_found} == {"青秀区"}


def rank(name: str, word: str) -> tuple[bool, int, int]:
    return name != word, name.find(word), len(name)


# Few characters, so that words occur often: twice in a name, across names, in full width, in brackets.
CHARACTERS = "南宁市（小)aＡ1 "
CODES = [code for code, *_ in factories.REGIONS]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    placed=st.lists(st.tuples(st.text(CHARACTERS, min_size=1, max_size=8), st.sampled_from(CODES)), max_size=40),
    keyword=st.text(CHARACTERS, min_size=1, max_size=5),
    within=st.sampled_from([None, *CODES]),
    ranked=st.sampled_from([12, 400]),
)
def test_index_agrees_with_plain_scan(guangxi, monkeypatch, placed, keyword, within, ranked):
    monkeypatch.setattr(search, "SEARCH_MAX_RANKED", ranked)
    Unit.objects.all().delete()
    for code in CODES:
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
        assert (found == search.UnitMatches([], 0)) is not found.similar
        assert set(found.units) <= set(rows)
    everything, total = listed(region, 1, 1000)
    assert (everything, total) == (rows, len(rows))
