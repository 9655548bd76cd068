"""Charts as data: marks, sizes and descriptions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hours.statistics import charts
from hours.statistics.charts import ChartValue
from hours.statistics.scale import Number

HEAD = ("状态", "条")


def values(*numbers: Number | None) -> list[ChartValue]:
    return [ChartValue(f"第 {place}", number, f"{number} 条") for place, number in enumerate(numbers, start=1)]


def test_bars_are_in_proportion_to_longest():
    chart = charts.bars("k", "题", HEAD, values(10, 5, 0))
    assert [(mark.width, mark.y) for mark in chart.marks] == [("100.00", 22), ("50.00", 66), ("0.00", 110)]
    assert chart.height == 132


def test_bars_are_in_proportion_to_whole():
    assert [mark.width for mark in charts.bars("k", "题", HEAD, values(25), whole=100).marks] == ["25.00"]


def test_stack_describes_empty_values():
    chart = charts.stack("k", "题", HEAD, values(3, 0, 1))
    assert [(mark.x, mark.width) for mark in chart.marks] == [("0.00", "74.60"), ("75.00", "25.00")]
    assert [value.label for value in chart.values] == ["第 1", "第 2", "第 3"]
    assert chart.description == "第 1 3 条，第 2 0 条，第 3 1 条。"


def test_columns_share_baseline():
    chart = charts.columns("k", "题", HEAD, values(100, 50), whole=100)
    assert [(mark.middle, mark.y + mark.height, mark.height) for mark in chart.marks] == [
        ("25.00", 144, 120),
        ("75.00", 144, 60),
    ]


@pytest.mark.parametrize("kind", [charts.bars, charts.stack, charts.columns])
def test_chart_without_numbers_is_empty(kind):
    for numbers in ([], [0, 0], [None]):
        assert kind("k", "题", HEAD, values(*numbers)).is_empty


@given(some.lists(some.decimals(0, 10**6, places=1), min_size=1, max_size=12))
def test_marks_stay_inside_picture(numbers):
    for kind in (charts.bars, charts.stack, charts.columns):
        for mark in kind("k", "题", HEAD, values(*numbers)).marks:
            assert Decimal(mark.x) >= 0
            assert Decimal(mark.x) + Decimal(mark.width) <= Decimal("100.02")
            assert 0 <= mark.height <= 120
