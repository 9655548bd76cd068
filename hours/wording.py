"""Text of numbers, moments and statuses. Pure functions without a database."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from .counting import LOCAL

# The CSS colour class of each status and state; an unknown one is neutral.
TONES = {
    "draft": "neutral",
    "first_review": "waiting",
    "final_review": "waiting",
    "returned": "action",
    "recognised": "good",
    "refused": "stopped",
    "revoked": "stopped",
    "pending": "waiting",
    "active": "good",
    "future": "waiting",
    "valid": "good",
    "superseded": "waiting",
    "disabled": "stopped",
}


class DatedStatus(Protocol):
    """A status with its moment; `when` is None while the step is still to come."""

    @property
    def status(self) -> str: ...

    @property
    def when(self) -> datetime | None: ...


def format_number(value: Decimal | int) -> str:
    """Return the number without trailing zeros: 8 or 7.5, never 8.0."""
    return f"{Decimal(value).normalize():f}"


def format_minute(moment: datetime) -> str:
    """Return the local moment to the minute: 2026-05-12 08:30."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def days_between(earlier: datetime, later: datetime) -> int:
    """Return the number of days by the local calendar: from yesterday evening to this morning it is 1."""
    return (later.astimezone(LOCAL).date() - earlier.astimezone(LOCAL).date()).days


def tone(status: str) -> str:
    """Return the colour class of a registration's status or a unit's state."""
    return TONES.get(str(status), "neutral")


def step_tone(step: DatedStatus) -> str:
    """Return the colour class of a step of the progress; a finished step is not shown as waiting."""
    colour = tone(step.status)
    return "neutral" if step.when and colour == "waiting" else colour
