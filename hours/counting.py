"""Hours and years computed from dates. Pure functions without a database.

Source of the half-day rule: 桂人社规〔2019〕4号, Art. 5 (training counts 4 hours per half day).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
HOURS_PER_HALF_DAY = 4
HOURS_STEP = Decimal("0.5")
NOON = time(12)
DAY_STARTS, DAY_ENDS = time(8), time(18)  # defaults of the time pickers: a date alone means the whole day


def half_days(start: datetime, end: datetime) -> int:
    """Return the number of half-day slots that [start, end) touches; 0 if end is not after start.

    A day has two slots, before and after 12:00 in Asia/Shanghai. Both moments must be aware.
    """
    if end <= start:
        return 0
    first, last = start.astimezone(LOCAL), end.astimezone(LOCAL)
    # An end on a boundary does not touch the slot that begins there.
    last_slot = _slot(last) - (last.time() in (time(0), NOON))
    return last_slot - _slot(first) + 1


def _slot(moment: datetime) -> int:
    """Number the half days of the calendar consecutively."""
    return 2 * moment.date().toordinal() + (moment.time() >= NOON)


def half_day_hours(start: datetime, end: datetime) -> Decimal:
    """Return 4 hours for each half day that [start, end) touches."""
    return Decimal(HOURS_PER_HALF_DAY * half_days(start, end))


def is_half_hour_multiple(hours: Decimal) -> bool:
    """Return whether hours are a multiple of 0.5."""
    return hours % HOURS_STEP == 0


@dataclass(frozen=True)
class RecognisedHours:
    """The recognised hours of one registration, with the keys of its category and of the first level above it."""

    hours: Decimal
    category: int
    first_level: int | None


def count_year(registrations: Sequence[RecognisedHours], caps: Mapping[int, Decimal]) -> list[Decimal]:
    """Return how many hours of each registration count, in the given order.

    `caps` holds the maximum hours by category, of either level. Hours above what is left under a cap do not count.
    """
    left = dict(caps)
    counted = []
    for registration in registrations:
        levels = [level for level in (registration.category, registration.first_level) if level in left]
        hours = min([registration.hours, *(left[level] for level in levels)])
        for level in levels:
            left[level] -= hours
        counted.append(hours)
    return counted


def meets_requirements(public: Decimal, professional: Decimal, total: Decimal, professional_minimum: Decimal) -> bool:
    """Return whether a year has enough hours in total and enough 专业 hours (人社部令第25号, Art. 8)."""
    return public + professional >= total and professional >= professional_minimum


def hours_missing(public: Decimal, professional: Decimal, total: Decimal, professional_minimum: Decimal) -> Decimal:
    """Return the hours that a year still needs, for the total and for the 专业 minimum."""
    return max(total - public - professional, professional_minimum - professional, Decimal())


def local_year(moment: datetime) -> int:
    return moment.astimezone(LOCAL).year


def last_moment(start: datetime, end: datetime) -> datetime:
    """Return the last moment of [start, end): an end at 00:00 does not reach into its day. Empty spans are a moment."""
    return end - timedelta(microseconds=1) if end > start else end


def default_year(start: datetime, end: datetime) -> int:
    """Return the year that hours count for unless the person chooses another: the local year of the last moment."""
    return local_year(last_moment(start, end))


def selectable_years(start: datetime, end: datetime) -> range:
    """Return the years that the span touches; the person may choose any of them."""
    return range(local_year(start), default_year(start, end) + 1)


def calendar_days(start: datetime, end: datetime) -> int:
    """Return the number of local days that [start, end) touches."""
    return (last_moment(start, end).astimezone(LOCAL).date() - start.astimezone(LOCAL).date()).days + 1


def local_moment(day: date, clock: time) -> datetime:
    """Return the aware moment of a local day and time."""
    return datetime.combine(day, clock, tzinfo=LOCAL)


def overlaps(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Return whether [start, end) and the other span share a moment; an empty span counts as its start."""
    moment = timedelta(microseconds=1)
    return start < max(other_end, other_start + moment) and other_start < max(end, start + moment)
