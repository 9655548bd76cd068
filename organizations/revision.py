"""The revision of units and regions, by which each process knows whether its caches are current."""

from django.db.models import F

from .models import UnitRevision


def current() -> int:
    """Return the number of the last committed change."""
    return next(iter(UnitRevision.objects.filter(pk=1).values_list("number", flat=True)), 0)


def advance() -> None:
    """Increment the revision, in the transaction that changes units or regions."""
    if not UnitRevision.objects.filter(pk=1).update(number=F("number") + 1):
        UnitRevision.objects.get_or_create(pk=1, defaults={"number": 1})
