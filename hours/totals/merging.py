"""CHANGE: a merge of units, with the sums that hang on them."""

from __future__ import annotations

from django.db import transaction

from organizations import units
from organizations.models import Unit

from . import sums


@transaction.atomic
def merge_units(unit: Unit, into: Unit) -> int:
    """organizations.units.merge and the sums of both units; return the number of rows that moved."""
    moved = units.merge(unit, into)
    sums.merge_unit_sums(unit, into)
    return moved
