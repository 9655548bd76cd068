"""The table of rules, cell by cell against product.md section 3, written out by hand."""

from typing import Any

import pytest
from django.db import transaction

from accounts.permissions import Allowed, Denied
from hours.states import (
    ALLOWED_IN_CLOSED_YEARS,
    COUNTED,
    DELETABLE,
    EDITABLE,
    IN_REVIEW,
    NEW_ROUND,
    NOTIFY_AFTER,
    RECOUNT_AFTER,
    REJECTED,
    RULES,
    STAGE_OF,
    SUBMITTING,
    UNAFFILIATED_TARGET,
    Action,
    Status,
    find_rule,
    rule_for,
    sources_of,
)
from hours.workflow import transitions
from hours.workflow.permissions import may
from tests import factories

# action, status, capacity, target (None: the status stays), stage, needs a reason, needs words
TABLE = [
    ("edit", "draft", "owner", None, "owner", False, False),
    ("edit", "returned", "owner", None, "owner", False, False),
    ("delete", "draft", "owner", None, "owner", False, False),
    ("copy", "refused", "owner", None, "owner", False, False),
    ("ask_return", "first_review", "owner", None, "first", False, True),
    ("ask_return", "final_review", "owner", None, "final", False, True),
    ("submit", "draft", "owner", "first_review", "owner", False, False),
    ("submit", "returned", "owner", "first_review", "owner", False, False),
    ("agree", "first_review", "unit_reviewer", "final_review", "first", False, False),
    ("return", "first_review", "unit_reviewer", "returned", "first", True, False),
    ("refuse", "first_review", "unit_reviewer", "refused", "first", True, False),
    ("recognise", "final_review", "region_reviewer", "recognised", "final", False, False),
    ("return", "final_review", "region_reviewer", "returned", "final", True, False),
    ("refuse", "final_review", "region_reviewer", "refused", "final", True, False),
    ("revoke", "recognised", "region_admin", "revoked", "after", True, False),
    ("reopen", "refused", "region_admin", "final_review", "after", True, False),
    ("enter", "draft", "unit_reviewer", "final_review", "first", False, False),
]
# 单位集体登记 creates its own registrations: nobody may enter a draft that its owner has saved.
ALLOWED = {(action, status): who for action, status, who, *_ in TABLE} | {("enter", "draft"): "nobody"}

LABELS = {
    "draft": "待提交",
    "first_review": "待初审",
    "final_review": "待终审",
    "returned": "退回修改",
    "recognised": "已认定",
    "refused": "不予认定",
    "revoked": "撤销认定",
}
WORDS = {
    "edit": "修改",
    "delete": "删除",
    "copy": "复制为新登记",
    "ask_return": "请求退回",
    "submit": "提交审核",
    "agree": "初审同意",
    "recognise": "认定",
    "return": "退回修改",
    "refuse": "不予认定",
    "revoke": "撤销认定",
    "reopen": "重新审核",
    "enter": "单位集体登记",
}
OWNERS = {"edit", "delete", "copy", "ask_return", "submit"}
PEOPLE = [
    *("owner", "unit_reviewer", "region_reviewer", "region_admin"),
    *("colleague", "other_unit_reviewer", "other_region_reviewer", "former_unit_reviewer", "former_region_reviewer"),
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One registration in each status and one person in each capacity, built once and rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _registrations_and_people()
        transaction.set_rollback(True)


def _registrations_and_people() -> tuple[dict, dict]:
    guangxi = factories.regions()
    factories.open_years()
    unit, other_unit = factories.unit(), factories.unit("柳州市图书馆", "450202")
    owner = factories.person("黄秋梦", unit=unit)
    # These people decide the registrations and are not tested: a person decides only one of the stages.
    first, final = factories.unit_reviewer(unit, "覃审核"), factories.region_reviewer(guangxi, "莫终审")
    admin = factories.region_admin(guangxi, "陆管理")
    registrations = {
        "draft": factories.registration(owner, "草稿"),
        "first_review": factories.submitted(owner, unit, content="待初审"),
        "final_review": factories.agreed(owner, unit, first, content="待终审"),
        "returned": factories.returned(owner, unit, first, content="退回"),
        "recognised": factories.recognised(owner, unit, first, final, content="认定"),
        "refused": factories.refused(owner, unit, first, content="不予认定"),
        "revoked": factories.recognised(owner, unit, first, final, content="撤销"),
    }
    transitions.revoke(admin, registrations["revoked"], factories.verdict())
    ended: dict[str, Any] = {"valid_from": factories.moment(30).date(), "valid_until": factories.moment(1).date()}
    people = {
        "owner": owner,
        "unit_reviewer": factories.unit_reviewer(unit, "韦初审"),
        "region_reviewer": factories.region_reviewer(factories.region("450100"), "农终审"),
        "region_admin": factories.region_admin(guangxi, "梁管理"),
        "colleague": factories.person("李同事", unit=unit),
        "other_unit_reviewer": factories.unit_reviewer(other_unit, "周外单位"),
        "other_region_reviewer": factories.region_reviewer(factories.region("450200"), "吴外地"),
        "former_unit_reviewer": factories.unit_reviewer(unit, "郑前任", **ended),
        "former_region_reviewer": factories.region_reviewer(guangxi, "王前任", **ended),
    }
    return registrations, people


def expected(action: str, status: str, person: str) -> Allowed | Denied:
    who = ALLOWED.get((action, status))
    if who is None:
        return Denied(f"该登记目前为“{LABELS[status]}”，不能{WORDS[action]}。")
    if who == person:
        return Allowed()
    if action in OWNERS:
        return Denied(f"只有登记人本人可以{WORDS[action]}。")
    if person == "owner":
        return Denied("不能审核本人的登记。")
    return Denied(f"您没有对该登记“{WORDS[action]}”的权限。")


@pytest.mark.parametrize("action", WORDS)
@pytest.mark.parametrize("status", LABELS)
@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_do_what_in_which_status(world, person, status, action):
    registrations, people = world
    assert registrations[status].status == status
    assert may(people[person], Action(action), registrations[status]) == expected(action, status, person)


def test_rules_equal_the_table():
    rows = [
        (rule.action, rule.source, rule.capacity, rule.target, rule.stage, rule.needs_reason, rule.needs_words)
        for rule in RULES
    ]
    assert rows == TABLE


def test_labels_are_the_manuals_words():
    assert dict(Status.choices) == LABELS
    assert dict(Action.choices) == WORDS


def test_sets_of_statuses():
    assert {"draft", "returned"} == EDITABLE == sources_of(Action.SUBMIT)
    assert {"draft"} == DELETABLE
    assert {"first_review", "final_review"} == IN_REVIEW
    assert {"recognised"} == COUNTED
    assert {"refused", "revoked"} == REJECTED
    assert UNAFFILIATED_TARGET == "final_review"


def test_rule_is_found_by_action_and_status():
    assert rule_for(Action.AGREE, "first_review").target == "final_review"
    assert find_rule(Action.AGREE, "draft") is None
    assert sources_of(Action.REFUSE) == {"first_review", "final_review"}


def test_sets_of_actions():
    assert {"submit", "enter", "recognise", "revoke"} == RECOUNT_AFTER
    assert {"return", "refuse", "recognise", "enter"} == NOTIFY_AFTER
    assert {"submit", "enter", "reopen"} == NEW_ROUND
    assert {"submit", "enter"} == SUBMITTING
    assert {"revoke"} == ALLOWED_IN_CLOSED_YEARS


def test_each_status_in_review_has_its_stage():
    assert STAGE_OF == {"first_review": "first", "final_review": "final"}
