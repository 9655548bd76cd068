"""The whole demonstration in one transaction: all of it is there, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from accounts.models import User
from config.commands import progress_bar
from hours import base_data

from . import invented, plans, scenes, this_year, units
from .histories import Narrator, Plan
from .people import ACCOUNTS, Cast, Office


def refuse_outside_development() -> None:
    """CommandError unless DEBUG is on: invented data must never reach a real installation."""
    if not settings.DEBUG:
        raise CommandError("Refused: invented data is only ever loaded when DEBUG is on. Nothing was changed.")


def is_loaded() -> bool:
    return User.objects.filter(username=ACCOUNTS[0][0]).exists()


@transaction.atomic
def load(seed: int, unit_count: int = units.COUNT) -> None:
    """Regions, units, people with their histories, and the demo accounts; the same seed makes the same on one day."""
    base_data.load(settings.ROOT_REGION)
    units.load(seed, unit_count)
    random = invented.seeded(seed)
    cast = Cast(random)
    narrator = Narrator(cast.admin, cast.stand_in, random)
    stories = _stories(cast, random)
    with progress_bar("人员及学时记录", len(cast.trainees) + len(cast.colleagues)) as bar:
        for person, office, story in stories:
            for day, registrations in story:
                narrator.play(person, office, registrations, day)
            bar.update()
    narrator.date_back()
    people = [person for person, _ in cast.trainees] + cast.colleagues
    keen = [person for number, person in enumerate(cast.colleagues) if this_year.is_diligent(number)]
    scenes.complete_courses(people, keen, random)
    scenes.enter_together(cast, narrator)
    scenes.issue_certificates(cast, narrator)
    scenes.read_notices(people[0])
    scenes.appoint_deputies(cast)
    scenes.open_last_year(cast)


def _stories(cast: Cast, random: Random) -> Iterator[tuple[User, Office, list[tuple[int, list[Plan]]]]]:
    """Who does what, one person after the other."""
    for number, (person, office) in enumerate(cast.trainees):
        story = plans.by_lot(office, random) if number else plans.of_the_trainee()
        if office.reviewer is None:
            story.append(this_year.of_odd_place(office.field, is_unaffiliated=office.unit.is_unaffiliated))
        yield person, office, story
    for number, person in enumerate(cast.colleagues):
        yield person, cast.station, this_year.of_colleague(number)
