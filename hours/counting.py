"""COMPUTE: hours from dates, years from dates. Pure functions without a database.

Source of the half-day rule: 桂人社规〔2019〕4号, Art. 5 (training counts 4 hours per half day).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
HOURS_PER_HALF_DAY = 4
HOURS_STEP = Decimal("0.5")
NOON = time(12)
DAY_STARTS, DAY_ENDS = time(8), time(18)  # what the pickers offer, so that plain dates mean whole days


def half_days(start: datetime, end: datetime) -> int:
    """How many half-day slots [start, end) touches; a day has two, before and after 12:00 in Asia/Shanghai.

    Both must be aware. 0 if end is not after start.
    """
    if end <= start:
        return 0
    first, last = start.astimezone(LOCAL), end.astimezone(LOCAL)
    # A slot is numbered by its day and half; an end on a boundary no longer touches the slot that begins there.
    last_slot = _slot(last) - (last.time() in (time(0), NOON))
    return last_slot - _slot(first) + 1


def _slot(moment: datetime) -> int:
    return 2 * moment.date().toordinal() + (moment.time() >= NOON)


def half_day_hours(start: datetime, end: datetime) -> Decimal:
    """4 hours for each half day that [start, end) touches."""
    return Decimal(HOURS_PER_HALF_DAY * half_days(start, end))


def is_half_hour_multiple(hours: Decimal) -> bool:
    """Whether hours are a multiple of 0.5."""
    return hours % HOURS_STEP == 0


@dataclass(frozen=True)
class RecognisedHours:
    """What counting needs of a recognised registration: its hours, its type and that type's first level."""

    hours: Decimal
    category: int
    first_level: int | None


def count_year(registrations: Sequence[RecognisedHours], caps: Mapping[int, Decimal]) -> list[Decimal]:
    """How many hours of each registration count, in their order, when types of either level have caps.

    What a registration has above the room left under either cap does not count. Without caps all hours count.
    """
    room = dict(caps)
    counted = []
    for registration in registrations:
        levels = [level for level in (registration.category, registration.first_level) if level in room]
        hours = min([registration.hours, *(room[level] for level in levels)])
        for level in levels:
            room[level] -= hours
        counted.append(hours)
    return counted


def meets_requirements(public: Decimal, professional: Decimal, total: Decimal, professional_minimum: Decimal) -> bool:
    """Whether a year is complete: enough in all, and enough 专业 (人社部令第25号, Art. 8)."""
    return public + professional >= total and professional >= professional_minimum


def hours_missing(public: Decimal, professional: Decimal, total: Decimal, professional_minimum: Decimal) -> Decimal:
    """What a year still needs; the 专业 minimum may need more than the total does."""
    return max(total - public - professional, professional_minimum - professional, Decimal())


def default_year(end: datetime) -> int:
    """The year that hours count for unless the person chooses another: that of the (local) end."""
    return end.astimezone(LOCAL).year


def selectable_years(start: datetime, end: datetime) -> range:
    """The years that the span touches, all of which may be chosen."""
    return range(default_year(start), default_year(end) + 1)


def local_moment(day, clock: time) -> datetime:
    """The aware moment of a local day and time."""
    return datetime.combine(day, clock, tzinfo=LOCAL)


def overlaps(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Whether [start, end) and the other span share a moment; a span without length is its moment."""
    moment = timedelta(microseconds=1)
    return start < max(other_end, other_start + moment) and other_start < max(end, start + moment)
