"""CHANGE: 年度学时证明: issued from the facts of its day, superseded by a newer one, revoked when an entry was."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from .models import Certificate, CertificateYear


def revoke_for(pairs: Iterable[tuple[int, int]]) -> int:
    """Revoke every certificate that covers one of these (person, year): an entry it counted was revoked."""
    pairs = set(pairs)
    found = CertificateYear.objects.filter(
        person__in={person for person, _ in pairs}, year__in={year for _, year in pairs}
    )
    touched = {row.certificate_id for row in found if (row.person_id, row.year) in pairs}
    return Certificate.objects.filter(pk__in=touched, revoked_at=None).update(revoked_at=timezone.now())
