"""学时审核: one decision about the ticked registrations."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import appointments
from accounts.models import Appointment
from hours.models import Decision, Registration
from hours.states import Status
from tests import factories

pytestmark = pytest.mark.django_db
BULK = reverse("hours:review_bulk")


def ticks(*registrations: Registration) -> list[str]:
    return [f"{registration.pk}.{registration.round}.{registration.status}" for registration in registrations]


def results(response) -> list[tuple[str, str]]:
    return [(result.registration.content, result.problem) for result in response.context["results"]]


def decided() -> list[tuple[str, str]]:
    rows = Decision.objects.exclude(stage="owner").order_by("registration", "pk")
    return list(rows.values_list("registration__content", "action"))


def test_agreement_lists_a_result_for_each(log_in, huang, li, station):
    registrations = [factories.submitted(huang, station, content="甲"), factories.submitted(li, station, content="乙")]
    response = log_in(station.reviewer).post(BULK, {"action": "agree", "registration": ticks(*registrations)})
    assert results(response) == [("甲", ""), ("乙", "")]
    assert decided() == [("甲", "agree"), ("乙", "agree")]
    assert (response.context["done"], response.context["failed"]) == (2, 0)


def test_agreement_uses_the_action_of_each_stage(log_in, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    first = factories.submitted(huang, station, content="待初审的")
    final = factories.agreed(huang, station, station.reviewer, content="待终审的")
    log_in(bureau).post(BULK, {"action": "agree", "registration": ticks(first, final)})
    assert [Registration.objects.get(pk=registration.pk).status for registration in (first, final)] == [
        Status.FINAL_REVIEW,
        Status.RECOGNISED,
    ]


def test_return_records_one_reason_and_words_for_all(log_in, huang, station):
    registrations = [factories.submitted(huang, station, content=content) for content in ("甲", "乙")]
    data = {"action": "return", "reason": factories.reason().pk, "words": "请补充证书。"}
    log_in(station.reviewer).post(BULK, {**data, "registration": ticks(*registrations)})
    rows = Decision.objects.filter(action="return").values_list("reason_name", "words")
    assert list(rows) == [("材料不清晰", "请补充证书。")] * 2


def test_refusal_asks_for_confirmation_with_count(log_in, huang, station):
    registrations = [factories.submitted(huang, station, content=content) for content in ("甲", "乙")]
    data = {
        "action": "refuse",
        "reason": factories.reason().pk,
        "words": "不属于继续教育。",
        "registration": ticks(*registrations),
    }
    client = log_in(station.reviewer)
    page = client.post(BULK, data).content.decode()
    assert "将对以下 2 条登记作出“不予认定”的决定" in page
    assert decided() == []
    client.post(BULK, {**data, "confirmed": "yes"})
    assert decided() == [("甲", "refuse"), ("乙", "refuse")]


@pytest.mark.parametrize("first", ["refuse", "return"])
def test_refusal_asks_for_confirmation_after_errors(log_in, huang, station, first):
    registrations = [factories.submitted(huang, station, content=content) for content in ("甲", "乙")]
    data = {"action": first, "words": "不属于继续教育。", "registration": ticks(*registrations)}
    client = log_in(station.reviewer)
    page = client.post(BULK, data).content.decode()
    assert 'name="confirmed"' not in page
    page = client.post(BULK, {**data, "action": "refuse", "reason": factories.reason().pk}).content.decode()
    assert "将对以下 2 条登记作出“不予认定”的决定" in page
    assert 'name="confirmed" value="yes"' in page
    assert decided() == []


def test_refused_registrations_show_their_reasons(log_in, huang, li, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    possible = factories.submitted(huang, station, content="可以的")
    own = factories.submitted(bureau, station, content="本人的")
    agreed = factories.agreed(huang, station, bureau, content="自己初审过的")
    recognised = factories.recognised(huang, station, station.reviewer, bureau, content="已认定的")
    response = log_in(bureau).post(BULK, {"action": "agree", "registration": ticks(possible, own, agreed, recognised)})
    assert results(response) == [
        ("可以的", ""),
        ("本人的", "不能审核本人的登记。"),
        ("自己初审过的", "您已对该登记作出初审决定，终审须由另一人进行。"),
        ("已认定的", "该登记目前为“已认定”，不能初审同意。"),
    ]


def test_registrations_changed_since_display_are_skipped(log_in, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    registration = factories.submitted(huang, station, content="甲")
    shown = ticks(registration)
    factories.agree(station.reviewer, registration)
    response = log_in(bureau).post(BULK, {"action": "agree", "registration": shown})
    assert results(response) == [("甲", "“甲”：该登记已由覃审核处理，目前为“待终审”。")]
    assert decided() == [("甲", "agree")]


def test_second_click_decides_nothing_again(log_in, huang, station):
    registration = factories.submitted(huang, station, content="甲")
    sent = {"action": "agree", "registration": ticks(registration) * 2}
    client = log_in(station.reviewer)
    client.post(BULK, sent)
    assert results(client.post(BULK, sent)) == [("甲", "“甲”：该登记已由覃审核处理，目前为“待终审”。")]
    assert decided() == [("甲", "agree")]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"action": ""}, {"action": ["请选择操作：同意、退回修改或不予认定。"]}),
        ({"action": "recognise"}, {"action": ["没有这种审核操作。"]}),
        ({"action": "return"}, {"reason": ["退回修改须选择原因。"], "words": ["退回修改须填写意见。"]}),
        ({"action": "refuse", "words": "不行。"}, {"reason": ["不予认定须选择原因。"]}),
        ({"action": "agree", "words": "长" * 501}, {"words": ["意见最多 500 字，目前 501 字，请精简。"]}),
    ],
)
def test_invalid_form_keeps_ticks_and_words(log_in, huang, station, data, found):
    registrations = [factories.submitted(huang, station, content=content) for content in ("甲", "乙")]
    response = log_in(station.reviewer).post(BULK, {**data, "registration": ticks(*registrations)})
    assert {name: list(errors) for name, errors in response.context["form"].errors.items()} == found
    assert [tick.value for tick in response.context["ticks"]] == ticks(*registrations)
    assert data.get("words", "") in response.content.decode()
    assert decided() == []


def test_no_ticks_redirects_with_message(log_in, station):
    response = log_in(station.reviewer).post(f"{BULK}?content=水利", {"action": "agree"})
    assert response.url == f"{reverse('hours:review')}?content=%E6%B0%B4%E5%88%A9"
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["请先勾选要审核的登记。"]


@pytest.mark.parametrize("extra", ["999999", "1x", "", "-1", "１", "9" * 18, "9" * 19, "0.0.0.0"])
def test_invalid_keys_decide_nothing(log_in, huang, station, extra):
    registration = factories.submitted(huang, station, content="甲")
    response = log_in(station.reviewer).post(BULK, {"action": "agree", "registration": [*ticks(registration), extra]})
    assert response.status_code == 404
    assert decided() == []


def test_registration_outside_office_keeps_the_form(log_in, huang, station):
    registration = factories.submitted(huang, station, content="甲")
    elsewhere = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="别的单位的")
    data = {"action": "return", "reason": factories.reason().pk, "words": "请补充证书的第二页。"}
    client = log_in(station.reviewer)
    response = client.post(BULK, {**data, "registration": ticks(registration, elsewhere)})
    assert response.status_code == 404
    assert dict(response.context["form"].errors) == {
        "__all__": [
            "有 1 条勾选的登记不在您的审核范围内（可能已改由其他单位审核），已取消勾选；其余尚未处理，请核对后提交。"
        ]
    }
    page = response.content.decode()
    assert ("请补充证书的第二页。" in page, "别的单位的" in page) == (True, False)
    assert decided() == []
    client.post(BULK, {**data, "registration": [tick.value for tick in response.context["ticks"]]})
    assert decided() == [("甲", "return")]


def test_only_registrations_outside_office_is_404(log_in, huang, station):
    elsewhere = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="别的单位的")
    response = log_in(station.reviewer).post(BULK, {"action": "agree", "registration": ticks(elsewhere)})
    assert response.status_code == 404
    assert "form" not in (response.context or {})
    assert decided() == []


def test_too_many_ticks_is_404(log_in, huang, station):
    registration = factories.submitted(huang, station)
    assert (
        log_in(station.reviewer).post(BULK, {"action": "agree", "registration": ticks(registration) * 201}).status_code
        == 404
    )


def test_invalid_state_decides_nothing(log_in, huang, station):
    registration = factories.submitted(huang, station, content="甲")
    response = log_in(station.reviewer).post(BULK, {"action": "agree", "registration": [f"{registration.pk}.x.y"]})
    assert results(response) == [("甲", "“甲”：该登记已由黄秋梦处理，目前为“待初审”。")]
    assert decided() == []


def test_query_count_is_constant(log_in, huang, station):
    counts = []
    for size in (1, 30):
        registrations = [factories.submitted(huang, station, content=f"{size}-{number}") for number in range(size)]
        client = log_in(station.reviewer)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.post(BULK, {"action": "agree", "registration": ticks(*registrations)})
        assert response.context["done"] == size
        counts.append(len(queries))
    assert counts[0] == counts[1]
