"""The models: fields and constraints, no domain rules."""

from .attachments import Attachment, attachment_path
from .certificates import Certificate, CertificateYear
from .courses import Completion, CompletionVersion, Course, Platform
from .decisions import Decision, Notice, ReturnedVersion
from .registrations import Registration, Submission
from .settings import Cap, Category, Opening, Reason, YearRule
from .totals import PersonTotal, PlaceTotal
from .waiting import WaitingCompletion

__all__ = [
    "Attachment",
    "Cap",
    "Category",
    "Certificate",
    "CertificateYear",
    "Completion",
    "CompletionVersion",
    "Course",
    "Decision",
    "Notice",
    "Opening",
    "PersonTotal",
    "PlaceTotal",
    "Platform",
    "Reason",
    "Registration",
    "ReturnedVersion",
    "Submission",
    "WaitingCompletion",
    "YearRule",
    "attachment_path",
]
