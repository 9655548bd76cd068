"""Summaries of a person's years for the pages, and the reasons why hours do not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum, prefetch_related_objects
from django.db.models.functions import ExtractYear

from accounts.models import User
from hours.counting import hours_missing, meets_requirements
from hours.models import Completion, PersonTotal, Registration, YearRule
from hours.states import COUNTED, EDITABLE, IN_REVIEW, REJECTED, Action, Status
from hours.wording import format_number

from . import sums

ZERO = Decimal()
# Statuses that the page explains with the words of the decision.
EXPLAINED = {Status.RETURNED, *REJECTED}
# The columns of registrations that `year_rows` reads.
ROW_COLUMNS = (
    *("owner_id", "content", "year", "ends_at", "status", "hours_applied", "hours_proposed", "hours_recognised"),
    *("category__name", "category__is_example", "category__parent__name", "category__parent__is_example"),
)


@dataclass(frozen=True)
class PersonYear:
    """One person's hours of one year. `rule` is None for a year without a rule, which requires no hours."""

    year: int
    public: Decimal
    professional: Decimal
    over_cap: Decimal
    in_review: Decimal
    not_submitted: Decimal
    rule: YearRule | None

    @property
    def total(self) -> Decimal:
        return self.public + self.professional

    @property
    def target(self) -> Decimal | None:
        return self.rule.total if self.rule else None

    @property
    def missing(self) -> Decimal | None:
        if self.rule is None:
            return None
        return hours_missing(self.public, self.professional, self.rule.total, self.rule.professional)

    @property
    def missing_professional(self) -> Decimal | None:
        return max(self.rule.professional - self.professional, ZERO) if self.rule else None

    @property
    def is_complete(self) -> bool:
        return self.rule is not None and meets_requirements(
            self.public, self.professional, self.rule.total, self.rule.professional
        )


@dataclass(frozen=True)
class CountedRow:
    """One course or registration that counts for a year."""

    kind: str
    name: str
    hours: Decimal
    is_public: bool
    reduction_reason: str = ""


@dataclass(frozen=True)
class YearRows:
    """The rows of a year: what counts, and each registration that does not count with the reason."""

    counted: list[CountedRow]
    uncounted: list[tuple[Registration, str]]


def person_years(person: User, *, include_year: int | None = None) -> list[PersonYear]:
    """Return this person's years, latest first, and the year `include_year`; three queries.

    Hours that count are stored; those that do not count yet are summed here. A year in which a registration only ended
    that counts for another year is included.
    """
    stored = {row.year: row for row in PersonTotal.objects.filter(person=person)}
    waiting: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    end_years = set()
    registrations = (
        Registration.objects.owned_by(person).order_by().values_list("year", ExtractYear("ends_at"), "status")
    )
    for year, end_year, status, hours in registrations.annotate(Sum("hours_applied")):
        waiting[year][status] += hours
        end_years.add(end_year)
    years = sorted({*stored, *waiting, *end_years, *([include_year] if include_year else [])}, reverse=True)
    rules = YearRule.objects.in_bulk(years, field_name="year")
    empty = PersonTotal()
    return [_person_year(year, stored.get(year, empty), waiting[year], rules.get(year)) for year in years]


def _person_year(year: int, stored: PersonTotal, waiting: dict[str, Decimal], rule: YearRule | None) -> PersonYear:
    def hours_of(statuses: Iterable[Status]) -> Decimal:
        return sum((waiting[status] for status in statuses), ZERO)

    return PersonYear(
        year=year,
        public=stored.public,
        professional=stored.professional,
        over_cap=stored.over_cap,
        in_review=hours_of(IN_REVIEW),
        not_submitted=hours_of(EDITABLE),
        rule=rule,
    )


def year_rows(person: User, year: int) -> YearRows:
    """Return the rows of this person's year, completed public courses first; four queries.

    A registration that ended in this year but counts for another one is among those that do not count.
    """
    completions = Completion.objects.filter(person=person, course__year=year).select_related("course")
    registrations = Registration.objects.owned_by(person).filter(Q(year=year) | Q(ends_at__year=year))
    rows = list(registrations.select_related("category__parent").only(*ROW_COLUMNS).order_by("ends_at", "pk"))
    prefetch_related_objects([row for row in rows if _needs_decisions(row)], "decisions")
    caps = sums.caps_of([year])[year]
    counted = sums.counted_hours((row for row in rows if row.year == year), caps)
    public = [
        CountedRow(row.course.get_kind_display(), row.course.name, row.hours, True)
        for row in completions.order_by("completed_on", "pk")
    ]
    professional = [
        CountedRow("", row.content, hours, False, _reduction_reason(row, hours, caps)) for row, hours in counted
    ]
    uncounted = [
        (row, _uncounted_reason(row) if row.year == year else f"计入 {row.year} 年度，不计入 {year} 年度。")
        for row in rows
        if row.year != year or row.status not in COUNTED
    ]
    return YearRows(public + professional, uncounted)


def _needs_decisions(row: Registration) -> bool:
    """Return whether the reason for uncounted hours stands in the registration's decisions."""
    return row.status in EXPLAINED or (row.status in COUNTED and row.current_hours < row.hours_applied)


def _reduction_reason(registration: Registration, counted: Decimal, caps: Mapping[int, Decimal]) -> str:
    """Return why a recognised registration counts fewer hours than it applied for; empty if it does not."""
    reasons = []
    if cut := registration.hours_applied - registration.current_hours:
        words = _cut_words(registration)
        reasons.append(
            f"申请 {format_number(registration.hours_applied)} 学时，核减 {format_number(cut)} 学时"
            + (f"（{words}）" if words else "")
        )
    if over := registration.current_hours - counted:
        levels = [level for level in (registration.category, registration.category.parent) if level]
        capped = "、".join(
            f"“{level.name}”{format_number(caps[level.pk])} 学时" for level in levels if level.pk in caps
        )
        reasons.append(f"{format_number(over)} 学时超出上限（{capped}），不计入")
    return "；".join(reasons)


def _cut_words(registration: Registration) -> str:
    """Return the words of the decisions that reduced the hours; the latest decision of each stage is the valid one."""
    latest = {row.action: row for row in registration.decisions.all()}
    applied, recognised = registration.hours_applied, registration.current_hours
    proposed = applied if registration.hours_proposed is None else registration.hours_proposed
    cuts = ((Action.AGREE, proposed < applied), (Action.RECOGNISE, recognised < proposed))
    words = (latest[action].words for action, is_cut in cuts if is_cut and action in latest)
    return "；".join(text for text in words if text)


def _uncounted_reason(registration: Registration) -> str:
    """Return why a registration does not count, as a sentence; its decisions should be prefetched."""
    if registration.status in IN_REVIEW:
        return "正在审核，认定后计入。"
    if registration.status == Status.DRAFT:
        return "尚未提交审核。"
    reason = status_reason(registration)
    return f"{registration.get_status_display()}（{reason}）" if reason else registration.get_status_display()


def status_reason(registration: Registration) -> str:
    """Return reason and words of the decision that led to the current status; decisions should be prefetched."""
    decisions = reversed(registration.decisions.all())
    last = next((decision for decision in decisions if decision.status == registration.status), None)
    return "：".join(part for part in (last.reason_name, last.words) if part) if last else ""
