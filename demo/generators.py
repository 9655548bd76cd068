"""Invented people and units: plausible names, and numbers that are valid but never issued.

ID numbers begin with area codes that are never issued to people; the body of credit codes is counted.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from accounts import identity
from organizations import credit_code
from organizations.models import Region, Unit

NAMES = json.loads((Path(__file__).parent / "names.json").read_text(encoding="utf-8"))
# What credit codes begin with, before the region code.
PUBLIC, COMPANY, SOCIETY = "12", "91", "52"
COMPANIES = [(name + kind, COMPANY) for name in NAMES["company_names"].split() for kind in NAMES["company_kinds"]]
COUNTY_UNITS = [(kind, PUBLIC) for kind in NAMES["of_counties"]] + [(kind, SOCIETY) for kind in NAMES["societies"]]

BODY = 10_000_000
STRIDE = 7_919_317  # coprime to BODY: its multiples give every body once


def unit_code(prefix: str, region_code: str, number: int, series: int = 0) -> str:
    """Return the credit code of an invented unit, unique for numbers below ten million within a series."""
    first_17 = f"{prefix}{region_code}{series:02d}{number * STRIDE % BODY:07d}"
    return first_17 + credit_code.check_character(first_17)


def wrong_unit_code(code: str) -> str:
    """Return the code with a wrong check character."""
    place = credit_code.ALPHABET.index(code[-1])
    return code[:-1] + credit_code.ALPHABET[(place + 1) % len(credit_code.ALPHABET)]


def resident_id(area: str, number: int) -> str:
    """Return the ID number of an invented person: a thousand numbers per day of birth, from 1965 on."""
    born = date(1965, 1, 1) + timedelta(days=number // 1000 * 37 % 12_000)
    first_17 = f"{area}{born:%Y%m%d}{number % 1000:03d}"
    return first_17 + identity.check_character(first_17)


def resident_id_ending(area: str, tail: str) -> str:
    """Return the first ID number, born 1986 or later, that ends with these four characters."""
    day = date(1986, 1, 1)
    while identity.check_character(f"{area}{day:%Y%m%d}{tail[:3]}") != tail[3]:
        day += timedelta(days=1)
    return f"{area}{day:%Y%m%d}{tail}"


def seeded(seed: int) -> Random:
    """Return a random generator that gives the same numbers for the same seed."""
    return Random(seed)  # noqa: S311  (invented data, no secrets)


def person_name(random: Random) -> str:
    return random.choice(NAMES["surnames"]) + random.choice(NAMES["given_names"].split())


def unit_names(region: Region, random: Random) -> Iterator[tuple[str, str]]:
    """Yield (name, credit code prefix) without end, each name once per region."""
    own = _county_units(random) if region.kind == Region.Kind.COUNTY else _city_units()
    pool = own + COUNTY_UNITS + random.sample(COMPANIES, 100)
    random.shuffle(pool)
    yield from ((region.name + name, prefix) for name, prefix in pool)
    for branch in itertools.count(1):
        yield from ((f"{region.name}{name}（第{branch}分部）", prefix) for name, prefix in pool)


def _county_units(random: Random) -> list[tuple[str, str]]:
    pairs = itertools.product(NAMES["towns_first"], NAMES["towns_second"])
    chosen = random.sample([first + second for first, second in pairs], random.randint(8, 14))
    towns = [town + random.choice("镇镇镇乡") for town in chosen]
    offices = [town + kind for town in towns for kind in NAMES["of_towns"]]
    villages = NAMES["villages"].split()
    schools = [f"{town}{village}村小学" for town in towns for village in random.sample(villages, 8)]
    return [(name, PUBLIC) for name in offices + schools]


def _city_units() -> list[tuple[str, str]]:
    return [(f"第{number}{kind}", PUBLIC) for number in "一二三四五六七八九" for kind in NAMES["schools_of_cities"]]


def units(places: list[Region], count: int, random: Random, *, first: int = 0, series: int = 0) -> Iterator[Unit]:
    """Yield `count` unsaved units, each region at least once if possible, some up to four times as often as others."""
    names = {place.pk: unit_names(place, random) for place in places}
    weights = [random.choice((1, 2, 2, 3, 4)) for _ in places]
    in_turn = places * (count >= len(places))
    chosen = in_turn + random.choices(places, weights, k=count - len(in_turn))
    for number, place in enumerate(chosen, first):
        name, prefix = next(names[place.pk])
        state = random.choices((Unit.State.ACTIVE, Unit.State.PENDING, Unit.State.DISABLED), (985, 8, 7))[0]
        yield Unit(name=name, credit_code=unit_code(prefix, place.code, number, series), region=place, state=state)
