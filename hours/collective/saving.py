"""Save a 单位集体登记. Its registrations go straight to the 终审: the unit has decided by registering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from hours.errors import WorkflowError
from hours.models import Attachment, Registration, Submission
from hours.registrations import attachments
from hours.states import Action
from hours.workflow.moves import Verdict, apply_action
from organizations import regions
from organizations.models import Region, Unit

from . import choices, preview
from .drafts import CollectiveDraft

DECISION_WORDS = "由单位审核员{name}代为登记，单位承诺以上信息属实。"


class PreviewOutdated(WorkflowError):
    """Other registrations would be saved than the preview has shown."""


def save(reviewer: User, draft: CollectiveDraft, *, now: datetime | None = None) -> Submission:
    """Save the registrations of the preview in one transaction; idempotent for the same draft.

    Raise PreviewOutdated if other registrations would be saved than were shown, and WorkflowError if this person may
    not register for the unit.
    """
    made: list[str] = []
    try:
        with transaction.atomic():
            return _save(reviewer, draft, now or timezone.now(), made)
    except Exception as error:
        storage = Attachment._meta.get_field("file").storage
        for name in made:
            storage.delete(name)
        if isinstance(error, IntegrityError):
            raise PreviewOutdated("名单中有人刚刚登记了相同的内容，请重新核对。") from None
        raise


def _save(reviewer: User, draft: CollectiveDraft, now: datetime, made: list[str]) -> Submission:
    # The lock makes a second click wait and then find the first one's submission; it also waits for a merge of units.
    unit = Unit.objects.select_for_update(no_key=True).filter(pk=draft.unit).first()
    if earlier := Submission.objects.filter(token=draft.token, owner=reviewer).first():
        return earlier
    unit = choices.selectable_units(reviewer).filter(pk=unit.pk).first() if unit else None
    if unit is None:
        raise WorkflowError("您目前不能为该单位集体登记：任职已到期，或单位不是“正常”状态。")
    lines = preview.lines_of(draft, unit, now)
    registrations = preview.new_registrations(lines)
    originals = list(Attachment.objects.waiting_for_form(reviewer, draft.files))
    if preview.fingerprint(lines, originals) != draft.fingerprint:
        raise PreviewOutdated("预览之后情况有变化，没有保存任何登记，请重新核对。")
    if not registrations:
        raise WorkflowError("没有可以登记的人员。")
    _lock_owners(registrations)
    submission = _create_submission(reviewer, draft, unit, registrations, now)
    _create_registrations(reviewer, submission, registrations)
    attachments.copy_to(originals, registrations, made)
    attachments.discard(Attachment.objects.filter(pk__in=[original.pk for original in originals]))
    return submission


def _lock_owners(registrations: Sequence[Registration]) -> None:
    """Lock the owners' rows in the order of their keys, so that two batches cannot deadlock."""
    owners = [registration.owner_id for registration in registrations]
    list(User.objects.select_for_update(no_key=True).filter(pk__in=owners).order_by("pk").values_list("pk"))


def _create_submission(
    reviewer: User, draft: CollectiveDraft, unit: Unit, registrations: Sequence[Registration], now: datetime
) -> Submission:
    return Submission.objects.create(
        owner=reviewer,
        token=draft.token,
        unit=unit,
        region_id=unit.region_id,
        unit_name=unit.name,
        unit_credit_code=unit.credit_code or "",
        entries=len(registrations),
        hours=sum((registration.hours_applied for registration in registrations), Decimal()),
        created_at=now,
    )


def _create_registrations(reviewer: User, submission: Submission, registrations: Sequence[Registration]) -> None:
    """Store the registrations and move them to the 终审, each with its decision row."""
    unit, now = submission.unit, submission.created_at
    places = regions.ancestors_by_kind(submission.region)
    for registration in registrations:
        registration.declared_at, registration.entered_by, registration.unit = now, reviewer, unit
    Registration.objects.bulk_create(registrations)
    apply_action(
        reviewer,
        Action.ENTER,
        registrations,
        Verdict(words=DECISION_WORDS.format(name=reviewer.name)),
        offices={registration.pk: unit.name for registration in registrations},
        now=now,
        submission=submission,
        submitted_at=now,
        unit=unit,
        unit_name=unit.name,
        region_id=submission.region_id,
        city=places.get(Region.Kind.CITY),
        province=places.get(Region.Kind.PROVINCE),
        is_unaffiliated=False,
    )
