"""学时审核: one registration with evidence, related registrations, changes and neighbours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.models import Registration
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from tests import factories, files

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")


def detail_url(registration: Registration, query: str = "") -> str:
    return reverse("hours:review_detail", args=[registration.pk]) + query


def submitted_days_ago(owner, unit, *days_ago: int, **fields) -> list[Registration]:
    """Return registrations at the 初审, one for each number of days since its submission."""
    registrations = []
    for days in days_ago:
        registration = factories.submitted(owner, unit, content=f"{days} 天前", **fields)
        Registration.objects.filter(pk=registration.pk).update(submitted_at=timezone.now() - timedelta(days=days))
        registration.refresh_from_db()
        registrations.append(registration)
    return registrations


def test_attachments_are_embedded(log_in, huang, station):
    registration = factories.submitted(huang, station)
    picture = factories.attachment(registration, files.upload("证书.jpg", files.picture()))
    document = factories.attachment(registration, files.pdf("通知.pdf"))
    client = log_in(station.reviewer)
    page = client.get(detail_url(registration)).content.decode()
    shown = reverse("hours:attachment", args=[picture.pk]), reverse("hours:attachment", args=[document.pk])
    assert f'<a href="{shown[0]}" target="_blank" rel="noopener"><img src="{shown[0]}" alt="证书.jpg"' in page
    assert f'<iframe src="{shown[1]}#view=FitH&amp;navpanes=0" title="通知.pdf"' in page
    response = client.get(shown[1])
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    response.close()


def test_related_registrations_are_listed(log_in, huang, li, station):
    span = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    other_days = {"starts_at": factories.moment(30), "ends_at": factories.moment(29, 18)}
    factories.refused(huang, station, station.reviewer, content="曾被拒绝的", certificate_number="桂-1", **other_days)
    factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="同时的", **span)
    factories.submitted(huang, station, content="无关的")
    factories.registration(huang, "同时的草稿", **span)
    factories.submitted(li, station, content="别人同时的", **span)
    registration = factories.submitted(huang, station, content="这一条", certificate_number="桂-1", **span)
    related = log_in(station.reviewer).get(detail_url(registration)).context["related"]
    assert [(row.registration.content, row.reasons, row.is_in_office) for row in related] == [
        ("曾被拒绝的", "证书编号相同", True),
        ("同时的", "时间重叠", False),
    ]


def test_changes_since_return_include_files(log_in, huang, station):
    registration = factories.submitted(huang, station, content="原来的")
    factories.attachment(registration, files.pdf("旧.pdf"))
    factories.return_(station.reviewer, registration, factories.verdict())
    Registration.objects.filter(pk=registration.pk).update(content="改过的")
    registration.attachments.all().delete()
    factories.attachment(registration, files.pdf("新.pdf"))
    registration = Registration.objects.get(pk=registration.pk)
    transitions.submit(huang, [registration], station, station.region)
    response = log_in(station.reviewer).get(detail_url(registration))
    assert [(change.label, change.before, change.after) for change in response.context["changes"]] == [
        ("认定内容", "原来的", "改过的"),
        ("附件", "旧.pdf", ""),
        ("附件", "", "新.pdf"),
    ]
    page = response.content.decode()
    assert "<del>原来的</del>" in page
    assert "<ins>改过的</ins>" in page


def test_first_submission_has_no_changes(log_in, huang, station):
    assert log_in(station.reviewer).get(detail_url(factories.submitted(huang, station))).context["changes"] is None


def test_return_request_is_shown(log_in, huang, station):
    registration = factories.submitted(huang, station)
    transitions.ask_return(huang, registration, "附件传错了。")
    assert log_in(station.reviewer).get(detail_url(registration)).context["return_request"] == "附件传错了。"


def test_return_request_of_previous_stage_is_hidden(log_in, huang, station, bureau):
    registration = factories.submitted(huang, station)
    transitions.ask_return(huang, registration, "附件传错了。")
    factories.agree(station.reviewer, registration)
    assert log_in(bureau).get(detail_url(registration)).context["return_request"] == ""


def test_hours_default_to_the_limit(log_in, huang, station, bureau):
    registration = factories.submitted(huang, station, hours_applied=16)
    assert log_in(station.reviewer).get(detail_url(registration)).context["form"]["hours"].value() == "16"
    factories.agree(station.reviewer, registration, Verdict(hours=12, words="按证书核减。"))
    assert log_in(bureau).get(detail_url(registration)).context["form"]["hours"].value() == "12"


def test_neighbours_follow_order_and_filter(log_in, huang, station):
    oldest, middle, newest = submitted_days_ago(huang, station, 9, 5, 1)
    client = log_in(station.reviewer)
    context = client.get(detail_url(middle)).context
    assert (context["before"], context["after"]) == (oldest.pk, newest.pk)
    context = client.get(detail_url(middle, "?order=-submitted")).context
    assert (context["before"], context["after"]) == (newest.pk, oldest.pk)
    context = client.get(detail_url(middle, "?content=5")).context
    assert (context["before"], context["after"]) == (None, None)


def test_neighbours_follow_sort_column(log_in, huang, station):
    (big,) = submitted_days_ago(huang, station, 9, hours_applied=16)
    (small,) = submitted_days_ago(huang, station, 5, hours_applied=8)
    (medium,) = submitted_days_ago(huang, station, 1, hours_applied=12)
    context = log_in(station.reviewer).get(detail_url(medium, "?order=hours")).context
    assert (context["before"], context["after"]) == (small.pk, big.pk)


def test_neighbours_in_done_tab(log_in, huang, station):
    registrations = submitted_days_ago(huang, station, 9, 5, 1)
    for registration in registrations:
        factories.agree(station.reviewer, registration)
    context = log_in(station.reviewer).get(detail_url(registrations[1], "?tab=done")).context
    assert (context["before"], context["after"]) == (registrations[2].pk, registrations[0].pk)


def test_links_keep_filters_and_position(log_in, huang, station, settings):
    settings.QUEUE_PAGE_SIZE = 1
    submitted_days_ago(huang, station, 9, 5)
    client = log_in(station.reviewer)
    second = client.get(QUEUE + client.get(QUEUE, {"content": "天"}).context["next_url"])
    here = second.context["queue_query"]
    assert here == f"?content=%E5%A4%A9&after={second.wsgi_request.GET['after']}"
    assert here.replace("&", "&amp;") in second.content.decode()


def test_denial_reason_is_shown(log_in, huang, station, bureau):
    own = factories.submitted(station.reviewer, station, content="本人的")
    client = log_in(station.reviewer)
    response = client.get(detail_url(own))
    assert (response.context["may_decide"], response.context["denied"]) == (False, "不能审核本人的登记。")
    decided = factories.recognised(huang, station, station.reviewer, bureau)
    response = client.get(detail_url(decided))
    assert (response.context["may_decide"], response.context["denied"]) == (False, "")


def test_registration_outside_office_is_404(log_in, huang, station):
    library = factories.unit("柳州市图书馆", "450202")
    elsewhere = factories.submitted(huang, library, content="别的单位的")
    draft = factories.registration(huang, "草稿")
    client = log_in(station.reviewer)
    assert [client.get(detail_url(registration)).status_code for registration in (elsewhere, draft)] == [404, 404]
    assert log_in(huang).get(detail_url(elsewhere)).status_code == 404  # the owner reads it in 学时查询


@pytest.mark.parametrize("many", [1, 12])
def test_query_count_is_constant(log_in, huang, station, many, django_assert_num_queries):
    span = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    registration = factories.submitted(huang, station, content="这一条", **span)
    for number in range(many):
        factories.submitted(huang, station, content=f"第 {number} 条", **span)
        if number < 8:
            factories.attachment(registration)
    client = log_in(station.reviewer)
    with django_assert_num_queries(17):
        client.get(detail_url(registration))
