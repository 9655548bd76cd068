"""CHANGE: the one way in which registrations move along the table in states.py; workflow.py says when they may.

A move is a conditional update and one decision row for each registration, inside the caller's transaction. A row that
somebody
else moved meanwhile is never moved twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import DurationField, ExpressionWrapper, F, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from hours.certificates import issuing
from hours.models import Decision, Notice, Reason, Registration, ReturnedVersion
from hours.registrations import versions
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

# What a move may change in a registration.
WORKFLOW_WRITES = (
    *("status", "round", "hours_proposed", "hours_recognised", "updated_at"),
    *("submission_id", "submitted_at", "unit_id", "unit_name", "is_unaffiliated"),
    *("region_id", "city_id", "province_id"),
    *("stage_since", "first_wait", "final_wait"),
)


@dataclass(frozen=True)
class Verdict:
    """What a reviewer says: hours (None: as they stand), a reason from the list, words."""

    hours: Decimal | None = None
    reason: Reason | None = None
    words: str = ""


def hours_limit(action: Action, registration: Registration) -> Decimal:
    """The hours that a decision starts from and must not exceed."""
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
    **changes,
) -> list[Registration]:
    """Move these registrations along the table and record it; return those that were still where they were thought to
    be.

    A row that another connection has moved or changed since it was read is left alone. `offices` says for the key of
    each registration at whose desk it is done.
    """
    now = now or timezone.now()
    decisions: list[Decision] = []
    unchanged = _locked_unchanged(registrations)
    before = sums.sums_of(unchanged)
    for status in sorted({registration.status for registration in unchanged}):
        rule = rule_for(action, status)
        group = [registration for registration in unchanged if registration.status == status]
        new = _new_values(rule, verdict, changes, now)
        Registration.objects.filter(pk__in=[registration.pk for registration in group]).update(**new)
        decisions += [
            _decision(actor, rule, registration, new["status"], verdict, offices[registration.pk], now)
            for registration in group
        ]
    if action is Action.RETURN:
        _keep_as_returned(unchanged, now)
    _record(decisions)
    _refresh(unchanged)
    if action is not Action.ASK_RETURN:
        people = (
            [(registration.owner_id, registration.year) for registration in unchanged]
            if action in RECOUNT_AFTER
            else []
        )
        sums.update_for_registrations(before, unchanged, people, undecided=action in SUBMITTING)
    if action is Action.REVOKE:
        issuing.revoke_for((registration.owner_id, registration.year) for registration in unchanged)
    return unchanged


def _locked_unchanged(registrations: Sequence[Registration]) -> list[Registration]:
    """Those that stand as they were read; their rows stay so until the end of the transaction.

    The lock serves PostgreSQL and is taken in one order, so that two batches cannot wait for each other. On SQLite the
    transaction has held the only write lock since it began. A merge may have moved them to another unit meanwhile,
    which is no change of theirs; they learn of it, because the sums to be taken from are that unit's.
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


def _new_values(rule: Rule, verdict: Verdict, changes: dict, now: datetime) -> dict:
    """What the update writes into each registration."""
    new = {
        "status": _target(rule, changes),
        "updated_at": now,
        **_hours_changes(rule.action, verdict),
        **_times(rule, now),
        **changes,
    }
    return new | {"round": F("round") + 1} if rule.action in NEW_ROUND else new


def _target(rule: Rule, changes: dict) -> Status:
    if rule.action is Action.SUBMIT and changes["is_unaffiliated"]:
        return UNAFFILIATED_TARGET
    return rule.target or rule.source


def _hours_changes(action: Action, verdict: Verdict) -> dict:
    if action is Action.AGREE:
        return {"hours_proposed": verdict.hours or F("hours_applied")}
    if action is Action.RECOGNISE:
        return {"hours_recognised": verdict.hours or Coalesce("hours_proposed", "hours_applied")}
    if action is Action.ENTER:
        return {"hours_proposed": F("hours_applied")}  # the unit has said its word
    if action is Action.RETURN:
        return {"hours_proposed": None}  # the owner may now apply for fewer; the decision row keeps what was proposed
    return {}


def _times(rule: Rule, now: datetime) -> dict:
    """When the registration came where it is now, and how long the stage took that it leaves."""
    if rule.action is Action.ASK_RETURN:
        return {}
    times: dict = {"stage_since": now}
    if rule.action in SUBMITTING:
        times |= {"first_wait": None, "final_wait": None}
    elif rule.stage in (Stage.FIRST, Stage.FINAL):
        times[f"{rule.stage}_wait"] = ExpressionWrapper(Value(now) - F("stage_since"), DurationField())
    return times


def _decision(
    actor: User, rule: Rule, registration: Registration, target: Status, verdict: Verdict, office: str, now: datetime
) -> Decision:
    # 重新审核 closes the round of the refusal: in the round that it opens the registration may be revoked, also once.
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


def _record(decisions: list[Decision]) -> None:
    """Write the decisions and, in the same transaction, the notices that their owners will find."""
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


def _keep_as_returned(registrations: Sequence[Registration], now: datetime) -> None:
    """Remember what the reviewer saw, so that the next one sees what changed since."""
    prefetch_related_objects(registrations, "category__parent", "attachments")
    ReturnedVersion.objects.bulk_create(
        ReturnedVersion(
            registration=registration, round=registration.round, facts=versions.snapshot(registration), created_at=now
        )
        for registration in registrations
    )


def _refresh(registrations: Iterable[Registration]) -> None:
    """Bring the caller's copies up to date, in one query for all."""
    rows = Registration.objects.filter(pk__in=[registration.pk for registration in registrations])
    fresh = {pk: values for pk, *values in rows.values_list("pk", *WORKFLOW_WRITES)}
    for registration in registrations:
        for name, value in zip(WORKFLOW_WRITES, fresh[registration.pk], strict=True):
            setattr(registration, name, value)


def conflict_messages(registrations: Sequence[Registration]) -> dict[int, str]:
    """For registrations that somebody else moved first: by whom, and where they stand now."""
    if not registrations:
        return {}
    latest: dict[int, Decision] = {}
    for decision in Decision.objects.filter(registration__in=registrations).order_by("created_at", "pk"):
        latest[decision.registration_id] = decision
    now = Registration.objects.in_bulk([registration.pk for registration in registrations])
    return {
        registration.pk: _conflict_message(registration, now.get(registration.pk), latest.get(registration.pk))
        for registration in registrations
    }


def _conflict_message(registration: Registration, now: Registration | None, decision: Decision | None) -> str:
    if now is None:
        return f"“{registration.content}”已被删除。"
    if decision is None or now.status == registration.status:
        return f"“{now.content}”刚刚被修改过，请核对后重新操作。"
    return f"“{now.content}”：该登记已由{decision.actor_name}处理，目前为“{now.get_status_display()}”。"
