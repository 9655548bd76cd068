"""Charts as data. Templates draw them as SVG, without a script or inline styles.

Horizontal measures are percentages of the width and vertical ones are pixels, so that letters keep their size on any
screen and on paper. The `description` of a chart gives its numbers in words; its `values` are also shown as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .scale import Number, segments, width_percent

BAR_HEIGHT, BAR_STEP = 12, 44  # the text of a bar stands above it
STACK_HEIGHT = 28
COLUMN_HEIGHT, COLUMN_MARGIN = 120, 24  # the tallest column; room for text above and below
STACK_GAP = Decimal("0.4")  # per cent of the width


@dataclass(frozen=True)
class ChartValue:
    """One number of a chart: its name, its text, and its colour as the CSS class chart-<tone>."""

    label: str
    number: Number | None
    text: str
    tone: str = "main"


@dataclass(frozen=True)
class ChartMark:
    """One rectangle with its texts; `x`, `width` and `middle` are percentages, the others are pixels."""

    value: ChartValue
    x: str
    width: str
    y: int
    height: int
    middle: str = ""
    text_y: int = 0
    label_y: int = 0


@dataclass(frozen=True)
class Chart:
    """`kind` is bars, stack or columns; `key` makes the ids on the page; `head` has the column names of the table."""

    kind: str
    key: str
    title: str
    description: str
    head: tuple[str, str]
    height: int
    values: Sequence[ChartValue]
    marks: list[ChartMark] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(value.number for value in self.values)


def bars(
    key: str, title: str, head: tuple[str, str], values: Sequence[ChartValue], *, whole: Number | None = None
) -> Chart:
    """Return horizontal bars below each other, in proportion to `whole` or else to the longest."""
    whole = whole or _maximum(values)
    marks = [
        ChartMark(
            value,
            "0",
            width_percent(value.number or 0, whole),
            y=BAR_STEP * place + 22,
            height=BAR_HEIGHT,
            text_y=BAR_STEP * place + 15,
        )
        for place, value in enumerate(values)
    ]
    return Chart("bars", key, title, describe(values), head, BAR_STEP * len(values), values, marks)


def stack(key: str, title: str, head: tuple[str, str], values: Sequence[ChartValue]) -> Chart:
    """Return one bar that is divided into its values. Empty values are in the description and the table only."""
    drawn = [(value, Decimal(value.number)) for value in values if value.number]
    numbers = [number for _, number in drawn]
    marks = [
        ChartMark(value, segment.x, segment.width, y=0, height=STACK_HEIGHT)
        for (value, _), segment in zip(drawn, segments(numbers, sum(numbers), STACK_GAP), strict=True)
    ]
    return Chart("stack", key, title, describe(values), head, STACK_HEIGHT, values, marks)


def columns(
    key: str, title: str, head: tuple[str, str], values: Sequence[ChartValue], *, whole: Number | None = None
) -> Chart:
    """Return columns side by side with their texts above and their names below, in proportion as `bars`."""
    whole = whole or _maximum(values)
    step = Decimal(100) / max(len(values), 1)
    width = min(step * Decimal("0.6"), Decimal(14))
    marks = []
    for place, value in enumerate(values):
        middle = step * place + step / 2
        height = round(COLUMN_HEIGHT * float(value.number or 0) / float(whole))
        top = COLUMN_MARGIN + COLUMN_HEIGHT - height
        marks.append(
            ChartMark(
                value,
                f"{middle - width / 2:.2f}",
                f"{width:.2f}",
                y=top,
                height=height,
                middle=f"{middle:.2f}",
                text_y=top - 7,
                label_y=COLUMN_MARGIN + COLUMN_HEIGHT + 18,
            )
        )
    return Chart("columns", key, title, describe(values), head, COLUMN_HEIGHT + 2 * COLUMN_MARGIN, values, marks)


def describe(values: Sequence[ChartValue]) -> str:
    """Return all numbers in words, for screen readers."""
    return "，".join(f"{value.label} {value.text}" for value in values) + "。" if values else ""


def _maximum(values: Sequence[ChartValue]) -> Number:
    return max([value.number or 0 for value in values], default=0) or 1
