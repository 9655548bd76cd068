"""READ: which rows exist for whom. Every view starts from one of these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from hours.counting import overlaps
from hours.offices import Office
from hours.states import EDITABLE, REJECTED, Stage, Status

if TYPE_CHECKING:
    from accounts.models import User

    from .decisions import Decision
    from .registrations import Registration


class CategoryQuerySet(models.QuerySet):
    def selectable(self) -> CategoryQuerySet:
        """The second-level types that a new registration may have, with their first level."""
        return (
            self.filter(is_active=True, parent__is_active=True)
            .select_related("parent")
            .order_by("parent__position", "parent_id", "position", "pk")
        )


class RegistrationQuerySet(models.QuerySet):
    def owned_by(self, person: User) -> RegistrationQuerySet:
        return self.filter(owner=person)

    def visible_to(self, person: User) -> RegistrationQuerySet:
        """The person's own registrations, and what was ever submitted within the person's active appointments."""
        return self.filter(Q(owner=person) | (Office.of(person).in_scope & ~Q(status=Status.DRAFT)))

    def in_office(self, office: Office) -> RegistrationQuerySet:
        """Everything that was ever submitted within an office."""
        return self.filter(office.in_scope).exclude(status=Status.DRAFT)

    def waiting_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """Registrations that this person decides: none of the own, none whose other stage this person ever decided."""
        rows = self.filter(office.waiting).exclude(owner=person)
        if not office.reviews:
            return rows
        rows = rows.exclude(status=Status.FINAL_REVIEW, pk__in=self._first_reviewed_by(person))
        return (
            rows.exclude(Q(status=Status.FIRST_REVIEW) & Exists(self._final_reviews_of(person)))
            if office.units
            else rows
        )

    def unattended_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """无人初审: what would be swallowed unless the region's reviewers take it, each what this person may decide."""
        return self.filter(office.unattended).exclude(owner=person).exclude(Exists(self._final_reviews_of(person)))

    def _first_reviewed_by(self, person: User) -> models.QuerySet:
        """Primary keys of the registrations whose 初审 this person ever decided.

        The stage is a literal, so that SQLite sees that its partial index fits.
        """
        return self._decisions().filter(actor=person, stage=RawSQL("'first'", ())).values("registration")

    def _final_reviews_of(self, person: User) -> models.QuerySet:
        """Decisions of this person at the 终审 of the outer registration, which may be back at the 初审 since."""
        return self._decisions().filter(registration=OuterRef("pk"), actor=person, stage=Stage.FINAL)

    def _decisions(self) -> models.QuerySet[Decision]:
        """All decisions. Their model is found through the relation, because its module imports this one."""
        return self.model._meta.get_field("decisions").related_model._default_manager.all()

    def editable(self) -> RegistrationQuerySet:
        """What 学时登记 lists: registrations their owner can still change, latest first."""
        return self.filter(status__in=sorted(EDITABLE)).order_by("-ends_at", "-pk")

    def live(self) -> RegistrationQuerySet:
        """Neither refused nor revoked."""
        return self.exclude(status__in=sorted(REJECTED))

    def for_year(self, year: int) -> RegistrationQuerySet:
        return self.filter(year=year)

    def duplicate_of(self, registration: Registration) -> Registration | None:
        """The owner's other live registration with the same certificate number or the same content and dates."""
        same = Q(content=registration.content, starts_at=registration.starts_at, ends_at=registration.ends_at)
        if registration.certificate_number:
            same |= Q(certificate_number=registration.certificate_number)
        return self._others(registration).filter(same).first()

    def overlapping(self, registration: Registration) -> list[Registration]:
        """The owner's other live registrations that share time with this one, earliest first."""
        return self.overlapping_each([registration])[registration.pk]

    def overlapping_each(self, registrations: Sequence[Registration]) -> dict[int, list[Registration]]:
        """For the key of each registration what `overlapping` says of it; one query, however many there are."""
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
        return {
            registration.pk: [other for other in others if _clash(registration, other)]
            for registration in registrations
        }

    def _others(self, registration: Registration) -> RegistrationQuerySet:
        return self.filter(owner=registration.owner_id).live().exclude(pk=registration.pk)


def _clash(registration: Registration, other: Registration) -> bool:
    if other.pk == registration.pk or other.owner_id != registration.owner_id:
        return False
    return overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at)


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, person: User) -> AttachmentQuerySet:
        """Those of visible registrations, and the person's own that wait for their form to be right."""
        registrations = self.model._meta.get_field("registration").related_model._default_manager.visible_to(person)
        return self.filter(Q(registration__in=registrations) | Q(registration=None, owner=person))

    def waiting_for_form(self, person: User, draft_key) -> AttachmentQuerySet:
        return self.filter(owner=person, registration=None, draft_key=draft_key)

    def abandoned(self, before: datetime | None = None) -> AttachmentQuerySet:
        """Uploads whose form was never completed; by default those older than a day."""
        return self.filter(registration=None, created_at__lt=before or timezone.now() - timedelta(days=1))
