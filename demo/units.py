"""The units of the demonstration: those in the manual's pictures, and as many invented ones as a province has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import transaction

from config.commands import progress_bar
from organizations import regions, revision
from organizations.models import Region, Unit

from . import generators

COUNT = 27_670
BATCH_SIZE = 2_000
# (name, region code, credit code prefix); names as in the manual, codes invented.
MANUAL_UNITS = [
    ("宾阳县甘棠镇林业站", "450126", "12"),
    ("梧州市电影发行放映公司", "450403", "91"),
    ("福建工程设计有限公司南宁第三分公司", "450103", "91"),
    ("博白县东平镇英梅村小学", "450923", "12"),
    ("南宁市教育局直属第一幼儿园", "450100", "12"),
    ("北海市金峰矿业有限公司", "450500", "91"),
]
FLAGGED = ("示例代码待核对单位", "450103", "91")
WITHOUT_REVIEWER = ("宾阳县清水河水利工程管理站", "450126", "12")  # 无人初审
PENDING = ("南宁市青秀区碧水环境监测有限公司", "450103", "91")  # 待核实: its registrations wait


@transaction.atomic
def load(seed: int, count: int = COUNT) -> None:
    """Create `count` units in all regions below the root."""
    random = generators.seeded(seed)
    named = list(_named_units())
    others = generators.units(unit_regions(), count - len(named), random, first=len(named))
    store(named, others, count)


def unit_regions() -> list[Region]:
    """Return every city and county of the root, or the root alone."""
    root = regions.root()
    return list(Region.objects.within(root).exclude(pk=root.pk).order_by("lft")) or [root]


def store(named: list[Unit], others: Iterable[Unit], count: int) -> None:
    """Insert in batches, then mark the search index of every process as outdated, once."""
    with progress_bar("单位", count) as bar:
        batch = list(named)
        for unit in others:
            batch.append(unit)
            if len(batch) >= BATCH_SIZE:
                Unit.objects.bulk_create(batch)
                bar.update(len(batch))
                batch = []
        Unit.objects.bulk_create(batch)
        bar.update(len(batch))
    revision.advance()


def _named_units() -> Iterator[Unit]:
    by_code = {region.code: region for region in Region.objects.all()}
    for number, (name, code, prefix) in enumerate([*MANUAL_UNITS, FLAGGED, WITHOUT_REVIEWER, PENDING]):
        region = by_code.get(code) or regions.root()
        credit_code = generators.unit_code(prefix, region.code, number)
        flagged = name == FLAGGED[0]
        yield Unit(
            name=name,
            region=region,
            state=Unit.State.PENDING if name == PENDING[0] else Unit.State.ACTIVE,
            credit_code=generators.wrong_unit_code(credit_code) if flagged else credit_code,
            credit_code_flagged=flagged,
        )
