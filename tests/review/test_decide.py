"""学时审核: the decision about one registration, and each way in which it can be refused."""

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


def address(registration: Registration, query: str = "") -> str:
    return reverse("hours:review_detail", args=[registration.pk]) + query


def given(registration: Registration, action: str, **fields) -> dict:
    """What the form sends when its button is pressed; each field can be given."""
    limit = registration.hours_proposed or registration.hours_applied
    typed = {"hours": f"{limit}", "reason": "", "words": "", "status": registration.status, "round": registration.round}
    return {**typed, "action": action, **fields}


def errors(response) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def decisions(registration: Registration) -> list[tuple[str, str]]:
    rows = Decision.objects.filter(registration=registration).exclude(stage="owner")
    return list(rows.values_list("actor_name", "action"))


# --- What is decided --------------------------------------------------------------------------------


def test_agreement_opens_the_next_registration(reader, huang, station):
    first = factories.submitted(huang, station, content="第一条")
    second = factories.submitted(huang, station, content="第二条")
    response = reader(station.reviewer).post(address(first, "?content=条"), given(first, "agree"))
    assert response.url == f"{address(second)}?content=%E6%9D%A1"
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["已同意：黄秋梦“第一条”，16 学时。"]
    first.refresh_from_db()
    assert (first.status, first.hours_proposed) == (Status.FINAL_REVIEW, Decimal(16))


def test_recognition_with_fewer_hours_and_words(reader, huang, station, bureau):
    registration = factories.agreed(huang, station, station.reviewer)
    reader(bureau).post(address(registration), given(registration, "recognise", hours="12.5", words="按证书核减。"))
    registration.refresh_from_db()
    assert (registration.status, registration.hours_recognised) == (Status.RECOGNISED, Decimal("12.5"))


@pytest.mark.parametrize(("action", "status"), [("return", Status.RETURNED), ("refuse", Status.REFUSED)])
def test_negative_decision_stores_reason_and_words(reader, huang, station, action, status):
    registration = factories.submitted(huang, station)
    reason = factories.reason()
    reader(station.reviewer).post(
        address(registration), given(registration, action, reason=reason.pk, words="请补充证书。", hours="九十")
    )
    decision = Decision.objects.get(registration=registration, action=action)
    assert (decision.status, decision.reason, decision.words) == (status, reason, "请补充证书。")


def test_last_decision_wraps_to_the_first_registration(reader, huang, station):
    first = factories.submitted(huang, station, content="第一条")
    last = factories.submitted(huang, station, content="最后一条")
    assert reader(station.reviewer).post(address(last), given(last, "agree")).url == address(first) + "?"


def test_only_registration_returns_to_the_list(reader, huang, station):
    registration = factories.submitted(huang, station, content="唯一的")
    response = reader(station.reviewer).post(address(registration), given(registration, "agree"), follow=True)
    assert response.redirect_chain == [(QUEUE + "?", 302)]
    page = response.content.decode()
    assert "已同意：黄秋梦“唯一的”，16 学时。" in page
    assert "这个列表中没有其他登记了。" in page


def test_region_decides_unattended_registration(reader, huang, bureau):
    registration = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"))
    reader(bureau).post(address(registration, "?tab=unattended"), given(registration, "agree"))
    registration.refresh_from_db()
    assert registration.status == Status.FINAL_REVIEW


# --- What the form lacks ----------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "label"), [("return", "退回修改"), ("refuse", "不予认定")])
def test_negative_decision_requires_reason_and_words(reader, huang, station, action, label):
    registration = factories.submitted(huang, station)
    response = reader(station.reviewer).post(address(registration), given(registration, action))
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
        ("1e9", "hours", "学时太大了，请核对。"),
        ("NaN", "hours", "学时应为数字，例如 8 或 7.5。"),
    ],
)
def test_invalid_hours_show_error_at_their_field(reader, huang, station, hours, field, sentence):
    registration = factories.submitted(huang, station)
    response = reader(station.reviewer).post(address(registration), given(registration, "agree", hours=hours))
    assert errors(response) == {field: [sentence]}
    assert response.content.decode().count(sentence) == 2  # at the field, and in the summary
    assert decisions(registration) == []


def test_recognised_hours_are_limited_to_proposed(reader, huang, station, bureau):
    registration = factories.submitted(huang, station)
    factories.agree(station.reviewer, registration, Verdict(hours=Decimal(8), words="核减。"))
    response = reader(bureau).post(address(registration), given(registration, "recognise", hours="16"))
    assert errors(response) == {"hours": ["学时不能超过初审的 8 学时。"]}


def test_words_longer_than_limit_are_rejected(reader, huang, station):
    registration = factories.submitted(huang, station)
    typed = given(registration, "return", reason=factories.reason().pk, words="长" * 501)
    response = reader(station.reviewer).post(address(registration), typed)
    assert errors(response) == {"words": ["意见最多 500 字，目前 501 字，请精简。"]}
    assert "长" * 501 in response.content.decode()


def test_line_end_counts_as_one_character(reader, huang, station):
    registration = factories.submitted(huang, station)
    typed = given(registration, "return", reason=factories.reason().pk, words="长\r\n" * 249 + "长末")
    reader(station.reviewer).post(address(registration), typed)
    assert Decision.objects.get(registration=registration, action="return").words == "长\n" * 249 + "长末"


def test_invisible_words_count_as_empty(reader, huang, station):
    registration = factories.submitted(huang, station)
    typed = given(registration, "return", reason=factories.reason().pk, words="\u200b \u3000\r\n")
    assert errors(reader(station.reviewer).post(address(registration), typed)) == {"words": ["退回修改须填写意见。"]}


def test_inactive_reason_is_rejected(reader, huang, station):
    registration = factories.submitted(huang, station)
    old = factories.reason("旧原因", is_active=False)
    response = reader(station.reviewer).post(
        address(registration), given(registration, "return", reason=old.pk, words="请改。")
    )
    assert errors(response)["reason"][0] == "所选原因不存在或已停用，请重新选择。"


@pytest.mark.parametrize(
    ("action", "sentence"),
    [("", "请点击“同意”“退回修改”或“不予认定”。"), ("revoke", "没有这种审核操作。"), ("submit", "没有这种审核操作。")],
)
def test_unknown_action_is_rejected(reader, huang, station, action, sentence):
    registration = factories.submitted(huang, station)
    response = reader(station.reviewer).post(address(registration), given(registration, action))
    assert errors(response) == {"action": [sentence]}
    assert decisions(registration) == []


# --- Who may not ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [{}, {"words": "好。"}, {"reason": "1"}])
@pytest.mark.parametrize("action", ["agree", "return", "refuse"])
def test_own_registration_is_denied(reader, station, action, typed):
    registration = factories.submitted(station.reviewer, station)
    response = reader(station.reviewer).post(address(registration), {"action": action, **typed})
    assert errors(response) == {"__all__": ["不能审核本人的登记。"]}
    assert decisions(registration) == []


def test_first_reviewer_is_denied_final_review(reader, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    registration = factories.agreed(huang, station, bureau)
    response = reader(bureau).post(address(registration), given(registration, "recognise"))
    assert errors(response) == {"__all__": ["您已对该登记作出初审决定，终审须由另一人进行。"]}
    assert decisions(registration) == [("莫终审", "agree")]


def test_region_administrator_is_denied(reader, huang, station, guangxi):
    registration = factories.submitted(huang, station)
    response = reader(factories.region_admin(guangxi)).post(address(registration), given(registration, "agree"))
    assert errors(response) == {"__all__": ["您没有对该登记“初审同意”的权限。"]}


def test_pending_unit_is_denied(reader, huang, bureau):
    pending = factories.unit("新单位", state=Unit.State.PENDING)
    registration = factories.submitted(huang, pending)
    response = reader(bureau).post(address(registration), given(registration, "agree"))
    assert errors(response) == {"__all__": ["单位“新单位”待核实，管理员确认后才能初审。"]}


def test_registration_outside_office_is_404(reader, huang, station):
    registration = factories.submitted(huang, factories.unit("柳州市图书馆", "450202"))
    assert reader(station.reviewer).post(address(registration), given(registration, "agree")).status_code == 404
    assert decisions(registration) == []


# --- Who comes too late -----------------------------------------------------------------------------


def test_second_reviewer_sees_first_decision_and_keeps_words(reader, huang, station):
    registration = factories.submitted(huang, station, content="水利培训")
    typed = given(registration, "return", reason=factories.reason().pk, words="请补充证书的第二页。")
    factories.agree(factories.unit_reviewer(station, "韦审核"), registration)
    response = reader(station.reviewer).post(address(registration), typed)
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由韦审核处理，目前为“待终审”。"]}
    assert response.context["registration"].status == Status.FINAL_REVIEW
    assert "请补充证书的第二页。" in response.content.decode()
    assert decisions(registration) == [("韦审核", "agree")]


def test_stale_form_does_not_decide_the_next_stage(reader, huang, station, bureau):
    appointments.appoint(bureau, Appointment.Role.UNIT_REVIEWER, unit=station)
    registration = factories.submitted(huang, station, content="水利培训")
    typed = given(registration, "refuse", reason=factories.reason().pk, words="不属于继续教育。")
    factories.agree(station.reviewer, registration)
    client = reader(bureau)
    response = client.post(address(registration), typed)
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由覃审核处理，目前为“待终审”。"]}
    again = {name: response.context["form"][name].value() for name in ("reason", "words", "status", "round", "hours")}
    assert again["words"] == "不属于继续教育。"
    client.post(address(registration), {**again, "action": "refuse"})  # with the new state in sight
    assert decisions(registration) == [("覃审核", "agree"), ("莫终审", "refuse")]


def test_form_of_previous_round_is_outdated(reader, huang, station):
    registration = factories.submitted(huang, station, content="水利培训")
    typed = given(registration, "agree")
    factories.return_(station.reviewer, registration, factories.verdict())
    transitions.submit(huang, [registration], station, station.region)
    response = reader(station.reviewer).post(address(registration), typed)
    assert errors(response) == {"__all__": ["“水利培训”刚刚被修改过，请核对后重新操作。"]}


def test_concurrent_decision_during_save_is_shown(reader, huang, station, monkeypatch):
    registration = factories.submitted(huang, station, content="水利培训")
    decide, faster = transitions.decide, factories.unit_reviewer(station, "韦审核")

    def decide_second(actor, action, registrations, verdict):
        decide(faster, action, [Registration.objects.get(pk=registration.pk)], verdict)
        return decide(actor, action, registrations, verdict)

    monkeypatch.setattr(transitions, "decide", decide_second)
    response = reader(station.reviewer).post(address(registration), given(registration, "agree", words="材料齐全。"))
    assert errors(response) == {"__all__": ["“水利培训”：该登记已由韦审核处理，目前为“待终审”。"]}
    assert "材料齐全。" in response.content.decode()
    assert decisions(registration) == [("韦审核", "agree")]


def test_post_without_state_uses_current_state(reader, huang, station):
    registration = factories.agreed(huang, station, station.reviewer)
    response = reader(station.reviewer).post(address(registration), {"action": "agree"})
    assert errors(response) == {"__all__": ["该登记目前为“待终审”，不能初审同意。"]}


@pytest.mark.parametrize("shown", [{"status": "x", "round": "1"}, {"status": "first_review"}, {"round": "９" * 400}])
def test_invalid_state_decides_nothing(reader, huang, station, shown):
    registration = factories.submitted(huang, station)
    response = reader(station.reviewer).post(address(registration), {"action": "agree", **shown})
    assert (response.status_code, list(errors(response))) == (200, ["__all__"])
    assert decisions(registration) == []
