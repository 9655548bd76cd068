"""READ: which rows exist for whom. Every view starts from one of these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.querysets import within

from .counting import overlaps
from .states import EDITABLE, GIVEN_UP, Status

if TYPE_CHECKING:
    from accounts.models import User

    from .models import Registration


class CategoryQuerySet(models.QuerySet):
    def choosable(self) -> CategoryQuerySet:
        """The second-level types that a new entry may have, with their first level."""
        return (
            self.filter(is_active=True, parent__is_active=True)
            .select_related("parent")
            .order_by("parent__position", "parent_id", "position", "pk")
        )


class RegistrationQuerySet(models.QuerySet):
    def owned_by(self, person: User) -> RegistrationQuerySet:
        return self.filter(owner=person)

    def visible_to(self, person: User) -> RegistrationQuerySet:
        """The person's own entries, and what was ever submitted within the person's active appointments."""
        scope = Q(owner=person)
        for appointment in person.appointments.active().select_related("region"):
            place = Q(unit=appointment.unit_id) if appointment.unit_id else within(appointment.region, "region")
            scope |= place & ~Q(status=Status.DRAFT)
        return self.filter(scope)

    def open_to_owner(self) -> RegistrationQuerySet:
        """What 学时登记 lists: entries their owner can still change, latest first."""
        return self.filter(status__in=sorted(EDITABLE)).order_by("-ends_at", "-pk")

    def live(self) -> RegistrationQuerySet:
        """Neither refused nor revoked."""
        return self.exclude(status__in=sorted(GIVEN_UP))

    def for_year(self, year: int) -> RegistrationQuerySet:
        return self.filter(year=year)

    def duplicate_of(self, registration: Registration) -> Registration | None:
        """The owner's other live entry with the same certificate number or the same content and dates."""
        same = Q(content=registration.content, starts_at=registration.starts_at, ends_at=registration.ends_at)
        if registration.certificate_number:
            same |= Q(certificate_number=registration.certificate_number)
        return self._others(registration).filter(same).first()

    def overlapping(self, registration: Registration) -> list[Registration]:
        """The owner's other live entries that share time with this one, earliest first."""
        return self.overlapping_each([registration])[registration.pk]

    def overlapping_each(self, registrations: Sequence[Registration]) -> dict[int, list[Registration]]:
        """For the key of each entry what `overlapping` says of it; one query, however many there are."""
        if not registrations:
            return {}
        others = list(
            self.live()
            .filter(
                owner__in={entry.owner_id for entry in registrations},
                starts_at__lte=max(entry.ends_at for entry in registrations),
                ends_at__gte=min(entry.starts_at for entry in registrations),
            )
            .order_by("starts_at", "pk")
        )
        return {entry.pk: [other for other in others if _clash(entry, other)] for entry in registrations}

    def _others(self, registration: Registration) -> RegistrationQuerySet:
        return self.filter(owner=registration.owner_id).live().exclude(pk=registration.pk)


def _clash(entry: Registration, other: Registration) -> bool:
    if other.pk == entry.pk or other.owner_id != entry.owner_id:
        return False
    return overlaps(entry.starts_at, entry.ends_at, other.starts_at, other.ends_at)


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, person: User) -> AttachmentQuerySet:
        """Those of visible entries, and the person's own that wait for their form to be right."""
        from .models import Registration

        entries = Registration.objects.visible_to(person)
        return self.filter(Q(registration__in=entries) | Q(registration=None, owner=person))

    def waiting_for_form(self, person: User, draft_key) -> AttachmentQuerySet:
        return self.filter(owner=person, registration=None, draft_key=draft_key)

    def abandoned(self, before: datetime | None = None) -> AttachmentQuerySet:
        """Uploads whose form was never completed; by default those older than a day."""
        return self.filter(registration=None, created_at__lt=before or timezone.now() - timedelta(days=1))
