"""Keyset pages for long lists, where page 500 costs as much as page 1, and numbered pages for short ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True)
class Cursor:
    """A position in the order (moment, pk)."""

    moment: datetime
    pk: int

    @classmethod
    def of(cls, row: Model, field: str) -> Cursor:
        return cls(getattr(row, field), row.pk)

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Return the cursor that `str` wrote into a URL, or None for any other text."""
        moment, _, pk = text.partition(".")
        if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit()):
            return None
        if len(moment) > 17 or len(pk) > 18:
            return None
        return cls(EPOCH + timedelta(microseconds=int(moment)), int(pk))

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // timedelta(microseconds=1)}.{self.pk}"

    def beyond(self, field: str, *, ascending: bool) -> Q:
        """Return the condition for rows beyond the cursor in this direction; the index serves its first part."""
        lookup = "gt" if ascending else "lt"
        later = Q(**{f"{field}__{lookup}": self.moment}) | Q(**{f"pk__{lookup}": self.pk})
        return Q(**{f"{field}__{lookup}e": self.moment}) & later


@dataclass(frozen=True)
class KeysetPage(Generic[RowT]):
    """Rows in the requested order, and the cursors of the next and the previous page (empty without one)."""

    rows: list[RowT]
    next: str
    previous: str


def keyset_page(
    rows: QuerySet[RowT],
    size: int,
    *,
    after: str = "",
    before: str = "",
    newest_first: bool = False,
    field: str = "submitted_at",
) -> KeysetPage[RowT]:
    """Return the `size` rows after or before a cursor in the order of `field`; the first page without a valid one."""
    cursor = Cursor.parse(after) or Cursor.parse(before)
    backwards = cursor is not None and not Cursor.parse(after)
    ascending = newest_first == backwards
    if cursor:
        rows = rows.filter(cursor.beyond(field, ascending=ascending))
    order = (field, "pk") if ascending else (f"-{field}", "-pk")
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, cursor is not None)
    if not found:
        return KeysetPage([], "", "")
    first, last = str(Cursor.of(found[0], field)), str(Cursor.of(found[-1], field))
    return KeysetPage(found, last if has_next else "", first if has_previous else "")


def numbered_page(rows: QuerySet[RowT], size: int, number: str | None) -> Page[RowT]:
    """Return the page of this number, or the nearest one, with its rows loaded; one page needs no COUNT query."""
    paginator = Paginator(rows, size)
    if not number or number == "1":
        found = list(rows[: size + 1])
        if len(found) <= size:
            paginator.count = len(found)
        return Page(found[:size], 1, paginator)
    page = paginator.get_page(number)
    page.object_list = list(page.object_list)
    return page
