"""SVG geometry of charts and of the bar of a person's year: percentages of the picture's width, as attribute values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Number = int | float | Decimal


@dataclass(frozen=True)
class Segment:
    """One part of a horizontal bar."""

    x: str
    width: str


def width_percent(part: Number, whole: Number) -> str:
    """Return the part as a percentage of the whole with two decimal places."""
    return f"{100 * Decimal(part) / Decimal(whole):.2f}"


def segments(numbers: Sequence[Number], whole: Number, gap: Decimal = Decimal()) -> list[Segment]:
    """Return a segment for each number, side by side.

    Every segment but the last leaves a gap, in per cent of the width, and keeps at least half of its own width.
    """
    found, before = [], Decimal()
    for place, number in enumerate(numbers, start=1):
        width = 100 * Decimal(number) / Decimal(whole)
        shown = width if place == len(numbers) else max(width - gap, width / 2)
        found.append(Segment(width_percent(before, whole), f"{shown:.2f}"))
        before += Decimal(number)
    return found
