"""The people of the demonstration, their reviewers, and the four accounts that visitors log in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from django.utils import timezone

from accounts import appointments
from accounts.models import Appointment, User
from organizations import regions
from organizations.models import Region, Unit

from . import invented
from .units import LONELY, OF_THE_MANUAL, PENDING

PASSWORD = "Xueshi-2026"  # noqa: S105  (published in the README: the demonstration is for everybody)
ACCOUNTS = [
    ("trainee", "专业技术人员", "登记、提交、查询学时"),
    ("unit", "单位审核员", "负责本单位的初审"),
    ("region", "终审员", "负责所在市的终审"),
    ("admin", "管理员", "系统管理（/admin/）"),
]
ID_AREA = "450000"  # no person's number begins with a province's own code
FIELDS = ["林业", "电影放映", "建筑工程", "小学教育", "学前教育", "采矿工程", "临床医学"]
PEOPLE_PER_UNIT = 5
COLLEAGUES = 16  # of the trainee, so that the unit reviewer has a queue and the unit's year is worth a look


@dataclass
class Office:
    """Where a person submits, and who decides there; `reviewer` is None where nobody does the 初审."""

    unit: Unit
    region: Region
    field: str
    final: User
    reviewer: User | None = None
    second: User | None = None

    def first_for(self, owner: User) -> User | None:
        """Nobody decides about an own registration: the second reviewer does it for the first."""
        return self.second if owner == self.reviewer else self.reviewer


class Cast:
    """Everybody. `trainees` are pairs of person and office: the forty people who have histories of three years.

    `station` is the office of the account `unit`, whose `colleagues` have this year's registrations only.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.number = 0
        self.since = timezone.localdate() - timedelta(days=4 * 365)
        self.root = regions.root()
        self.trainees: list[tuple[User, Office]] = []
        self.colleagues: list[User] = []
        self.admin = self._person("admin", "陆世杰", is_staff=True, is_superuser=True)
        self._appoint(self.admin, Appointment.Role.REGION_ADMIN, region=self.root)
        self.root_final = self._person("region_root", "梁永福")
        self._appoint(self.root_final, Appointment.Role.REGION_REVIEWER, region=self.root)
        self.stand_in = self._person("region_deputy", "凌素云")  # does the 初审 where a unit has nobody for it
        self._appoint(self.stand_in, Appointment.Role.REGION_REVIEWER, region=self.root)
        self._fill_units()
        self._fill_odd_places()

    def _fill_units(self) -> None:
        named = {unit.name: unit for unit in Unit.objects.filter(name__in=[name for name, *_ in OF_THE_MANUAL])}
        manual = [named[name] for name, *_ in OF_THE_MANUAL]
        hospital = self._some_unit(name__endswith="人民医院", state=Unit.State.ACTIVE)
        city = self._city_of(manual[0].region)
        self.city_final = self._person("region", "莫志强")
        self.of_city = self._appoint(self.city_final, Appointment.Role.REGION_REVIEWER, region=city)
        for unit, field in zip([*manual, hospital], FIELDS, strict=True):
            in_city = unit.region.is_descendant_of(city, include_self=True)
            office = Office(unit, unit.region, field, self.city_final if in_city else self.root_final)
            self._fill_unit(office, first=unit == manual[0])
        self.station = self.trainees[0][1]
        self.colleagues = [self._person(unit=self.station.unit) for _ in range(COLLEAGUES)]

    def _fill_unit(self, office: Office, *, first: bool) -> None:
        usernames, names = ([None] * PEOPLE_PER_UNIT,) * 2
        if first:
            usernames, names = ["trainee", "unit", None, None, None], ["黄秋梦", "覃晓燕", None, None, None]
        people = [self._person(username, name, office.unit) for username, name in zip(usernames, names, strict=True)]
        office.reviewer, office.second = people[1], people[2]
        for reviewer in (office.reviewer, office.second):
            self._appoint(reviewer, Appointment.Role.UNIT_REVIEWER, unit=office.unit)
        self.trainees += [(person, office) for person in people]

    def _fill_odd_places(self) -> None:
        """In the city of the account `region`: a unit without a reviewer (无人初审), a 待核实 one, and 其他单位."""
        unaffiliated = Unit.objects.get(is_unaffiliated=True)
        lonely, pending = (self._some_unit(name=name) for name, *_ in (LONELY, PENDING))
        for unit, region, field, people in (
            (lonely, lonely.region, "水利工程", 2),
            (pending, pending.region, "环境工程", 1),
            (unaffiliated, lonely.region, "信息技术", 2),
        ):
            office = Office(unit, region, field, self.city_final)
            own_unit = None if unit.is_unaffiliated else unit
            self.trainees += [(self._person(unit=own_unit), office) for _ in range(people)]

    def _some_unit(self, **conditions) -> Unit:
        units = Unit.objects.filter(**conditions).exclude(is_unaffiliated=True).select_related("region").order_by("pk")
        return units[self.random.randrange(min(50, units.count()))]

    def _city_of(self, region: Region) -> Region:
        path = list(Region.objects.with_ancestors(region))
        return path[min(1, len(path) - 1)]

    def _person(self, username: str | None = None, name: str | None = None, unit: Unit | None = None, **flags) -> User:
        self.number += 1
        id_number = invented.resident_id(ID_AREA, self.number * 997)
        if username == "trainee":
            id_number = invented.resident_id_ending(ID_AREA, "3321")  # as in the manual's pictures
        return User.objects.create_user(
            username or f"demo{self.number:02d}",
            PASSWORD if username in {account for account, *_ in ACCOUNTS} else None,
            name=name or invented.person_name(self.random),
            id_number=id_number,
            unit=unit,
            **flags,
        )

    def _appoint(self, person: User, role: str, **scope) -> Appointment:
        return appointments.appoint(person, role, valid_from=self.since, **scope)
