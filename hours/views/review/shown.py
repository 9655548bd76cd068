"""Registrations as a page showed them, for the messages about changes since then."""

from __future__ import annotations

import copy

from hours.models import Registration


def as_shown(registration: Registration, status: str) -> Registration:
    """Return a copy of the registration with the status that the page showed."""
    shown = copy.copy(registration)
    shown.status = status
    return shown
