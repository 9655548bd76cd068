"""The administrator's side of hours: lists that can be edited, and a record that can only be read."""

from .certificates import CertificateAdmin
from .courses import CompletionAdmin, CourseAdmin, PlatformAdmin
from .lists import CategoryAdmin, ReasonAdmin, YearRuleAdmin
from .records import DecisionAdmin, NoticeAdmin, ReturnedVersionAdmin, SubmissionAdmin
from .registrations import RegistrationAdmin

__all__ = [
    "CategoryAdmin",
    "CertificateAdmin",
    "CompletionAdmin",
    "CourseAdmin",
    "DecisionAdmin",
    "NoticeAdmin",
    "PlatformAdmin",
    "ReasonAdmin",
    "RegistrationAdmin",
    "ReturnedVersionAdmin",
    "SubmissionAdmin",
    "YearRuleAdmin",
]
