"""Making, confirming and ending appointments, with the permission checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from organizations import units
from organizations.models import Region, Unit

from .models import Appointment, User
from .permissions import Allowed, Denied, Permission
from .querysets import AppointmentQuerySet

Role = Appointment.Role
ENDED = Denied("该任职已经结束。")


class AppointmentError(Exception):
    """An appointment cannot be made or ended; the text is a sentence for users."""


@dataclass(frozen=True)
class Position:
    """A role in a unit or region, with the principal's appointment if a deputy takes it."""

    role: str
    unit: Unit | None = None
    region: Region | None = None
    deputy_of: Appointment | None = None

    @classmethod
    def deputy_for(cls, principal: Appointment) -> Position:
        return cls(principal.role, principal.unit, principal.region, principal)


@dataclass(frozen=True)
class PlannedAppointment:
    """An appointment before it is made."""

    position: Position
    person: User
    valid_from: date
    valid_until: date | None


# --- Called by administrators and the 单位注册 -------------------------------------------------------


def appoint(
    person: User,
    role: str,
    *,
    unit: Unit | None = None,
    region: Region | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
    deputy_of: Appointment | None = None,
) -> Appointment:
    """Create a confirmed appointment; by default it starts today and has no end."""
    return Appointment.objects.create(
        person=person,
        role=role,
        unit=unit,
        region=region,
        valid_from=valid_from or timezone.localdate(),
        valid_until=valid_until,
        deputy_of=deputy_of,
        confirmed_at=timezone.now(),
    )


def apply_to_review(person: User, unit: Unit) -> Appointment:
    """Return the person's unconfirmed appointment as reviewer of the unit, created on the first call."""
    application = Appointment.objects.unconfirmed().filter(person=person, unit=unit).first()
    return application or Appointment.objects.create(person=person, role=Role.UNIT_REVIEWER, unit=unit)


@transaction.atomic
def confirm(applications: AppointmentQuerySet) -> int:
    """Confirm these applications from today on; return how many were unconfirmed."""
    return applications.unconfirmed().update(confirmed_at=timezone.now(), valid_from=timezone.localdate())


@transaction.atomic
def confirm_unit(unit: Unit, applications: Iterable[int]) -> None:
    """Set a 待核实 unit to 正常 and confirm these applications to review for it. UnitError if it is not 待核实.

    `applications` holds the keys shown to the administrator; applications made after that stay unconfirmed.
    """
    units.confirm(unit)
    confirm(Appointment.objects.filter(unit=unit, pk__in=applications))


# --- Permissions -----------------------------------------------------------------------------------


def led_by(actor: User) -> QuerySet[Appointment]:
    """Active appointments as unit reviewer, except as a deputy: their holder manages the unit's reviewers."""
    return actor.appointments.active().filter(role=Role.UNIT_REVIEWER, deputy_of=None)


def may_appoint(actor: User, unit: Unit | None) -> Permission:
    """Whether the person may appoint reviewers of the unit and end their appointments."""
    held = list(actor.appointments.active().filter(role=Role.UNIT_REVIEWER, unit=unit))
    if not actor.is_active or not held:
        return Denied("只有该单位在任的审核员可以任命或终止审核员。")
    if all(appointment.deputy_of_id for appointment in held):
        return Denied("代理人不能任命或终止审核员，请由被代理的审核员办理。")
    return Allowed()


def may_deputise(actor: User, principal: Appointment) -> Permission:
    """Whether the person may appoint a deputy for this appointment."""
    if principal.person_id != actor.pk:
        return Denied("只能为本人的任职指定代理人。")
    if principal.deputy_of_id:
        return Denied("代理人不能再指定代理人。")
    if principal.role == Role.REGION_ADMIN:
        return Denied("区域管理员的任职由上级管理员调整，不能自行指定代理人。")
    if not actor.is_active or not principal.is_active:
        return Denied("该任职不在任期内，不能指定代理人。")
    return Allowed()


def may_end(actor: User, appointment: Appointment) -> Permission:
    """Whether the person may end this appointment: their own, their deputy's, or one of a unit they manage."""
    if not (permission := can_end(appointment)):
        return permission
    if appointment.role == Role.REGION_ADMIN:
        return Denied("区域管理员的任职由上级管理员调整。")
    is_own = appointment.person_id == actor.pk
    is_own_deputy = appointment.deputy_of is not None and appointment.deputy_of.person_id == actor.pk
    if actor.is_active and (is_own or is_own_deputy):
        return Allowed()
    if appointment.unit:
        return may_appoint(actor, appointment.unit)
    return Denied("只有本人或被代理的人可以终止该任职。")


def can_end(appointment: Appointment) -> Permission:
    """Whether the appointment is confirmed and has not ended, whoever asks."""
    if not appointment.confirmed_at:
        return Denied("待确认的任职由管理员处理。")
    if appointment.valid_until and appointment.valid_until < timezone.localdate():
        return ENDED
    return Allowed()


# --- Checks of a planned appointment ---------------------------------------------------------------


def date_problems(valid_from: date, valid_until: date | None, principal: Appointment | None = None) -> dict[str, str]:
    """Return a sentence per wrong field. A deputy's period needs an end, within the principal's period."""
    problems = {}
    if valid_from < timezone.localdate():
        problems["valid_from"] = "起始日不能早于今天。"
    if valid_until and valid_until < valid_from:
        problems["valid_until"] = "最后一日不能早于起始日。"
    if principal and not valid_until:
        problems["valid_until"] = "请填写代理的最后一日。"
    elif principal and valid_until and principal.valid_until and valid_until > principal.valid_until:
        problems["valid_until"] = f"代理期不能超过您本人的任期（至 {principal.valid_until}）。"
    return problems


def may_hold(person: User, position: Position, valid_from: date, valid_until: date | None) -> Permission:
    """Whether the person can hold the position in this period: periods in the same position must not overlap."""
    if not person.is_active:
        return Denied("该账号已停用，不能任命。")
    if position.deputy_of and position.deputy_of.person_id == person.pk:
        return Denied("不能指定本人代理自己的任职。")
    same = Appointment.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=valid_from),
        person=person,
        role=position.role,
        unit=position.unit,
        region=position.region,
        confirmed_at__isnull=False,
    )
    if valid_until:
        same = same.filter(valid_from__lte=valid_until)
    if other := same.order_by("valid_from").first():
        until = other.valid_until or "长期"
        return Denied(f"{person.name}已有相同的任职（{other.valid_from} 至 {until}），时间重叠，不能重复任命。")
    return Allowed()


# --- Making and ending -----------------------------------------------------------------------------


@transaction.atomic
def make(actor: User, plan: PlannedAppointment) -> Appointment:
    """Appoint a reviewer of the actor's unit or a deputy of the actor. AppointmentError if it is not allowed.

    The lock on the person's row makes concurrent calls run one after the other, so the second finds the overlap.
    """
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=plan.person.pk)
    position, principal = plan.position, plan.position.deputy_of
    _require(may_deputise(actor, principal) if principal else may_appoint(actor, position.unit))
    problems = date_problems(plan.valid_from, plan.valid_until, principal)
    _require(*(Denied(sentence) for sentence in problems.values()))
    _require(may_hold(plan.person, position, plan.valid_from, plan.valid_until))
    return appoint(
        plan.person,
        position.role,
        unit=position.unit,
        region=position.region,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        deputy_of=principal,
    )


@transaction.atomic
def end(actor: User, appointment: Appointment) -> None:
    """End the appointment and those of its deputies at once. AppointmentError if it is not allowed.

    The last day becomes yesterday, so the permissions end with this transaction. An appointment that started today
    or later had no whole day and is deleted.
    """
    _require(may_end(actor, appointment))
    today = timezone.localdate()
    ending = Appointment.objects.filter(Q(pk=appointment.pk) | Q(deputy_of=appointment))
    started = ending.filter(Q(valid_until=None) | Q(valid_until__gte=today), valid_from__lt=today)
    started.update(valid_until=today - timedelta(days=1))
    ending.filter(valid_from__gte=today).delete()


def consequences(actor: User, appointment: Appointment) -> dict[str, str]:
    """Return the warnings to show before the appointment ends, as short name -> sentence."""
    found = {}
    if appointment.person_id == actor.pk:
        found["own"] = "这是您本人的任职，终止后您将立即失去相应的审核权限。"
    deputies = appointment.deputies.active().select_related("person")
    if names := "、".join(deputy.person.name for deputy in deputies):
        found["deputies"] = f"代理人{names}的代理同时终止。"
    if appointment.unit_id and _is_last(appointment):
        found["last"] = (
            f"“{appointment.unit}”将没有在任的审核员：待初审的登记会成为“无人初审”，由上级人社部门初审，直到任命新的审核员。"
        )
    return found


def _is_last(appointment: Appointment) -> bool:
    """Whether the unit has no other active reviewer than this appointment's holder and deputies."""
    active = Appointment.objects.active().filter(unit=appointment.unit_id, person__is_active=True)
    keys = list(active.values_list("pk", "deputy_of"))
    others = [key for key, principal in keys if appointment.pk not in (key, principal)]
    return appointment.pk in (key for key, _ in keys) and not others


def _require(*permissions: Permission) -> None:
    for permission in permissions:
        if isinstance(permission, Denied):
            raise AppointmentError(permission.reason)
