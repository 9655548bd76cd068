"""Apply actions to registrations, as the table in states.py has them. transitions.py checks whether they are allowed.

`apply_action` updates the rows conditionally and writes one decision row for each, inside the caller's transaction. It
never changes a row that somebody else has changed since it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from hours.certificates import issuing
from hours.models import Decision, Notice, Reason, Registration, ReturnedVersion
from hours.registrations import return_changes
from hours.states import (
    NEW_ROUND,
    NOTIFY_AFTER,
    RECOUNT_AFTER,
    SUBMITTING,
    UNAFFILIATED_TARGET,
    Action,
    Rule,
    Stage,
    Status,
    rule_for,
)
from hours.totals import sums

# The columns of a registration that an action may change.
WORKFLOW_WRITES = (
    *("status", "round", "hours_proposed", "hours_recognised", "updated_at"),
    *("submission_id", "submitted_at", "unit_id", "unit_name", "is_unaffiliated"),
    *("region_id", "city_id", "province_id"),
    *("stage_since", "first_wait", "final_wait"),
)


@dataclass(frozen=True)
class Verdict:
    """A reviewer's decision: hours (None: unchanged), a reason from the list, words."""

    hours: Decimal | None = None
    reason: Reason | None = None
    words: str = ""


def hours_limit(action: Action, registration: Registration) -> Decimal:
    """Return the hours that a decision proposes by default and must not exceed."""
    proposed = registration.hours_proposed if action is Action.RECOGNISE else None
    return registration.hours_applied if proposed is None else proposed


def apply_action(
    actor: User,
    action: Action,
    registrations: Sequence[Registration],
    verdict: Verdict,
    *,
    offices: Mapping[int, str],
    now: datetime | None = None,
    **changes: Any,
) -> list[Registration]:
    """Apply an action to these registrations and record it; return those that were unchanged since they were read.

    `offices` holds the office of the decision for the key of each registration; `changes` are further column values.
    """
    now = now or timezone.now()
    decisions: list[Decision] = []
    unchanged = _lock_unchanged(registrations)
    before = sums.sums_of(unchanged)
    for status in sorted({registration.status for registration in unchanged}):
        rule = rule_for(action, status)
        group = [registration for registration in unchanged if registration.status == status]
        new = _new_values(rule, verdict, changes, now)
        Registration.objects.filter(pk__in=[registration.pk for registration in group]).update(**new)
        decisions += [_decision(actor, rule, row, new["status"], verdict, offices[row.pk], now) for row in group]
    if action is Action.RETURN:
        _store_versions(unchanged, now)
    _store_decisions(decisions)
    _refresh(unchanged)
    if action is not Action.ASK_RETURN:
        pairs = [(row.owner_id, row.year) for row in unchanged] if action in RECOUNT_AFTER else []
        sums.update_for_registrations(before, unchanged, pairs, undecided=action in SUBMITTING)
    if action is Action.REVOKE:
        issuing.revoke_for((row.owner_id, row.year) for row in unchanged)
    return unchanged


def _lock_unchanged(registrations: Sequence[Registration]) -> list[Registration]:
    """Lock these rows until the end of the transaction; return the registrations that are as they were read.

    PostgreSQL locks rows in the order of their keys, so that two batches cannot deadlock; SQLite has locked the whole
    database. A merge may have moved a row to another unit, which does not count as a change: the registration gets the
    new unit, because its sums are that unit's.
    """
    keys = [registration.pk for registration in registrations]
    rows = Registration.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    stored = {pk: (state, unit) for pk, unit, *state in rows.values_list("pk", "unit_id", "status", "updated_at")}
    unchanged = []
    for registration in registrations:
        state, unit = stored.get(registration.pk, (None, None))
        if state == [registration.status, registration.updated_at]:
            registration.unit_id = unit
            unchanged.append(registration)
    return unchanged


def _new_values(rule: Rule, verdict: Verdict, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the column values that the update writes."""
    new = {
        "status": _target(rule, changes),
        "updated_at": now,
        **_hours_values(rule.action, verdict),
        **_stage_times(rule, now),
        **changes,
    }
    return new | {"round": F("round") + 1} if rule.action in NEW_ROUND else new


def _target(rule: Rule, changes: dict[str, Any]) -> Status:
    if rule.action is Action.SUBMIT and changes["is_unaffiliated"]:
        return UNAFFILIATED_TARGET
    return rule.target or rule.source


def _hours_values(action: Action, verdict: Verdict) -> dict[str, Any]:
    if action is Action.AGREE:
        return {"hours_proposed": verdict.hours or F("hours_applied")}
    if action is Action.RECOGNISE:
        return {"hours_recognised": verdict.hours or Coalesce("hours_proposed", "hours_applied")}
    if action is Action.ENTER:
        return {"hours_proposed": F("hours_applied")}
    if action is Action.RETURN:
        return {"hours_proposed": None}  # the owner may apply for fewer; the decision row keeps the proposed hours
    return {}


def _stage_times(rule: Rule, now: datetime) -> dict[str, Any]:
    """Return the start of the new stage and the duration of the previous one."""
    if rule.action is Action.ASK_RETURN:
        return {}
    times: dict[str, Any] = {"stage_since": now}
    if rule.action in SUBMITTING:
        times |= {"first_wait": None, "final_wait": None}
    elif rule.stage in (Stage.FIRST, Stage.FINAL):
        times[f"{rule.stage}_wait"] = ExpressionWrapper(Value(now) - F("stage_since"), DurationField())
    return times


def _decision(
    actor: User, rule: Rule, registration: Registration, target: Status, verdict: Verdict, office: str, now: datetime
) -> Decision:
    # 重新审核 is recorded in the round of the refusal, so that the new round has its stage 认定后 free for 撤销认定.
    round_ = registration.round + (rule.action in SUBMITTING)
    hours = registration.hours_applied if rule.action in SUBMITTING else None
    if rule.action in (Action.AGREE, Action.RECOGNISE):
        hours = verdict.hours or hours_limit(rule.action, registration)
    return Decision(
        registration=registration,
        round=round_,
        stage=rule.stage,
        action=rule.action,
        status=target,
        actor=actor,
        actor_name=actor.name,
        office=office,
        hours=hours,
        reason=verdict.reason,
        reason_name=verdict.reason.name if verdict.reason else "",
        words=verdict.words.strip(),
        created_at=now,
    )


def _store_decisions(decisions: list[Decision]) -> None:
    """Write the decisions and their notices to the owners."""
    Decision.objects.bulk_create(decisions, batch_size=500)
    Notice.objects.bulk_create(
        (
            Notice(
                person_id=decision.registration.owner_id,
                decision=decision,
                registration=decision.registration,
                created_at=decision.created_at,
            )
            for decision in decisions
            if decision.action in NOTIFY_AFTER
        ),
        batch_size=500,
    )


def _store_versions(registrations: Sequence[Registration], now: datetime) -> None:
    """Store the returned content, so that the next reviewer sees what has changed since."""
    prefetch_related_objects(registrations, "category__parent", "attachments")
    ReturnedVersion.objects.bulk_create(
        ReturnedVersion(
            registration=registration,
            round=registration.round,
            facts=return_changes.snapshot(registration),
            created_at=now,
        )
        for registration in registrations
    )


def _refresh(registrations: Iterable[Registration]) -> None:
    """Reload the caller's copies with one query."""
    rows = Registration.objects.filter(pk__in=[registration.pk for registration in registrations])
    fresh = {pk: values for pk, *values in rows.values_list("pk", *WORKFLOW_WRITES)}
    for registration in registrations:
        for name, value in zip(WORKFLOW_WRITES, fresh[registration.pk], strict=True):
            setattr(registration, name, value)


def conflict_messages(registrations: Sequence[Registration]) -> dict[int, str]:
    """Return for the key of each registration that somebody else changed first: who did, and its status now."""
    if not registrations:
        return {}
    latest: dict[int, Decision] = {}
    for decision in Decision.objects.filter(registration__in=registrations).order_by("created_at", "pk"):
        latest[decision.registration_id] = decision
    current = Registration.objects.in_bulk([registration.pk for registration in registrations])
    return {row.pk: _conflict_message(row, current.get(row.pk), latest.get(row.pk)) for row in registrations}


def _conflict_message(read: Registration, current: Registration | None, decision: Decision | None) -> str:
    if current is None:
        return f"“{read.content}”已被删除。"
    if decision is None or current.status == read.status:
        return f"“{current.content}”刚刚被修改过，请核对后重新操作。"
    return f"“{current.content}”：该登记已由{decision.actor_name}处理，目前为“{current.get_status_display()}”。"
