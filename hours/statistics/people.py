"""The people behind the figures of a unit.

People of a unit in a year are those whose year is counted there, and those whose profile names the unit and who have
nothing submitted or completed in that year anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, DecimalField, Exists, F, OuterRef, Q, QuerySet, Value

from accounts import identity
from accounts.models import User
from hours.counting import hours_missing
from hours.models import PersonTotal, Registration, YearRule
from hours.offices import Office
from organizations.models import Unit

from .figures import StatisticsScope

HOURS = DecimalField(max_digits=6, decimal_places=1)


@dataclass(frozen=True)
class PersonRow:
    """One person's year at a unit. `rule` is None for a year without a rule: then no hours are missing."""

    pk: int
    name: str
    id_tail: str
    public: Decimal
    professional: Decimal
    over_cap: Decimal
    reached: bool
    is_recorded: bool
    rule: YearRule | None

    @property
    def masked_id(self) -> str:
        return identity.masked(self.id_tail)

    @property
    def total(self) -> Decimal:
        return self.public + self.professional

    @property
    def missing(self) -> Decimal | None:
        if self.rule is None:
            return None
        return hours_missing(self.public, self.professional, self.rule.total, self.rule.professional)

    @property
    def standing(self) -> str:
        if not self.is_recorded:
            return "无任何记录"
        return "已达标" if self.reached else "未达标"


def people_of(unit: Unit, year: int, *, only_outstanding: bool = False) -> QuerySet[User, Any]:
    """Return the values of `person_row`, people below the target first; one query over two index ranges."""
    here = Q(years__unit=unit, years__year=year)
    if only_outstanding:
        here &= Q(years__reached=False)
    counted = User.objects.filter(here).values(
        "pk",
        "name",
        "id_tail",
        public=F("years__public"),
        professional=F("years__professional"),
        over_cap=F("years__over_cap"),
        reached=F("years__reached"),
        is_recorded=Value(True, BooleanField()),
    )
    zero = Value(Decimal(), HOURS)
    unrecorded = people_without_records(unit, year).values(
        "pk",
        "name",
        "id_tail",
        public=zero,
        professional=zero,
        over_cap=zero,
        reached=Value(False, BooleanField()),
        is_recorded=Value(False, BooleanField()),
    )
    return counted.union(unrecorded, all=True).order_by("reached", "name", "pk")


def people_without_records(unit: Unit, year: int) -> QuerySet[User]:
    """Return the active people whose profile names the unit and who have nothing in that year anywhere."""
    somewhere = PersonTotal.objects.filter(person=OuterRef("pk"), year=year)
    return User.objects.filter(~Exists(somewhere), unit=unit, is_active=True)


def person_row(values: Mapping[str, Any], rule: YearRule | None) -> PersonRow:
    """Return a row of `people_of` with the rule of the year."""
    return PersonRow(**values, rule=rule)


def person_rows(values: Iterable[Mapping[str, Any]], rule: YearRule | None) -> list[PersonRow]:
    return [person_row(row, rule) for row in values]


# --- One person ------------------------------------------------------------------------------------


def people_in(scope: StatisticsScope) -> QuerySet[User]:
    """Return the people who are counted in a unit of the scope in any year, or whose profile names one."""
    counted = PersonTotal.objects.filter(scope.unit_condition("unit"), person=OuterRef("pk"))
    return User.objects.filter(scope.unit_condition("unit") | Exists(counted)).select_related("unit")


def totals_in(scope: StatisticsScope, person: User) -> list[PersonTotal]:
    """Return the years in which the person is counted in the scope, so that a former unit sees no later years."""
    counted = PersonTotal.objects.filter(scope.unit_condition("unit"), person=person)
    return list(counted.select_related("unit").order_by("-year"))


def with_rows(totals: Sequence[PersonTotal]) -> list[tuple[PersonTotal, PersonRow]]:
    """Return each total with its row, which has the rule of its year; one query."""
    rules = YearRule.objects.in_bulk([total.year for total in totals], field_name="year")
    return [(total, _row_of(total, rules.get(total.year))) for total in totals]


def _row_of(total: PersonTotal, rule: YearRule | None) -> PersonRow:
    """Return a row without name and ID, which the person's own page shows elsewhere."""
    hours = {name: getattr(total, name) for name in ("public", "professional", "over_cap", "reached")}
    return PersonRow(total.person_id, "", "", **hours, is_recorded=True, rule=rule)


def registrations_of(person: User, year: int, office: Office) -> QuerySet[Registration]:
    """Return the registrations for that year that the person submitted within this office."""
    return (
        Registration.objects.in_office(office)
        .owned_by(person)
        .for_year(year)
        .select_related("category__parent")
        .order_by("-ends_at", "-pk")
    )
