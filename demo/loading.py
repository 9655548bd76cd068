"""Load the whole demonstration in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from accounts.models import User
from config.commands import progress_bar
from hours import base_data

from . import generators, plans, scenes, this_year, units
from .histories import HistoryWriter, PlannedSubmission
from .people import ACCOUNTS, DemoPeople, Workplace


def require_debug() -> None:
    """Raise CommandError unless DEBUG is on: invented data must never reach a real installation."""
    if not settings.DEBUG:
        raise CommandError("Refused: invented data is only ever loaded when DEBUG is on. Nothing was changed.")


def is_loaded() -> bool:
    return User.objects.filter(username=ACCOUNTS[0][0]).exists()


@transaction.atomic
def load(seed: int, unit_count: int = units.COUNT) -> None:
    """Load regions, units, people with their histories, and the demo accounts.

    The same seed gives the same data within one day.
    """
    base_data.load(settings.ROOT_REGION)
    units.load(seed, unit_count)
    random = generators.seeded(seed)
    people = DemoPeople(random)
    writer = HistoryWriter(people.admin, people.deputy, random)
    count = len(people.trainees) + len(people.colleagues)
    with progress_bar("人员及学时记录", count) as bar:
        for person, workplace, submissions in _histories(people, random):
            for planned in submissions:
                writer.write(person, workplace, planned)
            bar.update()
    writer.backdate()
    scenes.complete_courses(people, random)
    scenes.register_collectively(people, writer)
    scenes.issue_certificates(people, writer)
    scenes.read_notices(people.trainee)
    scenes.appoint_deputies(people)
    scenes.reopen_last_year(people)


def _histories(people: DemoPeople, random: Random) -> Iterator[tuple[User, Workplace, list[PlannedSubmission]]]:
    """Yield the planned submissions of each person."""
    for number, (person, workplace) in enumerate(people.trainees):
        submissions = plans.random_submissions(workplace, random) if number else list(plans.TRAINEE_SUBMISSIONS)
        if workplace.reviewer is None:
            is_unaffiliated = workplace.unit.is_unaffiliated
            submissions.append(this_year.special_submission(workplace.field, is_unaffiliated=is_unaffiliated))
        yield person, workplace, submissions
    for number, person in enumerate(people.colleagues):
        yield person, people.station, this_year.colleague_submissions(number)
