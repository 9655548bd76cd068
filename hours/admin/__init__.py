"""The administrator's side of hours: lists that can be edited, and a record that can only be read."""

from .lists import CategoryAdmin, CompletionAdmin, CourseAdmin, ReasonAdmin, YearRuleAdmin
from .records import DecisionAdmin, NoticeAdmin, ReturnedVersionAdmin, SubmissionAdmin
from .registrations import RegistrationAdmin

__all__ = [
    "CategoryAdmin",
    "CompletionAdmin",
    "CourseAdmin",
    "DecisionAdmin",
    "NoticeAdmin",
    "ReasonAdmin",
    "RegistrationAdmin",
    "ReturnedVersionAdmin",
    "SubmissionAdmin",
    "YearRuleAdmin",
]
