"""The people and the unit that pages are measured with; created by the first measurement and kept."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from accounts import appointments
from accounts.models import Appointment, User
from demo import bulk, generators, province
from hours.models import PersonTotal, Registration, Submission
from hours.states import EDITABLE, Status
from hours.totals import sums
from organizations import regions
from organizations.models import Unit

OWNER = "benchmark"
SUPERUSER = "benchmark_admin"
REVIEWER = "benchmark_region"  # of the root region
REGISTRATIONS, DRAFTS = 80, 20  # a list page has 20 rows
UNIT_PEOPLE, REGISTRATIONS_EACH = 10, 8


def session_cookie(person: User) -> str:
    """Return the Cookie header of a new session in which this person is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


@transaction.atomic
def owner(seed: int) -> User:
    """Return a person with full lists of registrations and drafts."""
    if person := User.objects.filter(username=OWNER).first():
        return person
    world = province.World.from_database(generators.seeded(seed))
    id_number = generators.resident_id(province.ID_AREA, 9_999_000)
    person = User.objects.create_user(OWNER, name="测量员", id_number=id_number, unit=world.units[0])
    registrations = [province.make_registration(person, number, world) for number in range(REGISTRATIONS)]
    for registration in registrations:
        if registration.status in EDITABLE:
            registration.status = Status.REFUSED
    for registration in registrations[:DRAFTS]:
        registration.status, registration.hours_proposed, registration.hours_recognised = Status.DRAFT, None, None
    _insert(registrations, world)
    return person


@transaction.atomic
def unit_with_people(seed: int) -> Unit:
    """Return a unit with ten people and their registrations; a unit without people is chosen for them."""
    if person := User.objects.filter(username=f"{OWNER}_1").first():
        return province.unit_of(person)
    world = province.World.from_database(generators.seeded(seed))
    occupied = set(User.objects.exclude(unit=None).values_list("unit_id", flat=True))
    unit = next((unit for unit in reversed(world.units) if unit.pk not in occupied), world.units[-1])
    people = [
        User.objects.create_user(
            f"{OWNER}_{number}",
            name=generators.person_name(world.random),
            id_number=generators.resident_id(province.ID_AREA, 9_999_000 + number),
            unit=unit,
        )
        for number in range(1, UNIT_PEOPLE + 1)
    ]
    registrations = [
        province.make_registration(person, number, world) for person in people for number in range(REGISTRATIONS_EACH)
    ]
    _insert(registrations, world)
    return unit


def _insert(registrations: list[Registration], world: province.World) -> None:
    sums.add_to_places(province.insert_registrations(registrations, world))
    bulk.reset_sequences(Submission, Registration, PersonTotal)


@transaction.atomic
def root_reviewer() -> User:
    """Return the reviewer of the root region, who sees the statistics of everything."""
    if person := User.objects.filter(username=REVIEWER).first():
        return person
    id_number = generators.resident_id(province.ID_AREA, 9_999_999)
    person = User.objects.create_user(REVIEWER, name="测量终审员", id_number=id_number)
    appointments.appoint(person, Appointment.Role.REGION_REVIEWER, region=regions.root())
    return person


@transaction.atomic
def superuser() -> User:
    if person := User.objects.filter(username=SUPERUSER).first():
        return person
    id_number = generators.resident_id(province.ID_AREA, 9_999_998)
    return User.objects.create_superuser(SUPERUSER, name="测量管理员", id_number=id_number)
