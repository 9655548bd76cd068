"""ADD UP: what a person's years come to. Sums are made by the database; one definition of "counts" for all pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import ExtractYear

from accounts.models import User

from . import totals
from .counting import hours_missing, number, reaches
from .models import Completion, Registration, YearRule
from .states import COUNTED, EDITABLE, IN_REVIEW, Action, Status

ZERO = Decimal()


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
        return self.rule is not None and reaches(
            self.public, self.professional, self.rule.total, self.rule.professional
        )


@dataclass(frozen=True)
class CountedRow:
    """One line below a year: what was learned and counts."""

    kind: str
    name: str
    hours: Decimal
    is_public: bool
    why_fewer: str = ""


def person_years(person: User, *, always: int | None = None) -> list[PersonYear]:
    """Every year in which this person has anything, latest first, and the year `always`; six queries.

    A year in which something only ended that counts for another one is there too, to say so.
    """
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    entries = Registration.objects.owned_by(person)
    waiting = entries.exclude(status__in=sorted(COUNTED)).order_by().values_list("year", "status")
    for year, status, hours in waiting.annotate(Sum("hours_applied")):
        sums[year][status] += hours
    recognised = entries.filter(status__in=sorted(COUNTED)).select_related("category").order_by("ends_at", "pk")
    by_year: dict[int, list[Registration]] = defaultdict(list)
    for entry in recognised:
        by_year[entry.year].append(entry)
    public = Completion.objects.filter(person=person).order_by().values_list("course__year")
    for year, hours in public.annotate(Sum("hours")):
        sums[year]["public"] += hours
    elsewhere = entries.exclude(year=ExtractYear("ends_at")).values_list(ExtractYear("ends_at"), flat=True)
    years = sorted({*sums, *by_year, *elsewhere, *([always] if always else [])}, reverse=True)
    rules, caps = YearRule.objects.in_bulk(years, field_name="year"), totals.caps_of(years)
    return [
        _person_year(year, sums[year], totals.as_counted(by_year[year], caps[year]), rules.get(year)) for year in years
    ]


def _person_year(
    year: int, sums: dict[str, Decimal], counted: list[tuple[Registration, Decimal]], rule: YearRule | None
) -> PersonYear:
    def of(statuses) -> Decimal:
        return sum((sums[status] for status in statuses), ZERO)

    professional = sum((hours for _, hours in counted), ZERO)
    return PersonYear(
        year=year,
        public=sums["public"],
        professional=professional,
        over_cap=sum((entry.hours_recognised for entry, _ in counted), ZERO) - professional,
        in_review=of(IN_REVIEW),
        not_submitted=of(EDITABLE),
        rule=rule,
    )


def counted_rows(person: User, year: int) -> list[CountedRow]:
    """What counts for this person's year: completed public courses, then recognised registrations; five queries."""
    completions = Completion.objects.filter(person=person, course__year=year).select_related("course")
    entries = Registration.objects.owned_by(person).for_year(year).filter(status__in=sorted(COUNTED))
    recognised = entries.select_related("category__parent").prefetch_related("decisions").order_by("ends_at", "pk")
    caps = totals.caps_of([year])[year]
    counted = totals.as_counted(recognised, caps)
    return [
        CountedRow(row.course.get_kind_display(), row.course.name, row.hours, True)
        for row in completions.order_by("completed_on", "pk")
    ] + [CountedRow("", entry.content, hours, False, why_fewer(entry, hours, caps)) for entry, hours in counted]


def why_fewer(registration: Registration, counted: Decimal, caps: Mapping[int, Decimal]) -> str:
    """Why a recognised entry counts fewer hours than it applied for; empty if it does not."""
    reasons = []
    if cut := registration.hours_applied - registration.hours_recognised:
        words = words_of_cuts(registration)
        reasons.append(
            f"申请 {number(registration.hours_applied)} 学时，核减 {number(cut)} 学时"
            + (f"（{words}）" if words else "")
        )
    if over := registration.hours_recognised - counted:
        levels = [level for level in (registration.category, registration.category.parent) if level]
        capped = "、".join(f"“{level.name}”{number(caps[level.pk])} 学时" for level in levels if level.pk in caps)
        reasons.append(f"{number(over)} 学时超出上限（{capped}），不计入")
    return "；".join(reasons)


def words_of_cuts(registration: Registration) -> str:
    """What the reviewers said who took hours off; the latest decision of each stage is the one that holds."""
    latest = {row.action: row for row in registration.decisions.all()}
    applied, recognised = registration.hours_applied, registration.hours_recognised
    proposed = applied if registration.hours_proposed is None else registration.hours_proposed
    cuts = ((Action.AGREE, proposed < applied), (Action.RECOGNISE, recognised < proposed))
    spoken = (latest[action].words for action, is_cut in cuts if is_cut and action in latest)
    return "；".join(words for words in spoken if words)


def uncounted_rows(person: User, year: int) -> list[tuple[Registration, str]]:
    """What does not count (yet) for this person's year, each with why; two queries.

    An entry that ended in this year and counts for another one is told too.
    """
    waiting = Q(year=year) & ~Q(status__in=sorted(COUNTED))
    elsewhere = Q(ends_at__year=year) & ~Q(year=year)
    rows = Registration.objects.owned_by(person).filter(waiting | elsewhere).prefetch_related("decisions")
    return [
        (row, why_uncounted(row) if row.year == year else f"计入 {row.year} 年度，不计入 {year} 年度。")
        for row in rows.order_by("ends_at", "pk")
    ]


def why_uncounted(registration: Registration) -> str:
    """Why an entry does not count, as a sentence; its decisions should be prefetched."""
    if registration.status in IN_REVIEW:
        return "正在审核，认定后计入。"
    if registration.status == Status.DRAFT:
        return "尚未提交审核。"
    words = last_words(registration)
    return f"{registration.get_status_display()}（{words}）" if words else registration.get_status_display()


def last_words(registration: Registration) -> str:
    """Reason and words of the decision that brought the entry where it is now; its decisions should be prefetched."""
    decisions = reversed(registration.decisions.all())
    last = next((decision for decision in decisions if decision.status == registration.status), None)
    return "：".join(part for part in (last.reason_name, last.words) if part) if last else ""
