"""The life of a registration as data: statuses, stages, actions and the table action -> from -> to.

Buttons, views, queries, permissions and the workflow all read this table; nothing else knows a transition.
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
    """In what capacity somebody acts on one registration."""

    OWNER = "owner", "登记人"
    UNIT_REVIEWER = "unit_reviewer", "单位审核员"
    REGION_REVIEWER = "region_reviewer", "终审员"
    REGION_ADMIN = "region_admin", "区域管理员"


@dataclass(frozen=True)
class Rule:
    """One row: who may do what in which status, where it leads (None: the status stays), what it needs."""

    action: Action
    source: Status
    target: Status | None
    capacity: Capacity
    stage: Stage
    needs_reason: bool = False  # a reason code and words
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
    # 单位集体登记 stands for the 初审: what the unit enters for its people waits for the 终审, by another hand.
    Rule(Action.ENTER, Status.DRAFT, Status.FINAL_REVIEW, Capacity.UNIT_REVIEWER, Stage.FIRST),
)
_BY_ACTION_AND_SOURCE = {(rule.action, rule.source): rule for rule in RULES}


def sources_of(action: Action) -> frozenset[Status]:
    """The statuses in which the action is possible at all."""
    return frozenset(rule.source for rule in RULES if rule.action is action)


EDITABLE, DELETABLE = sources_of(Action.EDIT), sources_of(Action.DELETE)

# 其他单位 has nobody for the 初审: such a registration goes straight to the 终审.
UNAFFILIATED_TARGET = Status.FINAL_REVIEW

# After these the owner's year is counted anew.
RECOUNT_AFTER = frozenset({Action.SUBMIT, Action.ENTER, Action.RECOGNISE, Action.REVOKE})
# Decisions of which the owner hears; the steps between are read behind "+".
NOTIFY_AFTER = frozenset({Action.RETURN, Action.REFUSE, Action.RECOGNISE, Action.ENTER})
# Actions after which every stage is open to a decision again.
NEW_ROUND = frozenset({Action.SUBMIT, Action.ENTER, Action.REOPEN})
# Actions with which a registration sets out: its first step of a round.
SUBMITTING = frozenset({Action.SUBMIT, Action.ENTER})
# All that reviewers and administrators may still do in a closed year: a wrong recognition is never final.
ALLOWED_IN_CLOSED_YEARS = frozenset({Action.REVOKE})
IN_REVIEW = frozenset({Status.FIRST_REVIEW, Status.FINAL_REVIEW})
COUNTED = frozenset({Status.RECOGNISED})
# Over and not counted: these do not stand in the way of a new registration for the same thing.
REJECTED = frozenset({Status.REFUSED, Status.REVOKED})
# At which stage a registration in review stands.
STAGE_OF = {Status.FIRST_REVIEW: Stage.FIRST, Status.FINAL_REVIEW: Stage.FINAL}


def rule_for(action: Action, status: str) -> Rule | None:
    """The row for this action in this status; None where the table has none."""
    return _BY_ACTION_AND_SOURCE.get((action, Status(status)))
