"""What is stored: fields and constraints, no decisions."""

from .attachments import Attachment, attachment_path
from .courses import Completion, Course
from .decisions import Decision, Notice, ReturnedVersion
from .registrations import Registration, Submission
from .settings import Category, Reason, YearRule

__all__ = [
    "Attachment",
    "Category",
    "Completion",
    "Course",
    "Decision",
    "Notice",
    "Reason",
    "Registration",
    "ReturnedVersion",
    "Submission",
    "YearRule",
    "attachment_path",
]
