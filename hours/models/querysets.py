"""Query sets: which rows a person sees, decides or may choose. Every view starts from one of these."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from config.texts import comparison_digest, search_words
from hours.counting import overlaps
from hours.offices import Office
from hours.states import EDITABLE, REJECTED, Stage, Status

if TYPE_CHECKING:
    from accounts.models import User

    from .attachments import Attachment
    from .decisions import Decision
    from .registrations import Registration
    from .settings import Category


class CategoryQuerySet(models.QuerySet["Category"]):
    def selectable(self) -> CategoryQuerySet:
        """The second-level categories of new registrations, with their first level."""
        return (
            self.filter(is_active=True, parent__is_active=True)
            .select_related("parent")
            .order_by("parent__position", "parent_id", "position", "pk")
        )


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def owned_by(self, person: User) -> RegistrationQuerySet:
        return self.filter(owner=person)

    def visible_to(self, person: User) -> RegistrationQuerySet:
        """The person's own registrations, and those ever submitted within the person's active appointments."""
        return self.filter(Q(owner=person) | (Office.of(person).in_scope & ~Q(status=Status.DRAFT)))

    def in_office(self, office: Office) -> RegistrationQuerySet:
        """All registrations ever submitted within an office."""
        return self.filter(office.in_scope).exclude(status=Status.DRAFT)

    def waiting_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """Registrations that this person may decide, without those whose other stage the person has decided."""
        rows = self.filter(office.waiting).exclude(owner=person)
        if not office.reviews:
            return rows
        rows = rows.exclude(status=Status.FINAL_REVIEW, pk__in=_first_reviewed_by(person))
        if not office.units:
            return rows
        return rows.exclude(Q(status=Status.FIRST_REVIEW) & Exists(_final_reviews_of(person)))

    def unattended_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """无人初审: registrations whose unit has no eligible reviewer, and which this person may decide."""
        return self.filter(office.unattended).exclude(owner=person).exclude(Exists(_final_reviews_of(person)))

    def editable(self) -> RegistrationQuerySet:
        """Registrations that their owner can still change, latest first; 学时登记 lists them."""
        return self.filter(status__in=sorted(EDITABLE)).order_by("-ends_at", "-pk")

    def live(self) -> RegistrationQuerySet:
        """Registrations that are neither refused nor revoked."""
        return self.exclude(status__in=sorted(REJECTED))

    def for_year(self, year: int) -> RegistrationQuerySet:
        return self.filter(year=year)

    def duplicate_of(self, registration: Registration) -> Registration | None:
        """Return the owner's other live registration with the same certificate number, or same content and dates."""
        key = comparison_digest(registration.content)
        same = Q(content_key=key, starts_at=registration.starts_at, ends_at=registration.ends_at)
        if certificate := comparison_digest(registration.certificate_number):
            same |= Q(certificate_key=certificate)
        return self.filter(owner=registration.owner_id).live().exclude(pk=registration.pk).filter(same).first()

    def overlapping(self, registration: Registration) -> list[Registration]:
        """Return the owner's other live registrations that overlap with this one in time, earliest first."""
        return self.overlapping_each([registration])[registration.pk]

    def overlapping_each(self, registrations: Sequence[Registration]) -> dict[int, list[Registration]]:
        """Return the result of `overlapping` for each registration, by its key; one query for any number."""
        if not registrations:
            return {}
        others = list(
            self.live()
            .filter(
                owner__in={registration.owner_id for registration in registrations},
                starts_at__lte=max(registration.ends_at for registration in registrations),
                ends_at__gte=min(registration.starts_at for registration in registrations),
            )
            .order_by("starts_at", "pk")
        )
        return {row.pk: [other for other in others if _do_overlap(row, other)] for row in registrations}


def _do_overlap(registration: Registration, other: Registration) -> bool:
    if other.pk == registration.pk or other.owner_id != registration.owner_id:
        return False
    return overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at)


def _first_reviewed_by(person: User) -> models.QuerySet[Decision, Any]:
    """Primary keys of the registrations whose 初审 this person has decided.

    The stage is a literal, so that SQLite uses its partial index.
    """
    return _decisions().filter(actor=person, stage=RawSQL("'first'", ())).values("registration")


def _final_reviews_of(person: User) -> models.QuerySet[Decision]:
    """This person's decisions at the 终审 of the outer registration, which may be back at the 初审 since."""
    return _decisions().filter(registration=OuterRef("pk"), actor=person, stage=Stage.FINAL)


def _decisions() -> models.QuerySet[Decision]:
    """All decisions. The module of their model imports this one, so the model is looked up."""
    return apps.get_model("hours", "Decision")._default_manager.all()


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, person: User) -> AttachmentQuerySet:
        """Attachments of visible registrations, and the person's own uploads kept for an unsaved form."""
        registrations = apps.get_model("hours", "Registration")._default_manager.visible_to(person)
        return self.filter(Q(registration__in=registrations) | Q(registration=None, owner=person))

    def waiting_for_form(self, person: User, draft_key: uuid.UUID | str | None) -> AttachmentQuerySet:
        """The person's uploads kept for an unsaved form."""
        return self.filter(owner=person, registration=None, draft_key=draft_key)

    def abandoned(self, before: datetime | None = None) -> AttachmentQuerySet:
        """Uploads whose form was never completed; by default those older than a day."""
        return self.filter(registration=None, created_at__lt=before or timezone.now() - timedelta(days=1))


def content_holds(text: str) -> Q:
    """The registrations whose 培训名称 holds all words of a search, whatever their width and order."""
    found = Q()
    for word in search_words(text):
        found &= Q(content__icontains=word)
    return found
