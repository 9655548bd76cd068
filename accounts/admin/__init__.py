"""People and their appointments for administrators."""

from .appointments import AppointmentAdmin
from .people import BY_NUMBER, CHOOSE_PERSON, ChosenByWindow, PersonAdmin, SearchedByPost

__all__ = ["BY_NUMBER", "CHOOSE_PERSON", "AppointmentAdmin", "ChosenByWindow", "PersonAdmin", "SearchedByPost"]
