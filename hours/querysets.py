"""READ: which rows exist for whom. Every view starts from one of these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from .counting import overlaps
from .states import EDITABLE, GIVEN_UP, Stage, Status

if TYPE_CHECKING:
    from accounts.models import User
    from organizations.models import Region

    from .models import Registration


NOTHING = Q(pk__in=())


def in_area(region: Region, path: str = "") -> Q:
    """Submitted entries of a region and all below it: one column and one index, whatever its size.

    `path` leads from the filtered model to the entry, such as "registration__"; empty on the entry itself.
    """
    column = {"province": "province", "city": "city", "county": "region"}[region.kind]
    return Q(**{f"{path}{column}": region})


class Office:
    """What a person's active appointments let them see and decide; two queries, one for those who have none."""

    def __init__(self, units: list[int], reviews: list[Region], administers: list[Region]) -> None:
        self.units, self.reviews, self.administers = units, reviews, administers

    @classmethod
    def of(cls, person: User) -> Office:
        """Empty for somebody without an active appointment."""
        held = person.active_appointments()
        return cls(
            units=[appointment.unit_id for appointment in held if appointment.unit_id],
            reviews=[appointment.region for appointment in held if appointment.role == "region_reviewer"],
            administers=[appointment.region for appointment in held if appointment.role == "region_admin"],
        )

    def __bool__(self) -> bool:
        return bool(self.units or self.reviews or self.administers)

    @property
    def regions(self) -> list[Region]:
        """Those reviewed and those administered."""
        return [*self.reviews, *self.administers]

    @property
    def everything(self) -> Q:
        """All entries (or people's years, which carry the same places) in these units and regions."""
        places = (in_area(region) for region in self.regions)
        return reduce(or_, places, Q(unit__in=self.units) if self.units else NOTHING)

    @property
    def waiting(self) -> Q:
        """Entries at a stage that this person decides: 初审 in the units, 终审 in the regions."""
        first = Q(unit__in=self.units, status=Status.FIRST_REVIEW) if self.units else NOTHING
        return reduce(or_, (in_area(region) & Q(status=Status.FINAL_REVIEW) for region in self.reviews), first)

    @property
    def unattended(self) -> Q:
        """无人初审: entries in the regions whose unit has nobody who could do the 初审."""
        areas = reduce(or_, (in_area(region) for region in self.reviews), NOTHING)
        return areas & Q(status=Status.FIRST_REVIEW) & ~Q(unit__state="pending") & ~Exists(_others_reviewing())


def _others_reviewing() -> models.QuerySet:
    """Active reviewers of an entry's unit who are not its owner."""
    from accounts.models import Appointment

    active = Appointment.objects.active().filter(unit=OuterRef("unit"), person__is_active=True)
    return active.exclude(person=OuterRef("owner"))


def _first_reviewed_by(person: User) -> models.QuerySet:
    """Keys of the entries at whose 初审 this person ever decided; the literal lets SQLite see that its index fits."""
    from .models import Decision

    return Decision.objects.filter(actor=person, stage=RawSQL("'first'", ())).values("registration")


def _final_reviews_of(person: User) -> models.QuerySet:
    """What this person ever decided at an entry's 终审: one that was returned from there comes to the 初审 again."""
    from .models import Decision

    return Decision.objects.filter(registration=OuterRef("pk"), actor=person, stage=Stage.FINAL)


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
        return self.filter(Q(owner=person) | (Office.of(person).everything & ~Q(status=Status.DRAFT)))

    def in_office(self, office: Office) -> RegistrationQuerySet:
        """Everything that was ever submitted within an office."""
        return self.filter(office.everything).exclude(status=Status.DRAFT)

    def waiting_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """What this person is to decide: no own entry, and none at whose other stage this person ever decided."""
        rows = self.filter(office.waiting).exclude(owner=person)
        if not office.reviews:
            return rows
        rows = rows.exclude(status=Status.FINAL_REVIEW, pk__in=_first_reviewed_by(person))
        return rows.exclude(Q(status=Status.FIRST_REVIEW) & Exists(_final_reviews_of(person))) if office.units else rows

    def unattended_for(self, person: User, office: Office) -> RegistrationQuerySet:
        """无人初审: what would be swallowed unless the region's reviewers take it, each what this person may decide."""
        return self.filter(office.unattended).exclude(owner=person).exclude(Exists(_final_reviews_of(person)))

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
