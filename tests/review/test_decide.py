"""学时审核: the decision about one registration, and its refusals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts import appointments
from accounts.models import Appointment
from hours.models import Decision, Registration
from hours.states import Status
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
QUEUE = reverse("hours:review")


def detail_url(registration: Registration, query: str = "") -> str:
    return reverse("hours:review_detail", args=[registration.pk]) + query


def form_data(registration: Registration, action: str, **fields) -> dict:
    """Return what the form sends with the button of this action; `fields` override."""
    limit = registration.hours_proposed or registration.hours_applied
    data = {"hours": f"{limit}", "reason": "", "words": "", "status": registration.status, "round": registration.round}
    return {**data, "action": action, **fields}


def decide(client, registration: Registration, action: str, **fields):
    return client.post(detail_url(registration), form_data(registration, action, **fields))


def errors(response) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def decisions(registration: Registration) -> list[tuple[str, str]]:
    rows = Decision.objects.filter(registration=registration).exclude(stage="owner")
    return list(rows.values_list("actor_name", "action"))


# --- Decisions --------------------------------------------------------------------------------------


def test_agreement_opens_the_next_registration(log_in, huang, station):
    first = factories.submitted(huang, station, content="第一条")
    second = factories.submitted(huang, station, content="第二条")
    response = log_in(station.reviewer).post(detail_url(first, "?content=条"), form_data(first, "agree"))
    assert response.url == f"{detail_url(second)}?content=%E6%9D%A1"
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["已同意：黄秋梦“第一条”，16 学时。"]
    first.refresh_from_db()
    assert (first.status, first.hours_proposed) == (Status.FINAL_REVIEW, Decimal(16))


def test_recognition_with_fewer_hours_and_words(log_in, huang, station, bureau):
    registration = factories.agreed(huang, station, station.reviewer)
    decide(log_in(bureau), registration, "recognise", hours="12.5", words="按证书核减。")
    registration.refresh_from_db()
    assert (registration.status, registration.hours_recognised) == (Status.RECOGNISED, Decimal("12.5"))


@pytest.mark.parametrize(("action", "status"), [("return", Status.RETURNED), ("refuse", Status.REFUSED)])
def test_negative_decision_stores_reason_and_words(log_in, huang, station, action, status):
    registration = factories.submitted(huang, station)
    reason = factories.reason()
    decide(log_in(station.reviewer), registration, action, reason=reason.pk, words="请补充证书。", hours="九十")
    decision = Decision.objects.get(registration=registration, action=action)
    assert (decision.status, decision.reason, decision.words) == (status, reason, "请补充证书。")


def test_last_decision_wraps_to_the_first_registration(log_in, huang, station):
    first = factories.submitted(huang, station, content="第一条")
    last = factories.submitted(huang, station, content="最后一条")
    assert decide(log_in(station.reviewer), last, "agree").url == detail_url(first) + "?"


def test_only_registration_returns_to_the_list(log_in, huang, station):
    registration = factories.submitted(huang, station, content="唯一的")
    response = log_in(station.reviewer).post(detail_url(registration), form_data(registration, "agree"), follow=True)
    assert response.redirect_chain == [(QUEUE + "?", 302)]
    page = response.content.decode()
    assert "已同意：黄秋梦“唯一的”，16 学时。" in page
    assert "这个列表中没有其他登记了。" in page


def test_region_decides_unattended_registration(log_in, huang, bureau):
    registration = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"))
    log_in(bureau).post(detail_url(registration, "?tab=unattended"), form_data(registration, "agree"))
    registration.refresh_from_db()
    assert registration.status == Status.FINAL_REVIEW


# --- Invalid forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "label"), [("return", "退回修改"), ("refuse", "不予认定")])
def test_negative_decision_requires_reason_and_words(log_in, huang, station, action, label):
    registration = factories.submitted(huang, station)
    response = decide(log_in(station.reviewer), registration, action)
    assert errors(response) == {"reason": [f"{label}须选择原因。"], "words": [f"{label}须填写意见。"]}
    assert decisions(registration) == []


@pytest.mark.parametrize(
    ("hours", "field", "sentence"),
    [
        ("24", "hours", "学时不能超过申请的 16 学时。"),
        ("8", "words", "核减学时须填写意见。"),
        ("0", "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ("-4", "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ("7.3", "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ("7.25", "hours", "学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        ("十六", "hours", "学时应为数字，例如 8 或 7.5。"),
        ("1000000000", "hours", "学时太大了，请核对。"),
        ("NaN", "hours", "学时应为数字，例如 8 或 7.5。"),
    ],
)
def test_invalid_hours_show_error_at_their_field(log_in, huang, station, hours, field, sentence):
    registration = factories.submitted(huang, station)
    response = decide(log_in(station.reviewer), registration, "agree", hours=hours)
    assert errors(response) == {field: [sentence]}
    assert response.content.decode().count(sentence) == 2  # at the field, and in the summary
    assert decisions(registration) == []


def test_recognised_hours_are_limited_to_proposed(log_in, huang, station, bureau):
    registration = factories.submitted(huang, station)
    factories.agree(station.reviewer, registration, Verdict(hours=Decimal(8), words="核减。"))
    response = decide(log_in(bureau), registration, "recognise", hours="16")
    assert errors(response) == {"hours": ["学时不能超过初审的 8 学时。"]}


def test_words_longer_than_limit_are_rejected(log_in, huang, station):
    registration = factories.submitted(huang, station)
    data = form_data(registration, "return", reason=factories.reason().pk, words="长" * 501)
    response = log_in(station.reviewer).post(detail_url(registration), data)
    assert errors(response) == {"words": ["意见最多 500 字，目前 501 字，请精简。"]}
    assert "长" * 501 in response.content.decode()


def test_line_end_counts_as_one_character(log_in, huang, station):
    registration = factories.submitted(huang, station)
    data = form_data(registration, "return", reason=factories.reason().pk, words="长\r\n" * 249 + "长末")
    log_in(station.reviewer).post(detail_url(registration), data)
    assert Decision.objects.get(registration=registration, action="return").words == "长\n" * 249 + "长末"


def test_invisible_words_count_as_empty(log_in, huang, station):
    registration = factories.submitted(huang, station)
    data = form_data(registration, "return", reason=factories.reason().pk, words="\u200b \u3000\r\n")
    assert errors(log_in(station.reviewer).post(detail_url(registration), data)) == {"words": ["退回修改须填写意见。"]}


def test_inactive_reason_is_rejected(log_in, huang, station):
    registration = factories.submitted(huang, station)
    old = factories.reason("旧原因", is_active=False)
    response = decide(log_in(station.reviewer), registration, "return", reason=old.pk, words="请改。")
    assert errors(response)["reason"][0] == "所选原因不存在或已停用，请重新选择。"


@pytest.mark.parametrize(
    ("action", "sentence"),
    [("", "请点击“同意”“退回修改”或“不予认定”。"), ("revoke", "没有这种审核操作。"), ("submit", "没有这种审核操作。")],
)
def test_unknown_action_is_rejected(log_in, huang, station, action, sentence):
    registration = factories.submitted(huang, station)
    response = decide(log_in(station.reviewer), registration, action)
    assert errors(response) == {"action": [sentence]}
    assert decisions(registration) == []


# --- Permissions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [{}, {"words": "好。"}, {"reason": "1"}])
@pytest.mark.parametrize("action", ["agree", "return", "refuse"])
def test_own_registration_is_denied(log_in, station, action, data):
    registration = factories.submitted(station.reviewer, station)
    response = log_in(station.reviewer).post(detail_url(registration), {"action": action, **data})
    assert errors(response) == {"__all__": ["不能审核本人的登记。"]}
    assert decisions(registration) == []


def test_first_reviewer_is_denied_final_review(log_in, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    registration = factories.agreed(huang, station, bureau)
    response = decide(log_in(bureau), registration, "recognise")
    assert errors(response) == {"__all__": ["您已对该登记作出初审决定，终审须由另一人进行。"]}
    assert decisions(registration) == [("莫终审", "agree")]


def test_region_administrator_is_denied(log_in, huang, station, guangxi):
    registration = factories.submitted(huang, station)
    response = decide(log_in(factories.region_admin(guangxi)), registration, "agree")
    assert errors(response) == {"__all__": ["您没有对该登记“初审同意”的权限。"]}


def test_pending_unit_is_denied(log_in, huang, bureau):
    pending = factories.unit("新单位", state=Unit.State.PENDING)
    registration = factories.submitted(huang, pending)
    response = decide(log_in(bureau), registration, "agree")
    assert errors(response) == {"__all__": ["单位“新单位”待核实，管理员确认后才能初审。"]}


def test_registration_outside_office_is_404(log_in, huang, station):
    registration = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"))
    assert decide(log_in(station.reviewer), registration, "agree").status_code == 404
    assert decisions(registration) == []


# --- Conflicts --------------------------------------------------------------------------------------


def test_second_reviewer_sees_first_decision_and_keeps_words(log_in, huang, station):
    registration = factories.submitted(huang, station, content="水利培训")
    data = form_data(registration, "return", reason=factories.reason().pk, words="请补充证书的第二页。")
    factories.agree(factories.unit_reviewer(station, "韦审核"), registration)
    response = log_in(station.reviewer).post(detail_url(registration), data)
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由韦审核处理，目前为“待终审”。"]}
    assert response.context["registration"].status == Status.FINAL_REVIEW
    assert "请补充证书的第二页。" in response.content.decode()
    assert decisions(registration) == [("韦审核", "agree")]


def test_stale_form_does_not_decide_the_next_stage(log_in, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    registration = factories.submitted(huang, station, content="水利培训")
    data = form_data(registration, "refuse", reason=factories.reason().pk, words="不属于继续教育。")
    factories.agree(station.reviewer, registration)
    client = log_in(bureau)
    response = client.post(detail_url(registration), data)
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由覃审核处理，目前为“待终审”。"]}
    again = {name: response.context["form"][name].value() for name in ("reason", "words", "status", "round", "hours")}
    assert again["words"] == "不属于继续教育。"
    client.post(detail_url(registration), {**again, "action": "refuse"})  # with the new state in sight
    assert decisions(registration) == [("覃审核", "agree"), ("莫终审", "refuse")]


def test_form_of_previous_round_is_outdated(log_in, huang, station):
    registration = factories.submitted(huang, station, content="水利培训")
    data = form_data(registration, "agree")
    factories.return_(station.reviewer, registration, factories.verdict())
    transitions.submit(huang, [registration], station, station.region)
    response = log_in(station.reviewer).post(detail_url(registration), data)
    assert errors(response) == {"__all__": ["“水利培训”刚刚被修改过，请核对后重新操作。"]}


def test_concurrent_decision_during_save_is_shown(log_in, huang, station, monkeypatch):
    registration = factories.submitted(huang, station, content="水利培训")
    real_decide, faster = transitions.decide, factories.unit_reviewer(station, "韦审核")

    def decide_second(actor, action, registrations, verdict):
        real_decide(faster, action, [Registration.objects.get(pk=registration.pk)], verdict)
        return real_decide(actor, action, registrations, verdict)

    monkeypatch.setattr(transitions, "decide", decide_second)
    response = decide(log_in(station.reviewer), registration, "agree", words="材料齐全。")
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由韦审核处理，目前为“待终审”。"]}
    assert "材料齐全。" in response.content.decode()
    assert decisions(registration) == [("韦审核", "agree")]


def test_post_without_state_uses_current_state(log_in, huang, station):
    registration = factories.agreed(huang, station, station.reviewer)
    response = log_in(station.reviewer).post(detail_url(registration), {"action": "agree"})
    assert errors(response) == {"__all__": ["该登记目前为“待终审”，不能初审同意。"]}


@pytest.mark.parametrize("shown", [{"status": "x", "round": "1"}, {"status": "first_review"}, {"round": "９" * 400}])
def test_invalid_state_decides_nothing(log_in, huang, station, shown):
    registration = factories.submitted(huang, station)
    response = log_in(station.reviewer).post(detail_url(registration), {"action": "agree", **shown})
    assert (response.status_code, list(errors(response))) == (200, ["__all__"])
    assert decisions(registration) == []
