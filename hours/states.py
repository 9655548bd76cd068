"""The states of a registration as data: statuses, stages, actions and the table of rules.

Buttons, views, queries, permissions and the workflow read this table; no transition is written anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices


class Status(TextChoices):
    DRAFT = "draft", "待提交"
    FIRST_REVIEW = "first_review", "待初审"
    FINAL_REVIEW = "final_review", "待终审"
    RETURNED = "returned", "退回修改"
    RECOGNISED = "recognised", "已认定"
    REFUSED = "refused", "不予认定"
    REVOKED = "revoked", "撤销认定"


class Stage(TextChoices):
    OWNER = "owner", "本人"
    FIRST = "first", "初审"
    FINAL = "final", "终审"
    AFTER = "after", "认定后"


class Action(TextChoices):
    EDIT = "edit", "修改"
    DELETE = "delete", "删除"
    COPY = "copy", "复制为新登记"
    ASK_RETURN = "ask_return", "请求退回"
    SUBMIT = "submit", "提交审核"
    AGREE = "agree", "初审同意"
    RECOGNISE = "recognise", "认定"
    RETURN = "return", "退回修改"
    REFUSE = "refuse", "不予认定"
    REVOKE = "revoke", "撤销认定"
    REOPEN = "reopen", "重新审核"
    ENTER = "enter", "单位集体登记"


class Capacity(TextChoices):
    """The capacity in which a person acts on one registration."""

    OWNER = "owner", "登记人"
    UNIT_REVIEWER = "unit_reviewer", "单位审核员"
    REGION_REVIEWER = "region_reviewer", "终审员"
    REGION_ADMIN = "region_admin", "区域管理员"


@dataclass(frozen=True)
class Rule:
    """One row of the table: an action in a status, the capacity it requires, and the status it leads to.

    `target` is None for an action that does not change the status.
    """

    action: Action
    source: Status
    target: Status | None
    capacity: Capacity
    stage: Stage
    needs_reason: bool = False  # a reason from the list, and words
    needs_words: bool = False


RULES: tuple[Rule, ...] = (
    Rule(Action.EDIT, Status.DRAFT, None, Capacity.OWNER, Stage.OWNER),
    Rule(Action.EDIT, Status.RETURNED, None, Capacity.OWNER, Stage.OWNER),
    Rule(Action.DELETE, Status.DRAFT, None, Capacity.OWNER, Stage.OWNER),
    Rule(Action.COPY, Status.REFUSED, None, Capacity.OWNER, Stage.OWNER),
    Rule(Action.ASK_RETURN, Status.FIRST_REVIEW, None, Capacity.OWNER, Stage.FIRST, needs_words=True),
    Rule(Action.ASK_RETURN, Status.FINAL_REVIEW, None, Capacity.OWNER, Stage.FINAL, needs_words=True),
    Rule(Action.SUBMIT, Status.DRAFT, Status.FIRST_REVIEW, Capacity.OWNER, Stage.OWNER),
    Rule(Action.SUBMIT, Status.RETURNED, Status.FIRST_REVIEW, Capacity.OWNER, Stage.OWNER),
    Rule(Action.AGREE, Status.FIRST_REVIEW, Status.FINAL_REVIEW, Capacity.UNIT_REVIEWER, Stage.FIRST),
    Rule(Action.RETURN, Status.FIRST_REVIEW, Status.RETURNED, Capacity.UNIT_REVIEWER, Stage.FIRST, needs_reason=True),
    Rule(Action.REFUSE, Status.FIRST_REVIEW, Status.REFUSED, Capacity.UNIT_REVIEWER, Stage.FIRST, needs_reason=True),
    Rule(Action.RECOGNISE, Status.FINAL_REVIEW, Status.RECOGNISED, Capacity.REGION_REVIEWER, Stage.FINAL),
    Rule(Action.RETURN, Status.FINAL_REVIEW, Status.RETURNED, Capacity.REGION_REVIEWER, Stage.FINAL, needs_reason=True),
    Rule(Action.REFUSE, Status.FINAL_REVIEW, Status.REFUSED, Capacity.REGION_REVIEWER, Stage.FINAL, needs_reason=True),
    Rule(Action.REVOKE, Status.RECOGNISED, Status.REVOKED, Capacity.REGION_ADMIN, Stage.AFTER, needs_reason=True),
    Rule(Action.REOPEN, Status.REFUSED, Status.FINAL_REVIEW, Capacity.REGION_ADMIN, Stage.AFTER, needs_reason=True),
    # 单位集体登记 counts as the 初审: the registrations go to the 终审, which another person decides.
    Rule(Action.ENTER, Status.DRAFT, Status.FINAL_REVIEW, Capacity.UNIT_REVIEWER, Stage.FIRST),
)
_BY_ACTION_AND_SOURCE = {(rule.action, rule.source): rule for rule in RULES}


def sources_of(action: Action) -> frozenset[Status]:
    """Return the statuses in which the table has this action."""
    return frozenset(rule.source for rule in RULES if rule.action is action)


EDITABLE, DELETABLE = sources_of(Action.EDIT), sources_of(Action.DELETE)

# 其他单位 has no reviewers: its registrations go straight to the 终审.
UNAFFILIATED_TARGET = Status.FINAL_REVIEW

# Actions after which the owner's year is recounted.
RECOUNT_AFTER = frozenset({Action.SUBMIT, Action.ENTER, Action.RECOGNISE, Action.REVOKE})
# Actions that send the owner a notice; the page shows the steps in between.
NOTIFY_AFTER = frozenset({Action.RETURN, Action.REFUSE, Action.RECOGNISE, Action.ENTER})
# Actions that start a new round, in which every stage may be decided again.
NEW_ROUND = frozenset({Action.SUBMIT, Action.ENTER, Action.REOPEN})
# Actions that submit a registration.
SUBMITTING = frozenset({Action.SUBMIT, Action.ENTER})
# Decisions that a closed year still allows: a wrong recognition can always be revoked.
ALLOWED_IN_CLOSED_YEARS = frozenset({Action.REVOKE})
IN_REVIEW = frozenset({Status.FIRST_REVIEW, Status.FINAL_REVIEW})
# Statuses whose hours count.
COUNTED = frozenset({Status.RECOGNISED})
# Final statuses that do not count; the owner may register the same training again.
REJECTED = frozenset({Status.REFUSED, Status.REVOKED})
# The stage at which a registration in review is decided.
STAGE_OF = {Status.FIRST_REVIEW: Stage.FIRST, Status.FINAL_REVIEW: Stage.FINAL}


def find_rule(action: Action, status: str) -> Rule | None:
    """Return the rule for this action in this status, or None if the table has none."""
    return _BY_ACTION_AND_SOURCE.get((action, Status(status)))


def rule_for(action: Action, status: str) -> Rule:
    """Return the rule for this action in this status; KeyError if the table has none."""
    return _BY_ACTION_AND_SOURCE[action, Status(status)]
