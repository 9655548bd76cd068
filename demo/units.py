"""The units of the demonstration: those of the manual's pictures, and as many invented ones as a province has."""

from __future__ import annotations

from django.db import transaction

from config.commands import progress_bar
from organizations import regions, revision
from organizations.models import Region, Unit

from . import invented

COUNT = 27_670
CHUNK = 2_000
# Names as in the manual; their codes are invented.
OF_THE_MANUAL = [
    ("宾阳县甘棠镇林业站", "450126", "12"),
    ("梧州市电影发行放映公司", "450403", "91"),
    ("福建工程设计有限公司南宁第三分公司", "450103", "91"),
    ("博白县东平镇英梅村小学", "450923", "12"),
    ("南宁市教育局直属第一幼儿园", "450100", "12"),
    ("北海市金峰矿业有限公司", "450500", "91"),
]
FLAGGED = ("示例代码待核对单位", "450103", "91")
LONELY = ("宾阳县清水河水利工程管理站", "450126", "12")  # has no reviewer: 无人初审
PENDING = ("南宁市青秀区碧水环境监测有限公司", "450103", "91")  # 待核实: whatever is sent there waits


@transaction.atomic
def load(seed: int, count: int = COUNT) -> int:
    """Make `count` units in all regions below the root; return how many."""
    random = invented.seeded(seed)
    named = list(_named())
    others = invented.units(places(), count - len(named), random, first=len(named))
    store(named, others, count)
    return count


def places() -> list[Region]:
    """Where units are: every city and county of the root."""
    root = regions.root()
    return list(Region.objects.within(root).exclude(pk=root.pk).order_by("lft")) or [root]


def store(named: list[Unit], others, count: int) -> None:
    """Insert in chunks, then tell every process once that its search index is old."""
    with progress_bar("单位", count) as bar:
        chunk = list(named)
        for unit in others:
            chunk.append(unit)
            if len(chunk) >= CHUNK:
                Unit.objects.bulk_create(chunk)
                bar.update(len(chunk))
                chunk = []
        Unit.objects.bulk_create(chunk)
        bar.update(len(chunk))
    revision.advance()


def _named():
    by_code = {region.code: region for region in Region.objects.all()}
    for number, (name, code, prefix) in enumerate([*OF_THE_MANUAL, FLAGGED, LONELY, PENDING]):
        region = by_code.get(code) or regions.root()
        credit_code = invented.unit_code(prefix, region.code, number)
        flagged = name == FLAGGED[0]
        yield Unit(
            name=name,
            region=region,
            state=Unit.State.PENDING if name == PENDING[0] else Unit.State.ACTIVE,
            credit_code=invented.wrong_unit_code(credit_code) if flagged else credit_code,
            credit_code_flagged=flagged,
        )
