"""Permission checks for appointments, and the result type of every permission check.

A denial carries its reason, a sentence for users.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db.models import Q, QuerySet
from django.utils import timezone

from organizations.models import Unit

from .models import Appointment, User
from .positions import Position

Role = Appointment.Role


@dataclass(frozen=True)
class Allowed:
    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True)
class Denied:
    reason: str

    def __bool__(self) -> Literal[False]:
        return False


Permission = Allowed | Denied


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
        return Denied("该任职已经结束。")
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
