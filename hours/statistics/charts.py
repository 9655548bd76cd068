"""COMPUTE: pictures of numbers as data. Templates draw them as SVG: no script, no inline style.

Across, everything is a percentage of the picture's width and down it is pixels, so that the letters keep their size on
any screen and on paper. A picture names its numbers in words (`description`), and `rows` are the table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Number = int | float | Decimal

BAR, BAR_STEP = 12, 44  # a bar's height; words stand above it
STACK = 28
COLUMNS, COLUMN_WORDS = 120, 24  # the tallest column; room for words above and below
GAP = Decimal("0.4")  # of the width, between the parts of a stack


@dataclass(frozen=True)
class Value:
    """One number to draw: its name, how it is written, and the CSS class of its colour (chart-<tone>)."""

    label: str
    number: Number | None
    words: str
    tone: str = "main"


@dataclass(frozen=True)
class Mark:
    """One rectangle with its words; `x`, `width` and `middle` are percentages, `y` and `height` pixels."""

    value: Value
    x: str
    width: str
    y: int
    height: int
    middle: str = ""
    words_y: int = 0
    label_y: int = 0


@dataclass(frozen=True)
class Chart:
    """`kind` is bars, stack or columns; `key` makes ids on the page; `head` are the two columns of the table."""

    kind: str
    key: str
    title: str
    description: str
    head: tuple[str, str]
    height: int
    rows: Sequence[Value]
    marks: list[Mark] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(value.number for value in self.rows)


def bars(key: str, title: str, head: tuple[str, str], values: Sequence[Value], *, whole: Number | None = None) -> Chart:
    """One bar below the other, each against `whole` (without it: the longest)."""
    whole = whole or max([value.number or 0 for value in values], default=0) or 1
    marks = [
        Mark(
            value,
            "0",
            percent_of(value.number, whole),
            y=BAR_STEP * place + 22,
            height=BAR,
            words_y=BAR_STEP * place + 15,
        )
        for place, value in enumerate(values)
    ]
    return Chart("bars", key, title, sentence(values), head, BAR_STEP * len(values), values, marks)


def stack(key: str, title: str, head: tuple[str, str], values: Sequence[Value]) -> Chart:
    """One bar cut into its parts; empty parts are not drawn, but named."""
    drawn = [value for value in values if value.number]
    whole = sum(value.number for value in drawn)
    marks, before = [], Decimal()
    for value in drawn:
        width = 100 * Decimal(value.number) / Decimal(whole)
        shown = width if value is drawn[-1] else max(width - GAP, width / 2)
        marks.append(Mark(value, f"{before:.2f}", f"{shown:.2f}", y=0, height=STACK))
        before += width
    return Chart("stack", key, title, sentence(values), head, STACK, values, marks)


def columns(
    key: str, title: str, head: tuple[str, str], values: Sequence[Value], *, whole: Number | None = None
) -> Chart:
    """One column beside the other, with its words above and its name below."""
    whole = whole or max([value.number or 0 for value in values], default=0) or 1
    step = Decimal(100) / max(len(values), 1)
    width = min(step * Decimal("0.6"), Decimal(14))
    marks = []
    for place, value in enumerate(values):
        middle = step * place + step / 2
        height = round(COLUMNS * float(value.number or 0) / float(whole))
        top = COLUMN_WORDS + COLUMNS - height
        marks.append(
            Mark(
                value,
                f"{middle - width / 2:.2f}",
                f"{width:.2f}",
                y=top,
                height=height,
                middle=f"{middle:.2f}",
                words_y=top - 7,
                label_y=COLUMN_WORDS + COLUMNS + 18,
            )
        )
    return Chart("columns", key, title, sentence(values), head, COLUMNS + 2 * COLUMN_WORDS, values, marks)


def sentence(values: Sequence[Value]) -> str:
    """All numbers in words, for those who hear the picture."""
    return "，".join(f"{value.label} {value.words}" for value in values) + "。" if values else ""


def percent_of(part: Number | None, whole: Number) -> str:
    return f"{100 * Decimal(part or 0) / Decimal(whole):.2f}"
