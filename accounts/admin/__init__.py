"""People and their appointments in the admin."""

from .appointments import AppointmentAdmin
from .imports import ExportAdmin, ImportAdmin, UploadForm
from .people import CHOOSE_PERSON_HELP, DIGEST_PREFIX, PersonAdmin, PersonLookupMedia, PostSearchMixin

__all__ = [
    "CHOOSE_PERSON_HELP",
    "DIGEST_PREFIX",
    "AppointmentAdmin",
    "ExportAdmin",
    "ImportAdmin",
    "PersonAdmin",
    "PersonLookupMedia",
    "PostSearchMixin",
    "UploadForm",
]
