"""The effects of a changed year rule or cap on the stored sums."""

from __future__ import annotations

from collections.abc import Iterable

from config.constants import RECOUNT_MAX_PEOPLE
from hours.models import PersonTotal, PlaceTotal
from organizations import regions

from . import sums


def count_in_review(year: int) -> int:
    """Return the number of registrations of a year that are in review; one query on the stored sums."""
    row = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.REGION, place=regions.root().pk, year=year).first()
    return row.first_review + row.final_review if row else 0


def recount_years(years: Iterable[int]) -> list[int]:
    """Recount these years in the caller's transaction; return the years with too many people.

    `manage.py recount_totals YEAR` recounts those.
    """
    too_large = []
    for year in sorted(set(years)):
        people = PersonTotal.objects.filter(year=year).values("pk")[: RECOUNT_MAX_PEOPLE + 1].count()
        if people > RECOUNT_MAX_PEOPLE:
            too_large.append(year)
        elif people:
            sums.recount(year)
    return too_large
