"""Save and delete registrations that their owner may still change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from hours.errors import WorkflowError
from hours.models import Attachment, Registration
from hours.states import DELETABLE, EDITABLE, Status
from hours.totals import sums

from . import attachments, validation
from .attachments import Proof

# The fields that an owner writes; status, unit and the hours of reviewers belong to the workflow.
OWNER_FIELDS = (
    *("category", "content", "starts_at", "ends_at", "hours_applied", "year"),
    *("note", "certificate_number", "declared_at", "updated_at", "content_key", "certificate_key"),
)


class DuplicateRegistration(WorkflowError):
    """Another live registration has the same certificate number, or the same content and dates."""


def save(
    registration: Registration,
    *,
    proofs: Sequence[Proof] = (),
    draft_key: UUID | None = None,
    removed: Iterable[Attachment] = (),
) -> Registration:
    """Save a new or changed registration with its files, declared now.

    Raises DuplicateRegistration if it repeats another registration, WorkflowError if it was submitted meanwhile.
    """
    registration.declared_at = timezone.now()
    try:
        with transaction.atomic():
            _write(registration)
            attachments.attach(registration, proofs, draft_key, removed)
    except IntegrityError:
        other = Registration.objects.duplicate_of(registration)
        if other is None:
            raise
        raise DuplicateRegistration(validation.duplicate_sentence(registration, other)) from None
    return registration


def _write(registration: Registration) -> None:
    if registration.pk is None:
        registration.save()
        return
    # Locks the row until the commit, so that a submission from a second tab either sees the change or comes first.
    editable = Registration.objects.filter(pk=registration.pk, status__in=sorted(EDITABLE))
    if not editable.update(updated_at=timezone.now()):
        raise WorkflowError(f"“{registration.content}”已在别处提交或删除，不能再修改。")
    stored = Registration.objects.get(pk=registration.pk)
    registration.save(update_fields=OWNER_FIELDS)
    _move_to_year(stored, registration.year)


def _move_to_year(stored: Registration, year: int) -> None:
    """Move the hours of a returned registration from the totals of its old year to those of the new one."""
    if stored.year == year or stored.status == Status.DRAFT:
        return
    old, before = stored.year, sums.sums_of([stored])
    stored.year = year
    sums.update_for_registrations(before, [stored], [(stored.owner_id, old), (stored.owner_id, year)])


@transaction.atomic
def delete(owner: User, registrations: Sequence[Registration]) -> int:
    """Delete these drafts of one owner and return their number.

    Raises WorkflowError with the names of those that are not drafts, and then deletes none.
    """
    keys = [registration.pk for registration in registrations]
    drafts = Registration.objects.owned_by(owner).filter(pk__in=keys, status__in=sorted(DELETABLE))
    if len(list(drafts.select_for_update())) < len(keys):
        missing = set(keys) - set(drafts.values_list("pk", flat=True))
        names = "、".join(f"“{registration.content}”" for registration in registrations if registration.pk in missing)
        raise WorkflowError(f"{names}不是待提交状态，不能删除；没有删除任何登记。")
    attachments.discard(Attachment.objects.filter(registration__in=keys))
    drafts.delete()
    return len(keys)
