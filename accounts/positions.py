"""The positions that people are appointed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from organizations.models import Region, Unit

from .models import Appointment, User


@dataclass(frozen=True)
class Position:
    """A role in a unit or region, with the principal's appointment if a deputy takes it."""

    role: str
    unit: Unit | None = None
    region: Region | None = None
    deputy_of: Appointment | None = None

    @classmethod
    def deputy_for(cls, principal: Appointment) -> Position:
        return cls(principal.role, principal.unit, principal.region, principal)


@dataclass(frozen=True)
class PlannedAppointment:
    """An appointment before it is made."""

    position: Position
    person: User
    valid_from: date
    valid_until: date | None
