"""READ: pages of a long list by its last row instead of by an offset: page 500 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from .models import Registration

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A place in the order (submitted_at, pk)."""

    submitted_at: datetime
    pk: int

    @classmethod
    def of(cls, registration: Registration) -> Place:
        return cls(registration.submitted_at, registration.pk)

    @classmethod
    def read(cls, text: str) -> Place | None:
        """From an address; None for anything else than what `str` wrote."""
        moment, _, pk = text.partition(".")
        if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit() and len(text) < 40):
            return None
        if len(moment) > 17 or len(pk) > 18:
            return None
        return cls(EPOCH + timedelta(microseconds=int(moment)), int(pk))

    def __str__(self) -> str:
        return f"{(self.submitted_at - EPOCH) // timedelta(microseconds=1)}.{self.pk}"

    def behind(self, *, forwards: bool) -> Q:
        """Rows that come after this place in the direction. The first condition is what the index reads."""
        toward = "gt" if forwards else "lt"
        further = Q(**{f"submitted_at__{toward}": self.submitted_at}) | Q(**{f"pk__{toward}": self.pk})
        return Q(**{f"submitted_at__{toward}e": self.submitted_at}) & further


@dataclass(frozen=True)
class KeysetPage:
    """Rows in the order asked for, and the places from which the neighbours begin (empty where there is none)."""

    rows: list[Registration]
    next: str
    previous: str


def page_of(rows: QuerySet, size: int, *, after: str = "", before: str = "", newest_first: bool = False) -> KeysetPage:
    """The `size` rows after (or before) a place, by submission; the first ones without a readable place."""
    place = Place.read(after) or Place.read(before)
    backwards = place is not None and not Place.read(after)
    forwards = newest_first == backwards
    if place:
        rows = rows.filter(place.behind(forwards=forwards))
    order = ("submitted_at", "pk") if forwards else ("-submitted_at", "-pk")
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    if not found:
        return KeysetPage([], "", "")
    return KeysetPage(
        found, str(Place.of(found[-1])) if has_next else "", str(Place.of(found[0])) if has_previous else ""
    )
