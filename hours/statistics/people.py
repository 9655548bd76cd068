"""READ: the people behind the figures of a unit.

People of a unit in a year: those whose year is counted there, and those whose profile names the unit and who have
nothing submitted or completed in that year anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import BooleanField, DecimalField, Exists, F, OuterRef, Q, QuerySet, Value

from accounts import identity
from accounts.models import User
from hours.counting import hours_missing
from hours.models import PersonTotal, Registration, YearRule
from hours.offices import Office
from organizations.models import Unit

from .figures import Reach

HOURS = DecimalField(max_digits=6, decimal_places=1)


@dataclass(frozen=True)
class PersonRow:
    """One person's year at a unit. `rule` is None for a year without a rule: then nothing can be missing."""

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


def people_of(unit: Unit, year: int, *, only_outstanding: bool = False) -> QuerySet:
    """Values for `as_row`, those who have not reached the target first; one query over two index ranges."""
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
    nothing = Value(Decimal(), HOURS)
    silent = silent_people(unit, year).values(
        "pk",
        "name",
        "id_tail",
        public=nothing,
        professional=nothing,
        over_cap=nothing,
        reached=Value(False, BooleanField()),
        is_recorded=Value(False, BooleanField()),
    )
    return counted.union(silent, all=True).order_by("reached", "name", "pk")


def silent_people(unit: Unit, year: int) -> QuerySet[User]:
    """People of the unit by their profile who have nothing in that year; one who can no longer log in is none."""
    somewhere = PersonTotal.objects.filter(person=OuterRef("pk"), year=year)
    return User.objects.filter(~Exists(somewhere), unit=unit, is_active=True)


def as_row(values: dict, rule: YearRule | None) -> PersonRow:
    """What `people_of` found of one person, against the rule of the year."""
    return PersonRow(**values, rule=rule)


def as_rows(values: Iterable[dict], rule: YearRule | None) -> list[PersonRow]:
    return [as_row(row, rule) for row in values]


# --- One person ------------------------------------------------------------------------------------


def people_within(reach: Reach) -> QuerySet[User]:
    """Everybody who may be opened from a unit's list: counted in one of its years there, or of the unit by profile."""
    counted = PersonTotal.objects.filter(reach.at_units("unit"), person=OuterRef("pk"))
    return User.objects.filter(reach.at_units("unit") | Exists(counted)).select_related("unit")


def years_of(person: User, reach: Reach) -> list[PersonTotal]:
    """The years that the person belonged to what may be seen; a former unit learns nothing of later years."""
    counted = PersonTotal.objects.filter(reach.at_units("unit"), person=person)
    return list(counted.select_related("unit").order_by("-year"))


def against_rules(totals: Sequence[PersonTotal]) -> list[tuple[PersonTotal, PersonRow]]:
    """Each year beside what it adds up to and lacks; one query."""
    rules = YearRule.objects.in_bulk([row.year for row in totals], field_name="year")
    return [(row, _row_of(row, rules.get(row.year))) for row in totals]


def _row_of(row: PersonTotal, rule: YearRule | None) -> PersonRow:
    hours = {name: getattr(row, name) for name in ("public", "professional", "over_cap", "reached")}
    return PersonRow(row.person_id, "", "", **hours, is_recorded=True, rule=rule)


def registrations_of(person: User, year: int, office: Office) -> QuerySet[Registration]:
    """What the person submitted within this office for that year."""
    return (
        Registration.objects.in_office(office)
        .owned_by(person)
        .for_year(year)
        .select_related("category__parent")
        .order_by("-ends_at", "-pk")
    )
