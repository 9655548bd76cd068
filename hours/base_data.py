"""CHANGE: the data that an installation begins with. A list that has a single row already is its administrators'
affair: nothing is added to it, so that a row they deleted or renamed never comes back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from organizations import regions, units

from .models import Cap, Category, Course, Reason, YearRule

FILE = Path(__file__).parent / "data" / "base.json"
YEARS_WITH_COURSES = 4


@transaction.atomic
def load(root_code: str) -> dict[str, int]:
    """Fill what is empty; return for each list how many rows are new. ValueError for an unknown region code."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    new = {"区域": regions.load(root_code)}
    units.unaffiliated(regions.root())
    new["原因"] = _fill(Reason, [{**row, "position": place} for place, row in enumerate(data["reasons"])])
    new["认定类型"] = _fill_categories(data["categories"])
    new["年度规则"] = _fill(YearRule, _year_rules(data["year_rules"]))
    new["公需科目（示例）"] = _fill(Course, _courses(data["courses"]))
    # Only beside rules that are new: a cap that administrators deleted does not come back.
    new["类型上限（示例）"] = _fill_caps(data["caps"]) if new["年度规则"] else 0
    return new


def _fill(model, rows: list[dict]) -> int:
    if model.objects.exists():
        return 0
    return len(model.objects.bulk_create([model(**row) for row in rows]))


def _fill_categories(first_level: list[dict]) -> int:
    if Category.objects.exists():
        return 0
    for place, row in enumerate(first_level):
        parent = Category.objects.create(name=row["name"], position=place, is_example=True)
        children = enumerate(row["children"])
        Category.objects.bulk_create(
            Category(parent=parent, position=position, is_example=True, **child) for position, child in children
        )
    return Category.objects.count()


def _year_rules(data: dict) -> list[dict]:
    """90 and 60 hours stand in the sources; the closing days are invented and marked so."""
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


def _fill_caps(caps: list[dict]) -> int:
    """For this year only: the sources know of no caps, and an example should not bind a year to come."""
    rule = YearRule.objects.filter(year=timezone.localdate().year).first()
    named = {
        (row.parent.name if row.parent else "", row.name): row for row in Category.objects.select_related("parent")
    }
    found = [(_capped(named, cap), cap["hours"]) for cap in caps]
    rows = [Cap(rule=rule, category=category, hours=hours, is_example=True) for category, hours in found if category]
    return len(Cap.objects.bulk_create(rows)) if rule else 0


def _capped(named: dict, cap: dict) -> Category | None:
    """The type of either level that a cap names; None if administrators renamed it."""
    return named.get((cap["first_level"], cap["name"]) if "name" in cap else ("", cap["first_level"]))


def _courses(sets: list[list[dict]]) -> list[dict]:
    """This year and those before it take turns at the sets."""
    this_year = timezone.localdate().year
    years = range(this_year - YEARS_WITH_COURSES + 1, this_year + 1)
    return [{"year": year, **row} for year in years for row in sets[year % len(sets)]]
