"""The transitions of registrations, single and in batches.

Each function takes the actor as an argument and checks the permission and the verdict. Then, in one transaction,
`moves.apply_action` changes the rows and writes one decision row for each.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, prefetch_related_objects
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Denied
from hours.counting import is_half_hour_multiple
from hours.errors import WorkflowError
from hours.models import Decision, Registration, Submission
from hours.registrations import validation
from hours.states import Action, Status, rule_for
from hours.wording import format_number
from organizations import regions
from organizations.models import Region, Unit

from .moves import Verdict, apply_action, conflict_messages, hours_limit
from .permissions import Permissions, submission_answers


class SubmissionRefused(WorkflowError):
    """Nothing was submitted; `problems` holds a sentence for the key of each registration that is refused."""

    def __init__(self, problems: dict[int, str]) -> None:
        super().__init__("".join(dict.fromkeys(problems.values())))
        self.problems = problems


@dataclass
class DecisionResult:
    """The registrations decided, and for the key of each other one the reason against it."""

    done: list[Registration] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def revoke(actor: User, registration: Registration, verdict: Verdict) -> Registration:
    """Revoke a recognition (撤销认定), also in a closed year."""
    return _decide_one(actor, Action.REVOKE, registration, verdict)


def reopen(actor: User, registration: Registration, verdict: Verdict) -> Registration:
    """Send a refused registration back to the 终审 (重新审核), unless the owner has registered the same again."""
    try:
        return _decide_one(actor, Action.REOPEN, registration, verdict)
    except IntegrityError:
        other = Registration.objects.duplicate_of(registration)
        if other is None:
            raise
        raise WorkflowError(validation.duplicate_sentence(registration, other)) from None


def ask_return(actor: User, registration: Registration, words: str) -> Registration:
    """Record that the owner asks for the return (请求退回), once per stage; the status stays."""
    return _decide_one(actor, Action.ASK_RETURN, registration, Verdict(words=words))


def decide(
    actor: User, action: Action, registrations: Sequence[Registration], verdict: Verdict, *, now: datetime | None = None
) -> DecisionResult:
    """Give the same verdict on several registrations; each is decided or refused by itself, with its reason.

    The number of statements does not depend on the number of registrations. 重新审核 goes through `reopen`, which
    names a duplicate. `now` is the time of the decision when a history is loaded.

    As in `submit`, the checks run before the transaction: a registration that has changed since does not move.
    """
    result = DecisionResult()
    permissions = Permissions(actor, registrations)
    allowed: list[Registration] = []
    for registration in registrations:
        if problem := _problem(permissions, action, registration, verdict):
            result.refused[registration.pk] = problem
        else:
            allowed.append(registration)
    offices = {registration.pk: permissions.office_name(action, registration) for registration in allowed}
    with transaction.atomic():
        result.done = apply_action(actor, action, allowed, verdict, offices=offices, now=now)
    result.refused.update(conflict_messages(_without(allowed, result.done)))
    return result


def _without(registrations: Iterable[Registration], moved: Iterable[Registration]) -> list[Registration]:
    keys = {registration.pk for registration in moved}
    return [registration for registration in registrations if registration.pk not in keys]


def submit(
    owner: User,
    registrations: Sequence[Registration],
    unit: Unit,
    region: Region,
    token: uuid.UUID | None = None,
    *,
    now: datetime | None = None,
) -> Submission:
    """Submit registrations together (批量提交审核), all or none; SubmissionRefused names those refused.

    `region` is the unit's, or for 其他单位 the one that the person chose. Idempotent: the same token again returns the
    first submission. With `now`, a history is loaded and checked as of then.

    The checks run before the transaction, which keeps the locks short; a registration that has changed since does not
    move.
    """
    if not registrations:
        raise WorkflowError("请先勾选要提交的登记。")
    now, token = now or timezone.now(), token or uuid.uuid4()
    try:
        if problems := submission_problems(owner, registrations, unit, now):
            raise SubmissionRefused(problems)
        return _submit(owner, registrations, unit, region, token, now)
    except (SubmissionRefused, IntegrityError):
        # The second of two clicks finds moved registrations, or violates the unique token.
        if earlier := _earlier_submission(owner, token):
            return earlier
        raise


def _earlier_submission(owner: User, token: uuid.UUID) -> Submission | None:
    earlier = Submission.objects.filter(token=token).first()
    if earlier and earlier.owner_id != owner.pk:
        raise WorkflowError("提交标识无效，请重新打开“批量提交审核”。")
    return earlier


@transaction.atomic
def _submit(
    owner: User, registrations: Sequence[Registration], unit: Unit, region: Region, token: uuid.UUID, now: datetime
) -> Submission:
    unit, own_unit_id = _lock_unit_and_owner(owner, unit)
    if problems := _disabled_problems(unit, registrations):
        raise SubmissionRefused(problems)
    region = region if unit.is_unaffiliated else unit.region
    submission = Submission.objects.create(
        owner=owner,
        token=token,
        unit=unit,
        region=region,
        unit_name=unit.name,
        unit_credit_code=unit.credit_code or "",
        entries=len(registrations),
        hours=sum((registration.hours_applied for registration in registrations), Decimal()),
        created_at=now,
    )
    if unit.pk != own_unit_id and not unit.is_unaffiliated:
        User.objects.filter(pk=owner.pk).update(unit=unit)
    _send(submission, registrations)
    return submission


def _lock_unit_and_owner(owner: User, unit: Unit) -> tuple[Unit, int | None]:
    """Lock the unit, then the owner; return the unit with its regions, and the key of the owner's own unit.

    The locks keep registrations out of a unit that is being merged, and let a person's submissions run one after the
    other. The order is that of a merge. 其他单位 never changes and is not locked: everybody shares it.
    """
    if not unit.is_unaffiliated:
        unit = Unit.objects.select_for_update(no_key=True, of=("self",)).with_regions().get(pk=unit.pk)
    people = User.objects.select_for_update(no_key=True)
    return unit, people.values_list("unit_id", flat=True).get(pk=owner.pk)


def _send(submission: Submission, registrations: Sequence[Registration]) -> None:
    """Move the registrations to the unit of this submission, all or none."""
    owner, unit = submission.owner, submission.unit
    places = regions.ancestors_by_kind(submission.region)
    moved = apply_action(
        owner,
        Action.SUBMIT,
        registrations,
        Verdict(),
        offices={registration.pk: unit.name for registration in registrations},
        now=submission.created_at,
        submission=submission,
        submitted_at=submission.created_at,
        unit=unit,
        unit_name=unit.name,
        region_id=submission.region_id,
        city=places.get(Region.Kind.CITY),
        province=places.get(Region.Kind.PROVINCE),
        is_unaffiliated=unit.is_unaffiliated,
    )
    if others := _without(registrations, moved):
        raise SubmissionRefused(conflict_messages(others))


def submission_problems(
    owner: User, registrations: Sequence[Registration], unit: Unit | None = None, now: datetime | None = None
) -> dict[int, str]:
    """Return why registrations cannot be submitted (to this unit): a sentence for the key of each."""
    prefetch_related_objects(registrations, "category__parent")
    permissions = Permissions(owner, registrations)
    years = submission_answers(registrations, timezone.localdate(now), unit)
    required_units = _required_units(registrations)
    found: dict[int, str] = {}
    for registration in registrations:
        allowed, year = permissions.may(Action.SUBMIT, registration), years[registration.pk]
        required = required_units.get(registration.pk)
        if isinstance(allowed, Denied):
            found[registration.pk] = f"“{registration.content}”：{allowed.reason}"
        elif wrong := validation.problems(registration, now):
            found[registration.pk] = f"“{registration.content}”：{''.join(wrong.values())}"
        elif isinstance(year, Denied):
            found[registration.pk] = f"“{registration.content}”：{year.reason}"
        elif unit is not None and required is not None and required.pk != unit.pk:
            found[registration.pk] = f"“{registration.content}”是退回修改的登记，须仍提交至“{required.name}”。"
    return found | _disabled_problems(unit, registrations)


def _disabled_problems(unit: Unit | None, registrations: Iterable[Registration]) -> dict[int, str]:
    if unit is None or unit.state != Unit.State.DISABLED:
        return {}
    return {registration.pk: f"单位“{unit.name}”已停用，请重新选择单位。" for registration in registrations}


def _required_units(registrations: Iterable[Registration]) -> dict[int, Unit]:
    """Return the unit that each returned registration must go to again.

    It is the last one, unless the unit was the reason of the return or is disabled.
    """
    returned = [registration for registration in registrations if registration.status == Status.RETURNED]
    if not returned:
        return {}
    freed = set(
        Decision.objects.filter(
            registration__in=returned, round=F("registration__round"), action=Action.RETURN, reason__frees_unit=True
        ).values_list("registration_id", flat=True)
    )
    units = Unit.objects.in_bulk({registration.unit_id for registration in returned})
    return {
        registration.pk: units[registration.unit_id]
        for registration in returned
        if registration.pk not in freed and units[registration.unit_id].state != Unit.State.DISABLED
    }


def required_unit(registrations: Iterable[Registration]) -> Unit | None:
    """Return the unit that the returned ones among these registrations must go to again, if there is one."""
    return next(iter(_required_units(registrations).values()), None)


def _decide_one(actor: User, action: Action, registration: Registration, verdict: Verdict) -> Registration:
    result = decide(actor, action, [registration], verdict)
    if result.refused:
        raise WorkflowError(result.refused[registration.pk])
    return result.done[0]


def _problem(permissions: Permissions, action: Action, registration: Registration, verdict: Verdict) -> str:
    """Return why this verdict cannot be given on this registration; empty if it can."""
    allowed = permissions.may(action, registration)
    if isinstance(allowed, Denied):
        return allowed.reason
    rule = rule_for(action, registration.status)
    if rule.needs_reason and verdict.reason is None:
        return f"{action.label}须选择原因。"
    if (rule.needs_reason or rule.needs_words) and not verdict.words.strip():
        return f"{action.label}须填写意见。"
    if action in (Action.AGREE, Action.RECOGNISE):
        return _hours_problem(action, registration, verdict)
    return ""


def _hours_problem(action: Action, registration: Registration, verdict: Verdict) -> str:
    limit = hours_limit(action, registration)
    if verdict.hours is None:
        return ""
    if verdict.hours <= 0 or not is_half_hour_multiple(verdict.hours):
        return "学时必须大于 0，且是 0.5 的倍数。"
    if verdict.hours > limit:
        whose = "申请" if action is Action.AGREE or registration.hours_proposed is None else "初审"
        return f"学时不能超过{whose}的 {format_number(limit)} 学时。"
    if verdict.hours < limit and not verdict.words.strip():
        return "核减学时须填写意见。"
    return ""
