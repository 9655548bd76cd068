"""READ: pages of a long list by its last row instead of by an offset: page 500 costs what page 1 costs.

And numbered pages, for what one person has: too few for an offset to matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """A place in the order (a moment, pk)."""

    moment: datetime
    pk: int

    @classmethod
    def of(cls, row: Model, field: str) -> Cursor:
        return cls(getattr(row, field), row.pk)

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """From an address; None for anything else than what `str` wrote."""
        moment, _, pk = text.partition(".")
        if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit()):
            return None
        if len(moment) > 17 or len(pk) > 18:
            return None
        return cls(EPOCH + timedelta(microseconds=int(moment)), int(pk))

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // timedelta(microseconds=1)}.{self.pk}"

    def behind(self, field: str, *, forwards: bool) -> Q:
        """Rows that come after this place in the direction. The first condition is what the index reads."""
        toward = "gt" if forwards else "lt"
        further = Q(**{f"{field}__{toward}": self.moment}) | Q(**{f"pk__{toward}": self.pk})
        return Q(**{f"{field}__{toward}e": self.moment}) & further


@dataclass(frozen=True)
class KeysetPage:
    """Rows in the order asked for, and the places from which the neighbours begin (empty where there is none)."""

    rows: list
    next: str
    previous: str


def keyset_page(
    rows: QuerySet,
    size: int,
    *,
    after: str = "",
    before: str = "",
    newest_first: bool = False,
    field: str = "submitted_at",
) -> KeysetPage:
    """The `size` rows after (or before) a place, by this moment of theirs; the first ones without a readable place."""
    place = Cursor.parse(after) or Cursor.parse(before)
    backwards = place is not None and not Cursor.parse(after)
    forwards = newest_first == backwards
    if place:
        rows = rows.filter(place.behind(field, forwards=forwards))
    order = (field, "pk") if forwards else (f"-{field}", "-pk")
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    if not found:
        return KeysetPage([], "", "")
    first, last = str(Cursor.of(found[0], field)), str(Cursor.of(found[-1], field))
    return KeysetPage(found, last if has_next else "", first if has_previous else "")


def numbered_page(rows: QuerySet, size: int, number: str | None) -> Page:
    """The page of this number, or the nearest; its rows are read. A list that one page holds is not counted as well."""
    paginator = Paginator(rows, size)
    if not number or number == "1":
        found = list(rows[: size + 1])
        if len(found) <= size:
            paginator.count = len(found)
        return Page(found[:size], 1, paginator)
    page = paginator.get_page(number)
    page.object_list = list(page.object_list)
    return page
