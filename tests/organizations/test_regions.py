"""The region tree: load, change, concurrent changes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from organizations import regions, revision
from organizations.models import Region
from tests import factories


def numbers() -> list[tuple[Any, ...]]:
    return list(Region.objects.order_by("pk").values_list("pk", "parent_id", "tree_id", "lft", "rght", "level"))


def outline(root: Region) -> list[str]:
    below = Region.objects.within(root).order_by("lft")
    return [f"{'  ' * (region.level - root.level)}{region.name}" for region in below]


def assert_valid_tree() -> None:
    """Assert that renumbering the whole tree changes nothing."""
    before = numbers()
    Region.objects.rebuild()
    assert numbers() == before


def new(code: str, name: str, parent: Region | None, kind: str = Region.Kind.COUNTY) -> Region:
    return regions.store(Region(code=code, name=name, kind=kind, parent=parent))


@pytest.mark.django_db
def test_guangxi_has_126_regions():
    assert regions.load("450000") == 126
    root = regions.root()
    kinds = Region.objects.values_list("kind", flat=True)
    assert [list(kinds).count(kind) for kind in Region.Kind.values] == [1, 14, 111]
    assert (root.name, root.level, root.get_descendant_count()) == ("广西壮族自治区", 0, 125)
    assert [child.name for child in root.get_children()][:3] == ["南宁市", "柳州市", "桂林市"]
    assert_valid_tree()


@pytest.mark.django_db
def test_second_load_changes_nothing():
    regions.load("450000")
    before, number = numbers(), revision.current()
    assert regions.load("450000") == 0
    assert (numbers(), revision.current()) == (before, number)


@pytest.mark.django_db
def test_load_keeps_changes_and_adds_missing_regions(guangxi):
    county = factories.region("450126")
    county.name = "宾州市"
    regions.store(county)
    assert regions.load("450000") == 120
    assert Region.objects.get(code="450126").name == "宾州市"
    assert_valid_tree()


@pytest.mark.slow
@pytest.mark.django_db
def test_whole_country_is_a_forest():
    assert regions.load("all") == 3210
    assert not Region.objects.filter(parent=None).exclude(kind=Region.Kind.PROVINCE).exists()
    assert_valid_tree()


@pytest.mark.django_db
def test_unknown_code_is_refused():
    with pytest.raises(ValueError, match="999999"):
        regions.load("999999")
    assert not Region.objects.exists()


@pytest.mark.django_db
def test_new_region_is_ordered_by_code(guangxi):
    new("450102", "兴宁区", factories.region("450100"))
    assert outline(factories.region("450100")) == ["南宁市", "  兴宁区", "  青秀区", "  宾阳县"]
    assert_valid_tree()


@pytest.mark.django_db
def test_moved_region_takes_its_subtree(guangxi):
    street = new("450127", "宾州镇", factories.region("450126"))
    county = factories.region("450126")
    county.parent = factories.region("450200")
    regions.store(county)
    assert outline(factories.region("450000")) == [
        "广西壮族自治区",
        "  南宁市",
        "    青秀区",
        "  柳州市",
        "    宾阳县",
        "      宾州镇",
        "    城中区",
    ]
    street.refresh_from_db()
    assert [region.name for region in Region.objects.with_ancestors(street)] == [
        "广西壮族自治区",
        "柳州市",
        "宾阳县",
        "宾州镇",
    ]
    assert_valid_tree()


@pytest.mark.django_db
def test_move_with_outdated_tree_numbers(guangxi):
    stale, stale_parent = factories.region("450202"), factories.region("450100")
    for code in ("450102", "450104", "450105"):
        new(code, f"新区{code}", factories.region("450100"))
    stale.parent = stale_parent
    regions.store(stale)
    assert outline(factories.region("450200")) == ["柳州市"]
    assert_valid_tree()


@pytest.mark.django_db
@pytest.mark.parametrize("below", ["450100", "450126"])
def test_move_below_itself_is_refused(guangxi, below):
    before = numbers()
    city = factories.region("450100")
    city.parent = factories.region(below)
    with pytest.raises(ValidationError) as refused:
        regions.store(city)
    assert refused.value.message_dict == {"parent": ["区域不能移到自身或其下级区域之下。"]}
    assert numbers() == before


@pytest.mark.django_db
def test_change_increments_revision(guangxi):
    number = revision.current()
    new("450102", "兴宁区", guangxi)
    assert revision.current() == number + 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_changes_keep_tree_valid():
    factories.regions()
    cities = ["450100", "450200"]

    def add_and_move(number: int) -> None:
        try:
            added = new(f"4503{number:02d}", f"新区{number}", factories.region(cities[number % 2]))
            added.parent = factories.region(cities[(number + 1) % 2])
            regions.store(added)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_and_move, range(24)))
    assert Region.objects.count() == 30
    assert [factories.region(code).get_descendant_count() for code in cities] == [14, 13]
    assert_valid_tree()
