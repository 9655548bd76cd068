"""READ: entries as the lines of a list, every word as text.

A template that looks up, compares and formats each cell of twenty rows by itself takes longer than everything else on
the page. So a line is a plain dictionary of what it shows, and the template only says where.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import prefetch_related_objects
from django.utils.html import escape
from django.utils.safestring import mark_safe

from config.addresses import of_row
from config.templatetags.facts import tone

from . import summaries
from .counting import minute, number
from .models import Category, Registration
from .models.settings import category_name
from .states import DELETABLE, Status

Line = dict[str, object]
# What lines need of a row; the other columns are not read.
COLUMNS = ("owner_id", "status", "content", "year", "starts_at", "ends_at", "hours_applied")


def _common(entry: Registration, position: int) -> Line:
    """What every list shows of an entry. Its content is written several times, so it is made safe once."""
    return {
        "key": _safe(entry.pk),
        "number": _safe(position),
        "content": escape(entry.content),
        "year": _safe(entry.year),
        "start": _safe(minute(entry.starts_at)),
        "end": _safe(minute(entry.ends_at)),
        "hours": _safe(number(entry.hours_applied)),
        "tone": _safe(tone(entry.status)),
        "state": _safe(Status(entry.status).label),
        "detail_url": _safe(of_row("hours:detail", entry.pk)),
    }


def _safe(fact) -> str:
    """A number, a day, or a word or address of our own: nothing that anybody typed, so nothing to escape."""
    return mark_safe(str(fact))  # noqa: S308


def to_work_on(entries: Sequence[Registration], first: int, kinds: dict[int, str]) -> list[Line]:
    """学时登记: numbered from `first`; `kinds` names the types. Returned ones tell why."""
    returned = [entry for entry in entries if entry.status == Status.RETURNED]
    prefetch_related_objects(returned, "decisions")
    return [
        {
            **_common(entry, position),
            "kind": escape(kinds[entry.category_id]),
            "returned": entry.status == Status.RETURNED,
            "words": summaries.last_words(entry) if entry.status == Status.RETURNED else "",
            "deletable": entry.status in DELETABLE,
            "edit_url": _safe(of_row("hours:edit", entry.pk)),
        }
        for position, entry in enumerate(entries, first)
    ]


def kinds() -> dict[int, str]:
    """Type -> both levels in words; one query."""
    rows = Category.objects.order_by().values_list("pk", "parent_id", "name", "is_example")
    names = {pk: category_name(name, is_example) for pk, _, name, is_example in rows}
    return {pk: f"{names[parent]} · {names[pk]}" for pk, parent, *_ in rows if parent}
