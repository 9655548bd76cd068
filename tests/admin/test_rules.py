"""年度规则 with its caps and 重新开放 in the admin: what is refused at the field, and what is counted anew."""

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

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year - 1
ADD, ADD_OPENING = reverse("admin:hours_yearrule_add"), reverse("admin:hours_opening_add")
LIST = reverse("admin:hours_yearrule_changelist")


@pytest.fixture
def client(client, guangxi):
    client.force_login(factories.administrator())
    return client


@pytest.fixture
def learned(guangxi):
    """黄秋梦 has 50 hours of 论文 recognised in a year that asks for 90 and 60."""
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


def typed(caps: list[tuple] = (), **facts) -> dict:
    """The form of one rule; caps as (category, hours)."""
    rows = {"caps-TOTAL_FORMS": len(caps), "caps-INITIAL_FORMS": 0}
    for place, (category, hours) in enumerate(caps):
        rows |= {f"caps-{place}-category": category.pk, f"caps-{place}-hours": hours}
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


def change(rule) -> str:
    return reverse("admin:hours_yearrule_change", args=[rule.pk])


def test_a_rule_with_its_caps_and_source_is_added(client):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    assert client.post(ADD, typed([(kind, "40"), (kind.parent, "60")])).status_code == 302
    rule = YearRule.objects.get()
    assert (rule.total, rule.source_url) == (90, "https://www.mohrss.gov.cn/")
    assert list(rule.caps.order_by("hours").values_list("category__name", "hours")) == [
        ("论文", 40),
        ("论文著作类", 60),
    ]


def test_a_year_has_one_rule(client):
    factories.year_rule(YEAR)
    assert "该年度已有规则，请在原规则中修改。" in client.post(ADD, typed()).content.decode()


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
def test_what_contradicts_itself_is_refused_at_the_field(client, field, facts, sentence):
    errors = client.post(ADD, typed(**facts)).context["adminform"].form.errors
    assert errors[field] == [sentence]
    assert not YearRule.objects.exists()


def test_a_cap_above_the_one_of_its_first_level_is_refused_at_the_field(client):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    answer = client.post(ADD, typed([(kind, "61"), (kind.parent, "60")]))
    [formset] = answer.context["inline_admin_formsets"]
    assert formset.formset.errors[0]["hours"] == ["不能高于其一级类型“论文著作类”的上限（60）。"]
    assert not YearRule.objects.exists()


@pytest.mark.parametrize("hours", ["-1", "7.3"])
def test_a_cap_of_a_wrong_number_is_refused_at_the_field(client, hours):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    [formset] = client.post(ADD, typed([(kind, hours)])).context["inline_admin_formsets"]
    assert formset.formset.errors[0]["hours"] == ["上限不能为负，且必须是 0.5 的倍数。"]


def test_a_new_cap_counts_the_year_anew(client, learned):
    kind = factories.category("论文", "论文著作类", by_half_day=False)
    client.post(change(learned), typed([(kind, "40")]))
    kept, place = PersonTotal.objects.get(), PlaceTotal.objects.get(kind="unit", year=YEAR)
    assert (kept.professional, kept.over_cap) == (place.professional, place.over_cap) == (40, 10)


def test_lower_minimums_count_the_year_anew(client, learned):
    client.post(change(learned), typed(total="50", professional="50"))
    assert PersonTotal.objects.get().reached is True
    assert PlaceTotal.objects.get(kind="unit", year=YEAR).reached == 1


def test_other_days_count_nothing_anew(client, learned, monkeypatch):
    monkeypatch.setattr(rule_changes, "recount_years", lambda years: pytest.fail("counted"))
    assert client.post(change(learned), typed(returned_closes_on=f"{YEAR + 1}-05-31")).status_code == 302


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_who_closes_a_year_reads_what_still_waits(client, learned):
    start = datetime(YEAR, 5, 1, 8, tzinfo=LOCAL)
    waits = {"year": YEAR, "starts_at": start, "ends_at": start + timedelta(hours=10), "hours_applied": Decimal(8)}
    factories.submitted(factories.person("李工"), factories.unit("柳州市图书馆", "450202"), **waits)
    told = said(client.post(change(learned), typed(is_closed="on"), follow=True))
    assert told[0] == f"{YEAR} 年度还有 1 条登记在审核中，关闭期间不能审核；如需继续审核，请重新开放该年度。"
    assert len(told) == 2  # and that the rule was changed


def test_who_closes_a_year_without_waiting_registrations_reads_nothing_of_them(client, learned):
    assert len(said(client.post(change(learned), typed(is_closed="on"), follow=True))) == 1


@pytest.mark.parametrize("way", ["one", "action"])
def test_a_deleted_rule_lets_nobody_reach_it(client, learned, way):
    YearRule.objects.update(total=50, professional=50)
    rule_changes.recount_years([YEAR])
    assert PersonTotal.objects.get().reached is True
    if way == "one":
        client.post(reverse("admin:hours_yearrule_delete", args=[learned.pk]), {"post": "yes"})
    else:
        sent = {"action": "delete_selected", "_selected_action": [learned.pk], "post": "yes"}
        client.post(LIST, sent)
    assert not YearRule.objects.exists()
    assert PersonTotal.objects.get().reached is False


def test_a_year_of_very_many_people_is_left_to_the_command(client, learned, monkeypatch):
    monkeypatch.setattr(rule_changes, "MAX_PEOPLE", 0)
    page = client.post(change(learned), typed(total="50", professional="50"), follow=True).content.decode()
    assert f"请运行 manage.py recount_totals {YEAR}。" in page
    assert PersonTotal.objects.get().reached is False


def test_examples_are_marked_and_the_source_is_a_link(client, learned):
    YearRule.objects.update(is_example=True, source_url="https://www.mohrss.gov.cn/")
    Cap.objects.create(rule=learned, category=factories.category("论文"), hours=40, is_example=True)
    page = client.get(LIST).content.decode()
    assert "截止日为示例" in page
    assert '<a href="https://www.mohrss.gov.cn/" rel="noopener noreferrer">测试</a>' in page


@pytest.mark.parametrize("count", [1, 8])
def test_the_form_costs_the_same_for_one_cap_and_for_eight(client, learned, count, django_assert_num_queries):
    for number in range(count):
        Cap.objects.create(rule=learned, category=factories.category(f"类型 {number}"), hours=40)
    with django_assert_num_queries(5):
        client.get(change(learned))


# --- 重新开放 ------------------------------------------------------------------------------------


def opening(**facts) -> dict:
    until = timezone.localdate() + timedelta(9)
    return {"year": YEAR, "person": "", "unit": "", "until": f"{until}", "reason": "系统故障补登", **facts}


@pytest.mark.parametrize("whom", ["person", "unit", "everybody"])
def test_a_year_is_opened_again(client, learned, whom):
    chosen = {"person": factories.person("李工"), "unit": factories.unit("柳州市图书馆", "450202")}
    facts = {whom: chosen[whom].pk} if whom in chosen else {}
    assert client.post(ADD_OPENING, opening(**facts)).status_code == 302
    row = Opening.objects.get()
    assert (row.person or row.unit) == chosen.get(whom)
    name = {"person": "李工", "unit": "柳州市图书馆", "everybody": "所有人"}[whom]
    assert name in client.get(reverse("admin:hours_opening_changelist")).content.decode()


@pytest.mark.parametrize(
    ("field", "facts", "sentence"),
    [
        ("year", {"year": "2050"}, "2050 年度没有年度规则，重新开放不起作用，请先添加规则。"),
        ("until", {"until": "2026-01-01"}, "最后一日已过，请填写今天或以后的日期。"),
        ("reason", {"reason": ""}, "这个字段是必填项。"),
    ],
)
def test_an_opening_that_could_not_work_is_refused_at_the_field(client, learned, field, facts, sentence):
    assert client.post(ADD_OPENING, opening(**facts)).context["adminform"].form.errors[field] == [sentence]
    assert not Opening.objects.exists()


def test_a_person_and_a_unit_at_once_are_refused_at_the_field(client, learned):
    both = opening(person=factories.person("李工").pk, unit=factories.unit("柳州市图书馆", "450202").pk)
    errors = client.post(ADD_OPENING, both).context["adminform"].form.errors
    assert errors["unit"] == ["请只选人员或只选单位；都不选表示对所有人开放。"]


def test_a_person_is_chosen_by_key_and_no_field_completes_id_numbers(client, learned):
    page = client.get(ADD_OPENING).content.decode()
    assert 'class="vForeignKeyRawIdAdminField"' in page
    assert 'data-field-name="person"' not in page
    assert 'data-field-name="unit"' in page
