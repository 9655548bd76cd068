"""Facts that the help takes from the code: states, limits, and the rules of two years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from hours import counting, wording
from hours.certificates import codes, issuing
from hours.collective import roster
from hours.completions import files
from hours.models import YearRule
from hours.registrations import attachments
from hours.states import COUNTED, RULES, Action, Capacity, Rule, Status

DAY = timedelta(days=1).total_seconds()
MEANINGS = {
    Status.DRAFT: "已保存，还没有提交；审核人员看不到。",
    Status.FIRST_REVIEW: "已提交，等待初审。",
    Status.FINAL_REVIEW: "初审已同意，或不需要初审；等待终审。",
    Status.RETURNED: "审核人员请您更正，原因写在登记上。",
    Status.RECOGNISED: "终审通过，计入年度学时。",
    Status.REFUSED: "审核人员没有认定，原因写在登记上。",
    Status.REVOKED: "认定之后被撤销，原因写在登记上。",
}
CERTIFICATE_MEANINGS = {
    issuing.CertificateState.VALID: "由本系统开具，目前有效。",
    issuing.CertificateState.SUPERSEDED: "本人另有包含这些年度的新证明，请查验新证明。",
    issuing.CertificateState.REVOKED: "所涉年度有登记被撤销认定，证明不再有效。",
    issuing.CertificateState.UNKNOWN: "没有查到这个编号；核对无误仍查不到的，不是本系统开具的证明。",
}


@dataclass(frozen=True)
class StateLine:
    """One state: its meaning, whether its hours count, and the next actions of the owner and of others."""

    status: Status
    meaning: str
    counts: bool
    owner: list[str]
    others: list[str]


def state_lines() -> list[StateLine]:
    """Return the states of a registration in order, with the actions that the table of rules allows."""
    return [_state_line(status) for status in Status]


def _state_line(status: Status) -> StateLine:
    # 单位集体登记 creates no drafts that a person could see.
    rules = [rule for rule in RULES if rule.source is status and rule.action is not Action.ENTER]
    others = [capacity for capacity in Capacity if capacity is not Capacity.OWNER]
    return StateLine(
        status=status,
        meaning=MEANINGS[status],
        counts=status in COUNTED,
        owner=[rule.action.label for rule in rules if rule.capacity is Capacity.OWNER],
        others=[
            f"{capacity.label}：{'、'.join(_step(rule) for rule in rules if rule.capacity is capacity)}"
            for capacity in others
            if any(rule.capacity is capacity for rule in rules)
        ],
    )


def _step(rule: Rule) -> str:
    """Return an action and, unless the names are the same, the state that it leads to."""
    if rule.target is None or rule.target.label == rule.action.label:
        return rule.action.label
    return f"{rule.action.label}（变为{rule.target.label}）"


def limits() -> dict[str, object]:
    """Return all figures that the help names."""
    return {
        "plausible_days": settings.PLAUSIBLE_DAYS,
        "plausible_hours": settings.PLAUSIBLE_HOURS,
        "file_kinds": attachments.KINDS.strip(),
        "file_megabytes": settings.ATTACHMENT_MAX_BYTES // settings.MEGABYTE,
        "files": settings.ATTACHMENT_MAX_COUNT,
        "half_day": counting.HOURS_PER_HALF_DAY,
        "step": wording.format_number(counting.HOURS_STEP),
        "day_starts": f"{counting.DAY_STARTS:%H:%M}",
        "day_ends": f"{counting.DAY_ENDS:%H:%M}",
        "units_shown": settings.UNIT_SEARCH_HITS,
        "units_pending": settings.MAX_PENDING_UNITS,
        "waiting_days": settings.WAITING_COMPLETION_DAYS,
        "reset_days": int(settings.PASSWORD_RESET_TIMEOUT // DAY),
        "log_ins": settings.AXES_FAILURE_LIMIT,
        "lock_minutes": settings.LOG_IN_LOCK_MINUTES,
        "export_rows": f"{settings.EXPORT_MAX_ROWS:,}",
        "list_columns": "、".join(roster.COLUMNS),
        "list_needed": "、".join(roster.KNOWN.required),
        "list_rows": settings.COLLECTIVE_MAX_PEOPLE,
        "list_megabytes": settings.ROSTER_MAX_BYTES // settings.MEGABYTE,
        "certificate_years": issuing.MAX_YEARS,
        "certificate_people": settings.CERTIFICATE_MAX_PEOPLE,
        "certificate_hours": settings.CERTIFICATE_REUSE_HOURS,
        "code_length": codes.LENGTH,
        "completion_columns": "、".join(files.COLUMNS.known),
        "completion_needed": "、".join(files.COLUMNS.required),
    }


def current_rules() -> list[YearRule]:
    """Return the rules of this year and of last year with their caps; two queries."""
    this_year = timezone.localdate().year
    years = YearRule.objects.filter(year__in=(this_year, this_year - 1))
    return list(years.order_by("-year").prefetch_related("caps__category__parent"))
