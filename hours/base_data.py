"""Load the base data of an installation.

A list that has any row stays as it is, so that a row that administrators deleted or renamed does not come back.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from organizations import regions, units

from .models import Cap, Category, Course, Reason, YearRule

FILE = Path(__file__).parent / "data" / "base.json"
YEARS_WITH_COURSES = 4


@transaction.atomic
def load(root_code: str) -> dict[str, int]:
    """Fill the empty lists; return the number of new rows of each. ValueError for an unknown region code."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    new = {"区域": regions.load(root_code)}
    units.unaffiliated(regions.root())
    new["原因"] = _fill(Reason, [{**row, "position": place} for place, row in enumerate(data["reasons"])])
    new["认定类型"] = _fill_categories(data["categories"])
    new["年度规则"] = _fill(YearRule, _year_rules(data["year_rules"]))
    # 广西发展新机遇 (2021): 10 hours of study and 5 of examination.
    new["公需科目（示例）"] = _fill(Course, [*data["courses_with_source"], *_courses(data["courses"])])
    # Only with new rules: a cap that administrators deleted does not come back.
    new["类型上限（示例）"] = _fill_caps(data["caps"]) if new["年度规则"] else 0
    return new


def _fill(model: type[Model], rows: list[dict[str, Any]]) -> int:
    if model._default_manager.exists():
        return 0
    return len(model._default_manager.bulk_create([model(**row) for row in rows]))


def _fill_categories(first_level: list[dict[str, Any]]) -> int:
    """Create both levels. The manual names three of the first level; everything else is an example."""
    if Category.objects.exists():
        return 0
    for place, row in enumerate(first_level):
        parent = Category.objects.create(name=row["name"], position=place, is_example=row.get("is_example", True))
        children = enumerate(row["children"])
        Category.objects.bulk_create(
            Category(parent=parent, position=position, is_example=True, **child) for position, child in children
        )
    return Category.objects.count()


def _year_rules(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the year rules. The sources name 90 and 60 hours; the closing days are examples and marked as such."""
    return [
        {
            "year": year,
            "total": data["total"],
            "professional": data["professional"],
            "closes_on": date(year + 1, *data["closes"]),
            "returned_closes_on": date(year + 1, *data["returned_closes"]),
            "source": data["source"],
            "is_example": True,
        }
        for year in range(data["first"], data["last"] + 1)
    ]


def _fill_caps(caps: list[dict[str, Any]]) -> int:
    """Create example caps for this year only: no source names caps, and examples should not bind later years."""
    rule = YearRule.objects.filter(year=timezone.localdate().year).first()
    by_name = {
        (row.parent.name if row.parent else "", row.name): row for row in Category.objects.select_related("parent")
    }
    found = [(_capped_category(by_name, cap), cap["hours"]) for cap in caps]
    rows = [Cap(rule=rule, category=category, hours=hours, is_example=True) for category, hours in found if category]
    return len(Cap.objects.bulk_create(rows)) if rule else 0


def _capped_category(by_name: dict[tuple[str, str], Category], cap: dict[str, Any]) -> Category | None:
    """Return the category, of either level, that a cap names; None if administrators renamed it."""
    return by_name.get((cap["first_level"], cap["name"]) if "name" in cap else ("", cap["first_level"]))


def _courses(sets: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the example courses of this and the previous years, which use the sets in turn."""
    this_year = timezone.localdate().year
    years = range(this_year - YEARS_WITH_COURSES + 1, this_year + 1)
    return [{"year": year, **row} for year in years for row in sets[year % len(sets)]]
