"""The registrations of the same person that a reviewer compares with the one to decide."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from hours.counting import overlaps
from hours.models import Registration
from hours.offices import Office
from hours.states import Status


@dataclass(frozen=True)
class RelatedRegistration:
    """Another registration of the same person, the reasons to show it, and whether the reviewer may open it."""

    registration: Registration
    reasons: str
    is_in_office: bool


def related_registrations(registration: Registration, office: Office) -> list[RelatedRegistration]:
    """Return the owner's other submitted registrations of any status that share time or a certificate number."""
    shares = Q(starts_at__lte=registration.ends_at, ends_at__gte=registration.starts_at)
    if registration.certificate_key:
        shares |= Q(certificate_key=registration.certificate_key)
    others = Registration.objects.filter(shares, owner=registration.owner_id).exclude(pk=registration.pk)
    others = others.exclude(status=Status.DRAFT).select_related("category").order_by("starts_at", "pk")
    in_office = Exists(Registration.objects.in_office(office).filter(pk=OuterRef("pk")))
    return [
        RelatedRegistration(other, reasons, other.is_in_office)
        for other in others.annotate(is_in_office=in_office)
        if (reasons := _reasons(registration, other))
    ]


def _reasons(registration: Registration, other: Registration) -> str:
    found = []
    if overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at):
        found.append("时间重叠")
    if registration.certificate_key and other.certificate_key == registration.certificate_key:
        found.append("证书编号相同")
    return "、".join(found)
