"""学时登记: the list of registrations that their owner can still change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
LIST = reverse("hours:list")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def contents(response) -> list[str]:
    return [line["content"] for line in response.context["lines"]]


def test_list_has_drafts_and_returned_registrations_only(client, huang, station, bureau):
    factories.registration(huang, "草稿", starts_at=factories.moment(5), ends_at=factories.moment(4, 18))
    factories.returned(
        huang,
        station,
        station.reviewer,
        content="退回的",
        starts_at=factories.moment(7),
        ends_at=factories.moment(6, 18),
    )
    factories.submitted(huang, station, content="审核中的")
    factories.recognised(huang, station, station.reviewer, bureau, content="已认定的")
    factories.refused(huang, station, station.reviewer, content="不予认定的")
    factories.registration(factories.person("李工"), "李工的登记")
    assert contents(client.get(LIST)) == ["草稿", "退回的"]


def test_returned_row_shows_reason_and_no_delete_link(client, huang, station):
    registration = factories.returned(huang, station, station.reviewer)
    page = client.get(LIST).content.decode()
    assert "退回原因：材料不清晰：请补充证书复印件。" in page
    assert f"{reverse('hours:delete')}?registration={registration.pk}" not in page


def test_list_filters_by_content_and_dates(client, huang):
    for days_ago, content in ((30, "水利培训"), (20, "公文培训"), (10, "水利讲座")):
        factories.registration(
            huang, content, starts_at=factories.moment(days_ago), ends_at=factories.moment(days_ago, 18)
        )
    assert contents(client.get(LIST, {"content": "水利"})) == ["水利讲座", "水利培训"]
    since = f"{factories.moment(20):%Y-%m-%d}"
    assert contents(client.get(LIST, {"start": since})) == ["水利讲座", "公文培训"]
    assert contents(client.get(LIST, {"end": since})) == ["公文培训", "水利培训"]


@pytest.mark.parametrize("typed", ["java（二）", "ＪＡＶＡ 培训", "培训(二)", "Java\u200b培训"])
def test_list_is_filtered_however_the_name_is_typed(client, huang, typed):
    factories.registration(huang, "Java培训（二）")
    factories.registration(huang, "公文讲座（二）")
    assert contents(client.get(LIST, {"content": typed})) == ["Java培训（二）"]


def test_invalid_date_is_an_error_and_filters_nothing(client, huang):
    factories.registration(huang, "水利培训")
    response = client.get(LIST, {"start": "昨天"})
    assert contents(response) == ["水利培训"]
    assert list(response.context["filter"].errors) == ["start"]


def test_empty_list_says_what_to_do_next(client):
    page = client.get(LIST).content.decode()
    assert "没有待提交的登记" in page
    assert "新登记培训" in page


def test_list_has_the_banner_of_the_manual(client):
    assert "公需科目学时无需个人登记，系统将根据学习完成情况自动计算。" in client.get(LIST).content.decode()


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_is_constant(client, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        factories.returned(huang, station, station.reviewer, content=f"第 {number} 条")
    with django_assert_num_queries(7):  # session, person, rows, categories, decisions; duties, unread notices
        client.get(LIST)
