"""The admin of units and of everything in hours."""

from .certificates import CertificateAdmin
from .completions import CompletionAdmin
from .courses import CourseAdmin
from .lists import CategoryAdmin, ReasonAdmin
from .platforms import PlatformAdmin
from .records import DecisionAdmin, NoticeAdmin, ReturnedVersionAdmin, SubmissionAdmin
from .registrations import RegistrationAdmin
from .rules import OpeningAdmin, YearRuleAdmin
from .units import UnitAdmin
from .waiting import WaitingCompletionAdmin

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
    "WaitingCompletionAdmin",
    "YearRuleAdmin",
]
