"""CHANGE: the region tree. The tree library renumbers rows as it writes, so writers take turns at a lock."""

from __future__ import annotations

import csv
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from . import revision
from .models import Region

CYCLE_ERROR = "区域不能移到自身或其下级区域之下。"
NATIONAL_LIST = Path(__file__).parent / "data" / "regions.csv"


def root() -> Region:
    """The region this installation serves (ROOT_REGION); Region.DoesNotExist before load_regions ran."""
    return Region.objects.get(code=settings.ROOT_REGION)


def would_create_cycle(region: Region) -> bool:
    """Whether the parent that a region is about to get is itself or lies below it."""
    if not (region.pk and region.parent_id):
        return False
    stored = Region.objects.get(pk=region.pk)
    return Region.objects.within(stored).filter(pk=region.parent_id).exists()


def ancestors_by_kind(region: Region) -> dict[str, Region]:
    """Kind -> the region itself and those above it, such as county, city and province; a query for each that is not
    loaded."""
    path = [region]
    while above := path[-1].parent:
        path.append(above)
    return {place.kind: place for place in path}


def _lock_tree() -> None:
    """Concurrent inserts without this corrupted 45 of 105 nodes in a trial. SQLite's write lock serves as well."""
    list(Region.objects.select_for_update().filter(parent=None).values_list("pk"))


@transaction.atomic
def store(region: Region) -> Region:
    """Insert a region or save a changed one, moving it with its whole subtree if its parent changed.

    ValidationError on `parent` if it would come to stand below itself.
    """
    _lock_tree()
    if would_create_cycle(region):
        raise ValidationError({"parent": CYCLE_ERROR})
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


def is_removable(region: Region) -> bool:
    """Whether nothing lies below a region and nothing refers to it, such as registrations of what once lay below."""
    return not any(
        relation.related_model._base_manager.filter(**{relation.field.name: region}).exists()
        for relation in Region._meta.get_fields(include_hidden=True)
        if relation.one_to_many
    )


@transaction.atomic
def remove(region: Region) -> None:
    """Delete a region that nothing refers to; ValidationError for any other one."""
    _lock_tree()
    fresh = Region.objects.get(pk=region.pk)
    if not is_removable(fresh):
        raise ValidationError(f"区域“{fresh.name}”有下级区域或已被使用，不能删除。")
    fresh.delete()
    revision.advance()


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
