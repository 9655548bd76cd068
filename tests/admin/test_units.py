"""Units in the admin."""

import pytest
from django.urls import reverse

from accounts import appointments
from hours.models import Registration
from organizations.models import Unit
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:organizations_unit_changelist")
ADD = reverse("admin:organizations_unit_add")
FLAGGED = "91450084700708730B"


def change_url(unit: Unit) -> str:
    return reverse("admin:organizations_unit_change", args=[unit.pk])


@pytest.fixture
def superuser(guangxi, client):
    person = factories.administrator()
    client.force_login(person)
    return person


@pytest.fixture
def nanning(guangxi, client):
    """The administrator of 南宁市, logged in, with the appointment as the only permission."""
    person = factories.region_admin(factories.region("450100"))
    person.is_staff = True
    person.save()
    client.force_login(person)
    return person


def listed(client, **query) -> list[str]:
    return [unit.name for unit in client.get(LIST, query).context["cl"].result_list]


def act(client, action: str, *units: Unit, **more):
    data = {"action": action, "_selected_action": [unit.pk for unit in units], **more}
    return client.post(LIST, data, follow=True)


def unit_form(**changes) -> dict[str, str]:
    right = {
        "name": "宾阳县甘棠镇林业站",
        "credit_code": factories.unit_code(),
        "region": "450126",
        "contact_name": "",
        "contact_phone": "",
    }
    return {**right, **changes}


def test_search_by_words_of_name_or_beginning_of_code(client, superuser):
    factories.unit("宾阳县甘棠镇林业站", credit_code="12450126791325812B")
    factories.unit("宾阳县图书馆", state=Unit.State.DISABLED)
    assert listed(client, q="宾阳 林业") == ["宾阳县甘棠镇林业站"]
    assert listed(client, q="图书") == ["宾阳县图书馆"]
    assert listed(client, q="12450126") == ["宾阳县甘棠镇林业站"]
    assert listed(client, q="45012679") == []
    assert listed(client, q="%") == []


def test_region_filter_covers_subtree_and_opens_it(client, superuser):
    factories.unit("南宁市局", "450100")
    factories.unit("宾阳县局", "450126")
    factories.unit("柳州市局", "450200")
    assert listed(client, region="450100") == ["宾阳县局", "南宁市局"]
    assert listed(client, region="450126") == ["宾阳县局"]
    assert listed(client, region="999999") == ["柳州市局", "宾阳县局", "南宁市局"]
    filters = client.get(LIST, {"region": "450100"}).context["cl"].filter_specs[0]
    choices = [choice["display"] for choice in filters.choices(client.get(LIST).context["cl"])]
    assert choices == ["全部", "广西壮族自治区", "　南宁市", "　　青秀区", "　　宾阳县", "　柳州市"]


def test_filters_by_state_and_flagged_code(client, superuser):
    factories.unit("正常的")
    factories.unit("待核实的", state=Unit.State.PENDING)
    factories.unit("待核对的", credit_code=FLAGGED, credit_code_flagged=True)
    assert listed(client, state__exact="pending") == ["待核实的"]
    assert listed(client, credit_code_flagged__exact="1") == ["待核对的"]


def test_unaffiliated_unit_is_not_listed(client, superuser, guangxi):
    from organizations import units

    unaffiliated = units.unaffiliated(guangxi)
    assert listed(client) == []
    assert client.get(change_url(unaffiliated)).status_code == 404


def test_added_unit_is_active_and_searchable(client, superuser):
    from organizations import search

    assert search.find_units("林业").total == 0
    client.post(ADD, unit_form())
    unit = Unit.objects.get()
    assert (unit.state, unit.added_by) == (Unit.State.ACTIVE, superuser)
    assert search.find_units("林业").units == [unit]


def test_invalid_code_is_field_error(client, superuser):
    response = client.post(ADD, unit_form(credit_code=FLAGGED))
    assert response.context["errors"] == [["统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"]]
    assert not Unit.objects.exists()


def test_code_of_other_unit_is_field_error_with_its_name(client, superuser):
    other = factories.unit("宾阳县林业站")
    response = client.post(ADD, unit_form(credit_code=other.credit_code))
    assert response.context["errors"] == [["该代码属于已有单位“宾阳县林业站”（宾阳县）。"]]


def test_unchanged_flagged_code_is_accepted(client, superuser):
    unit = factories.unit("北海市金峰矿业", credit_code=FLAGGED, credit_code_flagged=True)
    client.post(change_url(unit), unit_form(name="北海市金峰矿业有限公司", credit_code=FLAGGED))
    unit.refresh_from_db()
    assert (unit.name, unit.credit_code, unit.credit_code_flagged) == ("北海市金峰矿业有限公司", FLAGGED, True)


def test_corrected_code_is_no_longer_flagged(client, superuser):
    unit = factories.unit("北海市金峰矿业", credit_code=FLAGGED, credit_code_flagged=True)
    client.post(change_url(unit), unit_form(credit_code="91450084700708730Y"))
    unit.refresh_from_db()
    assert (unit.credit_code, unit.credit_code_flagged) == ("91450084700708730Y", False)


def test_form_selects_region_of_unit(client, superuser):
    html = client.get(change_url(factories.unit())).content.decode()
    assert '<option value="450126" selected>宾阳县</option>' in html


def test_confirming_asks_first_and_names_future_reviewer(client, superuser):
    responsible = factories.person("韦站长")
    unit = factories.unit(state=Unit.State.PENDING, added_by=responsible)
    application = appointments.apply_to_review(responsible, unit)
    html = act(client, "confirm_units", unit).content.decode()
    assert f"{responsible.name}，{responsible.masked_id} → 宾阳县甘棠镇林业站" in html
    assert responsible.id_number not in html
    unit.refresh_from_db()
    assert unit.state == Unit.State.PENDING
    assert f'<input type="hidden" name="application" value="{application.pk}">' in html
    done = act(client, "confirm_units", unit, application=[application.pk, "9" * 5000], confirmed="确认 1 个单位")
    assert message_texts(done) == ["已确认 1 个单位。"]
    unit.refresh_from_db()
    application.refresh_from_db()
    assert (unit.state, application.is_active) == (Unit.State.ACTIVE, True)


def test_confirming_ignores_application_not_shown(client, superuser):
    unit = factories.unit(state=Unit.State.PENDING)
    application = appointments.apply_to_review(factories.person("韦站长"), unit)
    act(client, "confirm_units", unit)
    late = appointments.apply_to_review(factories.person("陌生人"), unit)
    act(client, "confirm_units", unit, application=[application.pk], confirmed="确认 1 个单位")
    application.refresh_from_db()
    late.refresh_from_db()
    assert (application.is_active, late.is_active) == (True, False)


def test_confirming_active_unit_is_refused(client, superuser):
    unit = factories.unit("宾阳县林业站")
    assert message_texts(act(client, "confirm_units", unit)) == ["所选单位中没有待核实的单位。"]
    assert message_texts(act(client, "confirm_units", unit, confirmed="是")) == [
        "单位“宾阳县林业站”不是待核实状态，无需确认。"
    ]


def test_disabling_asks_first_and_restoring_reverts_it(client, superuser):
    unit = factories.unit("宾阳县林业站")
    assert "将停用以下 1 个单位" in act(client, "disable_units", unit).content.decode()
    unit.refresh_from_db()
    assert unit.state == Unit.State.ACTIVE
    assert message_texts(act(client, "disable_units", unit, confirmed="是")) == ["已停用 1 个单位。"]
    unit.refresh_from_db()
    assert unit.state == Unit.State.DISABLED
    assert message_texts(act(client, "restore_units", unit)) == ["已恢复 1 个单位。"]
    unit.refresh_from_db()
    assert unit.state == Unit.State.ACTIVE


def test_merge_asks_first_and_moves_references(client, superuser, rules):
    duplicate, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县甘棠镇林业站")
    factories.unit_reviewer(duplicate)
    registration = factories.submitted(factories.person(unit=duplicate), duplicate)
    html = act(client, "merge_units", duplicate, stays).content.decode()
    assert "<td>人员 1，任职 1，提交批次 1，学时登记 1</td>" in html
    assert "<td>无</td>" in html
    response = act(client, "merge_units", duplicate, stays, confirmed="合并", stays=stays.pk)
    assert message_texts(response) == ["已将“甘棠林业站”合并至“宾阳县甘棠镇林业站”，转移 4 条关联记录。"]
    assert Registration.objects.get(pk=registration.pk).unit == stays
    duplicate.refresh_from_db()
    assert (duplicate.state, duplicate.merged_into) == (Unit.State.DISABLED, stays)


@pytest.mark.parametrize("stays", ["", "0", "x"])
def test_merge_without_kept_unit_asks_again(client, superuser, stays):
    first, second = factories.unit("第一林业站"), factories.unit("第二林业站")
    response = act(client, "merge_units", first, second, confirmed="合并", stays=stays)
    assert "请选择保留哪一个单位。" in response.content.decode()
    assert not Unit.objects.filter(state=Unit.State.DISABLED).exists()


def test_merge_requires_exactly_two_units(client, superuser):
    chosen = [factories.unit(f"第{number}林业站") for number in range(3)]
    assert message_texts(act(client, "merge_units", *chosen)) == ["合并时请恰好选择两个单位，现选择了 3 个。"]
    assert message_texts(act(client, "merge_units", chosen[0])) == ["合并时请恰好选择两个单位，现选择了 1 个。"]


def test_merge_into_pending_unit_is_refused(client, superuser):
    first, second = factories.unit("第一林业站"), factories.unit("第二林业站", state=Unit.State.PENDING)
    response = act(client, "merge_units", first, second, confirmed="合并", stays=second.pk)
    assert message_texts(response) == ["只能合并到状态为“正常”的单位，“第二林业站”目前为“待核实”。"]


@pytest.mark.parametrize("key", ["abc", "", "-1", "１", "9" * 30])
def test_action_with_invalid_key_changes_no_unit(client, superuser, key):
    station = factories.unit("第一林业站")
    data = {"action": "disable_units", "_selected_action": [station.pk, key], "confirmed": "是"}
    assert message_texts(client.post(LIST, data, follow=True)) == ["勾选的单位无法识别，请重新勾选。"]
    station.refresh_from_db()
    assert station.state == Unit.State.ACTIVE


def test_action_on_too_many_units_is_refused(client, superuser, settings):
    settings.ADMIN_MAX_SELECTED = 2
    chosen = [factories.unit(f"第{number}林业站") for number in range(3)]
    response = act(client, "disable_units", chosen[0], select_across="1", confirmed="是")
    assert message_texts(response) == ["一次最多处理 2 个单位，请用搜索或筛选缩小范围。"]
    assert not Unit.objects.filter(state=Unit.State.DISABLED).exists()


# --- Regional administrators ---------------------------------------------------------------------


def test_regional_administrator_lists_own_subtree_only(client, nanning):
    factories.unit("宾阳县局", "450126")
    factories.unit("柳州市局", "450200")
    factories.unit("自治区厅", "450000")
    assert listed(client) == ["宾阳县局"]
    assert listed(client, region="450200") == ["宾阳县局"]
    choices = client.get(LIST).context["cl"].filter_specs[0].lookup_choices
    assert choices == [("450100", "南宁市"), ("450103", "青秀区"), ("450126", "宾阳县")]


def test_unit_of_other_region_is_404(client, nanning):
    own, foreign = factories.unit("宾阳县局", "450126"), factories.unit("柳州市局", "450200")
    assert client.get(change_url(own)).status_code == 200
    assert client.get(change_url(foreign)).status_code == 404
    assert client.post(change_url(foreign), unit_form(name="改名的单位")).status_code == 404
    foreign.refresh_from_db()
    assert foreign.name == "柳州市局"


def test_unit_cannot_be_moved_to_other_region(client, nanning):
    unit = factories.unit("宾阳县局", "450126")
    response = client.post(change_url(unit), unit_form(credit_code=unit.credit_code, region="450200"))
    assert response.context["errors"] == [["所选单位属地不在可选范围内，请重新选择。"]]
    unit.refresh_from_db()
    assert unit.region.code == "450126"


def test_add_form_offers_own_regions_only(client, nanning):
    groups = [list(choices) for _, choices in client.get(ADD).context["adminform"].form.fields["region"].choices]
    offered = [code for group in groups[1:] for code, _ in group]
    assert offered == ["450100", "450103", "450126"]


def test_action_ignores_unit_of_other_region(client, nanning):
    own = factories.unit("宾阳县局", "450126", state=Unit.State.PENDING)
    foreign = factories.unit("柳州市局", "450200", state=Unit.State.PENDING)
    assert message_texts(act(client, "confirm_units", own, foreign, confirmed="是")) == ["已确认 1 个单位。"]
    foreign.refresh_from_db()
    assert foreign.state == Unit.State.PENDING


@pytest.mark.parametrize("missing", ["appointment", "is_staff", "today"])
def test_pages_need_active_appointment_and_staff_flag(client, nanning, missing):
    unit = factories.unit("宾阳县局", "450126")
    if missing == "appointment":
        nanning.appointments.all().delete()
    elif missing == "today":
        nanning.appointments.update(valid_from="2020-01-01", valid_until="2020-12-31")
    else:
        nanning.is_staff = False
        nanning.save()
    for url in (LIST, ADD, change_url(unit), reverse("admin:organizations_unit_import")):
        assert client.get(url).status_code in (302, 403), url


def test_reviewer_with_staff_flag_gets_403(client, guangxi):
    reviewer = factories.region_reviewer(guangxi)
    reviewer.is_staff = True
    reviewer.save()
    client.force_login(reviewer)
    assert client.get(LIST).status_code == 403


def test_units_cannot_be_deleted(client, superuser):
    unit = factories.unit()
    assert client.post(reverse("admin:organizations_unit_delete", args=[unit.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(LIST).context["action_form"].fields["action"].choices
    assert Unit.objects.get() == unit


@pytest.mark.parametrize("count", [1, 30])
def test_list_has_constant_queries(client, superuser, django_assert_num_queries, count):
    for number in range(count):
        factories.unit(f"第{number}林业站")
    client.get(LIST)  # fills the cached region tree
    with django_assert_num_queries(5):  # session, person, revision of the tree, bounded count, rows
        client.get(LIST)
    with django_assert_num_queries(5):
        client.get(LIST, {"q": "林业", "region": "450100"})


def test_pages_have_no_inline_style_or_script(client, superuser):
    unit = factories.unit()
    for url in (LIST, ADD, change_url(unit), f"{LIST}import/", f"{LIST}export/"):
        html = client.get(url).content.decode()
        for inline in (" style=", "<style", " onclick=", "<script>"):
            assert inline not in html, (url, inline)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": "其他单位"}, {"name": ["“其他单位”由系统提供，不能另外添加同名单位。"]}),
        ({"contact_phone": "电话"}, {"contact_phone": ["请输入手机号码或带区号的固定电话，例如 0771-1234567。"]}),
    ],
)
def test_invalid_name_or_phone_is_field_error(client, superuser, fields, errors):
    response = client.post(ADD, unit_form(**fields))
    assert response.context["adminform"].form.errors == errors


def test_unchanged_invalid_phone_is_accepted(client, superuser):
    unit = factories.unit(contact_phone="总机转8")
    data = unit_form(name="新的名称", credit_code=unit.credit_code, contact_phone="总机转8")
    assert client.post(change_url(unit), data).status_code == 302
