"""ADD UP: the sums of people, units and regions, changed in the transaction that changes what they are made of.

A person's year is counted anew from its rows under the lock of its own row: nothing can drift. The sums of places take
the difference, all in one statement, in one order, so that two transactions cannot wait for each other. `recount` makes
both from the rows alone; the command `recount_totals` compares.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import chain, islice
from operator import or_

from django.db import connection, transaction
from django.db.models import Q, Sum

from accounts.models import User
from hours.counting import RecognisedHours, count_year, meets_requirements
from hours.models import Cap, Completion, PersonTotal, PlaceTotal, Registration, YearRule
from hours.offices import NO_ROWS
from hours.states import COUNTED, Status
from organizations import regions
from organizations.models import Region, Unit

ZERO = Decimal()
PersonAndYear = tuple[int, int]
# (kind, place, year) -> column -> how much
Sums = dict[tuple[str, int, int], Counter]
COLUMNS = [field.name for field in PlaceTotal._meta.fields if field.name not in ("id", "kind", "place", "year")]
PLACE_COLUMNS = ("unit_id", "region_id", "city_id", "province_id")
PERSON_COLUMNS = ("public", "professional", "over_cap", "reached", *PLACE_COLUMNS)
CHUNK = 1000


def places_of(row: Registration | PersonTotal) -> list[tuple[str, int]]:
    """Every unit and region whose sums a row belongs to, each once."""
    regions = {row.region_id, row.city_id, row.province_id} - {None}
    unit = [("unit", row.unit_id)] if row.unit_id else []
    return unit + [("region", region) for region in sorted(regions)]


def sums_of_registration(registration: Registration) -> Counter:
    """What one submitted registration adds to the sums of its places."""
    if registration.status == Status.DRAFT:
        return Counter()
    found = Counter({registration.status: 1})
    for stage in ("first", "final"):
        if (wait := getattr(registration, f"{stage}_wait")) is not None:
            found[f"{stage}_wait"], found[f"{stage}_waits"] = int(wait.total_seconds()), 1
    return found


def sums_of_person(row: PersonTotal) -> Counter:
    """What one person's year adds to the sums of its places."""
    return Counter(
        people=1,
        reached=int(row.reached),
        public=Decimal(row.public),
        professional=Decimal(row.professional),
        over_cap=Decimal(row.over_cap),
    )


def sums_of(rows: Iterable[Registration | PersonTotal]) -> Sums:
    """What all these rows add up to, by place and year."""
    found: Sums = defaultdict(Counter)
    for row in rows:
        added = sums_of_person(row) if isinstance(row, PersonTotal) else sums_of_registration(row)
        if added:
            for kind, place in places_of(row):
                found[kind, place, row.year].update(added)
    return found


def difference(before: Sums, after: Sums) -> Sums:
    """What must be added to go from one to the other; empty where nothing changed."""
    found: Sums = {}
    for key in before.keys() | after.keys():
        change = Counter(after.get(key, Counter()))
        change.subtract(before.get(key, Counter()))
        if change := Counter({name: amount for name, amount in change.items() if amount}):
            found[key] = change
    return found


def add_to_places(change: Sums) -> None:
    """Add to the stored sums of places; one statement, rows in one order."""
    if not change:
        return
    rows = [[*key, *(change[key].get(name, 0) for name in COLUMNS)] for key in sorted(change)]
    table = PlaceTotal._meta.db_table
    names = ["kind", "place", "year", *COLUMNS]
    values = ", ".join(["(" + ", ".join(["%s"] * len(names)) + ")"] * len(rows))
    grow = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COLUMNS)
    # Names are the model's own; everything that comes from outside is a parameter.
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES {values} "  # noqa: S608
        f"ON CONFLICT (kind, place, year) DO UPDATE SET {grow}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])


def update_for_registrations(
    before: Sums,
    registrations: Sequence[Registration],
    people: Iterable[PersonAndYear] = (),
    *,
    undecided: bool = False,
) -> None:
    """Bring the sums of places up to date after registrations moved, and those of `people` if their years count anew;
    `before` is `sums_of` the registrations before that. Registrations that nobody has decided about
    (`undecided`) bring no hours, they only say where the person belongs.

    The rows of people are locked before those of places, here as everywhere: the other way round a recognition and a
    completion of one person could wait for each other.
    """
    belongs = (
        {(registration.owner_id, registration.year): _where(registration) for registration in registrations}
        if undecided
        else {}
    )
    gained = _people_difference(people, belongs)
    for key, change in difference(before, sums_of(registrations)).items():
        gained.setdefault(key, Counter()).update(change)
    add_to_places(gained)


@transaction.atomic
def update_for_people(pairs: Iterable[PersonAndYear]) -> None:
    """Count these people's years anew and bring the sums of their places along; constant statements."""
    add_to_places(_people_difference(pairs))


def _people_difference(pairs: Iterable[PersonAndYear], belongs: Mapping[PersonAndYear, tuple] = {}) -> Sums:
    """Count these people's years anew; return what their places gain, which is still to be added.

    `belongs` holds years in which only the place can have changed: one that stands there already is left as it is, and
    one that had no row has no hours, because nothing was submitted or completed in it before.
    """
    stored = [row for row in _locked(pairs) if not row.is_counted or belongs.get(_pair(row)) != _where(row)]
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
    # An upsert: `bulk_update` compares every row with every key, which takes seconds for a thousand rows.
    PersonTotal.objects.bulk_create(
        keep,
        update_conflicts=True,
        unique_fields=["person", "year"],
        update_fields=[*PERSON_COLUMNS, "is_counted"],
    )
    PersonTotal.objects.filter(pk__in=drop).delete()
    return difference(before, sums_of(keep))


def _locked(pairs: Iterable[PersonAndYear]) -> list[PersonTotal]:
    """The rows of these people's years, made where they are missing and locked in one order; one statement."""
    rows = [(*pair, 0, 0, 0, False, False) for pair in sorted(set(pairs))]
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


def _without_hours(pair: PersonAndYear, where: tuple) -> PersonTotal:
    return PersonTotal(person_id=pair[0], year=pair[1], **dict(zip(PLACE_COLUMNS, where, strict=True)))


def _pair(row: PersonTotal) -> PersonAndYear:
    return row.person_id, row.year


def _where(row: Registration | PersonTotal) -> tuple:
    return tuple(getattr(row, name) for name in PLACE_COLUMNS)


def person_totals(pairs: Iterable[PersonAndYear]) -> dict[PersonAndYear, PersonTotal]:
    """For each pair that has anything submitted or completed what its row should hold; five queries for any number."""
    pairs = set(pairs)
    if not pairs:
        return {}
    registrations: dict[PersonAndYear, list[Registration]] = defaultdict(list)
    submitted = Registration.objects.filter(_of(pairs, "owner")).exclude(status=Status.DRAFT)
    for registration in submitted.select_related("category").order_by("ends_at", "pk"):
        registrations[registration.owner_id, registration.year].append(registration)
    completions = Completion.objects.filter(_of(pairs, "person", "course__year")).order_by()
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
    """Year -> type -> the most hours it counts for; one query."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for year, category, hours in Cap.objects.filter(rule__year__in=years).values_list(
        "rule__year", "category_id", "hours"
    ):
        found[year][category] = hours
    return found


def counted_hours(
    registrations: Iterable[Registration], caps: dict[int, Decimal]
) -> list[tuple[Registration, Decimal]]:
    """Recognised registrations (types loaded), in the order of their end, each with the hours that count under the
    caps.
    """
    recognised = [registration for registration in registrations if registration.status in COUNTED]
    facts = [
        RecognisedHours(registration.hours_recognised, registration.category_id, registration.category.parent_id)
        for registration in recognised
    ]
    return list(zip(recognised, count_year(facts, caps), strict=True))


def person_total(
    pair: PersonAndYear,
    registrations: list[Registration],
    public: Decimal,
    rule: YearRule | None,
    caps: dict[int, Decimal],
    homes: dict[int, dict[str, int | None]],
) -> PersonTotal:
    """What the row of one person's year should hold; `homes` tells of those who submitted nothing."""
    counted = counted_hours(registrations, caps)
    professional = sum((hours for _, hours in counted), ZERO)
    claimed = sum((registration.hours_recognised for registration, _ in counted), ZERO)
    latest = max(registrations, key=lambda registration: (registration.submitted_at, registration.pk), default=None)
    home = {name: getattr(latest, name) for name in PLACE_COLUMNS} if latest else homes[pair[0]]
    return PersonTotal(
        person_id=pair[0],
        year=pair[1],
        public=public,
        professional=professional,
        over_cap=claimed - professional,
        reached=rule is not None and meets_requirements(public, professional, rule.total, rule.professional),
        **home,
    )


def _homes(people: set[int]) -> dict[int, dict[str, int | None]]:
    """For people who only completed courses: the unit of their profile and where it lies."""
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


def _of(pairs: Iterable[PersonAndYear], person: str = "person", year: str = "year") -> Q:
    """The condition "one of these people in one of their years"."""
    people: dict[int, list[int]] = defaultdict(list)
    for key, its_year in pairs:
        people[its_year].append(key)
    conditions = (Q(**{year: its_year, f"{person}__in": keys}) for its_year, keys in people.items())
    return reduce(or_, conditions, NO_ROWS)


def batched(rows: Iterable, size: int) -> Iterator[list]:
    """Lists of at most `size` (itertools.batched is Python 3.12's)."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


@transaction.atomic
def merge_unit_sums(unit: Unit, into: Unit) -> None:
    """After a merge of units: what was the one's is the other's."""
    gone = PlaceTotal.objects.filter(kind=PlaceTotal.Kind.UNIT, place=unit.pk)
    add_to_places(
        {("unit", into.pk, row.year): Counter({name: getattr(row, name) for name in COLUMNS}) for row in gone}
    )
    gone.delete()


# --- Proof -----------------------------------------------------------------------------------------


def recount(year: int) -> dict[str, int]:
    """Make one year's sums from the rows alone; return how many rows of people and of places were wrong.

    For a rule or cap that changed, and as the proof that nothing drifts.
    """
    with transaction.atomic():
        return {"people": _recount_people(year), "places": _recount_places(year)}


def known_years() -> list[int]:
    """Every year that has rows to be added up, or sums."""
    sources = ((Registration, "year"), (Completion, "course__year"), (PersonTotal, "year"), (PlaceTotal, "year"))
    found = (model.objects.order_by().values_list(year, flat=True).distinct() for model, year in sources)
    return sorted(set(chain.from_iterable(found)))


def _recount_people(year: int) -> int:
    people = set(Registration.objects.filter(year=year).exclude(status=Status.DRAFT).values_list("owner_id", flat=True))
    people |= set(Completion.objects.filter(course__year=year).values_list("person_id", flat=True))
    people |= set(PersonTotal.objects.filter(year=year).values_list("person_id", flat=True))
    wrong, gained = 0, defaultdict(Counter)
    for chunk in batched(sorted(people), CHUNK):
        pairs = [(person, year) for person in chunk]
        before = {row.person_id: _values(row) for row in PersonTotal.objects.filter(_of(pairs))}
        for key, change in _people_difference(pairs).items():
            gained[key].update(change)
        after = {row.person_id: _values(row) for row in PersonTotal.objects.filter(_of(pairs))}
        wrong += sum(before.get(person) != after.get(person) for person in chunk)
    for keys in batched(sorted(gained), CHUNK):  # only now: all people's rows are locked before any place's
        add_to_places({key: gained[key] for key in keys})
    return wrong


def _values(row: PersonTotal) -> tuple:
    return tuple(getattr(row, name) for name in PERSON_COLUMNS)


def _recount_places(year: int) -> int:
    stored: Sums = {
        (row.kind, row.place, row.year): Counter({name: getattr(row, name) for name in COLUMNS if getattr(row, name)})
        for row in PlaceTotal.objects.filter(year=year)
    }
    fresh: Sums = defaultdict(Counter)
    registrations = Registration.objects.filter(year=year).exclude(status=Status.DRAFT)
    for rows in (registrations, PersonTotal.objects.filter(year=year)):
        for key, sums in sums_of(rows.iterator(chunk_size=CHUNK)).items():
            fresh[key].update(sums)
    change = difference(stored, fresh)
    for keys in batched(sorted(change), CHUNK):
        add_to_places({key: change[key] for key in keys})
    return len(change)
