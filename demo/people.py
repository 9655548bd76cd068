"""The people of the demonstration, their reviewers, and the four accounts that visitors log in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment, User
from organizations import regions
from organizations.models import Region, Unit

from . import generators
from .units import MANUAL_UNITS, PENDING, WITHOUT_REVIEWER

PASSWORD = "Xueshi-2026"  # noqa: S105  (published in the README: the demonstration is for everybody)
# (username, role, purpose)
ACCOUNTS = [
    ("trainee", "专业技术人员", "登记、提交、查询学时"),
    ("unit", "单位审核员", "负责本单位的初审"),
    ("region", "终审员", "负责所在市的终审"),
    ("admin", "管理员", "系统管理（/admin/）"),
]
ID_AREA = "450000"  # a province's own code, never issued to a person
FIELDS = ["林业", "电影放映", "建筑工程", "小学教育", "学前教育", "采矿工程", "临床医学"]
PEOPLE_PER_UNIT = 5
COLLEAGUES = 16  # of the trainee: enough for a review queue and for the unit's statistics


@dataclass(frozen=True)
class Workplace:
    """The unit and region that a person submits to, and the reviewers there.

    `reviewer` is None where no one does the 初审. `second_reviewer` reviews the registrations of the first.
    """

    unit: Unit
    region: Region
    field: str
    final_reviewer: User
    reviewer: User | None = None
    second_reviewer: User | None = None

    def first_reviewer_for(self, owner: User) -> User | None:
        return self.second_reviewer if owner == self.reviewer else self.reviewer


class DemoPeople:
    """All people of the demonstration.

    `trainees` are the forty people with a history of three years, each with the workplace. `station` is the workplace
    of the accounts `trainee` and `unit`, and `station_reviewer` the person of the account `unit`. `colleagues` work
    there and have registrations of this year only.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.number = 0
        self.appointed_on = timezone.localdate() - timedelta(days=4 * 365)
        self.root = regions.root()
        self.trainees: list[tuple[User, Workplace]] = []
        self.admin = self._person("admin", "陆世杰", is_staff=True, is_superuser=True)
        self._appoint(self.admin, Appointment.Role.REGION_ADMIN, region=self.root)
        self.root_reviewer = self._person("region_root", "梁永福")
        self._appoint(self.root_reviewer, Appointment.Role.REGION_REVIEWER, region=self.root)
        # Does the 初审 where a unit has no reviewer.
        self.deputy = self._person("region_deputy", "凌素云")
        self._appoint(self.deputy, Appointment.Role.REGION_REVIEWER, region=self.root)
        self._fill_units()
        self._fill_special_units()

    def _fill_units(self) -> None:
        named = {unit.name: unit for unit in Unit.objects.filter(name__in=[name for name, *_ in MANUAL_UNITS])}
        station, *others = [named[name] for name, *_ in MANUAL_UNITS]
        hospital = self._random_unit(name__endswith="人民医院", state=Unit.State.ACTIVE)
        city = self._city_of(station.region)
        self.city_reviewer = self._person("region", "莫志强")
        self.city_appointment = self._appoint(self.city_reviewer, Appointment.Role.REGION_REVIEWER, region=city)
        for unit, field in zip([station, *others, hospital], FIELDS, strict=True):
            in_city = unit.region.is_descendant_of(city, include_self=True)
            final_reviewer = self.city_reviewer if in_city else self.root_reviewer
            self._fill_unit(unit, field, final_reviewer, has_accounts=unit == station)
        self.trainee, self.station = self.trainees[0]
        self.station_reviewer = self.trainees[1][0]
        self.colleagues = [self._person(unit=self.station.unit) for _ in range(COLLEAGUES)]

    def _fill_unit(self, unit: Unit, field: str, final_reviewer: User, *, has_accounts: bool) -> None:
        """Create the people of a unit; the second and the third are its reviewers."""
        named: list[tuple[str | None, str | None]] = [("trainee", "黄秋梦"), ("unit", "覃晓燕")] * has_accounts
        named += [(None, None)] * (PEOPLE_PER_UNIT - len(named))
        people = [self._person(username, name, unit) for username, name in named]
        workplace = Workplace(unit, unit.region, field, final_reviewer, people[1], people[2])
        for reviewer in people[1:3]:
            self._appoint(reviewer, Appointment.Role.UNIT_REVIEWER, unit=unit)
        self.trainees += [(person, workplace) for person in people]

    def _fill_special_units(self) -> None:
        """In the city of the account `region`: a unit without a reviewer (无人初审), a 待核实 one, and 其他单位."""
        unaffiliated = Unit.objects.get(is_unaffiliated=True)
        without_reviewer, pending = (self._random_unit(name=name) for name, *_ in (WITHOUT_REVIEWER, PENDING))
        for unit, region, field, count in (
            (without_reviewer, without_reviewer.region, "水利工程", 2),
            (pending, pending.region, "环境工程", 1),
            (unaffiliated, without_reviewer.region, "信息技术", 2),
        ):
            workplace = Workplace(unit, region, field, self.city_reviewer)
            own_unit = None if unit.is_unaffiliated else unit
            self.trainees += [(self._person(unit=own_unit), workplace) for _ in range(count)]

    def _random_unit(self, **conditions: Any) -> Unit:
        units = Unit.objects.filter(**conditions).exclude(is_unaffiliated=True).select_related("region").order_by("pk")
        return units[self.random.randrange(min(50, units.count()))]

    def _city_of(self, region: Region) -> Region:
        path = list(Region.objects.with_ancestors(region))
        return path[min(1, len(path) - 1)]

    def _person(
        self, username: str | None = None, name: str | None = None, unit: Unit | None = None, **flags: bool
    ) -> User:
        self.number += 1
        id_number = generators.resident_id(ID_AREA, self.number * 997)
        if username == "trainee":
            id_number = generators.resident_id_ending(ID_AREA, "3321")  # as in the manual's pictures
        return User.objects.create_user(
            username or f"demo{self.number:02d}",
            PASSWORD if username in {account for account, *_ in ACCOUNTS} else None,
            name=name or generators.person_name(self.random),
            id_number=id_number,
            unit=unit,
            **flags,
        )

    def _appoint(
        self, person: User, role: str, *, unit: Unit | None = None, region: Region | None = None
    ) -> Appointment:
        return appointments.appoint(person, role, unit=unit, region=region, valid_from=self.appointed_on)
