"""How figures of places are written, and which of them are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hours.wording import format_number

from . import charts
from .charts import Chart, Value
from .figures import Figures, PlaceRow, YearsOfPlace

NOTHING = "—"
MINUTE, HOUR, DAY = 60, 3600, 86400
YEARS_DRAWN = 6


def share_words(share: Decimal | None) -> str:
    return NOTHING if share is None else f"{format_number(share)}%"


def duration_words(seconds: float | None) -> str:
    """A mean time with one place in the unit that people would choose."""
    if seconds is None:
        return NOTHING
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} 分钟"
    unit, word = (DAY, "天") if seconds >= DAY else (HOUR, "小时")
    return f"{format_number(round(Decimal(seconds) / unit, 1))} {word}"


def count_words(count: Decimal | int) -> str:
    return f"{count:,}" if isinstance(count, int) else f"{count.normalize():,f}"


@dataclass(frozen=True)
class Measure:
    """One figure of the page's head, beside that of the year before and the change (empty where there is none)."""

    label: str
    words: str
    before: str
    change: str
    note: str = ""


def measures(now: Figures, before: Figures) -> list[Measure]:
    """The figures that a year is told by."""
    return [
        _counted("有记录人数", now, before, lambda figures: figures.row.people, "有登记或公需学习记录"),
        _counted("达标人数", now, before, lambda figures: figures.row.reached),
        _measured("达标率", now, before, lambda figures: figures.share, share_words, "占有记录人数"),
        _counted("计入学时", now, before, lambda figures: figures.hours, "公需加专业"),
        _counted("审核中", now, before, lambda figures: figures.waiting, "待初审加待终审，条"),
        _measured("初审平均用时", now, before, lambda figures: figures.first_mean, duration_words),
        _measured("终审平均用时", now, before, lambda figures: figures.final_mean, duration_words),
        _measured("不予认定率", now, before, lambda figures: figures.refusal_rate, share_words, "占已有结果的登记"),
    ]


def _counted(label: str, now: Figures, before: Figures, read: Callable, note: str = "") -> Measure:
    return _measured(label, now, before, read, count_words, note)


def _measured(label: str, now: Figures, before: Figures, read: Callable, words: Callable, note: str = "") -> Measure:
    return Measure(label, words(read(now)), words(read(before)), _change(read(now), read(before), words), note)


def _change(now: Decimal | float | None, before: Decimal | float | None, words: Callable) -> str:
    """Also of shares, whose change is in points."""
    if now is None or before is None:
        return ""
    change = now - before
    if not change:
        return "持平"
    return ("+" if change > 0 else "−") + words(abs(change)).replace("%", " 个百分点")


# --- Pictures --------------------------------------------------------------------------------------


def charts_of(now: Figures, years: YearsOfPlace) -> list[Chart]:
    """The pictures that every place has."""
    return [hours_chart(now), states_chart(now), people_chart(now), years_chart(years)]


def hours_chart(now: Figures) -> Chart:
    hours = [
        ("公需科目", now.row.public, "public"),
        ("专业科目", now.row.professional, "professional"),
        ("超出上限（不计入）", now.row.over_cap, "over"),
    ]
    values = [Value(label, amount, f"{count_words(amount)} 学时", tone) for label, amount, tone in hours]
    return charts.bars("hours", f"{now.row.year} 年度学时", ("科目", "学时"), values)


def states_chart(now: Figures) -> Chart:
    values = [Value(status.label, count, f"{count_words(count)} 条", status.value) for status, count in now.states]
    return charts.stack("states", f"{now.row.year} 年度登记的审核状态", ("审核状态", "登记"), values)


def people_chart(now: Figures) -> Chart:
    short = now.row.people - now.row.reached
    values = [
        Value("已达标", now.row.reached, f"{count_words(now.row.reached)} 人", "reached"),
        Value("未达标", short, f"{count_words(short)} 人", "short"),
    ]
    return charts.stack("people", f"{now.row.year} 年度有记录人员", ("达标情况", "人数"), values)


def years_chart(years: YearsOfPlace) -> Chart:
    latest = sorted(years.by_year)[-YEARS_DRAWN:]
    shares = [(year, years.of(year).share) for year in latest]
    values = [Value(str(year), share, share_words(share)) for year, share in shares]
    return charts.columns("years", "各年度达标率", ("年度", "达标率"), values, whole=100)


def children_chart(children: Sequence[PlaceRow], year: int) -> Chart:
    """Of those that have anybody with a record; the table below has them all."""
    drawn = [row for row in children if row.now.row.people]
    values = [Value(row.place.name, row.now.share, share_words(row.now.share)) for row in drawn]
    return charts.bars("children", f"{year} 年度各下级区域达标率", ("区域", "达标率"), values, whole=100)
