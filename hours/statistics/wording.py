"""The wording of figures, and the charts that are drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from config.constants import CHART_MAX_YEARS
from config.texts import EMPTY
from hours.wording import format_number

from . import charts
from .charts import Chart, ChartValue
from .figures import Figures, PlaceRow, PlaceYears

MINUTE, HOUR, DAY = 60, 3600, 86400

Amount = TypeVar("Amount", int, Decimal, float)


def format_share(share: Decimal | None) -> str:
    return EMPTY if share is None else f"{format_number(share)}%"


def format_duration(seconds: float | None) -> str:
    """Return minutes, hours or days, whichever suits the duration; hours and days have one decimal place."""
    if seconds is None:
        return EMPTY
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} 分钟"
    unit, word = (DAY, "天") if seconds >= DAY else (HOUR, "小时")
    return f"{format_number(round(Decimal(seconds) / unit, 1))} {word}"


def format_count(count: Decimal | int | None) -> str:
    if count is None:
        return EMPTY
    return f"{count:,}" if isinstance(count, int) else f"{count.normalize():,f}"


@dataclass(frozen=True)
class Measure:
    """One figure at the head of a page with that of the year before; `change` is empty if either is missing."""

    label: str
    text: str
    before: str
    change: str
    note: str = ""


def measures(now: Figures, before: Figures) -> list[Measure]:
    """Return the figures at the head of a place's page."""
    return [
        _measure("有记录人数", now.row.people, before.row.people, format_count, "有登记或公需学习记录"),
        _measure("达标人数", now.row.reached, before.row.reached, format_count),
        _measure("达标率", now.share, before.share, format_share, "占有记录人数"),
        _measure("计入学时", now.hours, before.hours, format_count, "公需加专业"),
        _measure("审核中", now.waiting, before.waiting, format_count, "待初审加待终审，条"),
        _measure("初审平均用时", now.first_mean, before.first_mean, format_duration),
        _measure("终审平均用时", now.final_mean, before.final_mean, format_duration),
        _measure("不予认定率", now.refusal_rate, before.refusal_rate, format_share, "占已有结果的登记"),
    ]


def _measure(
    label: str, now: Amount | None, before: Amount | None, write: Callable[[Amount | None], str], note: str = ""
) -> Measure:
    return Measure(label, write(now), write(before), _change(now, before, write), note)


def _change(now: Amount | None, before: Amount | None, write: Callable[[Amount | None], str]) -> str:
    """Return the change with its sign; that of a share is in percentage points."""
    if now is None or before is None:
        return ""
    change = now - before
    if not change:
        return "持平"
    return ("+" if change > 0 else "−") + write(abs(change)).replace("%", " 个百分点")


# --- Charts ----------------------------------------------------------------------------------------


def charts_of(now: Figures, years: PlaceYears) -> list[Chart]:
    """Return the charts that every place has."""
    return [hours_chart(now), states_chart(now), people_chart(now), years_chart(years)]


def hours_chart(now: Figures) -> Chart:
    hours = [
        ("公需科目", now.row.public, "public"),
        ("专业科目", now.row.professional, "professional"),
        ("超出上限（不计入）", now.row.over_cap, "over"),
    ]
    values = [ChartValue(label, amount, f"{format_count(amount)} 学时", tone) for label, amount, tone in hours]
    return charts.bars("hours", f"{now.row.year} 年度学时", ("科目", "学时"), values)


def states_chart(now: Figures) -> Chart:
    values = [
        ChartValue(status.label, count, f"{format_count(count)} 条", status.value) for status, count in now.states
    ]
    return charts.stack("states", f"{now.row.year} 年度登记的审核状态", ("审核状态", "登记"), values)


def people_chart(now: Figures) -> Chart:
    below_target = now.row.people - now.row.reached
    values = [
        ChartValue("已达标", now.row.reached, f"{format_count(now.row.reached)} 人", "reached"),
        ChartValue("未达标", below_target, f"{format_count(below_target)} 人", "short"),
    ]
    return charts.stack("people", f"{now.row.year} 年度有记录人员", ("达标情况", "人数"), values)


def years_chart(years: PlaceYears) -> Chart:
    latest = sorted(years.by_year)[-CHART_MAX_YEARS:]
    shares = [(year, years.figures(year).share) for year in latest]
    values = [ChartValue(str(year), share, format_share(share)) for year, share in shares]
    return charts.columns("years", "各年度达标率", ("年度", "达标率"), values, whole=100)


def children_chart(children: Sequence[PlaceRow], year: int) -> Chart:
    """Return the shares of the regions that have people with records; the table below shows all regions."""
    drawn = [row for row in children if row.now.row.people]
    values = [ChartValue(row.place.name, row.now.share, format_share(row.now.share)) for row in drawn]
    return charts.bars("children", f"{year} 年度各下级区域达标率", ("区域", "达标率"), values, whole=100)
