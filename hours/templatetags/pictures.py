"""The bar of a person's year: SVG geometry as data, drawn by a template, because the CSP forbids inline styles."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import template

from config.templatetags.formatting import format_hours
from hours.statistics.scale import Segment, segments, width_percent
from hours.totals.summaries import PersonYear

register = template.Library()


@dataclass(frozen=True)
class HoursFigure:
    """One figure of the year: its colour, its name and its hours."""

    kind: str
    label: str
    hours: Decimal


@dataclass(frozen=True)
class HoursBar:
    """A person's year: all figures, the drawn ones with their segments, and the place of the target on the bar.

    `target_at` is empty if there is no target or if the target is the end of the bar.
    """

    figures: list[HoursFigure]
    parts: list[tuple[HoursFigure, Segment]]
    target_at: str
    description: str


@register.simple_tag
def hours_bar(year: PersonYear) -> HoursBar:
    """Return the recognised 公需 and 专业 hours, then those in review, in proportion to the target or their sum."""
    drawn = [
        HoursFigure("public", "公需科目", year.public),
        HoursFigure("professional", "专业科目", year.professional),
        HoursFigure("review", "审核中", year.in_review),
    ]
    figures = [*drawn, HoursFigure("unsubmitted", "未提交", year.not_submitted)]
    if year.target is not None and year.missing is not None:
        figures += [HoursFigure("missing", "还差", year.missing), HoursFigure("goal", "年度目标", year.target)]
    whole = max(sum((figure.hours for figure in drawn), Decimal()), year.target or Decimal(), Decimal(1))
    visible = [figure for figure in drawn if figure.hours]
    target = year.target if year.target is not None and year.target < whole else None
    parts = zip(visible, segments([figure.hours for figure in visible], whole), strict=True)
    words = "，".join(f"{figure.label} {format_hours(figure.hours)} 学时" for figure in figures)
    return HoursBar(
        figures=figures,
        parts=list(parts),
        target_at="" if target is None else width_percent(target, whole),
        description=f"{year.year} 年：{words}",
    )
