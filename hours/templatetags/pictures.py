"""Pictures of numbers: SVG geometry as data, drawn by templates, because the CSP forbids inline styles."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import template

from config.templatetags.formatting import format_hours

register = template.Library()


@dataclass(frozen=True)
class Word:
    """One figure of the year: its colour, its name and its hours."""

    kind: str
    label: str
    hours: Decimal


@dataclass(frozen=True)
class Part:
    """One piece of the bar, in per cent of its width."""

    kind: str
    start: str
    width: str


@dataclass(frozen=True)
class Bar:
    words: list[Word]
    parts: list[Part]
    target_at: str
    sentence: str


@register.simple_tag
def hours_picture(year) -> Bar:
    """A person's year as a bar: recognised 公需 and 专业 hours, then those in review, against the target."""
    drawn = [
        Word("public", "公需科目", year.public),
        Word("professional", "专业科目", year.professional),
        Word("review", "审核中", year.in_review),
    ]
    words = [*drawn, Word("unsubmitted", "未提交", year.not_submitted)]
    target = year.rule.total if year.rule else None
    if target is not None:
        words += [Word("missing", "还差", year.missing), Word("goal", "年度目标", target)]
    whole = max(sum(word.hours for word in drawn), target or 0, 1)
    beyond = target is not None and target < whole
    sentence = f"{year.year} 年：" + "，".join(f"{word.label} {format_hours(word.hours)} 学时" for word in words)
    return Bar(words, _parts(drawn, whole), _percent(target, whole) if beyond else "", sentence)


def _parts(drawn: list[Word], whole: Decimal) -> list[Part]:
    parts, before = [], Decimal()
    for word in drawn:
        if word.hours:
            parts.append(Part(word.kind, _percent(before, whole), _percent(word.hours, whole)))
        before += word.hours
    return parts


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{100 * part / whole:.2f}"
