"""The number that tells every process whether its unit search index is still true."""

from django.db.models import F

from .models import UnitRevision


def current() -> int:
    """The number of the last committed change."""
    return next(iter(UnitRevision.objects.filter(pk=1).values_list("number", flat=True)), 0)


def advance() -> None:
    """Announce a change of units or regions; call it inside the transaction that makes the change."""
    if not UnitRevision.objects.filter(pk=1).update(number=F("number") + 1):
        UnitRevision.objects.get_or_create(pk=1, defaults={"number": 1})
