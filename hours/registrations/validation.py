"""The rules that a registration must meet to be saved and to be submitted, and the sentences about them.

Sources: the users' manual of the former system (registering), 桂人社规〔2019〕4号 Art. 5 (half days); the rest is this
product's own.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from config.texts import comparison_digest
from hours.counting import (
    LOCAL,
    calendar_days,
    default_year,
    half_day_hours,
    is_half_hour_multiple,
    local_year,
    selectable_years,
)
from hours.wording import format_minute, format_number

if TYPE_CHECKING:
    from hours.models import Category, Registration

FIRST_YEAR = 1949  # an earlier year is a typing error
# field -> sentence for people
Problems = dict[str, str]


def problems(registration: Registration, now: datetime | None = None) -> Problems:
    """Return the problems of the registration, without comparing it to others. Fields that are None are skipped."""
    now = now or timezone.now()
    found: Problems = {}
    dates_fit = _check_dates(registration, now, found)
    category = registration.category if registration.category_id else None
    if category is not None and not (category.is_active and category.parent and category.parent.is_active):
        found["category"] = f"认定类型“{category.name}”已停用，请重新选择。"
    _check_hours(registration, category if dates_fit else None, found)
    if dates_fit and registration.year is not None:
        years = selectable_years(registration.starts_at, registration.ends_at)
        if registration.year not in years:
            span = f"{years[0]}" if len(years) == 1 else f"{years[0]} 至 {years[-1]}"
            found["year"] = f"计入年度须在起止时间所在的年度之内（{span}）。"
    return found


def _check_dates(registration: Registration, now: datetime, found: Problems) -> bool:
    start, end = registration.starts_at, registration.ends_at
    if start is not None and local_year(start) < FIRST_YEAR:
        found["starts_at"] = f"开始时间早于 {FIRST_YEAR} 年，请核对年份。"
    elif start is not None and _is_to_come(registration, start, now):
        found["starts_at"] = f"开始时间（{format_minute(start)}）不能晚于现在。"
    if end is not None and _is_to_come(registration, end, now):
        found["ends_at"] = f"结束时间（{format_minute(end)}）不能晚于现在，学习结束后才能登记。"
    if start is None or end is None:
        return False
    if end < start:
        found["ends_at"] = f"结束时间（{format_minute(end)}）早于开始时间（{format_minute(start)}），请核对。"
    return end >= start


def _is_to_come(registration: Registration, moment: datetime, now: datetime) -> bool:
    """Whether the moment is in the future.

    Where hours do not follow the dates, only the day matters (获得日期): the pickers' 18:00 of today is no future.
    """
    category = registration.category if registration.category_id else None
    if category is not None and not category.counts_by_half_day:
        return moment.astimezone(LOCAL).date() > now.astimezone(LOCAL).date()
    return moment > now


def _check_hours(registration: Registration, category: Category | None, found: Problems) -> None:
    hours = registration.hours_applied
    if hours is None:
        return
    if hours <= 0:
        found["hours_applied"] = "申请学时必须大于 0。"
    elif not is_half_hour_multiple(hours):
        found["hours_applied"] = "申请学时必须是 0.5 的倍数，例如 8 或 7.5。"
    elif category is not None and category.counts_by_half_day:
        proposed = half_day_hours(registration.starts_at, registration.ends_at)
        if hours > proposed and not registration.note.strip():
            found["hours_applied"] = (
                f"申请学时 {format_number(hours)} 高于按起止时间计算的 {format_number(proposed)} 学时；"
                "如确需申请更多，请在“认定内容说明”中说明原因。"
            )


def year_notice(registration: Registration) -> str:
    """Return a sentence if the chosen year differs from the year of the end date; empty otherwise."""
    usual = default_year(registration.starts_at, registration.ends_at)
    if registration.year == usual:
        return ""
    return f"“{registration.content}”计入 {registration.year} 年度，与结束时间所在年度（{usual}）不同，请确认。"


def plausibility_notice(registration: Registration) -> str:
    """Return a sentence for the reviewer about unusually long spans and many hours; empty otherwise.

    The owner has confirmed them in the form.
    """
    start, end, hours = registration.starts_at, registration.ends_at, registration.hours_applied
    if not is_implausible(start, end, hours, registration.category):
        return ""
    return (
        f"“{registration.content}”起止时间共 {calendar_days(start, end)} 天，申请 {format_number(hours)} 学时，"
        f"超过通常的 {settings.PLAUSIBLE_DAYS} 天或 {settings.PLAUSIBLE_HOURS} 学时，请核对。"
    )


def is_implausible(start: datetime, end: datetime, hours: Decimal | None, category: Category | None) -> bool:
    """Whether a training has more than PLAUSIBLE_DAYS or PLAUSIBLE_HOURS; both are possible.

    Days do not matter where hours do not follow them, such as the time in which a book was written.
    """
    follows_days = category is None or category.counts_by_half_day
    too_long = follows_days and end >= start and calendar_days(start, end) > settings.PLAUSIBLE_DAYS
    return too_long or (hours is not None and hours > settings.PLAUSIBLE_HOURS)


def description(registration: Registration) -> str:
    """Return content, time span and status as text, for a sentence about another registration."""
    span = f"{format_minute(registration.starts_at)} 至 {format_minute(registration.ends_at)}"
    return f"“{registration.content}”（{span}，{registration.get_status_display()}）"


def is_same_certificate(registration: Registration, other: Registration) -> bool:
    """Whether both have a certificate number and these look alike."""
    key = comparison_digest(registration.certificate_number)
    return bool(key) and key == comparison_digest(other.certificate_number)


def duplicate_sentence(registration: Registration, other: Registration) -> str:
    """Return the reason why a duplicate is refused, with the name of the other registration."""
    what = description(other)
    if is_same_certificate(registration, other):
        return f"证书编号 {other.certificate_number} 已用于您的登记{what}，不能重复登记。"
    return f"您已登记过内容和起止时间都相同的{what}，不能重复登记。"


def overlap_sentence(registration: Registration, others: list[Registration]) -> str:
    """Return the warning about the registrations that overlap with this one."""
    names = "、".join(
        f"“{other.content}”（{format_minute(other.starts_at)} 至 {format_minute(other.ends_at)}）" for other in others
    )
    return f"“{registration.content}”与您的登记{names}时间重叠，审核人员会看到此提示。"
