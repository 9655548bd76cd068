"""CHANGE: what follows when a yearly rule or a cap has changed."""

from __future__ import annotations

from collections.abc import Iterable

from hours.models import PersonTotal, PlaceTotal
from organizations import regions

from . import sums

# So many people's years are counted anew while the administrator waits; more are the affair of a command.
MAX_PEOPLE = 5000


def count_in_review(year: int) -> int:
    """How many registrations of a year wait for a decision anywhere; one query on the kept sums."""
    row = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.REGION, place=regions.root().pk, year=year).first()
    return row.first_review + row.final_review if row else 0


def recount_years(years: Iterable[int]) -> list[int]:
    """Bring the kept sums of these years in line with their rules, in the caller's transaction.

    Return the years that have too many people for that; `manage.py recount_totals YEAR` does them.
    """
    left = []
    for year in sorted(set(years)):
        people = PersonTotal.objects.filter(year=year).values("pk")[: MAX_PEOPLE + 1].count()
        if people > MAX_PEOPLE:
            left.append(year)
        elif people:
            sums.recount(year)
    return left
