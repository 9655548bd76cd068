"""The whole demonstration in one transaction: all of it is there, or nothing."""

from __future__ import annotations

from datetime import date
from random import Random

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.progress import watched
from hours import base_data, totals
from hours.models import Completion, Course

from . import invented, plans, units
from .histories import Narrator
from .people import ACCOUNTS, Cast

SOURCE = "学习平台（示例）"


def refuse_outside_development() -> None:
    """CommandError unless DEBUG is on: invented data must never reach a real installation."""
    if not settings.DEBUG:
        raise CommandError("Refused: invented data is only ever loaded when DEBUG is on. Nothing was changed.")


def is_loaded() -> bool:
    return User.objects.filter(username=ACCOUNTS[0][0]).exists()


@transaction.atomic
def load(seed: int, out=None, unit_count: int = units.COUNT) -> None:
    """Regions, units, people with their histories, and the demo accounts; the same seed makes the same on one day."""
    base_data.load(settings.ROOT_REGION)
    units.load(seed, out, unit_count)
    random = invented.seeded(seed)
    cast = Cast(random)
    narrator = Narrator(cast.admin, cast.stand_in, random)
    for number, (person, office) in enumerate(watched(cast.trainees, "人员及学时记录", len(cast.trainees), out)):
        story = plans.of_the_trainee() if number == 0 else plans.by_lot(office, random)
        for day, entries in story:
            narrator.play(person, office, entries, day)
    narrator.date_back()
    _complete_courses([person for person, _ in cast.trainees], random)


def _complete_courses(people: list[User], random: Random) -> None:
    """The trainee has completed one course this year, as in the manual's picture; the others some of each year."""
    courses = list(Course.objects.order_by("year", "pk"))
    latest = max((course.year for course in courses), default=0)
    chosen = [(people[0], course) for course in courses if latest - 3 < course.year < latest]
    chosen += [(people[0], course) for course in courses if course.year == latest and course.hours == 9][:1]
    chosen += [(person, course) for person in people[1:] for course in courses if random.random() < 0.7]
    Completion.objects.bulk_create(
        Completion(
            person=person,
            course=course,
            hours=course.hours,
            completed_on=min(date(course.year, random.randint(3, 12), random.randint(1, 28)), timezone.localdate()),
            source=SOURCE,
            source_key=f"demo-{person.username}-{course.pk}",
        )
        for person, course in chosen
    )
    totals.people_changed((person.pk, course.year) for person, course in chosen)
