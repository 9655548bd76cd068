"""A year small enough to add up by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.counting import LOCAL
from hours.models import Cap, Registration
from hours.totals import sums
from hours.workflow import transitions
from tests import factories

YEAR = timezone.localdate().year - 1  # over, so that every date of it is past
_days = count()


def registration(owner, unit, hours, *, year=YEAR, category=None):
    """Submitted by its owner; the hours are those applied for."""
    start = datetime(year, 1, 1, 8, tzinfo=LOCAL) + timedelta(days=next(_days) % 330)
    return factories.submitted(
        owner,
        unit,
        category=category or factories.category("发表论文", "成果类", by_half_day=False),
        starts_at=start,
        ends_at=start + timedelta(hours=10),
        hours_applied=Decimal(hours),
        year=year,
    )


def waited(one: Registration, **time) -> Registration:
    """As if it had come to its stage so long ago."""
    Registration.objects.filter(pk=one.pk).update(stage_since=timezone.now() - timedelta(**time))
    return Registration.objects.get(pk=one.pk)


def completed(person, hours, year=YEAR):
    factories.completion(person, factories.course(year, f"公需 {hours} 学时", hours=hours))


class Office:
    """A unit with its reviewer, and the bureau behind."""

    def __init__(self, name, region_code, bureau):
        self.unit = factories.unit(name, region_code)
        self.reviewer = factories.unit_reviewer(self.unit)
        self.bureau = bureau

    def agreed(self, owner, hours, *, days=0, **facts):
        return factories.agree(self.reviewer, waited(registration(owner, self.unit, hours, **facts), days=days))

    def recognised(self, owner, hours, *, days=0, final_days=0, **facts):
        return factories.recognise(self.bureau, waited(self.agreed(owner, hours, days=days, **facts), days=final_days))

    def refused(self, owner, hours, *, days=0, **facts):
        one = waited(registration(owner, self.unit, hours, **facts), days=days)
        return factories.refuse(self.reviewer, one, factories.verdict())


@pytest.fixture
def bureau(guangxi, rules):
    return factories.region_reviewer(guangxi)


@pytest.fixture
def station(bureau):
    """宾阳县甘棠镇林业站: 黄秋梦 has reached the target, 李工 has not, 韦工 waits, 莫工 has nothing at all."""
    office = Office("宾阳县甘棠镇林业站", "450126", bureau)
    capped = factories.category("参加学术会议", "学术类", by_half_day=False)
    Cap.objects.create(rule=sums.YearRule.objects.get(year=YEAR), category=capped, hours=20)
    office.huang, office.li = factories.person("黄秋梦"), factories.person("李工")
    office.wei, office.mo = factories.person("韦工"), factories.person("莫工", unit=office.unit)
    office.recognised(office.huang, 70, days=2, final_days=1)
    office.recognised(office.huang, 26, days=4, final_days=3, category=capped)  # 6 of them above the cap
    office.recognised(office.li, 40)
    office.refused(office.li, 8, days=6)
    completed(office.li, 30)
    registration(office.wei, office.unit, "7.5")
    office.recognised(office.li, 12, year=YEAR - 1)
    return office


@pytest.fixture
def library(bureau):
    """柳州市图书馆: one registration at the 终审, one revoked."""
    office = Office("柳州市图书馆", "450202", bureau)
    office.qin = factories.person("覃工")
    office.agreed(office.qin, 16)
    administrator = factories.region_admin(factories.region("450000"))
    transitions.revoke(administrator, office.recognised(office.qin, 9), factories.verdict())
    return office


@pytest.fixture
def ask(client, django_assert_num_queries):
    """A page as somebody gets it; with `queries`, what it may cost."""

    def get(person, name, *args, queries=None, **query):
        client.force_login(person)
        url = reverse(f"hours:{name}", args=args)
        if queries is None:
            return client.get(url, query)
        with django_assert_num_queries(queries):
            return client.get(url, query)

    return get
