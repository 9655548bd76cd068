"""The merge of two units together with their sums."""

from __future__ import annotations

from django.db import transaction

from organizations import units
from organizations.models import Unit

from . import sums


@transaction.atomic
def merge_units(unit: Unit, into: Unit) -> int:
    """Merge a unit into another one, with its sums; return the number of rows that moved."""
    moved = units.merge(unit, into)
    sums.merge_unit_sums(unit, into)
    return moved
