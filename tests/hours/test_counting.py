"""Half days, years and overlaps: product.md section 5 as a table, and properties that hold for any dates."""

import os
import time as clock
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hours import counting, wording
from hours.counting import (
    LOCAL,
    RecognisedHours,
    calendar_days,
    count_year,
    default_year,
    half_day_hours,
    half_days,
    hours_missing,
    is_half_hour_multiple,
    local_moment,
    meets_requirements,
    overlaps,
    selectable_years,
)

TOKYO = timezone(timedelta(hours=9))
NEW_YORK_IN_WINTER = timezone(timedelta(hours=-5))


@pytest.fixture(autouse=True, scope="module")
def _server_in_new_york():
    """The zone of the server must not matter."""
    with patch.dict(os.environ, {"TZ": "America/New_York"}):
        clock.tzset()
        yield
    clock.tzset()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # the manual's pictures and product.md
        ("2018-05-07 00:00", "2018-05-09 00:00", 16),
        ("2020-05-04 00:00", "2020-05-08 00:00", 32),
        ("2026-05-11 08:30", "2026-05-11 12:00", 4),
        ("2026-05-11 08:30", "2026-05-15 17:30", 40),  # Monday to Friday
        # defaults of the pickers
        ("2026-05-11 08:00", "2026-05-11 18:00", 8),
        ("2026-05-11 08:00", "2026-05-12 18:00", 16),
        # around noon
        ("2026-05-11 08:00", "2026-05-11 11:59", 4),
        ("2026-05-11 08:00", "2026-05-11 12:01", 8),
        ("2026-05-11 08:00", "2026-05-11 12:00:01", 8),
        ("2026-05-11 11:59", "2026-05-11 12:00", 4),
        ("2026-05-11 11:59:59", "2026-05-11 12:00:01", 8),
        ("2026-05-11 12:00", "2026-05-11 18:00", 4),
        ("2026-05-11 12:00", "2026-05-11 12:00:01", 4),
        ("2026-05-11 12:00", "2026-05-12 12:00", 8),
        # around midnight
        ("2026-05-11 00:00", "2026-05-11 12:00", 4),
        ("2026-05-11 00:00", "2026-05-12 00:00", 8),
        ("2026-05-11 00:00", "2026-05-12 00:00:01", 12),
        ("2026-05-11 19:00", "2026-05-12 00:00", 4),
        ("2026-05-11 19:00", "2026-05-12 01:00", 8),
        ("2026-05-11 23:59:59", "2026-05-12 00:00:01", 8),
        # year ends and leap days
        ("2025-12-31 08:00", "2026-01-01 18:00", 16),
        ("2025-12-31 12:00", "2026-01-01 00:00", 4),
        ("2024-02-28 08:00", "2024-03-01 18:00", 24),
        ("2025-02-28 08:00", "2025-03-01 18:00", 16),
        # no time at all, and time backwards (the manual's 2020-05-12 to 2020-05-06)
        ("2026-05-11 08:00", "2026-05-11 08:00", 0),
        ("2026-05-11 12:00", "2026-05-11 12:00", 0),
        ("2026-05-11 00:00", "2026-05-11 00:00", 0),
        ("2020-05-12 00:00", "2020-05-06 00:00", 0),
    ],
)
def test_four_hours_for_each_half_day(start, end, hours):
    assert half_day_hours(local(start), local(end)) == Decimal(hours)


@pytest.mark.parametrize("zone", [UTC, TOKYO, NEW_YORK_IN_WINTER], ids=str)
def test_half_days_do_not_depend_on_the_written_zone(zone):
    start, end = local("2026-05-11 08:30"), local("2026-05-11 12:00")
    assert half_days(start.astimezone(zone), end.astimezone(zone)) == 1


def test_half_days_split_at_noon_in_shanghai():
    # 12:00 to 13:00 in UTC is 20:00 to 21:00 here, 03:30 to 04:30 is 11:30 to 12:30.
    assert half_days(datetime(2026, 5, 11, 12, tzinfo=UTC), datetime(2026, 5, 11, 13, tzinfo=UTC)) == 1
    assert half_days(datetime(2026, 5, 11, 3, 30, tzinfo=UTC), datetime(2026, 5, 11, 4, 30, tzinfo=UTC)) == 2


@pytest.mark.parametrize(
    ("hours", "fits"),
    [("0.5", True), ("7.5", True), ("8", True), ("8.0", True), ("0.3", False), ("7.25", False), ("0.1", False)],
)
def test_half_hour_multiples(hours, fits):
    assert is_half_hour_multiple(Decimal(hours)) is fits


@pytest.mark.parametrize(
    ("end", "year"),
    [
        ("2025-12-31T23:59:59+08:00", 2025),
        ("2026-01-01T00:00:00+08:00", 2025),  # no half day lies in 2026
        ("2026-01-01T00:01:00+08:00", 2026),
        ("2025-12-31T15:59:59+00:00", 2025),
        ("2025-12-31T16:00:00+00:00", 2025),
        ("2025-12-31T16:00:01+00:00", 2026),
    ],
)
def test_default_year_is_the_local_year_of_the_last_moment(end, year):
    assert default_year(local("2025-12-30 08:00"), datetime.fromisoformat(end)) == year


def test_empty_span_lies_in_the_year_of_its_moment():
    midnight = local("2026-01-01 00:00")
    assert (default_year(midnight, midnight), list(selectable_years(midnight, midnight))) == (2026, [2026])


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-12-30 08:00", "2026-01-01 00:00", 2),
        ("2025-12-30 08:00", "2025-12-30 18:00", 1),
        ("2025-12-30 00:00", "2025-12-31 00:00", 1),
        ("2025-12-30 23:00", "2025-12-31 00:01", 2),
        ("2025-12-30 00:00", "2025-12-30 00:00", 1),
    ],
)
def test_calendar_days_are_those_that_the_span_touches(start, end, days):
    assert calendar_days(local(start), local(end)) == days


@pytest.mark.parametrize(
    ("earlier", "later", "days"),
    [
        ("2026-05-11 00:00", "2026-05-11 23:59", 0),
        ("2026-05-11 23:59", "2026-05-12 00:01", 1),
        ("2026-05-11 08:00", "2026-06-11 07:00", 31),
    ],
)
def test_days_between_follows_the_local_calendar(earlier, later, days):
    assert wording.days_between(local(earlier), local(later)) == days
    assert wording.days_between(local(earlier).astimezone(UTC), local(later).astimezone(UTC)) == days


def test_selectable_years_are_all_that_the_span_touches():
    assert list(selectable_years(local("2026-05-11 08:00"), local("2026-05-12 18:00"))) == [2026]
    assert list(selectable_years(local("2024-12-30 08:00"), local("2026-01-05 18:00"))) == [2024, 2025, 2026]


def test_local_moment_is_aware():
    assert local_moment(date(2026, 5, 11), time(8)) == datetime(2026, 5, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "shared"),
    [
        ("2026-05-11 08:00", "2026-05-11 18:00", True),  # the same
        ("2026-05-11 09:00", "2026-05-11 10:00", True),  # inside
        ("2026-05-10 08:00", "2026-05-12 18:00", True),  # around
        ("2026-05-11 17:59", "2026-05-12 18:00", True),  # the last minute
        ("2026-05-10 08:00", "2026-05-11 08:01", True),  # the first minute
        ("2026-05-11 18:00", "2026-05-12 18:00", False),  # right after
        ("2026-05-10 08:00", "2026-05-11 08:00", False),  # right before
        ("2026-05-11 08:00", "2026-05-11 08:00", True),  # a moment at the start
        ("2026-05-11 12:00", "2026-05-11 12:00", True),  # a moment in between
        ("2026-05-11 18:00", "2026-05-11 18:00", False),  # a moment at the end
    ],
)
def test_overlaps_with_one_monday(start, end, shared):
    monday = (local("2026-05-11 08:00"), local("2026-05-11 18:00"))
    assert overlaps(*monday, local(start), local(end)) is shared
    assert overlaps(local(start), local(end), *monday) is shared


def test_moments_a_microsecond_apart_share_no_time():
    moment = local("2026-05-11 12:00")
    after = moment + timedelta(microseconds=1)
    assert overlaps(moment, moment, moment, moment) is True
    assert overlaps(moment, moment, after, after) is False
    assert overlaps(after, after, moment, moment) is False


# --- a year's hours -------------------------------------------------------------------

CATEGORY, OTHER, FIRST_LEVEL = 5, 6, 4


@pytest.mark.parametrize(
    ("caps", "counted"),
    [
        ({}, [8, 6, 4]),
        ({CATEGORY: 10}, [8, 2, 4]),
        ({CATEGORY: 8}, [8, 0, 4]),
        ({FIRST_LEVEL: 16}, [8, 6, 2]),
        ({CATEGORY: 10, FIRST_LEVEL: 11}, [8, 2, 1]),
        ({OTHER: 3, FIRST_LEVEL: 100}, [8, 6, 3]),
    ],
)
def test_hours_count_up_to_the_caps_of_both_levels(caps, counted):
    registrations = [
        RecognisedHours(Decimal(hours), category, FIRST_LEVEL)
        for hours, category in ((8, CATEGORY), (6, CATEGORY), (4, OTHER))
    ]
    hours_left = {key: Decimal(hours) for key, hours in caps.items()}
    assert count_year(registrations, hours_left) == counted
    assert hours_left == caps  # not changed


def test_category_without_first_level_has_its_own_cap():
    assert count_year([RecognisedHours(Decimal(8), CATEGORY, None)], {CATEGORY: Decimal(5)}) == [5]


@pytest.mark.parametrize(
    ("public", "professional", "is_reached", "missing"),
    [
        (30, 60, True, 0),
        ("29.5", 60, False, "0.5"),
        (30, "59.5", False, "0.5"),
        (0, 90, True, 0),
        (90, 0, False, 60),
        (0, 0, False, 90),
        (10, 20, False, 60),
        (200, 100, True, 0),
    ],
)
def test_year_is_reached_by_total_and_professional_hours(public, professional, is_reached, missing):
    facts = (Decimal(public), Decimal(professional), Decimal(90), Decimal(60))
    assert (meets_requirements(*facts), hours_missing(*facts)) == (is_reached, Decimal(missing))


# --- for any dates ------------------------------------------------------------

moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=LOCAL))
lengths = st.timedeltas(timedelta(0), timedelta(days=40))
slot_edges = st.builds(
    lambda day, noon: datetime.combine(day, time(12 if noon else 0), tzinfo=LOCAL),
    st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.booleans(),
)


def slot_by_slot(start: datetime, end: datetime) -> int:
    """Count the slots from the day of the start that share a moment with [start, end)."""
    slot = start.replace(hour=0, minute=0, second=0, microsecond=0)
    touched = 0
    while slot < end:
        after = slot + timedelta(hours=12)
        touched += start < end and after > start
        slot = after
    return touched


@given(moments, lengths)
def test_half_days_equal_a_walk_over_the_slots(start, length):
    assert half_days(start, start + length) == slot_by_slot(start, start + length)


@given(slot_edges, lengths, lengths)
def test_split_at_a_slot_edge_keeps_half_days(edge, before, after):
    start, end = edge - before, edge + after
    assert half_days(start, edge) + half_days(edge, end) == half_days(start, end)


@given(moments, lengths, lengths)
def test_longer_span_never_counts_less(start, length, more):
    end = start + length
    assert half_days(start, end) <= half_days(start, end + more)
    assert half_days(start, end) <= half_days(start - more, end)


@given(moments, lengths, st.integers(-5000, 5000))
def test_shifted_span_counts_the_same(start, length, days):
    shift = timedelta(days=days)
    assert half_days(start + shift, start + length + shift) == half_days(start, start + length)


@given(moments, lengths)
def test_half_days_exceed_the_length_by_two_at_most(start, length):
    full = length // timedelta(hours=12)
    assert full <= half_days(start, start + length) <= full + 2
    assert (half_days(start, start + length) == 0) is (length == timedelta(0))


@given(moments, lengths)
def test_hours_are_four_times_the_half_days(start, length):
    assert half_day_hours(start, start + length) == counting.HOURS_PER_HALF_DAY * half_days(start, start + length)


@given(moments, lengths, moments, lengths)
def test_overlap_is_mutual_and_needs_a_common_moment(start, length, other_start, other_length):
    end, other_end = start + length, other_start + other_length
    shared = overlaps(start, end, other_start, other_end)
    assert shared is overlaps(other_start, other_end, start, end)
    if length and other_length:
        assert shared is (max(start, other_start) < min(end, other_end))
