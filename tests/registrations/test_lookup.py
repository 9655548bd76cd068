"""学时查询: 培训总体查询 and 培训登记详情."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db
YEARS, DETAILS = reverse("hours:lookup"), reverse("hours:lookup_registrations")
THIS_YEAR = timezone.localdate().year


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def history(huang, station, bureau):
    """A year: 9 公需, 16 recognised, 8 in review, 16 not submitted, 12 refused hours; another person has rows too."""
    day = {"starts_at": factories.moment(20), "ends_at": factories.moment(19, 18)}
    year = factories.moment(19).year
    course = factories.course(year)
    factories.completion(huang, course)
    factories.recognised(huang, station, station.reviewer, bureau, content="已认定的", **day)
    factories.submitted(huang, station, content="审核中的", hours_applied=8, **day)
    factories.registration(huang, "草稿", **day)
    factories.refused(huang, station, station.reviewer, content="不予认定的", hours_applied=12, **day)
    other = factories.person("李工")
    factories.recognised(other, station, station.reviewer, bureau, content="李工的登记", hours_applied=7, **day)
    factories.completion(other, course)
    return year


@pytest.mark.parametrize(("page", "label"), [(YEARS, "身份证号"), (DETAILS, "证件号码")])
def test_filter_labels_are_those_of_the_manual(client, huang, page, label):
    assert [field.label for field in client.get(page).context["filter"]] == ["年度", label, "姓名"]


def test_year_row_shows_hours_of_each_kind(client, history):
    [row] = [row for row in client.get(YEARS).context["years"] if row.year == history]
    numbers = (row.public, row.professional, row.total, row.in_review, row.not_submitted, row.target, row.missing)
    assert numbers == (9, 16, 25, 8, 16, 90, 65)


def test_chosen_year_lists_counted_rows(client, history):
    response = client.get(YEARS, {"detail": history})
    rows = [(row.kind, row.name, row.hours, row.is_public) for row in response.context["counted"]]
    assert rows == [("必修", "当代科学技术前沿知识", Decimal(9), True), ("", "已认定的", Decimal(16), False)]


def test_uncounted_registrations_show_the_reason(client, history):
    response = client.get(YEARS, {"detail": history})
    assert [(line["content"], line["why"]) for line in response.context["uncounted"]] == [
        ("审核中的", "正在审核，认定后计入。"),
        ("草稿", "尚未提交审核。"),
        ("不予认定的", "不予认定（材料不清晰：请补充证书复印件。）"),
    ]


def test_this_year_is_listed_without_registrations(client):
    rows = client.get(YEARS).context["years"]
    assert [(row.year, row.total, row.missing) for row in rows] == [(THIS_YEAR, 0, 90)]


def test_details_list_own_registrations_with_masked_id(client, huang, history):
    response = client.get(DETAILS)
    assert {registration.content for registration, *_ in response.context["registrations"]} == {
        "已认定的",
        "审核中的",
        "草稿",
        "不予认定的",
    }
    page = response.content.decode()
    assert f"*****{huang.id_number[-4:]}" in page
    assert huang.id_number not in page
    assert "李工" not in page


def test_open_registration_shows_all_steps(client, history, huang):
    refused = huang.registrations.get(content="不予认定的")
    response = client.get(DETAILS, {"open": refused.pk})
    [steps] = [steps for registration, steps, *_ in response.context["registrations"] if registration == refused]
    assert [(step.stage, step.office, step.decision, step.reason, step.words) for step in steps] == [
        ("本人", "黄秋梦", "提交审核", "", ""),
        ("初审", "宾阳县甘棠镇林业站", "不予认定", "材料不清晰", "请补充证书复印件。"),
    ]
    assert f'id="progress-{refused.pk}">' in response.content.decode()
    assert response.content.decode().count(" hidden>") >= 3


@pytest.mark.parametrize("url", [YEARS, DETAILS])
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "黄"}, True),
        ({"name": "李工"}, False),
        ({"id_tail": "{tail}"}, True),
        ({"id_tail": "0000"}, False),
        ({"year": "{year}"}, True),
        ({"year": "1999"}, False),
    ],
)
def test_lookup_filters_by_year_id_and_name(client, huang, history, url, filters, found):
    values = {name: value.format(tail=huang.id_number[-4:], year=history) for name, value in filters.items()}
    context = client.get(url, values).context
    assert bool(context["years"] if url == YEARS else context["registrations"]) is found


def test_full_id_number_is_refused_by_filter(client, huang, history):
    response = client.get(DETAILS, {"id_tail": huang.id_number})
    assert "请只填写证件号码的后四位。" in response.content.decode()


def test_invalid_year_is_an_error(client, history):
    assert "年度应为四位数字，例如 2026。" in client.get(YEARS, {"year": "去年"}).content.decode()


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_of_both_tabs_is_constant(client, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        factories.submitted(huang, station, content=f"第 {number} 条")
    with django_assert_num_queries(10):
        client.get(YEARS)
    # session, person; count, rows, decisions, reviewers of their units, asked to return; duties, notices
    with django_assert_num_queries(9):
        client.get(DETAILS)
