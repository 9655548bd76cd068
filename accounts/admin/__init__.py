"""People and their appointments in the admin."""

from .appointments import AppointmentAdmin
from .people import CHOOSE_PERSON_HELP, DIGEST_PREFIX, PersonAdmin, PersonLookupMedia, PostSearchMixin

__all__ = [
    "CHOOSE_PERSON_HELP",
    "DIGEST_PREFIX",
    "AppointmentAdmin",
    "PersonAdmin",
    "PersonLookupMedia",
    "PostSearchMixin",
]
