"""The effect and the decision row of each transition, and the sentences of refusals."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from hours.errors import WorkflowError
from hours.models import Registration
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations import units
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau(guangxi, rules):
    """宾阳县甘棠镇林业站 with its reviewers and administrator, and 黄秋梦 who registers."""
    station = factories.unit("宾阳县甘棠镇林业站")
    return {
        "unit": station,
        "owner": factories.person("黄秋梦"),
        "first": factories.unit_reviewer(station, "覃审核"),
        "final": factories.region_reviewer(guangxi, "莫终审"),
        "admin": factories.region_admin(guangxi, "陆管理"),
    }


@pytest.fixture
def people(bureau):
    return bureau["owner"], bureau["unit"], bureau["first"], bureau["final"]


def refusal_of(act: Callable[..., object], *arguments: Any) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(WorkflowError) as refusal:
        act(*arguments)
    return str(refusal.value)


def state(registration: Registration) -> tuple[object, ...]:
    """Return status, round and hours as stored; the caller's copy must be equal."""
    stored = Registration.objects.get(pk=registration.pk)
    facts = [
        (row.status, row.round, row.hours_proposed, row.hours_recognised, row.updated_at)
        for row in (registration, stored)
    ]
    assert facts[0] == facts[1]
    return facts[1][:4]


def last_decision(registration: Registration) -> tuple[Any, ...]:
    decision = list(registration.decisions.all())[-1]
    return (
        decision.round,
        decision.stage,
        decision.action,
        decision.status,
        decision.actor_name,
        decision.office,
        decision.hours,
        decision.reason_name,
        decision.words,
    )


def history(registration: Registration) -> list[tuple[int, str, str]]:
    return [(step.round, step.stage, step.action) for step in registration.decisions.all()]


# --- effects ------------------------------------------------------------


def test_agree_proposes_the_hours_applied_for(people):
    owner, unit, first, _ = people
    registration = factories.agree(first, factories.submitted(owner, unit))
    assert state(registration) == ("final_review", 1, Decimal(16), None)
    assert last_decision(registration) == (
        *(1, "first", "agree", "final_review"),
        *("覃审核", "宾阳县甘棠镇林业站", Decimal(16), "", ""),
    )


def test_agree_to_fewer_hours_needs_words(people):
    owner, unit, first, _ = people
    registration = factories.submitted(owner, unit)
    assert refusal_of(factories.agree, first, registration, Verdict(hours=Decimal(12))) == "核减学时须填写意见。"
    factories.agree(first, registration, Verdict(hours=Decimal(12), words=" 证书载明三个半天。 "))
    assert state(registration) == ("final_review", 1, Decimal(12), None)
    assert registration.hours_applied == Decimal(16)
    assert last_decision(registration)[-3:] == (Decimal(12), "", "证书载明三个半天。")


def test_recognise_takes_the_proposed_hours(people):
    owner, unit, first, final = people
    registration = factories.submitted(owner, unit)
    factories.agree(first, registration, Verdict(hours=Decimal("12.5"), words="核减。"))
    factories.recognise(final, registration)
    assert state(registration) == ("recognised", 1, Decimal("12.5"), Decimal("12.5"))
    assert last_decision(registration) == (
        *(1, "final", "recognise", "recognised"),
        *("莫终审", "广西壮族自治区人社部门", Decimal("12.5"), "", ""),
    )


def test_recognise_fewer_hours_needs_words(people):
    registration = factories.agreed(*people[:3])
    assert refusal_of(factories.recognise, people[3], registration, Verdict(hours=Decimal(8))) == "核减学时须填写意见。"
    factories.recognise(people[3], registration, Verdict(hours=Decimal(8), words="另八学时为自学。"))
    assert state(registration) == ("recognised", 1, Decimal(16), Decimal(8))


def test_return_clears_the_proposed_hours(people):
    registration = factories.agreed(*people[:3])
    factories.return_(people[3], registration, factories.verdict("请补充证书复印件。"))
    assert state(registration) == ("returned", 1, None, None)
    assert last_decision(registration) == (
        *(1, "final", "return", "returned"),
        *("莫终审", "广西壮族自治区人社部门", None, "材料不清晰", "请补充证书复印件。"),
    )


def test_resubmission_may_apply_for_fewer_than_proposed(people):
    registration = factories.return_(people[3], factories.agreed(*people[:3]), factories.verdict())
    registration.hours_applied = Decimal(8)
    registration.save()
    transitions.submit(people[0], [registration], people[1], people[1].region)
    assert state(registration) == ("first_review", 2, None, None)


def test_refuse_sets_the_status(people):
    registration = factories.refused(*people[:3])
    assert state(registration) == ("refused", 1, None, None)
    assert last_decision(registration)[:4] == (1, "first", "refuse", "refused")


def test_revoke_keeps_the_recognised_hours(bureau, people):
    registration = factories.recognised(*people)
    transitions.revoke(bureau["admin"], registration, factories.verdict("证书系伪造。"))
    assert state(registration) == ("revoked", 1, Decimal(16), Decimal(16))
    assert last_decision(registration) == (
        *(1, "after", "revoke", "revoked"),
        *("陆管理", "广西壮族自治区人社部门", None, "材料不清晰", "证书系伪造。"),
    )


def test_revoke_works_in_a_closed_year(bureau, people, rules):
    registration = factories.recognised(*people)
    for year_rule in rules.values():
        year_rule.is_closed = True
        year_rule.save()
    assert transitions.revoke(bureau["admin"], registration, factories.verdict()).status == "revoked"


def test_reopen_starts_a_round_at_the_final_review(bureau, people):
    registration = factories.refuse(people[3], factories.agreed(*people[:3]), factories.verdict())
    transitions.reopen(bureau["admin"], registration, factories.verdict("终审有误。"))
    assert state(registration) == ("final_review", 2, Decimal(16), None)
    assert last_decision(registration)[:4] == (1, "after", "reopen", "final_review")


def test_reopened_registration_can_be_recognised_and_revoked(bureau, people):
    registration = factories.refused(*people[:3])
    transitions.reopen(bureau["admin"], registration, factories.verdict())
    factories.recognise(people[3], registration)
    transitions.revoke(bureau["admin"], registration, factories.verdict())
    assert state(registration) == ("revoked", 2, None, Decimal(16))
    assert history(registration) == [
        (1, "owner", "submit"),
        (1, "first", "refuse"),
        (1, "after", "reopen"),
        (2, "final", "recognise"),
        (2, "after", "revoke"),
    ]


def test_registration_can_be_reopened_repeatedly(bureau, people):
    registration = factories.refused(*people[:3])
    for _ in range(3):
        transitions.reopen(bureau["admin"], registration, factories.verdict())
        factories.refuse(people[3], registration, factories.verdict())
    assert state(registration) == ("refused", 4, None, None)


def test_reopen_is_refused_for_a_duplicate(bureau, people):
    registration = factories.refused(*people[:3], certificate_number="桂培字001")
    again = factories.registration(people[0], "重新登记的培训", certificate_number="桂培字001")
    assert refusal_of(transitions.reopen, bureau["admin"], registration, factories.verdict()) == (
        f"证书编号 桂培字001 已用于您的登记“重新登记的培训”（{timezone.localtime(again.starts_at):%Y-%m-%d %H:%M} 至 "
        f"{timezone.localtime(again.ends_at):%Y-%m-%d %H:%M}，待提交），不能重复登记。"
    )
    registration.refresh_from_db()
    assert state(registration) == ("refused", 1, None, None)
    assert registration.decisions.filter(action=Action.REOPEN).count() == 0


def test_ask_return_adds_a_decision_and_keeps_the_status(people):
    owner, unit, *_ = people
    registration = factories.submitted(owner, unit)
    transitions.ask_return(owner, registration, "附件传错了。")
    assert state(registration) == ("first_review", 1, None, None)
    assert last_decision(registration) == (
        *(1, "first", "ask_return", "first_review"),
        *("黄秋梦", "", None, "", "附件传错了。"),
    )


def test_ask_return_works_once_per_stage(people):
    owner, unit, first, _ = people
    registration = factories.submitted(owner, unit)
    transitions.ask_return(owner, registration, "附件传错了。")
    assert (
        refusal_of(transitions.ask_return, owner, registration, "真的传错了。")
        == "此环节已请求过退回，请等待审核人员处理。"
    )
    factories.agree(first, registration)
    transitions.ask_return(owner, registration, "附件传错了。")
    assert history(registration)[1:] == [(1, "first", "ask_return"), (1, "first", "agree"), (1, "final", "ask_return")]


def test_decide_accepts_a_past_moment(people):
    owner, unit, first, _ = people
    then = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    registration = factories.submitted(owner, unit)
    transitions.decide(first, Action.AGREE, [registration], Verdict(), now=then)
    assert registration.decisions.get(action=Action.AGREE).created_at == then == registration.updated_at


def test_all_decisions_of_all_rounds_are_kept(bureau, people):
    owner, unit, first, final = people
    registration = factories.returned(owner, unit, first)
    transitions.submit(owner, [registration], unit, unit.region)
    factories.agree(first, registration)
    factories.return_(final, registration, factories.verdict())
    transitions.submit(owner, [registration], unit, unit.region)
    factories.agree(first, registration)
    factories.recognise(final, registration)
    assert history(registration) == [
        (1, "owner", "submit"),
        (1, "first", "return"),
        (2, "owner", "submit"),
        (2, "first", "agree"),
        (2, "final", "return"),
        (3, "owner", "submit"),
        (3, "first", "agree"),
        (3, "final", "recognise"),
    ]


def test_decision_keeps_the_names_of_its_day(people):
    registration = factories.agreed(*people[:3])
    people[2].name = "覃改名"
    people[2].save()
    Unit.objects.filter(pk=people[1].pk).update(name="甘棠林业站")
    assert last_decision(registration)[4:6] == ("覃审核", "宾阳县甘棠镇林业站")


# --- refusals ----------------------------------------------------------------


@pytest.mark.parametrize("act", [factories.return_, factories.refuse])
@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"reason": None, "words": "请补充。"}, "须选择原因。"),
        ({"words": ""}, "须填写意见。"),
        ({"words": "  "}, "须填写意见。"),
    ],
)
def test_return_and_refuse_need_a_reason_and_words(people, act, fields, missing):
    registration = factories.submitted(*people[:2])
    word = {factories.return_: "退回修改", factories.refuse: "不予认定"}[act]
    assert refusal_of(act, people[2], registration, factories.verdict(**fields)) == word + missing
    assert state(registration) == ("first_review", 1, None, None)


def test_ask_return_needs_words(people):
    registration = factories.submitted(*people[:2])
    assert refusal_of(transitions.ask_return, people[0], registration, " ") == "请求退回须填写意见。"


@pytest.mark.parametrize("hours", ["0", "-4", "7.3", "0.25"])
def test_decided_hours_must_be_positive_half_hours(people, hours):
    registration = factories.submitted(*people[:2])
    assert (
        refusal_of(factories.agree, people[2], registration, Verdict(hours=Decimal(hours), words="按证书。"))
        == "学时必须大于 0，且是 0.5 的倍数。"
    )


def test_agree_to_more_than_applied_is_refused(people):
    registration = factories.submitted(*people[:2])
    assert (
        refusal_of(factories.agree, people[2], registration, Verdict(hours=Decimal("16.5"), words="多给一点。"))
        == "学时不能超过申请的 16 学时。"
    )


def test_recognise_more_than_proposed_is_refused(people):
    registration = factories.submitted(*people[:2])
    factories.agree(people[2], registration, Verdict(hours=Decimal(10), words="核减。"))
    assert (
        refusal_of(factories.recognise, people[3], registration, Verdict(hours=Decimal(16), words="恢复。"))
        == "学时不能超过初审的 10 学时。"
    )


def test_unaffiliated_recognition_is_limited_by_applied_hours(guangxi, people):
    nobody = units.unaffiliated(guangxi)
    registration = factories.submitted(people[0], nobody)
    assert (
        refusal_of(factories.recognise, people[3], registration, Verdict(hours=Decimal(20), words="多给一点。"))
        == "学时不能超过申请的 16 学时。"
    )


def test_decision_by_a_stranger_is_refused(people):
    registration = factories.submitted(*people[:2])
    assert refusal_of(factories.agree, factories.person("陌生人"), registration) == "您没有对该登记“初审同意”的权限。"
    assert history(registration) == [(1, "owner", "submit")]


def test_second_agree_is_refused(people):
    registration = factories.agreed(*people[:3])
    assert refusal_of(factories.agree, people[2], registration) == "该登记目前为“待终审”，不能初审同意。"


@pytest.mark.parametrize("hours", ["16", "15.5"])
def test_only_fewer_hours_need_words(people, hours):
    registration = factories.submitted(*people[:2])
    outcome = transitions.decide(people[2], Action.AGREE, [registration], Verdict(hours=Decimal(hours)))
    refused = {} if hours == "16" else {registration.pk: "核减学时须填写意见。"}
    assert (outcome.refused, len(outcome.done)) == (refused, 1 - len(refused))


def test_half_an_hour_may_be_recognised(people):
    registration = factories.agreed(*people[:3])
    factories.recognise(people[3], registration, Verdict(hours=Decimal("0.5"), words="仅半小时。"))
    assert state(registration) == ("recognised", 1, Decimal(16), Decimal("0.5"))


def test_ask_return_needs_no_reason(people):
    registration = factories.submitted(*people[:2])
    transitions.ask_return(people[0], registration, "附件传错了。")
    assert list(registration.decisions.all())[-1].reason is None
