"""学时审核: the list, its tabs, filters, order and pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.review import queue
from hours.workflow import transitions
from organizations import tree, units
from organizations.models import Unit
from tests import factories
from tests.review.lists import backdate, contents

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")
LAST_YEAR = (timezone.localdate() - timedelta(days=365)).year


# --- Tabs -------------------------------------------------------------------------------------------


def test_unit_reviewer_sees_first_reviews_of_unit(log_in, huang, station, bureau):
    factories.submitted(huang, station, content="待初审的")
    factories.agreed(huang, station, station.reviewer, content="待终审的")
    factories.registration(huang, "草稿")
    factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="别的单位的")
    factories.submitted(station.reviewer, station, content="本人的")
    assert contents(log_in(station.reviewer).get(QUEUE)) == ["待初审的"]


def test_region_reviewer_sees_final_reviews_of_region(log_in, huang, station):
    factories.submitted(huang, station, content="待初审的")
    factories.agreed(huang, station, station.reviewer, content="待终审的")
    library = factories.unit("柳州市图书馆", "450202")
    factories.agreed(huang, library, factories.unit_reviewer(library), content="柳州的")
    nanning = factories.region_reviewer(factories.region("450100"))
    assert contents(log_in(nanning).get(QUEUE)) == ["待终审的"]


def test_unattended_tab_is_for_region_reviewers_only(log_in, huang, station, bureau):
    factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="无人初审的")
    factories.submitted(huang, station, content="有人初审的")
    response = log_in(bureau).get(QUEUE, {"tab": "unattended"})
    assert contents(response) == ["无人初审的"]
    response = log_in(station.reviewer).get(QUEUE, {"tab": "unattended"})
    assert [key for key, _, _ in response.context["tabs"]] == ["mine", "done", "all"]
    assert contents(response) == ["有人初审的"]  # the tab that is not there is the first one


def test_done_tab_lists_own_decisions_newest_first(log_in, huang, li, station, bureau):
    first = factories.submitted(huang, station, content="先审核的")
    second = factories.submitted(li, station, content="后审核的")
    factories.agree(station.reviewer, first)
    factories.refuse(station.reviewer, second, factories.verdict())
    factories.recognise(bureau, first)
    factories.submitted(huang, station, content="没审核的")
    response = log_in(station.reviewer).get(QUEUE, {"tab": "done"})
    assert contents(response) == ["后审核的", "先审核的"]
    assert [line.decision.get_action_display() for line in response.context["lines"]] == ["不予认定", "初审同意"]


def test_done_tab_excludes_own_return_requests(log_in, station, bureau):
    registration = factories.submitted(station.reviewer, station, content="审核员本人的")
    transitions.ask_return(station.reviewer, registration, "写错了。")
    assert contents(log_in(station.reviewer).get(QUEUE, {"tab": "done"})) == []


def test_all_tab_lists_submitted_newest_first(log_in, huang, station, bureau):
    backdate(factories.recognised(huang, station, station.reviewer, bureau, content="已认定的"), 3)
    backdate(factories.returned(huang, station, station.reviewer, content="退回的"), 2)
    backdate(factories.submitted(huang, station, content="待初审的"), 1)
    factories.registration(huang, "草稿")
    assert contents(log_in(bureau).get(QUEUE, {"tab": "all"})) == ["待初审的", "退回的", "已认定的"]


def test_ended_appointment_is_404(log_in, huang, station):
    factories.submitted(huang, station)
    appointment = station.reviewer.appointments.get()
    appointment.valid_from -= timedelta(days=9)
    appointment.valid_until = timezone.localdate() - timedelta(days=1)
    appointment.save()
    assert log_in(station.reviewer).get(QUEUE).status_code == 404


# --- Waiting count ----------------------------------------------------------------------------------


def test_waiting_count_and_age_are_shown(log_in, huang, station):
    backdate(factories.submitted(huang, station, content="老的"), 12)
    factories.submitted(huang, station, content="新的")
    page = log_in(station.reviewer).get(QUEUE).content.decode()
    assert "<strong>2</strong> 条待您审核，最早的一条已等待 <strong>12</strong> 天。" in page


def test_waiting_count_stops_at_limit(log_in, huang, station, monkeypatch):
    for number in range(4):
        factories.submitted(huang, station, content=f"第 {number} 条")
    monkeypatch.setattr(queue, "WAITING_COUNT_LIMIT", 3)
    assert "<strong>3+</strong> 条待您审核" in log_in(station.reviewer).get(QUEUE).content.decode()


# --- Marks ------------------------------------------------------------------------------------------


def marks(response) -> dict[str, list[str]]:
    return {line.registration.content: line.marks for line in response.context["lines"]}


def test_return_requests_are_shown_above_the_list(log_in, huang, li, station):
    transitions.ask_return(huang, factories.submitted(huang, station, content="附件传错的"), "附件传错了。")
    factories.submitted(li, station, content="没有请求的")
    earlier = factories.submitted(li, station, content="上一轮请求的")
    transitions.ask_return(li, earlier, "上一轮。")
    factories.return_(station.reviewer, earlier, factories.verdict())
    transitions.submit(li, [earlier], station, station.region)
    response = log_in(station.reviewer).get(QUEUE)
    assert [(asked.registration.content, asked.words) for asked in response.context["return_requests"]] == [
        ("附件传错的", "附件传错了。")
    ]
    assert marks(response) == {"附件传错的": ["请求退回"], "没有请求的": [], "上一轮请求的": []}


def test_overlapping_registrations_are_marked(log_in, huang, li, station):
    span = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    later = {"starts_at": factories.moment(8, 18), "ends_at": factories.moment(6, 18)}
    factories.submitted(huang, station, content="甲", **span)
    factories.submitted(huang, station, content="乙", **span)
    factories.submitted(huang, station, content="接着的", **later)
    factories.submitted(li, station, content="别人的", **span)
    factories.registration(li, "别人的草稿", **span)
    assert marks(log_in(station.reviewer).get(QUEUE)) == {
        "甲": ["时间重叠"],
        "乙": ["时间重叠"],
        "接着的": [],
        "别人的": [],
    }


def test_unaffiliated_and_pending_unit_are_marked(log_in, huang, station, bureau, guangxi):
    nobody = units.unaffiliated(guangxi)
    registration = factories.registration(huang, "无单位的")
    transitions.submit(huang, [registration], nobody, factories.region("450126"))
    pending = factories.unit("新单位", state=Unit.State.PENDING)
    factories.submitted(huang, pending, content="待核实单位的")
    response = log_in(bureau).get(QUEUE, {"tab": "all"})
    assert marks(response) == {"无单位的": ["无单位直报"], "待核实单位的": ["单位待核实"]}


# --- Filters ----------------------------------------------------------------------------------------


@pytest.fixture
def mixed(huang, li, station, bureau):
    """Submit registrations of two people at two units in two cities; return the second unit."""
    library = factories.unit("柳州市图书馆", "450202")
    librarian = factories.unit_reviewer(library, "潘审核")
    talks = factories.category("讲座", "学术交流类")
    factories.submitted(huang, station, content="水利培训")
    backdate(factories.submitted(huang, station, content="公文讲座", category=talks), 20)
    last_year = {"starts_at": factories.moment(366), "ends_at": factories.moment(365, 18)}
    factories.agreed(li, library, librarian, content="古籍培训", **last_year)
    return library


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"name": "黄秋"}, ["水利培训", "公文讲座"]),
        ({"name": "秋梦"}, []),
        ({"name": "李工"}, ["古籍培训"]),
        ({"content": "培训"}, ["古籍培训", "水利培训"]),
        ({"content": " 古籍\u200b 培训"}, ["古籍培训"]),
        ({"content": "培训（古籍）"}, ["古籍培训"]),
        ({"name": "李 工"}, ["古籍培训"]),
        ({"unit": "图书馆"}, ["古籍培训"]),
        ({"unit": "没有的单位名"}, []),
        ({"region": "450200"}, ["古籍培训"]),
        ({"region": "450126"}, ["水利培训", "公文讲座"]),
        ({"status": "final_review"}, ["古籍培训"]),
        ({"year": str(LAST_YEAR)}, ["古籍培训"]),
        ({"since": f"{timezone.localdate() - timedelta(days=9)}"}, ["古籍培训", "水利培训"]),
        ({"until": f"{timezone.localdate() - timedelta(days=9)}"}, ["公文讲座"]),
        ({"name": "黄秋梦", "content": "讲座"}, ["公文讲座"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_filters(log_in, bureau, mixed, given, found):
    assert contents(log_in(bureau).get(QUEUE, {"tab": "all", **given})) == found


def test_filter_by_last_four_of_id(log_in, bureau, mixed, huang):
    response = log_in(bureau).get(QUEUE, {"tab": "all", "id_tail": huang.id_number[-4:].lower()})
    assert contents(response) == ["水利培训", "公文讲座"]


def test_filter_by_category_of_either_level(log_in, bureau, mixed):
    talks = factories.category("讲座", "学术交流类")
    for chosen in (talks.pk, talks.parent_id):
        assert contents(log_in(bureau).get(QUEUE, {"tab": "all", "category": chosen})) == ["公文讲座"]


def test_filter_by_common_name(log_in, bureau, mixed, monkeypatch):
    monkeypatch.setattr("hours.review.filters.FILTER_MAX_PEOPLE", 0)
    assert contents(log_in(bureau).get(QUEUE, {"tab": "all", "name": "李工"})) == ["古籍培训"]


def test_invalid_filter_shows_error_and_is_ignored(log_in, bureau, mixed):
    response = log_in(bureau).get(QUEUE, {"tab": "all", "since": "昨天", "id_tail": "450103198503211234"})
    assert contents(response) == ["古籍培训", "水利培训", "公文讲座"]
    assert {name: list(errors) for name, errors in response.context["queue"].filter.errors.items()} == {
        "since": ["日期无法识别，请按 2026-05-12 的格式填写。"],
        "id_tail": ["请只填写证件号码的后四位。"],
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"since": "0001-01-01"}, "日期早于 1949 年，请核对年份。"),
        ({"until": "9999-12-31"}, "日期晚于 2999 年，请核对年份。"),
    ],
)
def test_filter_date_out_of_range_shows_error(log_in, bureau, mixed, given, sentence):
    response = log_in(bureau).get(QUEUE, {"tab": "all", **given})
    assert contents(response) == ["古籍培训", "水利培训", "公文讲座"]
    assert list(response.context["queue"].filter.errors.values()) == [[sentence]]


def test_filter_labels(log_in, bureau, mixed):
    fields = log_in(bureau).get(QUEUE, {"tab": "all"}).context["queue"].filter
    assert [field.label for field in fields] == [
        *("姓名", "证件号码", "认定内容", "单位", "区域", "认定类型", "计入年度", "状态", "提交日期从", "提交日期至")
    ]


def test_unit_reviewer_has_no_place_filters(log_in, station, huang):
    factories.submitted(huang, station)
    fields = log_in(station.reviewer).get(QUEUE, {"tab": "all"}).context["queue"].filter.fields
    assert {"unit", "region"} & set(fields) == set()


def test_region_outside_office_is_rejected(log_in, huang, mixed):
    nanning = factories.region_reviewer(factories.region("450100"), "韦终审")
    response = log_in(nanning).get(QUEUE, {"tab": "all", "region": "450200"})
    assert list(response.context["queue"].filter.errors) == ["region"]
    assert contents(response) == ["水利培训", "公文讲座"]


# --- Order and pages --------------------------------------------------------------------------------


def test_oldest_first_by_default(log_in, huang, station):
    for days, content in ((3, "三天"), (9, "九天"), (1, "一天")):
        backdate(factories.submitted(huang, station, content=content), days)
    client = log_in(station.reviewer)
    response = client.get(QUEUE)
    assert contents(response) == ["九天", "三天", "一天"]
    turned = QUEUE + response.context["heads"]["moment"].url
    assert contents(client.get(turned)) == ["一天", "三天", "九天"]


def test_small_list_is_sortable(log_in, huang, station):
    for hours in (8, 16, 12):
        factories.submitted(huang, station, content=f"{hours} 学时", hours_applied=hours)
    client = log_in(station.reviewer)
    assert contents(client.get(QUEUE, {"order": "hours"})) == ["8 学时", "12 学时", "16 学时"]
    assert contents(client.get(QUEUE, {"order": "-hours"})) == ["16 学时", "12 学时", "8 学时"]


def test_large_list_is_not_sortable(log_in, huang, station, monkeypatch):
    for days, hours in ((3, 8), (2, 16), (1, 12)):
        backdate(factories.submitted(huang, station, content=f"{hours} 学时", hours_applied=hours), days)
    monkeypatch.setattr(queue, "QUEUE_SORT_LIMIT", 2)
    response = log_in(station.reviewer).get(QUEUE, {"order": "hours"})
    assert contents(response) == ["8 学时", "16 学时", "12 学时"]
    head = response.context["heads"]["hours"]
    assert (head.url, head.title) == ("", "超过 5000 条时只能按提交时间排序，请先用筛选缩小范围。")


@pytest.mark.parametrize("order", ["", "hours"])
def test_pages_lose_and_repeat_no_row(log_in, huang, station, settings, order):
    settings.QUEUE_PAGE_SIZE = 2
    for number in range(5):
        registration = factories.submitted(huang, station, content=f"第 {number} 条", hours_applied=8 + number)
        backdate(registration, 9 - number)
    client = log_in(station.reviewer)
    first = client.get(QUEUE, {"order": order})
    second = client.get(QUEUE + first.context["next_url"])
    third = client.get(QUEUE + second.context["next_url"])
    assert [contents(page) for page in (first, second, third)] == [
        ["第 0 条", "第 1 条"],
        ["第 2 条", "第 3 条"],
        ["第 4 条"],
    ]
    assert third.context["next_url"] == ""
    back = client.get(QUEUE + third.context["previous_url"])
    assert contents(back) == ["第 2 条", "第 3 条"]
    assert first.context["previous_url"] == ""


@pytest.mark.parametrize("page", ["0", "-1", "９", "999999", "x"])
def test_invalid_page_is_ignored(log_in, huang, station, page):
    factories.submitted(huang, station, content="唯一的")
    client = log_in(station.reviewer)
    assert client.get(QUEUE, {"order": "hours", "page": page}).status_code == 200
    assert client.get(QUEUE, {"after": page}).status_code == 200


@pytest.mark.parametrize("order", ["submitted", "hours"])
def test_emptied_page_falls_back_to_the_first(log_in, huang, station, settings, order):
    settings.QUEUE_PAGE_SIZE = 2
    registrations = [factories.submitted(huang, station, content=f"第 {number} 条") for number in range(4)]
    client = log_in(station.reviewer)
    second = QUEUE + client.get(QUEUE, {"order": order}).context["next_url"]
    for registration in registrations[2:]:
        factories.agree(station.reviewer, registration)
    response = client.get(second)
    assert contents(response) == ["第 0 条", "第 1 条"]
    assert (response.context["previous_url"], response.context["next_url"]) == ("", "")


def test_empty_queue_message(log_in, station):
    page = log_in(station.reviewer).get(QUEUE).content.decode()
    assert "目前没有待您审核的登记。" in page
    assert "没有待审核的登记" in page


def test_id_numbers_are_masked(log_in, huang, station):
    factories.submitted(huang, station)
    page = log_in(station.reviewer).get(QUEUE).content.decode()
    assert huang.masked_id in page
    assert huang.id_number not in page


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_is_constant(log_in, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        registration = factories.submitted(huang, station, content=f"第 {number} 条")
        if number % 3 == 0:
            transitions.ask_return(huang, registration, "请退回。")
    client = log_in(station.reviewer)
    # session, person, appointments, types, count and oldest, rows, 请求退回, reasons; the frame: menu, notices
    with django_assert_num_queries(10):
        client.get(QUEUE)


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_is_constant_with_filters(log_in, huang, station, bureau, rows, django_assert_num_queries):
    for number in range(rows):
        factories.submitted(huang, station, content=f"第 {number} 条")
    client = log_in(bureau)
    tree.current()
    # as above without 请求退回; people of the name, revision of the tree, rows that fit
    with django_assert_num_queries(12):
        client.get(QUEUE, {"tab": "all", "name": "黄", "status": "first_review"})


def test_menu_link_for_reviewers_only(log_in, huang, station, bureau):
    link = f'href="{QUEUE}"'
    shown = [link in log_in(person).get(reverse("hours:list")).content.decode() for person in (huang, station.reviewer)]
    assert shown == [False, True]
