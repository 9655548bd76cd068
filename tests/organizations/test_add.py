"""添加单位."""

import pytest
from django.urls import reverse

from organizations import tree, units, views
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
URL = reverse("organizations:add")
FLAGGED = "12450100MB17603351"


@pytest.fixture
def 黄秋梦(guangxi, client):
    person = factories.person("黄秋梦")
    client.force_login(person)
    return person


def answers(**changes) -> dict[str, str]:
    return factories.typed_unit(**{"next": "/hours/submit/?registration=1&registration=2&page=3&go=search", **changes})


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return response.context["form"].errors


def test_it_adds_a_unit_that_waits_for_its_confirmation(client, 黄秋梦):
    given = answers()
    client.post(URL, given)
    unit = Unit.objects.get()
    assert (unit.name, unit.credit_code, unit.region.name) == ("宾阳县甘棠镇林业站", given["credit_code"], "宾阳县")
    assert (unit.contact_name, unit.contact_phone) == ("韦站长", "0771-8212345")
    assert (unit.state, unit.added_by, unit.credit_code_flagged) == (Unit.State.PENDING, 黄秋梦, False)


def test_it_goes_back_to_the_dialog_with_the_unit_chosen(client, 黄秋梦):
    response = client.post(URL, answers())
    assert response.status_code == 302
    assert response.url == f"/hours/submit/?registration=1&registration=2&page=3&unit={Unit.objects.get().pk}"


def test_it_replaces_a_unit_that_was_chosen_before(client, 黄秋梦):
    response = client.post(URL, answers(next="/hours/submit/?unit=999&registration=1"))
    assert response.url == f"/hours/submit/?unit={Unit.objects.get().pk}&registration=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_it_goes_back_to_our_own_pages_only(client, 黄秋梦, elsewhere):
    response = client.post(URL, answers(next=elsewhere))
    assert response.url == f"{reverse('home')}?unit={Unit.objects.get().pk}"


def test_in_a_dialog_the_page_is_told_where_to_go(client, 黄秋梦):
    response = client.post(URL, answers(), headers={"X-Requested-With": "dialog"})
    assert response.status_code == 204
    assert response.headers["X-Dialog-Location"].endswith(f"&unit={Unit.objects.get().pk}")


def test_the_page_offers_every_region_in_groups(client, 黄秋梦):
    html = client.get(URL).content.decode()
    groups = [part.split('"')[0] for part in html.split('<optgroup label="')[1:]]
    assert groups == ["广西壮族自治区", "南宁市", "柳州市"]
    assert '<option value="450100">南宁市（本级）</option>' in html
    assert '<option value="450126">宾阳县</option>' in html


def test_region_and_way_back_are_known_before(client, 黄秋梦):
    response = client.get(URL, {"region": "450126", "next": "/hours/submit/?registration=1"})
    assert '<option value="450126" selected>' in response.content.decode()
    assert response.context["back"] == "/hours/submit/?registration=1"


def test_a_code_is_read_as_people_type_it(client, 黄秋梦):
    code = factories.unit_code()
    client.post(URL, answers(credit_code=f" {code[:8].lower()}-{code[8:]} "))
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
def test_what_is_wrong_is_said_at_its_field_and_at_the_top(client, 黄秋梦, field, value, sentence):
    response = client.post(URL, answers(**{field: value}))
    assert errors(response) == {field: [sentence]}
    html = response.content.decode()
    assert html.count(sentence) == 2
    assert 'value="韦站长"' in html
    assert not Unit.objects.exists()


def test_a_code_that_exists_names_its_unit_and_offers_it(client, 黄秋梦):
    unit = factories.unit("宾阳县甘棠镇林业站")
    response = client.post(URL, answers(name="甘棠镇林业站", credit_code=unit.credit_code))
    assert errors(response) == {
        "credit_code": ["该代码属于已有单位“宾阳县甘棠镇林业站”（宾阳县），无需添加，可直接选用。"]
    }
    assert response.context["offered_url"] == f"/hours/submit/?registration=1&registration=2&page=3&unit={unit.pk}"
    assert "选用该单位" in response.content.decode()
    assert Unit.objects.count() == 1


def test_a_flagged_code_that_exists_names_its_unit_although_it_is_wrong(client, 黄秋梦):
    factories.unit("南宁市教育局幼儿园", credit_code=FLAGGED, credit_code_flagged=True)
    response = client.post(URL, answers(credit_code=FLAGGED))
    assert errors(response) == {
        "credit_code": [
            "该代码属于已有单位“南宁市教育局幼儿园”（宾阳县）（其代码校验位不正确，待管理员核对），无需添加，可直接选用。"
        ]
    }
    assert response.context["offered_url"]


def test_the_code_of_a_disabled_unit_is_explained_and_not_offered(client, 黄秋梦):
    unit = factories.unit("梧州市电影公司", state=Unit.State.DISABLED)
    response = client.post(URL, answers(credit_code=unit.credit_code))
    assert errors(response) == {"credit_code": ["该代码属于单位“梧州市电影公司”，该单位已停用；如有疑问请联系管理员。"]}
    assert response.context["offered_url"] == ""


def test_the_code_of_a_merged_unit_offers_the_one_that_stayed(client, 黄秋梦):
    gone, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县甘棠镇林业站")
    units.merge(gone, into=stays)
    response = client.post(URL, answers(credit_code=gone.credit_code))
    assert errors(response) == {
        "credit_code": ["该代码属于已有单位“宾阳县甘棠镇林业站”（宾阳县），无需添加，可直接选用。"]
    }
    assert response.context["offered_url"].endswith(f"unit={stays.pk}")


def test_one_person_has_at_most_twenty_pending_units(client, 黄秋梦):
    others = factories.person("莫丽")
    factories.unit("莫丽添加的单位", state=Unit.State.PENDING, added_by=others)
    for number in range(20):
        factories.unit(f"第{number}林业站", state=Unit.State.PENDING, added_by=黄秋梦)
    assert errors(client.post(URL, answers())) == {
        "__all__": ["您添加的单位中已有 20 个待核实，请待管理员核实后再添加。"]
    }
    units.confirm(Unit.objects.filter(added_by=黄秋梦).first())
    assert client.post(URL, answers()).status_code == 302


def test_two_people_who_add_the_same_code_at_once_get_one_unit(guangxi):
    code = factories.unit_code()
    first, second = (Unit(name="宾阳县林业站", credit_code=code, region=guangxi) for _ in range(2))
    units.add(first, factories.person("黄秋梦"))
    with pytest.raises(units.UnitError, match=r"^该统一社会信用代码刚刚被他人添加，请返回查询该单位。$"):
        units.add(second, factories.person("莫丽"))
    assert Unit.objects.get() == first


def test_a_stranger_is_asked_to_log_in(client, guangxi):
    response = client.post(URL, answers())
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:login"))
    assert not Unit.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_the_queries_do_not_depend_on_the_number_of_units(client, 黄秋梦, django_assert_num_queries, count):
    for number in range(count):
        factories.unit(f"第{number}林业站", added_by=黄秋梦)
    tree.current()
    with django_assert_num_queries(5):  # session, person, duties, notices, revision of the tree
        client.get(URL)


def test_an_address_may_send_so_many_new_units(client, 黄秋梦, settings):
    settings.NEW_UNITS_IN_TEN_MINUTES = 1
    assert client.post(reverse("register_unit"), {}).status_code == 200
    given = answers()
    response = client.post(URL, given)
    assert response.status_code == 429
    page = response.content.decode()
    for name in ("name", "credit_code", "contact_name", "contact_phone"):
        assert f'value="{given[name]}"' in page
    assert '<option value="450126" selected>' in page
    assert 'name="next" value="/hours/submit/?registration=1&amp;registration=2&amp;page=3&amp;go=search"' in page
    assert f"<p>{views.NEW_UNITS.message}</p>" in page
    assert not Unit.objects.exists()
