"""Registrations in the admin: read-only within the own regions, except for 撤销认定 and 重新审核."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import User
from accounts.permissions import Allowed, Denied
from hours.models import Decision, Notice, Reason, Registration, ReturnedVersion
from hours.states import Action, Status
from hours.workflow.permissions import may
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
REGISTRATIONS, DECISIONS = "/admin/hours/registration/", "/admin/hours/decision/"
NOTICES, VERSIONS, SUBMISSIONS = "/admin/hours/notice/", "/admin/hours/returnedversion/", "/admin/hours/submission/"


@pytest.fixture
def root(client, guangxi):
    """韦管理, a superuser without an appointment."""
    person = factories.administrator()
    client.force_login(person)
    return person


@pytest.fixture
def nanning(client, guangxi):
    """卢南宁, the administrator of 南宁市, not a superuser."""
    person = factories.region_admin(factories.region("450100"), "卢南宁")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture
def recognised(huang, station, bureau):
    return factories.recognised(huang, station, station.reviewer, bureau, content="公文写作培训班")


@pytest.fixture
def refused(huang, station):
    return factories.refused(huang, station, station.reviewer, content="发明专利")


@pytest.fixture
def in_liuzhou(guangxi, rules):
    """李工's refused registration, in another city."""
    library = factories.unit("柳州市图书馆", "450202")
    return factories.refused(factories.person("李工"), library, factories.unit_reviewer(library), content="李工的登记")


def listed(client, **query) -> list[str]:
    return [registration.content for registration in client.get(REGISTRATIONS, query).context["cl"].result_list]


def select(client, action: str, *registrations, **data):
    keys = [registration.pk for registration in registrations]
    return client.post(REGISTRATIONS, {"action": action, "_selected_action": keys, **data}, follow=True)


def carry_out(client, action: str, *registrations, words: str = "认定有误。", reason: Reason | None = None):
    reason = reason or factories.reason("不属于继续教育")
    return select(client, action, *registrations, confirmed="yes", reason=reason.pk, words=words)


# --- Reading ---------------------------------------------------------------------------------------


def test_list_and_page_mask_id_number(client, root, huang, recognised):
    page = client.get(REGISTRATIONS).content.decode()
    assert huang.masked_id in page
    assert huang.id_number not in page
    assert huang.id_number not in client.get(f"{REGISTRATIONS}{recognised.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("黄秋梦", ["带证书的", "公文写作培训班"]),
        ("黄秋", []),  # only the full name matches
        ("写作", ["公文写作培训班"]),
        ("ZL-2026-7", ["带证书的"]),
        ("ZL-2026", []),
        ("zl-2026-7", ["带证书的"]),
        ("ＺＬ－２０２６－７", ["带证书的"]),
        (" 黄 秋梦\u200b", ["带证书的", "公文写作培训班"]),
        ("⽂写作", ["公文写作培训班"]),  # a radical
        ("\u200b", ["带证书的", "李工的登记", "公文写作培训班"]),  # nothing
        ("李工的", ["李工的登记"]),
    ],
)
def test_search_by_name_certificate_number_and_content(client, root, huang, recognised, in_liuzhou, text, expected):
    factories.registration(huang, "带证书的", certificate_number="ZL-2026-7")
    assert listed(client, q=text) == expected


def test_search_by_last_four_of_id_number(client, root, huang, recognised, in_liuzhou):
    assert listed(client, q=huang.id_tail.lower()) == ["公文写作培训班"]


def test_filters_by_status_year_region_and_category(client, root, huang, recognised, in_liuzhou):
    patent = factories.category("发明专利类", "成果类", by_half_day=False)
    factories.registration(huang, "草稿", category=patent, year=recognised.year - 1)
    assert listed(client, status__exact="refused") == ["李工的登记"]
    assert listed(client, year=recognised.year - 1) == ["草稿"]
    assert listed(client, region="450200") == ["李工的登记"]
    assert listed(client, region="450100") == ["公文写作培训班"]
    assert listed(client, category=patent.pk) == ["草稿"]
    assert listed(client, category=patent.parent_id) == ["草稿"]
    assert sorted(listed(client, category="x")) == ["公文写作培训班", "李工的登记", "草稿"]


@pytest.mark.parametrize("rows", [1, 30])
def test_list_has_constant_queries_and_bounded_count(client, root, huang, station, rows, django_assert_num_queries):
    for number in range(rows):
        factories.submitted(huang, station, content=f"第 {number} 条")
    client.get(REGISTRATIONS)
    with django_assert_num_queries(8) as queries:
        client.get(REGISTRATIONS)
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 10000" in counts[0]
    assert not any("DISTINCT" in query["sql"] for query in queries)


def test_pages_of_workflow_rows_are_read_only(client, root, recognised, huang, station):
    factories.returned(huang, station, station.reviewer, content="退回的")
    for page, row in (
        (REGISTRATIONS, recognised),
        (DECISIONS, recognised.decisions.first()),
        (NOTICES, Notice.objects.first()),
        (VERSIONS, ReturnedVersion.objects.first()),
        (SUBMISSIONS, recognised.submission),
    ):
        answers = [
            client.get(f"{page}{row.pk}/change/").status_code,
            client.get(f"{page}add/").status_code,
            client.post(f"{page}{row.pk}/change/", {"content": "改"}).status_code,
            client.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code,
        ]
        assert answers == [200, 403, 403, 403], page
        assert "delete_selected" not in client.get(page).content.decode()


def test_decisions_are_searched_by_registration_number(client, root, recognised, in_liuzhou):
    found = client.get(DECISIONS, {"q": recognised.pk}).context["cl"].result_list
    assert {decision.registration for decision in found} == {recognised}
    assert list(client.get(DECISIONS, {"q": "公文"}).context["cl"].result_list) == []


def test_returned_version_shows_escaped_content(client, root, huang, station):
    factories.returned(huang, station, station.reviewer, content="退回的", note="<b>说明</b>")
    page = client.get(f"{VERSIONS}{ReturnedVersion.objects.get().pk}/change/").content.decode()
    assert "认定内容：退回的" in page
    assert "&lt;b&gt;说明&lt;/b&gt;" in page


@pytest.mark.parametrize("page", ["", "{pk}/change/"])
def test_returned_version_links_to_registration(client, root, huang, station, page):
    returned = factories.returned(huang, station, station.reviewer, content="退回的")
    url = VERSIONS + page.format(pk=ReturnedVersion.objects.get().pk)
    html = client.get(url).content.decode()
    assert f'href="{REGISTRATIONS}{returned.pk}/change/">退回的</a>' in html
    assert "学时登记" in re.sub("<nav.*?</nav>|<title>.*?</title>", "", html, flags=re.DOTALL)
    assert "Registration" not in html


@pytest.mark.parametrize("listing", [REGISTRATIONS, DECISIONS, NOTICES, VERSIONS, SUBMISSIONS])
def test_regional_administrator_lists_own_regions_only(client, nanning, huang, station, in_liuzhou, listing):
    factories.returned(huang, station, station.reviewer, content="南宁的")
    factories.registration(huang, "草稿")
    text = client.get(listing).content.decode()
    assert ("南宁的" in text or "宾阳县甘棠镇林业站" in text, "李工" in text, "柳州" in text) == (True, False, False)
    assert "草稿" not in text


def test_registration_of_other_region_is_404(client, nanning, in_liuzhou):
    assert client.get(f"{REGISTRATIONS}{in_liuzhou.pk}/change/").status_code == 404
    assert client.get(f"{DECISIONS}{in_liuzhou.decisions.first().pk}/change/").status_code == 404


def test_staff_without_appointment_get_403(client, recognised):
    client.force_login(factories.person("卢文员", is_staff=True))
    assert [client.get(page).status_code for page in (REGISTRATIONS, DECISIONS, NOTICES)] == [403] * 3


# --- 撤销认定 and 重新审核 ---------------------------------------------------------------------------


def test_action_asks_first_with_consequences_and_refusals(client, root, huang, recognised, refused):
    response = select(client, "revoke", recognised, refused)
    assert [(registration.content, reason) for registration, reason in response.context["rows"]] == [
        ("公文写作培训班", ""),
        ("发明专利", "该登记目前为“不予认定”，不能撤销认定。"),
    ]
    page = response.content.decode()
    assert "将对以下 1 条登记撤销认定。撤销后，其认定学时不再计入年度学时" in page
    assert huang.id_number not in page
    assert re.findall(r"<style|\sstyle=|<script>|\son[a-z]+=|javascript:", page) == []
    recognised.refresh_from_db()
    assert recognised.status == Status.RECOGNISED


def test_revoking_records_decision_and_reports_each_result(client, root, recognised, refused):
    response = carry_out(client, "revoke", recognised, refused)
    assert message_texts(response) == [
        "“公文写作培训班”（黄秋梦）：已撤销认定，目前为“撤销认定”。",
        "“发明专利”（黄秋梦）未处理：该登记目前为“不予认定”，不能撤销认定。",
    ]
    decision = recognised.decisions.last()
    assert (decision.action, decision.actor_name, decision.reason_name, decision.words) == (
        "revoke",
        "韦管理",
        "不属于继续教育",
        "认定有误。",
    )
    assert LogEntry.objects.get().get_change_message() == "撤销认定：不属于继续教育"


def test_reopening_refused_registration_leads_to_final_review(client, nanning, refused):
    assert message_texts(carry_out(client, "reopen", refused)) == ["“发明专利”（黄秋梦）：已重新审核，目前为“待终审”。"]
    refused.refresh_from_db()
    assert refused.status == Status.FINAL_REVIEW


def test_reopening_with_duplicate_is_refused_and_names_it(client, root, huang, refused):
    factories.registration(huang, "发明专利", starts_at=refused.starts_at, ends_at=refused.ends_at)
    [sentence] = message_texts(carry_out(client, "reopen", refused))
    assert sentence.startswith("“发明专利”（黄秋梦）未处理：您已登记过内容和起止时间都相同的“发明专利”")
    refused.refresh_from_db()
    assert refused.status == Status.REFUSED


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"words": "认定有误。", "reason": ""}, {"reason": ["请选择原因。"]}),
        ({"words": " "}, {"words": ["请填写意见。"]}),
        ({"words": "长" * 501}, {"words": ["意见最多 500 个字，请精简。"]}),
        ({"words": "认定有误。", "reason": "0"}, {"reason": ["所选原因不存在或已停用，请重新选择。"]}),
    ],
)
def test_missing_reason_or_words_is_field_error(client, root, recognised, data, errors):
    sent = {"reason": factories.reason().pk, **data}
    response = select(client, "revoke", recognised, confirmed="yes", **sent)
    assert response.context["form"].errors == errors
    assert sent["words"] in response.content.decode()
    assert not Decision.objects.filter(action=Action.REVOKE).exists()


def test_inactive_reason_is_field_error(client, root, recognised):
    old = factories.reason("旧原因", is_active=False)
    response = carry_out(client, "revoke", recognised, reason=old)
    assert list(response.context["form"].errors) == ["reason"]


def test_action_ignores_registration_of_other_region(client, nanning, in_liuzhou):
    carry_out(client, "reopen", in_liuzhou)
    in_liuzhou.refresh_from_db()
    assert in_liuzhou.status == Status.REFUSED


@pytest.mark.parametrize("key", ["abc", "", "-1", "１", "9" * 30])
def test_action_with_invalid_key_changes_nothing(client, root, recognised, key):
    data = {"action": "revoke", "_selected_action": [recognised.pk, key], "confirmed": "yes"}
    response = client.post(REGISTRATIONS, {**data, "reason": factories.reason().pk, "words": "有误。"}, follow=True)
    assert message_texts(response) == ["勾选的登记无法识别，请重新勾选。"]
    recognised.refresh_from_db()
    assert recognised.status == "recognised"


def test_action_on_own_registration_is_refused(client, root, station, rules):
    own = factories.refused(root, station, station.reviewer, content="本人的")
    assert message_texts(carry_out(client, "reopen", own)) == ["“本人的”（韦管理）未处理：不能审核本人的登记。"]


def test_action_on_too_many_registrations_is_refused(client, root, huang, station, settings, recognised, refused):
    settings.ADMIN_MAX_SELECTED = 1
    response = select(client, "revoke", recognised, select_across="1")
    assert message_texts(response) == ["一次最多处理 1 条登记，请用搜索或筛选缩小范围。"]


def test_superuser_administers_all_regions_but_reviews_none(root, huang, station, recognised, refused):
    waiting = factories.agreed(huang, station, station.reviewer, content="待终审的")
    assert [
        may(root, action, registration)
        for action, registration in ((Action.REVOKE, recognised), (Action.REOPEN, refused))
    ] == [
        Allowed(),
        Allowed(),
    ]
    assert may(root, Action.RECOGNISE, waiting) == Denied("您没有对该登记“认定”的权限。")
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    assert may(User.objects.get(pk=root.pk), Action.REVOKE, recognised) == Denied("您没有对该登记“撤销认定”的权限。")


def test_reviewers_and_owner_cannot_revoke_in_admin(client, bureau, station, recognised):
    for person in (bureau, station.reviewer, recognised.owner):
        client.force_login(person)
        assert client.post(REGISTRATIONS, {"action": "revoke", "_selected_action": [recognised.pk]}).status_code == 302
    assert Registration.objects.get(pk=recognised.pk).status == Status.RECOGNISED


def test_page_shows_hours_file_kinds_and_category_in_words(client, root, huang, recognised):
    factories.attachment(recognised)
    page = client.get(f"{REGISTRATIONS}{recognised.pk}/change/").content.decode()
    assert [text in page for text in ("PDF 文档", "培训进修类 · 培训班", ">16<")] == [True, True, True]
    assert [text in page for text in ("application/pdf", "16.0", "None", "False")] == [False] * 4
