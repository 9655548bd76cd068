"""The import of people by an administrator: accounts with random first passwords, and changes of unit and telephone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.core.exceptions import ValidationError

from config.files.importing import Importer, PlannedLine, Problem, all_problems, changes, compared, refused
from config.files.lines import Columns, Line
from config.texts import name_key, normalise_name
from organizations.import_log import log_import
from organizations.models import Unit
from organizations.named_units import NamedUnits

from . import identity
from .models import User, id_number_problem, identity_digest, phone_validator, username_validator
from .signals import people_added

NAME, KIND, ID_NUMBER, UNIT, PHONE, USERNAME = COLUMNS = (
    "姓名",
    "证件类型",
    "证件号码",
    "单位",
    "手机号码",
    "用户名",
)
KINDS = {label: value for value, label in User.IdKind.choices}
HANDOUT = ("姓名", "证件号码", "用户名", "初始密码")
# Without characters that look alike. 14 of them have 68 bits.
PASSWORD_CHARACTERS, PASSWORD_LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 14


class FirstPasswordHasher(PBKDF2PasswordHasher):
    """A fast hash for random passwords of 68 bits, which nobody can guess; the first log-in replaces it by Argon2.

    Argon2 takes a tenth of a second, too long for thousands of people in one request.
    """

    algorithm = "pbkdf2_first"
    iterations = 1_000


@dataclass
class Known:
    """What the database holds about the lines of a batch."""

    people: dict[str, User]
    units: NamedUnits
    phones: dict[str, int]
    usernames: set[str]


class PeopleImporter(Importer):
    """A line adds a person, or changes unit and telephone of the person with its number; names never change.

    A unit is named by its credit code or its whole name.
    """

    columns = Columns(COLUMNS, (NAME, ID_NUMBER, UNIT), ("原行号", "问题"), names=(NAME,), secret=(ID_NUMBER,))
    shown = COLUMNS
    handout_columns = HANDOUT
    help = (
        "姓名、证件号码、单位必填；单位填统一社会信用代码或全称；证件类型留空为居民身份证，用户名留空由系统生成。"
        "证件号码已注册的人员只更改单位和手机号码。新账号的初始密码在导入后下载，首次登录须修改。"
    )

    def __init__(self, actor: int) -> None:
        self.actor = actor
        self.first_lines: dict[tuple[str, str], int] = {}
        self.handout: list[list[str]] = []

    def plan(self, lines: Sequence[Line], *, write: bool) -> list[PlannedLine]:
        known = _known(lines)
        people = [known.people.get(identity_digest(line.text(ID_NUMBER))) or User() for line in lines]
        planned = [self._plan_line(line, person, known) for line, person in zip(lines, people, strict=True)]
        if write:
            self._write(*changes(zip(planned, people, strict=True)))
        return planned

    def take_handout(self) -> list[list[str]]:
        given, self.handout = self.handout, []
        return given

    def _plan_line(self, line: Line, person: User, known: Known) -> PlannedLine:
        """Plan one line, and set its values on the person unless it is wrong."""
        if problems := all_problems(line, self.columns, self._problems(line, person, known)):
            return refused(line, problems)
        before = _texts(line, person) if person.pk else None
        person.unit = known.units.get(line.text(UNIT))
        person.phone = identity.normalise_phone(line.text(PHONE)) or person.phone or None
        if before is None:
            person.name, person.username = normalise_name(line.text(NAME)), line.text(USERNAME).lower()
            person.id_number = identity.normalise(line.text(ID_NUMBER))
            person.id_kind = KINDS[line.text(KIND) or User.IdKind.RESIDENT.label]
        return compared(line, before, _texts(line, person))

    def _problems(self, line: Line, person: User, known: Known) -> Iterator[Problem]:
        """Yield what the rules find wrong in a line; they are those of the sign-up."""
        name, number = normalise_name(line.text(NAME)), identity.normalise(line.text(ID_NUMBER))
        if person.pk and name_key(person.name) != name_key(name):
            yield Problem(NAME, "与已注册的姓名不一致，请核对证件号码。")
        elif len(name) > User.NAME_LENGTH:
            yield Problem(NAME, f"超过 {User.NAME_LENGTH} 个字。")
        elif problem := identity.name_problem(name):
            yield Problem(NAME, f"：{problem}")
        kind = KINDS.get(line.text(KIND) or User.IdKind.RESIDENT.label)
        if kind is None:
            yield Problem(KIND, f"应为{'、'.join(KINDS)}之一。")
        elif not person.pk and (problem := id_number_problem(kind, number)):
            yield Problem(ID_NUMBER, f"：{problem}")
        elif person.pk and line.text(KIND) and kind != person.id_kind:
            yield Problem(KIND, f"与已注册的“{User.IdKind(person.id_kind).label}”不一致，请核对证件号码。")
        if problem := known.units.problem(line.text(UNIT)):
            yield Problem(UNIT, problem)
        yield from self._login_problems(line, person, known)
        yield from self._repetitions(line, number)

    def _login_problems(self, line: Line, person: User, known: Known) -> Iterator[Problem]:
        phone, username = identity.normalise_phone(line.text(PHONE)), line.text(USERNAME).lower()
        for column, value, validator in ((PHONE, phone, phone_validator), (USERNAME, username, username_validator)):
            try:
                if value:
                    validator(value)
            except ValidationError as error:
                yield Problem(column, f"不正确，{error.message}")
        if phone and known.phones.get(phone, person.pk) != person.pk:
            yield Problem(PHONE, "已由他人注册。")
        if username and not person.pk and username in known.usernames:
            yield Problem(USERNAME, "已被使用，请换一个。")
        if username and person.pk and username != person.username:
            yield Problem(USERNAME, f"与已注册的用户名“{person.username}”不一致，导入不更改用户名，请留空。")

    def _repetitions(self, line: Line, number: str) -> Iterator[Problem]:
        values = ((ID_NUMBER, number), (PHONE, identity.normalise_phone(line.text(PHONE))))
        for column, value in (*values, (USERNAME, line.text(USERNAME).lower())):
            first = self.first_lines.setdefault((column, value), line.number) if value else line.number
            if first != line.number:
                yield Problem(column, f"与第 {first} 行重复。")

    def _write(self, new: list[User], changed: list[User]) -> None:
        for person in new:
            password = "".join(secrets.choice(PASSWORD_CHARACTERS) for _ in range(PASSWORD_LENGTH))
            person.username = person.username or f"u{secrets.token_hex(5)}"
            person.password = make_password(password, hasher=FirstPasswordHasher.algorithm)
            person.must_change_password = True
            masked = identity.masked(identity.tail(person.id_number))
            self.handout.append([person.name, masked, person.username, password])
        people_added.send(User, people=User.objects.bulk_create(new))
        User.objects.bulk_update(changed, ("unit", "phone"), batch_size=200)
        log_import(self.actor, new, changed)


def _known(lines: Sequence[Line]) -> Known:
    digests = {identity_digest(line.text(ID_NUMBER)) for line in lines if line.text(ID_NUMBER)}
    phones = {identity.normalise_phone(line.text(PHONE)) for line in lines if line.text(PHONE)}
    usernames = {line.text(USERNAME).lower() for line in lines if line.text(USERNAME)}
    people = User.objects.select_related("unit").filter(id_digest__in=digests).defer("id_number")
    return Known(
        {person.id_digest: person for person in people},
        NamedUnits((line.text(UNIT) for line in lines), Unit.objects.exclude(state=Unit.State.DISABLED)),
        {phone: key for phone, key in User.objects.filter(phone__in=phones).values_list("phone", "pk") if phone},
        set(User.objects.filter(username__in=usernames).values_list("username", flat=True)),
    )


def _texts(line: Line, person: User) -> list[str]:
    """Return the person as the preview shows it."""
    masked = identity.masked(identity.tail(line.text(ID_NUMBER)))
    kind = User.IdKind(person.id_kind).label
    return [person.name, kind, masked, str(person.unit or ""), person.phone or "", person.username]
