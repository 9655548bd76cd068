"""The administrator's side of hours: lists that can be edited, and a record that can only be read."""

from .certificates import CertificateAdmin
from .courses import CompletionAdmin, CourseAdmin, PlatformAdmin
from .lists import CategoryAdmin, ReasonAdmin
from .records import DecisionAdmin, NoticeAdmin, ReturnedVersionAdmin, SubmissionAdmin
from .registrations import RegistrationAdmin
from .rules import OpeningAdmin, YearRuleAdmin

__all__ = [
    "CategoryAdmin",
    "CertificateAdmin",
    "CompletionAdmin",
    "CourseAdmin",
    "DecisionAdmin",
    "NoticeAdmin",
    "OpeningAdmin",
    "PlatformAdmin",
    "ReasonAdmin",
    "RegistrationAdmin",
    "ReturnedVersionAdmin",
    "SubmissionAdmin",
    "YearRuleAdmin",
]
