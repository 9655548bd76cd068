"""Year rules with caps, and openings, in the admin."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.counting import LOCAL
from hours.models import Cap, Opening, PersonTotal, PlaceTotal, YearRule
from hours.totals import rule_changes
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year - 1
ADD, ADD_OPENING = reverse("admin:hours_yearrule_add"), reverse("admin:hours_opening_add")
LIST = reverse("admin:hours_yearrule_changelist")


@pytest.fixture
def client(client, guangxi):
    client.force_login(factories.administrator())
    return client


@pytest.fixture
def rule(guangxi):
    """A rule that requires 90 and 60 hours; 黄秋梦 has 50 recognised hours of 论文."""
    rule = factories.year_rule(YEAR)
    unit = factories.unit()
    start = datetime(YEAR, 3, 1, 8, tzinfo=LOCAL)
    factories.recognised(
        factories.person("黄秋梦"),
        unit,
        factories.unit_reviewer(unit),
        factories.region_reviewer(guangxi),
        category=factories.category("论文", "论文著作类", by_half_day=False),
        starts_at=start,
        ends_at=start + timedelta(days=1),
        hours_applied=Decimal(50),
    )
    return rule


def rule_form(caps: list[tuple] = (), **facts) -> dict:
    """Return the form of a rule; caps are (category, hours)."""
    rows = {"caps-TOTAL_FORMS": len(caps), "caps-INITIAL_FORMS": 0}
    for index, (category, hours) in enumerate(caps):
        rows |= {f"caps-{index}-category": category.pk, f"caps-{index}-hours": hours}
    return {
        "year": YEAR,
        "total": "90",
        "professional": "60",
        "closes_on": f"{YEAR + 1}-03-31",
        "returned_closes_on": f"{YEAR + 1}-04-30",
        "source": "人社部令第25号 第八条",
        "source_url": "https://www.mohrss.gov.cn/",
        **rows,
        **facts,
    }


def change_url(rule) -> str:
    return reverse("admin:hours_yearrule_change", args=[rule.pk])


def test_rule_with_caps_and_source_is_added(client):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    assert client.post(ADD, rule_form([(kind, "40"), (kind.parent, "60")])).status_code == 302
    rule = YearRule.objects.get()
    assert (rule.total, rule.source_url) == (90, "https://www.mohrss.gov.cn/")
    assert list(rule.caps.order_by("hours").values_list("category__name", "hours")) == [
        ("论文", 40),
        ("论文著作类", 60),
    ]


def test_rule_in_full_width_is_added(client):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    facts = {
        "year": "２０３０",
        "total": "９０．５",
        "closes_on": "２０３１／０３／３１",
        "returned_closes_on": "2031年4月30日",
    }
    assert client.post(ADD, rule_form([(kind, "７．５")], **facts)).status_code == 302
    rule = YearRule.objects.get()
    assert (rule.year, rule.total, f"{rule.closes_on}", f"{rule.returned_closes_on}", rule.caps.get().hours) == (
        *(2030, 90.5, "2031-03-31", "2031-04-30", 7.5),
    )


def test_second_rule_of_year_is_refused(client):
    factories.year_rule(YEAR)
    assert "该年度已有规则，请在原规则中修改。" in client.post(ADD, rule_form()).content.decode()


@pytest.mark.parametrize(
    ("field", "facts", "sentence"),
    [
        ("professional", {"professional": "90.5"}, "专业科目最低学时不能超过总学时要求（90）。"),
        ("professional", {"professional": "-1"}, "专业科目最低学时不能为负，且必须是 0.5 的倍数。"),
        ("total", {"total": "0"}, "总学时要求必须大于 0，且是 0.5 的倍数。"),
        ("total", {"total": "90.3"}, "总学时要求必须大于 0，且是 0.5 的倍数。"),
        ("closes_on", {"closes_on": f"{YEAR - 1}-12-31"}, f"提交截止日早于 {YEAR} 年度开始，请核对。"),
        (
            "returned_closes_on",
            {"returned_closes_on": f"{YEAR + 1}-03-30"},
            f"不能早于提交截止日（{YEAR + 1}-03-31）。",
        ),
        ("year", {"year": "20266"}, "年度应在 2000 至 2100 之间。"),
    ],
)
def test_contradictory_rule_is_field_error(client, field, facts, sentence):
    errors = client.post(ADD, rule_form(**facts)).context["adminform"].form.errors
    assert errors[field] == [sentence]
    assert not YearRule.objects.exists()


def test_cap_above_first_level_cap_is_field_error(client):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    answer = client.post(ADD, rule_form([(kind, "61"), (kind.parent, "60")]))
    [formset] = answer.context["inline_admin_formsets"]
    assert formset.formset.errors[0]["hours"] == ["不能高于其一级类型“论文著作类”的上限（60）。"]
    assert not YearRule.objects.exists()


@pytest.mark.parametrize("hours", ["-1", "7.3"])
def test_invalid_cap_is_field_error(client, hours):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    [formset] = client.post(ADD, rule_form([(kind, hours)])).context["inline_admin_formsets"]
    assert formset.formset.errors[0]["hours"] == ["上限不能为负，且必须是 0.5 的倍数。"]


def test_new_cap_recounts_year(client, rule):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    client.post(change_url(rule), rule_form([(kind, "40")]))
    kept, place = PersonTotal.objects.get(), PlaceTotal.objects.get(kind="unit", year=YEAR)
    assert (kept.professional, kept.over_cap) == (place.professional, place.over_cap) == (40, 10)


def test_lower_minimums_recount_year(client, rule):
    client.post(change_url(rule), rule_form(total="50", professional="50"))
    assert PersonTotal.objects.get().reached is True
    assert PlaceTotal.objects.get(kind="unit", year=YEAR).reached == 1


def test_changed_closing_day_recounts_nothing(client, rule, monkeypatch):
    monkeypatch.setattr(rule_changes, "recount_years", lambda years: pytest.fail("counted"))
    assert client.post(change_url(rule), rule_form(returned_closes_on=f"{YEAR + 1}-05-31")).status_code == 302


def test_closing_year_warns_of_waiting_registrations(client, rule):
    start = datetime(YEAR, 5, 1, 8, tzinfo=LOCAL)
    waits = {"year": YEAR, "starts_at": start, "ends_at": start + timedelta(hours=10), "hours_applied": Decimal(8)}
    factories.submitted(factories.person("李工"), factories.unit("柳州市图书馆", "450202"), **waits)
    texts = message_texts(client.post(change_url(rule), rule_form(is_closed="on"), follow=True))
    assert texts[0] == f"{YEAR} 年度还有 1 条登记在审核中，关闭期间不能审核；如需继续审核，请重新开放该年度。"
    assert len(texts) == 2  # the second one: the rule was changed


def test_closing_year_without_waiting_has_no_warning(client, rule):
    assert len(message_texts(client.post(change_url(rule), rule_form(is_closed="on"), follow=True))) == 1


@pytest.mark.parametrize("way", ["one", "action"])
def test_deleting_rule_recounts_year(client, rule, way):
    YearRule.objects.update(total=50, professional=50)
    rule_changes.recount_years([YEAR])
    assert PersonTotal.objects.get().reached is True
    if way == "one":
        client.post(reverse("admin:hours_yearrule_delete", args=[rule.pk]), {"post": "yes"})
    else:
        sent = {"action": "delete_selected", "_selected_action": [rule.pk], "post": "yes"}
        client.post(LIST, sent)
    assert not YearRule.objects.exists()
    assert PersonTotal.objects.get().reached is False


def test_year_with_too_many_people_names_command(client, rule, monkeypatch):
    monkeypatch.setattr(rule_changes, "RECOUNT_MAX_PEOPLE", 0)
    page = client.post(change_url(rule), rule_form(total="50", professional="50"), follow=True).content.decode()
    assert f"请运行 manage.py recount_totals {YEAR}。" in page
    assert PersonTotal.objects.get().reached is False


def test_list_marks_examples_and_links_source(client, rule):
    YearRule.objects.update(is_example=True, source_url="https://www.mohrss.gov.cn/")
    Cap.objects.create(rule=rule, category=factories.category("论文"), hours=40, is_example=True)
    page = client.get(LIST).content.decode()
    assert "截止日为示例" in page
    assert '<a href="https://www.mohrss.gov.cn/" rel="noopener noreferrer">测试</a>' in page


@pytest.mark.parametrize("count", [1, 8])
def test_rule_form_has_constant_queries(client, rule, count, django_assert_num_queries):
    for number in range(count):
        Cap.objects.create(rule=rule, category=factories.category(f"类型 {number}"), hours=40)
    with django_assert_num_queries(5):
        client.get(change_url(rule))


# --- 重新开放 ------------------------------------------------------------------------------------


def opening_form(**facts) -> dict:
    until = timezone.localdate() + timedelta(9)
    return {"year": YEAR, "person": "", "unit": "", "until": f"{until}", "reason": "系统故障补登", **facts}


@pytest.mark.parametrize("whom", ["person", "unit", "everybody"])
def test_opening_is_added(client, rule, whom):
    chosen = {"person": factories.person("李工"), "unit": factories.unit("柳州市图书馆", "450202")}
    facts = {whom: chosen[whom].pk} if whom in chosen else {}
    assert client.post(ADD_OPENING, opening_form(**facts)).status_code == 302
    row = Opening.objects.get()
    assert (row.person or row.unit) == chosen.get(whom)
    name = {"person": "李工", "unit": "柳州市图书馆", "everybody": "所有人"}[whom]
    assert name in client.get(reverse("admin:hours_opening_changelist")).content.decode()


@pytest.mark.parametrize(
    ("field", "facts", "sentence"),
    [
        ("year", {"year": "2050"}, "2050 年度没有年度规则，重新开放不起作用，请先添加规则。"),
        ("until", {"until": "2026-01-01"}, "最后一日已过，请填写今天或以后的日期。"),
        ("reason", {"reason": ""}, "请填写原因。"),
    ],
)
def test_invalid_opening_is_field_error(client, rule, field, facts, sentence):
    assert client.post(ADD_OPENING, opening_form(**facts)).context["adminform"].form.errors[field] == [sentence]
    assert not Opening.objects.exists()


def test_opening_with_person_and_unit_is_field_error(client, rule):
    both = opening_form(person=factories.person("李工").pk, unit=factories.unit("柳州市图书馆", "450202").pk)
    errors = client.post(ADD_OPENING, both).context["adminform"].form.errors
    assert errors["unit"] == ["请只选人员或只选单位；都不选表示对所有人开放。"]


def test_opening_form_has_no_autocomplete_for_people(client, rule):
    page = client.get(ADD_OPENING).content.decode()
    assert 'class="vForeignKeyRawIdAdminField"' in page
    assert 'data-field-name="person"' not in page
    assert 'data-field-name="unit"' in page
