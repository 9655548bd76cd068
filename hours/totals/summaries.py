"""ADD UP: what a person's years come to. Sums are made by the database; one definition of "counts" for all pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
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
TOLD_WHY = {Status.RETURNED, *REJECTED}
# The columns that the rows below a year are made of.
SHOWN = (
    *("owner_id", "content", "year", "ends_at", "status", "hours_applied", "hours_proposed", "hours_recognised"),
    *("category__name", "category__is_example", "category__parent__name", "category__parent__is_example"),
)


@dataclass(frozen=True)
class PersonYear:
    """One year of one person, in hours. `rule` is None for a year without a rule: then nothing can be missing."""

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
    """One line below a year: what was learned and counts."""

    kind: str
    name: str
    hours: Decimal
    is_public: bool
    reduction_reason: str = ""


@dataclass(frozen=True)
class YearRows:
    """What stands below a year: what counts, and each registration that does not with why."""

    counted: list[CountedRow]
    uncounted: list[tuple[Registration, str]]


def person_years(person: User, *, include_year: int | None = None) -> list[PersonYear]:
    """Every year in which this person has anything, latest first, and the year `include_year`; three queries.

    What counts is kept (totals.py); what does not count yet is summed here. A year in which something only ended that
    counts for another one is there too, to say so.
    """
    kept = {row.year: row for row in PersonTotal.objects.filter(person=person)}
    waiting: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    ended = set()
    registrations = (
        Registration.objects.owned_by(person).order_by().values_list("year", ExtractYear("ends_at"), "status")
    )
    for year, end, status, hours in registrations.annotate(Sum("hours_applied")):
        waiting[year][status] += hours
        ended.add(end)
    years = sorted({*kept, *waiting, *ended, *([include_year] if include_year else [])}, reverse=True)
    rules = YearRule.objects.in_bulk(years, field_name="year")
    nothing = PersonTotal()
    return [_person_year(year, kept.get(year, nothing), waiting[year], rules.get(year)) for year in years]


def _person_year(year: int, kept: PersonTotal, waiting: dict[str, Decimal], rule: YearRule | None) -> PersonYear:
    def of(statuses) -> Decimal:
        return sum((waiting[status] for status in statuses), ZERO)

    return PersonYear(
        year=year,
        public=kept.public,
        professional=kept.professional,
        over_cap=kept.over_cap,
        in_review=of(IN_REVIEW),
        not_submitted=of(EDITABLE),
        rule=rule,
    )


def year_rows(person: User, year: int) -> YearRows:
    """What counts for this person's year, completed public courses first, and what does not (yet); four queries.

    A registration that ended in this year and counts for another one is told too.
    """
    completions = Completion.objects.filter(person=person, course__year=year).select_related("course")
    registrations = Registration.objects.owned_by(person).filter(Q(year=year) | Q(ends_at__year=year))
    rows = list(registrations.select_related("category__parent").only(*SHOWN).order_by("ends_at", "pk"))
    prefetch_related_objects([row for row in rows if _needs_words(row)], "decisions")
    caps = sums.caps_of([year])[year]
    counted = sums.counted_hours((row for row in rows if row.year == year), caps)
    public = [
        CountedRow(row.course.get_kind_display(), row.course.name, row.hours, True)
        for row in completions.order_by("completed_on", "pk")
    ]
    return YearRows(
        public
        + [CountedRow("", row.content, hours, False, reduction_reason(row, hours, caps)) for row, hours in counted],
        [(row, _why_not_in(year, row)) for row in rows if row.year != year or row.status not in COUNTED],
    )


def _needs_words(row: Registration) -> bool:
    """Whether its decisions tell why some or all of its hours do not count."""
    return row.status in TOLD_WHY or (row.status in COUNTED and row.hours_recognised < row.hours_applied)


def _why_not_in(year: int, row: Registration) -> str:
    return uncounted_reason(row) if row.year == year else f"计入 {row.year} 年度，不计入 {year} 年度。"


def reduction_reason(registration: Registration, counted: Decimal, caps: Mapping[int, Decimal]) -> str:
    """Why a recognised registration counts fewer hours than it applied for; empty if it does not."""
    reasons = []
    if cut := registration.hours_applied - registration.hours_recognised:
        words = cut_reasons(registration)
        reasons.append(
            f"申请 {format_number(registration.hours_applied)} 学时，核减 {format_number(cut)} 学时"
            + (f"（{words}）" if words else "")
        )
    if over := registration.hours_recognised - counted:
        levels = [level for level in (registration.category, registration.category.parent) if level]
        capped = "、".join(
            f"“{level.name}”{format_number(caps[level.pk])} 学时" for level in levels if level.pk in caps
        )
        reasons.append(f"{format_number(over)} 学时超出上限（{capped}），不计入")
    return "；".join(reasons)


def cut_reasons(registration: Registration) -> str:
    """What the reviewers said who took hours off; the latest decision of each stage is the one that holds."""
    latest = {row.action: row for row in registration.decisions.all()}
    applied, recognised = registration.hours_applied, registration.hours_recognised
    proposed = applied if registration.hours_proposed is None else registration.hours_proposed
    cuts = ((Action.AGREE, proposed < applied), (Action.RECOGNISE, recognised < proposed))
    spoken = (latest[action].words for action, is_cut in cuts if is_cut and action in latest)
    return "；".join(words for words in spoken if words)


def uncounted_reason(registration: Registration) -> str:
    """Why a registration does not count, as a sentence; its decisions should be prefetched."""
    if registration.status in IN_REVIEW:
        return "正在审核，认定后计入。"
    if registration.status == Status.DRAFT:
        return "尚未提交审核。"
    words = status_reason(registration)
    return f"{registration.get_status_display()}（{words}）" if words else registration.get_status_display()


def status_reason(registration: Registration) -> str:
    """Reason and words of the decision that brought the registration where it is now; its decisions should be
    prefetched.
    """
    decisions = reversed(registration.decisions.all())
    last = next((decision for decision in decisions if decision.status == registration.status), None)
    return "：".join(part for part in (last.reason_name, last.words) if part) if last else ""
