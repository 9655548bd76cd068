"""Units, and all of hours, for administrators."""

from .certificates import CertificateAdmin
from .courses import CompletionAdmin, CourseAdmin, PlatformAdmin
from .lists import CategoryAdmin, ReasonAdmin
from .records import DecisionAdmin, NoticeAdmin, ReturnedVersionAdmin, SubmissionAdmin
from .registrations import RegistrationAdmin
from .rules import OpeningAdmin, YearRuleAdmin
from .units import UnitAdmin

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
    "UnitAdmin",
    "YearRuleAdmin",
]
