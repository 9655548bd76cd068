"""Administration of the region tree."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from organizations import regions
from organizations.models import Region
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:organizations_region_changelist")
ADD = reverse("admin:organizations_region_add")


@pytest.fixture(autouse=True)
def superuser(guangxi, client):
    person = factories.administrator()
    client.force_login(person)
    return person


def change_url(code: str) -> str:
    return reverse("admin:organizations_region_change", args=[factories.region(code).pk])


def form(code: str, name: str, parent: str, kind: str = "county") -> dict[str, object]:
    return {"code": code, "name": name, "kind": kind, "parent": factories.region(parent).pk if parent else ""}


def listed(client: Client, **query: str) -> list[str]:
    return [region.name for region in client.get(LIST, query).context["cl"].result_list]


def test_list_is_indented_tree(client):
    html = client.get(LIST).content.decode()
    assert listed(client) == ["广西壮族自治区", "南宁市", "青秀区", "宾阳县", "柳州市", "城中区"]
    assert '<span class="tree-level-0">广西壮族自治区</span>' in html
    assert '<span class="tree-level-2">宾阳县</span>' in html
    assert "css/admin_tree.css" in html
    assert " style=" not in html


def test_search_finds_name_and_code_prefix(client):
    assert listed(client, q="宾阳") == ["宾阳县"]
    assert listed(client, q="4502") == ["柳州市", "城中区"]
    assert listed(client, kind__exact="city") == ["南宁市", "柳州市"]


def test_added_region_is_in_order(client):
    client.post(ADD, form("450102", "兴宁区", "450100"))
    assert listed(client) == ["广西壮族自治区", "南宁市", "兴宁区", "青秀区", "宾阳县", "柳州市", "城中区"]


def test_changed_parent_moves_subtree(client):
    response = client.post(change_url("450126"), form("450126", "宾阳县", "450200"))
    assert response.status_code == 302
    assert listed(client) == ["广西壮族自治区", "南宁市", "青秀区", "柳州市", "宾阳县", "城中区"]
    before = list(Region.objects.order_by("pk").values_list("lft", "rght", "level"))
    Region.objects.rebuild()
    assert list(Region.objects.order_by("pk").values_list("lft", "rght", "level")) == before


@pytest.mark.parametrize("parent", ["450100", "450126"])
def test_move_below_itself_is_a_field_error(client, parent):
    response = client.post(change_url("450100"), form("450100", "南宁市", parent, "city"))
    assert response.context["adminform"].form.errors == {"parent": ["区域不能移到自身或其下级区域之下。"]}
    assert factories.region("450100").parent.code == "450000"


def test_error_found_under_lock_is_shown(client, monkeypatch):
    def refuse(region):
        raise ValidationError({"parent": regions.CYCLE_ERROR})

    monkeypatch.setattr(regions, "store", refuse)
    response = client.post(change_url("450126"), form("450126", "宾阳县", "450200"), follow=True)
    assert message_texts(response) == ["区域不能移到自身或其下级区域之下。"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("45012", "行政区划代码应为 6 位数字。"),
        ("45012X", "行政区划代码应为 6 位数字。"),
        ("450126", "具有 行政区划代码 的 区域 已存在。"),
    ],
)
def test_invalid_code_is_refused(client, code, sentence):
    response = client.post(ADD, form(code, "新区", "450100"))
    assert [str(error) for error in response.context["adminform"].form.errors["code"]] == [sentence]
    assert Region.objects.count() == 6


def delete(client: Client, code: str) -> Any:
    url = reverse("admin:organizations_region_delete", args=[factories.region(code).pk])
    return client.post(url, {"post": "yes"})


def test_delete_needs_region_without_references(client):
    factories.unit(region_code="450126")
    factories.region_reviewer(factories.region("450202"))
    for code in ("450100", "450126", "450202"):
        assert delete(client, code).status_code == 403, code
    assert delete(client, "450103").status_code == 302
    assert listed(client) == ["广西壮族自治区", "南宁市", "宾阳县", "柳州市", "城中区"]
    before = list(Region.objects.order_by("pk").values_list("lft", "rght", "level"))
    Region.objects.rebuild()
    assert list(Region.objects.order_by("pk").values_list("lft", "rght", "level")) == before


def test_remove_refuses_region_in_use(client):
    factories.unit(region_code="450126")
    with pytest.raises(ValidationError, match="区域“宾阳县”有下级区域或已被使用，不能删除。"):
        regions.remove(factories.region("450126"))


def test_city_of_old_registrations_is_kept(client, rules):
    factories.submitted(factories.person(), factories.unit(region_code="450103"))
    for code in ("450103", "450126"):
        county = factories.region(code)
        county.parent = factories.region("450200")
        regions.store(county)
    assert delete(client, "450100").status_code == 403
    with pytest.raises(ValidationError, match="区域“南宁市”有下级区域或已被使用，不能删除。"):
        regions.remove(factories.region("450100"))


def test_bulk_delete_is_unavailable(client):
    chosen = Region.objects.values_list("pk", flat=True)
    client.post(LIST, {"action": "delete_selected", "_selected_action": list(chosen), "post": "yes"})
    assert Region.objects.count() == 6


def test_regional_administrator_has_no_access(client, guangxi):
    person = factories.region_admin(guangxi)
    person.is_staff = True
    person.save()
    client.force_login(person)
    assert client.get(LIST).status_code == 403
    assert client.get(ADD).status_code == 403


@pytest.mark.parametrize("count", [1, 30])
def test_list_query_count_is_constant(client, django_assert_num_queries, count):
    for number in range(count):
        Region.objects.create(
            code=f"4503{number:02d}", name=f"新区{number}", kind="county", parent=factories.region("450200")
        )
    with django_assert_num_queries(4):  # session, person, bounded count, rows
        client.get(LIST)


@pytest.mark.parametrize(
    ("code", "parent", "kind", "sentence"),
    [
        ("450126", "450100", "city", "级别应低于上级区域“南宁市”（地级）。"),
        ("450126", "450103", "county", "级别应低于上级区域“青秀区”（县级）。"),
        ("450100", "450000", "county", "级别应高于现有的下级区域。"),
    ],
)
def test_kind_out_of_order_is_a_field_error(client, code, parent, kind, sentence):
    response = client.post(change_url(code), form(code, factories.region(code).name, parent, kind))
    assert response.context["adminform"].form.errors == {"kind": [sentence]}


@pytest.mark.parametrize("name", ["青秀区", "青秀 区"])
def test_second_region_of_one_name_under_a_parent_is_refused(client, guangxi, name):
    nanning = factories.region("450100")
    facts = {"code": "４５０１９９", "name": name, "kind": "county", "parent": nanning.pk}
    response = client.post(ADD, facts)
    assert response.context["adminform"].form.errors == {"name": ["该上级区域下已有同名区域。"]}
    client.post(ADD, {**facts, "name": "青秀新区"})
    assert Region.objects.get(name="青秀新区").code == "450199"
