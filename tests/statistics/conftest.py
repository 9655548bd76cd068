"""A year of few registrations, whose sums are easy to check by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from hours.counting import LOCAL
from hours.models import Cap, Category, Registration, YearRule
from hours.workflow import transitions
from organizations.models import Unit
from tests import factories

YEAR = timezone.localdate().year - 1  # last year, so that all its dates are in the past
_days = count()


def registration(
    owner: User, unit: Unit, hours: str | int, *, year: int = YEAR, category: Category | None = None
) -> Registration:
    """Make a submitted registration; `hours` are those applied for."""
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


def waiting_since(row: Registration, days: int) -> Registration:
    """Return the registration as if it had reached its stage so many days ago."""
    Registration.objects.filter(pk=row.pk).update(stage_since=timezone.now() - timedelta(days=days))
    return Registration.objects.get(pk=row.pk)


def completed(person: User, hours: int, year: int = YEAR) -> None:
    """Make a completion of a course with these hours."""
    factories.completion(person, factories.course(year, f"公需 {hours} 学时", hours=hours))


class ReviewedUnit:
    """A unit with its reviewer, the reviewer of the bureau, and people by name."""

    huang: User
    li: User
    wei: User
    mo: User
    qin: User

    def __init__(self, name: str, region_code: str, bureau: User) -> None:
        self.unit = factories.unit(name, region_code)
        self.reviewer = factories.unit_reviewer(self.unit)
        self.bureau = bureau

    def agreed(self, owner: User, hours: int, *, days: int = 0, **facts: Any) -> Registration:
        """Make a registration that the unit agreed to after so many days."""
        return factories.agree(self.reviewer, waiting_since(registration(owner, self.unit, hours, **facts), days))

    def recognised(self, owner: User, hours: int, *, days: int = 0, final_days: int = 0, **facts: Any) -> Registration:
        """Make a registration that the bureau recognised after `final_days` more."""
        agreed = self.agreed(owner, hours, days=days, **facts)
        return factories.recognise(self.bureau, waiting_since(agreed, final_days))

    def refused(self, owner: User, hours: int, *, days: int = 0, **facts: Any) -> Registration:
        """Make a registration that the unit refused after so many days."""
        row = waiting_since(registration(owner, self.unit, hours, **facts), days)
        return factories.refuse(self.reviewer, row, factories.verdict())


@pytest.fixture
def bureau(guangxi, rules):
    """A reviewer of the whole region."""
    return factories.region_reviewer(guangxi)


@pytest.fixture
def station(bureau) -> ReviewedUnit:
    """宾阳县甘棠镇林业站: 黄秋梦 has reached the target, 李工 has not, 韦工 waits, 莫工 has no records."""
    station = ReviewedUnit("宾阳县甘棠镇林业站", "450126", bureau)
    capped = factories.category("参加学术会议", "学术类", by_half_day=False)
    Cap.objects.create(rule=YearRule.objects.get(year=YEAR), category=capped, hours=20)
    station.huang, station.li = factories.person("黄秋梦"), factories.person("李工")
    station.wei, station.mo = factories.person("韦工"), factories.person("莫工", unit=station.unit)
    station.recognised(station.huang, 70, days=2, final_days=1)
    station.recognised(station.huang, 26, days=4, final_days=3, category=capped)  # 6 of them above the cap
    station.recognised(station.li, 40)
    station.refused(station.li, 8, days=6)
    completed(station.li, 30)
    registration(station.wei, station.unit, "7.5")
    station.recognised(station.li, 12, year=YEAR - 1)
    return station


@pytest.fixture
def library(bureau) -> ReviewedUnit:
    """柳州市图书馆: one registration at the 终审, one revoked."""
    library = ReviewedUnit("柳州市图书馆", "450202", bureau)
    library.qin = factories.person("覃工")
    library.agreed(library.qin, 16)
    administrator = factories.region_admin(factories.region("450000"))
    transitions.revoke(administrator, library.recognised(library.qin, 9), factories.verdict())
    return library


@pytest.fixture
def ask(client, django_assert_num_queries) -> Callable[..., Any]:
    """Return the response of a page for a person; `queries` is the expected number of queries."""

    def get(person: User, name: str, *args: object, queries: int | None = None, **query: object) -> Any:
        client.force_login(person)
        url = reverse(f"hours:{name}", args=args)
        if queries is None:
            return client.get(url, query)
        with django_assert_num_queries(queries):
            return client.get(url, query)

    return get
