"""How numbers, moments and states are written, and how numbers are read. Pure functions without a database."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from .counting import LOCAL

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")
# The colour of a state; the word comes first, so an unknown one is merely quiet.
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


def parse_number(text: str) -> Decimal | None:
    """The number that a cell or a message says; None for anything else, such as 1_0, NaN and Infinity."""
    text = text.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def format_number(hours: Decimal | int) -> str:
    """Hours as people write them: 8 or 7.5, never 8.0."""
    return f"{Decimal(hours).normalize():f}"


def format_minute(moment: datetime) -> str:
    """A local moment as people write it: 2026-05-12 08:30."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def days_between(earlier: datetime, later: datetime) -> int:
    """How many days ago the one was at the other, by the local calendar: what came last evening came a day ago."""
    return (later.astimezone(LOCAL).date() - earlier.astimezone(LOCAL).date()).days


def tone(status: str) -> str:
    """The colour in which a registration's status or a unit's state is shown."""
    return TONES.get(str(status), "neutral")


def step_tone(step) -> str:
    """The colour of a step of the progress: a step that is done waits no longer."""
    colour = tone(step.status)
    return "neutral" if step.when and colour == "waiting" else colour
