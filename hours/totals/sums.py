"""Sums of people, units and regions, updated in the transaction that changes the rows they are made of.

A person's year is recounted from its rows under the lock of its own row, so it cannot drift. The sums of places receive
the difference, in one statement and in one order, so that two transactions cannot deadlock. `recount` makes both from
the rows alone; the command `recount_totals` uses it as a check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import chain, islice
from operator import or_
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Q, Sum

from accounts.models import User
from config.constants import RECOUNT_BATCH_SIZE
from hours.counting import RecognisedHours, count_year, meets_requirements
from hours.models import Cap, Completion, PersonTotal, PlaceTotal, Registration, YearRule
from hours.offices import NO_ROWS
from hours.states import COUNTED, Status
from organizations import regions
from organizations.models import Region, Unit

ZERO = Decimal()
PersonAndYear = tuple[int, int]
# The keys of unit, region, city and province.
PlaceKeys = tuple[int | None, ...]
# column -> amount
Amounts = dict[str, int | Decimal]
# (kind, place, year) -> amounts
Sums = dict[tuple[str, int, int], Amounts]
T = TypeVar("T")
COLUMNS = [field.name for field in PlaceTotal._meta.fields if field.name not in ("id", "kind", "place", "year")]
PLACE_COLUMNS = ("unit_id", "region_id", "city_id", "province_id")
PERSON_COLUMNS = ("public", "professional", "over_cap", "reached", *PLACE_COLUMNS)


def places_of(row: Registration | PersonTotal) -> list[tuple[str, int]]:
    """Return the unit and the regions whose sums include this row, each once."""
    regions = {key for key in (row.region_id, row.city_id, row.province_id) if key}
    unit = [("unit", row.unit_id)] if row.unit_id else []
    return unit + [("region", region) for region in sorted(regions)]


def sums_of_registration(registration: Registration) -> Amounts:
    """Return what one registration adds to the sums of its places; a draft adds nothing."""
    if registration.status == Status.DRAFT:
        return {}
    amounts: Amounts = {registration.status: 1}
    for stage in ("first", "final"):
        if (wait := getattr(registration, f"{stage}_wait")) is not None:
            amounts[f"{stage}_wait"], amounts[f"{stage}_waits"] = int(wait.total_seconds()), 1
    return amounts


def sums_of_person(row: PersonTotal) -> Amounts:
    """Return what one person's year adds to the sums of its places."""
    return {
        "people": 1,
        "reached": int(row.reached),
        "public": Decimal(row.public),
        "professional": Decimal(row.professional),
        "over_cap": Decimal(row.over_cap),
    }


def sums_of(rows: Iterable[Registration | PersonTotal]) -> Sums:
    """Return the sums of these rows by place and year."""
    total: Sums = {}
    for row in rows:
        if amounts := sums_of_person(row) if isinstance(row, PersonTotal) else sums_of_registration(row):
            accumulate(total, {(kind, place, row.year): amounts for kind, place in places_of(row)})
    return total


def accumulate(total: Sums, more: Sums) -> None:
    """Add sums to a total in place."""
    for key, amounts in more.items():
        stored = total.setdefault(key, {})
        for column, amount in amounts.items():
            stored[column] = stored.get(column, 0) + amount


def difference(before: Sums, after: Sums) -> Sums:
    """Return what must be added to `before` to get `after`, without zeros."""
    found: Sums = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key, {}), after.get(key, {})
        change = {column: new.get(column, 0) - old.get(column, 0) for column in old.keys() | new.keys()}
        if change := {column: amount for column, amount in change.items() if amount}:
            found[key] = change
    return found


def add_to_places(change: Sums) -> None:
    """Add to the stored sums of places, in the order of their keys; one statement per batch."""
    for keys in batched(sorted(change), RECOUNT_BATCH_SIZE):
        _upsert_places([[*key, *(change[key].get(name, 0) for name in COLUMNS)] for key in keys])


def _upsert_places(rows: list[list[str | int | Decimal]]) -> None:
    table = PlaceTotal._meta.db_table
    names = ["kind", "place", "year", *COLUMNS]
    values = ", ".join(["(" + ", ".join(["%s"] * len(names)) + ")"] * len(rows))
    grow = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COLUMNS)
    # The names are the model's own; all values are parameters.
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES {values} "  # noqa: S608
        f"ON CONFLICT (kind, place, year) DO UPDATE SET {grow}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])


def update_for_registrations(
    before: Sums,
    registrations: Sequence[Registration],
    pairs: Iterable[PersonAndYear] = (),
    *,
    undecided: bool = False,
) -> None:
    """Update the sums of places after registrations moved, and the years of `pairs` if they are recounted.

    `before` is `sums_of` the registrations before the move. `undecided` registrations were just submitted: they bring
    no hours and only say where the person belongs.

    Rows of people are always locked before those of places, so that a recognition and a completion of one person
    cannot deadlock.
    """
    belongs = {(row.owner_id, row.year): _place_keys(row) for row in registrations} if undecided else {}
    gained = _people_difference(pairs, belongs)
    accumulate(gained, difference(before, sums_of(registrations)))
    add_to_places(gained)


@transaction.atomic
def update_for_people(pairs: Iterable[PersonAndYear]) -> None:
    """Recount these people's years and update the sums of their places, with a constant number of statements."""
    add_to_places(_people_difference(pairs))


def _people_difference(
    pairs: Iterable[PersonAndYear], belongs: Mapping[PersonAndYear, PlaceKeys] | None = None
) -> Sums:
    """Recount these people's years; return the sums that their places gain, which the caller adds.

    `belongs` holds years in which only the place can have changed: a row with the same place stays as it is, and a new
    row has no hours, because nothing was submitted or completed in that year before.
    """
    belongs = belongs or {}
    stored = [
        row for row in _lock_person_totals(pairs) if not row.is_counted or belongs.get(_pair(row)) != _place_keys(row)
    ]
    if not stored:
        return {}
    pairs = [_pair(row) for row in stored]
    before = sums_of(row for row in stored if row.is_counted)
    new = {_pair(row) for row in stored if not row.is_counted and _pair(row) in belongs}
    counted = {pair: _without_hours(pair, belongs[pair]) for pair in new} | person_totals({*pairs} - new)
    drop = [row.pk for row in stored if _pair(row) not in counted]
    keep = [counted[pair] for pair in pairs if pair in counted]
    for row in keep:
        row.is_counted = True
    # An upsert, because `bulk_update` takes seconds for a thousand rows.
    PersonTotal.objects.bulk_create(
        keep,
        update_conflicts=True,
        unique_fields=["person", "year"],
        update_fields=[*PERSON_COLUMNS, "is_counted"],
    )
    PersonTotal.objects.filter(pk__in=drop).delete()
    return difference(before, sums_of(keep))


def _lock_person_totals(pairs: Iterable[PersonAndYear]) -> list[PersonTotal]:
    """Return the rows of these people's years, locked in one order and created where missing; one statement."""
    rows: list[tuple[int | bool, ...]] = [(*pair, 0, 0, 0, False, False) for pair in sorted(set(pairs))]
    if not rows:
        return []
    table = PersonTotal._meta.db_table
    names = "person_id, year, public, professional, over_cap, reached, is_counted"
    values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(rows))
    statement = (
        f"INSERT INTO {table} ({names}) VALUES {values} "  # noqa: S608
        f"ON CONFLICT (person_id, year) DO UPDATE SET is_counted = {table}.is_counted RETURNING *"
    )
    locked = PersonTotal.objects.raw(statement, [value for row in rows for value in row])
    return sorted(locked, key=_pair)


def _without_hours(pair: PersonAndYear, keys: PlaceKeys) -> PersonTotal:
    return PersonTotal(person_id=pair[0], year=pair[1], **dict(zip(PLACE_COLUMNS, keys, strict=True)))


def _pair(row: PersonTotal) -> PersonAndYear:
    return row.person_id, row.year


def _place_keys(row: Registration | PersonTotal) -> PlaceKeys:
    return tuple(getattr(row, name) for name in PLACE_COLUMNS)


def person_totals(pairs: Iterable[PersonAndYear]) -> dict[PersonAndYear, PersonTotal]:
    """Return the computed row for each pair with anything submitted or completed; five queries for any number."""
    pairs = set(pairs)
    if not pairs:
        return {}
    registrations: dict[PersonAndYear, list[Registration]] = defaultdict(list)
    submitted = Registration.objects.filter(_matching(pairs, "owner")).exclude(status=Status.DRAFT)
    for registration in submitted.select_related("category").order_by("ends_at", "pk"):
        registrations[registration.owner_id, registration.year].append(registration)
    completions = Completion.objects.filter(_matching(pairs, "person", "course__year")).order_by()
    public = {
        (person, year): hours
        for person, year, hours in completions.values_list("person_id", "course__year").annotate(Sum("hours"))
    }
    years = {year for _, year in pairs}
    rules = YearRule.objects.in_bulk(years, field_name="year")
    caps = caps_of(years)
    homes = _homes({pair[0] for pair in public if pair not in registrations})
    return {
        pair: person_total(pair, registrations[pair], public.get(pair, ZERO), rules.get(pair[1]), caps[pair[1]], homes)
        for pair in pairs
        if registrations[pair] or pair in public
    }


def caps_of(years: Iterable[int]) -> dict[int, dict[int, Decimal]]:
    """Return the maximum hours by year and category; one query."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    caps = Cap.objects.filter(rule__year__in=years)
    for year, category, hours in caps.values_list("rule__year", "category_id", "hours"):
        found[year][category] = hours
    return found


def counted_hours(
    registrations: Iterable[Registration], caps: dict[int, Decimal]
) -> list[tuple[Registration, Decimal]]:
    """Return the recognised registrations in the given order, each with the hours that count under the caps."""
    recognised = [row for row in registrations if row.status in COUNTED]
    facts = [RecognisedHours(row.current_hours, row.category_id, row.category.parent_id) for row in recognised]
    return list(zip(recognised, count_year(facts, caps), strict=True))


def person_total(
    pair: PersonAndYear,
    registrations: list[Registration],
    public: Decimal,
    rule: YearRule | None,
    caps: dict[int, Decimal],
    homes: dict[int, dict[str, int | None]],
) -> PersonTotal:
    """Return the computed row of one person's year; `homes` holds the places of people without a submission."""
    counted = counted_hours(registrations, caps)
    professional = sum((hours for _, hours in counted), ZERO)
    recognised = sum((registration.current_hours for registration, _ in counted), ZERO)
    latest = max(registrations, key=lambda row: (row.submitted_at, row.pk), default=None)
    home = {name: getattr(latest, name) for name in PLACE_COLUMNS} if latest else homes[pair[0]]
    return PersonTotal(
        person_id=pair[0],
        year=pair[1],
        public=public,
        professional=professional,
        over_cap=recognised - professional,
        reached=rule is not None and meets_requirements(public, professional, rule.total, rule.professional),
        **home,
    )


def _homes(people: set[int]) -> dict[int, dict[str, int | None]]:
    """Return the place columns of people who only completed courses: the unit of their profile and its regions."""
    rows = User.objects.filter(pk__in=people).select_related("unit__region__parent__parent").defer("id_number")
    return {person.pk: _home(person) for person in rows} if people else {}


def _home(person: User) -> dict[str, int | None]:
    if person.unit is None:
        return dict.fromkeys(PLACE_COLUMNS)
    region = person.unit.region
    above = {kind: place.pk for kind, place in regions.ancestors_by_kind(region).items()}
    return {
        "unit_id": person.unit_id,
        "region_id": region.pk,
        "city_id": above.get(Region.Kind.CITY),
        "province_id": above.get(Region.Kind.PROVINCE),
    }


def _matching(pairs: Iterable[PersonAndYear], person: str = "person", year: str = "year") -> Q:
    """Match rows of one of these people in one of their years."""
    people: dict[int, list[int]] = defaultdict(list)
    for pair in pairs:
        people[pair[1]].append(pair[0])
    conditions = (Q(**{year: its_year, f"{person}__in": keys}) for its_year, keys in people.items())
    return reduce(or_, conditions, NO_ROWS)


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` rows (itertools.batched needs Python 3.12)."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


@transaction.atomic
def merge_unit_sums(unit: Unit, into: Unit) -> None:
    """Add the sums of a merged unit to the remaining one."""
    gone = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.UNIT, place=unit.pk)
    add_to_places({("unit", into.pk, row.year): _amounts(row) for row in gone})
    gone.delete()


# --- Recount ---------------------------------------------------------------------------------------


def recount(year: int) -> dict[str, int]:
    """Make one year's sums from the rows alone; return the number of wrong rows of people and of places.

    It serves changed year rules and caps, and proves that the sums do not drift.
    """
    with transaction.atomic():
        return {"people": _recount_people(year), "places": _recount_places(year)}


def known_years() -> list[int]:
    """Return every year that has registrations, completions or sums."""
    sources = ((Registration, "year"), (Completion, "course__year"), (PersonTotal, "year"), (PlaceTotal, "year"))
    found = (model._default_manager.order_by().values_list(year, flat=True).distinct() for model, year in sources)
    return sorted(set(chain.from_iterable(found)))


def _recount_people(year: int) -> int:
    people = set(Registration.objects.filter(year=year).exclude(status=Status.DRAFT).values_list("owner_id", flat=True))
    people |= set(Completion.objects.filter(course__year=year).values_list("person_id", flat=True))
    people |= set(PersonTotal.objects.filter(year=year).values_list("person_id", flat=True))
    wrong = 0
    gained: Sums = {}
    for chunk in batched(sorted(people), RECOUNT_BATCH_SIZE):
        pairs = [(person, year) for person in chunk]
        before = _person_values(pairs)
        accumulate(gained, _people_difference(pairs))
        after = _person_values(pairs)
        wrong += sum(before.get(person) != after.get(person) for person in chunk)
    add_to_places(gained)  # at the end, when all rows of people are locked
    return wrong


def _person_values(pairs: Iterable[PersonAndYear]) -> dict[int, list[object]]:
    rows = PersonTotal.objects.filter(_matching(pairs))
    return {row.person_id: [getattr(row, name) for name in PERSON_COLUMNS] for row in rows}


def _recount_places(year: int) -> int:
    stored = {(row.kind, row.place, row.year): _amounts(row) for row in PlaceTotal.objects.filter(year=year)}
    fresh: Sums = {}
    registrations = Registration.objects.filter(year=year).exclude(status=Status.DRAFT)
    for rows in (registrations, PersonTotal.objects.filter(year=year)):
        accumulate(fresh, sums_of(rows.iterator(chunk_size=RECOUNT_BATCH_SIZE)))
    change = difference(stored, fresh)
    add_to_places(change)
    return len(change)


def _amounts(row: PlaceTotal) -> Amounts:
    return {name: getattr(row, name) for name in COLUMNS}
