"""添加单位."""

from typing import Any

import pytest
from django.urls import reverse

from organizations import tree, units, views
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
URL = reverse("organizations:add")
FLAGGED = "12450100MB17603351"


@pytest.fixture
def person(guangxi, client):
    person = factories.person("黄秋梦")
    client.force_login(person)
    return person


def typed_unit(**changes: Any) -> dict[str, str]:
    return factories.typed_unit(**{"next": "/hours/submit/?registration=1&registration=2&page=3&go=search", **changes})


def errors(response: Any) -> dict[str, list[str]]:
    """Return the errors of the form on the page."""
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["form"].errors
    return found


def test_add_creates_pending_unit(client, person):
    given = typed_unit()
    client.post(URL, given)
    unit = Unit.objects.get()
    assert (unit.name, unit.credit_code, unit.region.name) == ("宾阳县甘棠镇林业站", given["credit_code"], "宾阳县")
    assert (unit.contact_name, unit.contact_phone) == ("韦站长", "0771-8212345")
    assert (unit.state, unit.added_by, unit.credit_code_flagged) == (Unit.State.PENDING, person, False)


def test_add_returns_with_unit_chosen(client, person):
    response = client.post(URL, typed_unit())
    assert response.status_code == 302
    assert response.url == f"/hours/submit/?registration=1&registration=2&page=3&unit={Unit.objects.get().pk}"


def test_add_replaces_chosen_unit_in_return_url(client, person):
    response = client.post(URL, typed_unit(next="/hours/submit/?unit=999&registration=1"))
    assert response.url == f"/hours/submit/?unit={Unit.objects.get().pk}&registration=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_foreign_return_url_becomes_home_page(client, person, elsewhere):
    response = client.post(URL, typed_unit(next=elsewhere))
    assert response.url == f"{reverse('home')}?unit={Unit.objects.get().pk}"


def test_dialog_request_gets_location_header(client, person):
    response = client.post(URL, typed_unit(), headers={"X-Requested-With": "dialog"})
    assert response.status_code == 204
    assert response.headers["X-Dialog-Location"].endswith(f"&unit={Unit.objects.get().pk}")


def test_form_offers_all_regions_in_groups(client, person):
    html = client.get(URL).content.decode()
    groups = [part.split('"')[0] for part in html.split('<optgroup label="')[1:]]
    assert groups == ["广西壮族自治区", "南宁市", "柳州市"]
    assert '<option value="450100">南宁市（本级）</option>' in html
    assert '<option value="450126">宾阳县</option>' in html


def test_form_is_prefilled_from_query(client, person):
    response = client.get(URL, {"region": "450126", "next": "/hours/submit/?registration=1"})
    assert '<option value="450126" selected>' in response.content.decode()
    assert response.context["back"] == "/hours/submit/?registration=1"


def test_typed_code_is_normalised(client, person):
    code = factories.unit_code()
    client.post(URL, typed_unit(credit_code=f" {code[:8].lower()}-{code[8:]} "))
    assert Unit.objects.get().credit_code == code


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "请填写单位名称。"),
        ("name", "林业站", "请填写单位全称，至少 4 个字。"),
        ("name", " 其他单位 ", "没有工作单位时请直接选择“其他单位”，无需添加。"),
        ("credit_code", "", "请填写统一社会信用代码。"),
        ("credit_code", "1245", "统一社会信用代码应为 18 位，现为 4 位。"),
        ("credit_code", FLAGGED, "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"),
        (
            "credit_code",
            "12450100MB1760335O",
            "统一社会信用代码中不会出现字符 O（数字和大写字母，不含 I、O、S、V、Z）。",
        ),
        ("region", "", "请选择单位属地。"),
        ("region", "110101", "所选单位属地不在可选范围内，请重新选择。"),
        ("contact_phone", "电话", "请输入手机号码或带区号的固定电话，例如 0771-1234567。"),
    ],
)
def test_error_is_shown_at_field_and_in_summary(client, person, field, value, sentence):
    response = client.post(URL, typed_unit(**{field: value}))
    assert errors(response) == {field: [sentence]}
    html = response.content.decode()
    assert html.count(sentence) == 2
    assert 'value="韦站长"' in html
    assert not Unit.objects.exists()


def test_existing_code_offers_its_unit(client, person):
    unit = factories.unit("宾阳县甘棠镇林业站")
    response = client.post(URL, typed_unit(name="甘棠镇林业站", credit_code=unit.credit_code))
    assert errors(response) == {
        "credit_code": ["该代码属于已有单位“宾阳县甘棠镇林业站”（宾阳县），无需添加，可直接选用。"]
    }
    assert response.context["offered_url"] == f"/hours/submit/?registration=1&registration=2&page=3&unit={unit.pk}"
    assert "选用该单位" in response.content.decode()
    assert Unit.objects.count() == 1


def test_existing_flagged_code_offers_its_unit(client, person):
    factories.unit("南宁市教育局幼儿园", credit_code=FLAGGED, credit_code_flagged=True)
    response = client.post(URL, typed_unit(credit_code=FLAGGED))
    assert errors(response) == {
        "credit_code": [
            "该代码属于已有单位“南宁市教育局幼儿园”（宾阳县）（其代码校验位不正确，待管理员核对），无需添加，可直接选用。"
        ]
    }
    assert response.context["offered_url"]


def test_code_of_disabled_unit_is_not_offered(client, person):
    unit = factories.unit("梧州市电影公司", state=Unit.State.DISABLED)
    response = client.post(URL, typed_unit(credit_code=unit.credit_code))
    assert errors(response) == {"credit_code": ["该代码属于单位“梧州市电影公司”，该单位已停用；如有疑问请联系管理员。"]}
    assert response.context["offered_url"] == ""


def test_code_of_merged_unit_offers_target_unit(client, person):
    gone, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县甘棠镇林业站")
    units.merge(gone, into=stays)
    response = client.post(URL, typed_unit(credit_code=gone.credit_code))
    assert errors(response) == {
        "credit_code": ["该代码属于已有单位“宾阳县甘棠镇林业站”（宾阳县），无需添加，可直接选用。"]
    }
    assert response.context["offered_url"].endswith(f"unit={stays.pk}")


def test_person_adds_at_most_twenty_pending_units(client, person):
    others = factories.person("莫丽")
    factories.unit("莫丽添加的单位", state=Unit.State.PENDING, added_by=others)
    for number in range(20):
        factories.unit(f"第{number}林业站", state=Unit.State.PENDING, added_by=person)
    assert errors(client.post(URL, typed_unit())) == {
        "__all__": ["您添加的单位中已有 20 个待核实，请待管理员核实后再添加。"]
    }
    units.confirm(Unit.objects.filter(added_by=person)[0])
    assert client.post(URL, typed_unit()).status_code == 302


def test_concurrent_add_of_same_code_only_first_wins(guangxi):
    code = factories.unit_code()
    first, second = (Unit(name="宾阳县林业站", credit_code=code, region=guangxi) for _ in range(2))
    units.add(first, factories.person("黄秋梦"))
    with pytest.raises(units.UnitError, match=r"^该统一社会信用代码刚刚被他人添加，请返回查询该单位。$"):
        units.add(second, factories.person("莫丽"))
    assert Unit.objects.get() == first


def test_anonymous_is_sent_to_log_in(client, guangxi):
    response = client.post(URL, typed_unit())
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:login"))
    assert not Unit.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_query_count_is_constant(client, person, django_assert_num_queries, count):
    for number in range(count):
        factories.unit(f"第{number}林业站", added_by=person)
    tree.current()
    with django_assert_num_queries(5):  # session, person, appointments, notices, revision
        client.get(URL)


def test_add_is_limited_per_address(client, person, settings):
    settings.NEW_UNITS_IN_TEN_MINUTES = 1
    assert client.post(reverse("register_unit"), {}).status_code == 200
    given = typed_unit()
    response = client.post(URL, given)
    assert response.status_code == 429
    page = response.content.decode()
    for name in ("name", "credit_code", "contact_name", "contact_phone"):
        assert f'value="{given[name]}"' in page
    assert '<option value="450126" selected>' in page
    assert 'name="next" value="/hours/submit/?registration=1&amp;registration=2&amp;page=3&amp;go=search"' in page
    assert f"<p>{views.NEW_UNITS.message}</p>" in page
    assert not Unit.objects.exists()
