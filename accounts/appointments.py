"""CHANGE: appointments, who may make and end them, and the confirmation of units that brings their first reviewer."""

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

Role = Appointment.Role
ENDED = Denied("该任职已经结束。")


class AppointmentError(Exception):
    """An appointment cannot be made or ended; the text is a sentence for people."""


@dataclass(frozen=True)
class Position:
    """What somebody is appointed to: a role at a place, for oneself or as a deputy."""

    role: str
    unit: Unit | None = None
    region: Region | None = None
    deputy_of: Appointment | None = None

    @classmethod
    def deputy_for(cls, principal: Appointment) -> Position:
        return cls(principal.role, principal.unit, principal.region, principal)


@dataclass(frozen=True)
class PlannedAppointment:
    """An appointment that somebody is about to make."""

    position: Position
    person: User
    valid_from: date
    valid_until: date | None


# --- What administrators and the 单位注册 do ---------------------------------------------------------


def appoint(
    person: User, role: str, *, unit=None, region=None, valid_from=None, valid_until=None, deputy_of=None
) -> Appointment:
    """A confirmed appointment; without dates it holds from today on."""
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
def confirm(appointments) -> int:
    """Let these applications hold from today on; return how many there were."""
    return appointments.filter(confirmed_at__isnull=True).update(
        confirmed_at=timezone.now(), valid_from=timezone.localdate()
    )


@transaction.atomic
def confirm_unit(unit: Unit, applications: Iterable[int]) -> None:
    """Set a 待核实 unit to 正常 and confirm these applications to review for it. UnitError if it is not 待核实.

    `applications` holds the keys shown to the administrator; applications made after that stay unconfirmed.
    """
    units.confirm(unit)
    confirm(Appointment.objects.filter(unit=unit, pk__in=applications))


# --- Who may what ----------------------------------------------------------------------------------


def led_by(actor: User) -> QuerySet[Appointment]:
    """The appointments by which a person leads a unit's reviewers: active and no deputy's."""
    return actor.appointments.active().filter(role=Role.UNIT_REVIEWER, deputy_of=None)


def may_appoint(actor: User, unit: Unit) -> Permission:
    """Whether this person may name and end reviewers of this unit."""
    held = list(actor.appointments.active().filter(role=Role.UNIT_REVIEWER, unit=unit))
    if not actor.is_active or not held:
        return Denied("只有该单位在任的审核员可以任命或终止审核员。")
    if all(appointment.deputy_of_id for appointment in held):
        return Denied("代理人不能任命或终止审核员，请由被代理的审核员办理。")
    return Allowed()


def may_deputise(actor: User, principal: Appointment) -> Permission:
    """Whether this person may name a deputy for this appointment."""
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
    """Whether this person may end this appointment: the own one, that of the own deputy, or one of the own unit."""
    if not (runs := can_end(appointment)):
        return runs
    if appointment.role == Role.REGION_ADMIN:
        return Denied("区域管理员的任职由上级管理员调整。")
    own_deputy = appointment.deputy_of_id and appointment.deputy_of.person_id == actor.pk
    if actor.is_active and (appointment.person_id == actor.pk or own_deputy):
        return Allowed()
    if appointment.unit_id:
        return may_appoint(actor, appointment.unit)
    return Denied("只有本人或被代理的人可以终止该任职。")


def can_end(appointment: Appointment) -> Permission:
    """Whether there is anything left to end."""
    if not appointment.confirmed_at:
        return Denied("待确认的任职由管理员处理。")
    if appointment.valid_until and appointment.valid_until < timezone.localdate():
        return ENDED
    return Allowed()


# --- What a plan must be like ----------------------------------------------------------------------


def date_problems(valid_from: date, valid_until: date | None, principal: Appointment | None = None) -> dict[str, str]:
    """field -> sentence; a deputy's period has an end, and lies within that of the principal."""
    problems = {}
    if valid_from < timezone.localdate():
        problems["valid_from"] = "起始日不能早于今天。"
    if valid_until and valid_until < valid_from:
        problems["valid_until"] = "最后一日不能早于起始日。"
    if principal and not valid_until:
        problems["valid_until"] = "请填写代理的最后一日。"
    elif principal and principal.valid_until and valid_until > principal.valid_until:
        problems["valid_until"] = f"代理期不能超过您本人的任期（至 {principal.valid_until}）。"
    return problems


def may_hold(person: User, position: Position, valid_from: date, valid_until: date | None) -> Permission:
    """Whether this person can take the position for these days: nobody holds the same one twice at a time."""
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
    """A reviewer of the actor's unit, or a deputy for the actor's own appointment. AppointmentError if it may not be.

    The person's row is locked, so that of two clicks the second one finds what the first one has made.
    """
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=plan.person.pk)
    position = plan.position
    may = may_deputise(actor, position.deputy_of) if position.deputy_of else may_appoint(actor, position.unit)
    _insist(may)
    _insist(*(Denied(text) for text in date_problems(plan.valid_from, plan.valid_until, position.deputy_of).values()))
    _insist(may_hold(plan.person, position, plan.valid_from, plan.valid_until))
    return appoint(
        plan.person,
        position.role,
        unit=position.unit,
        region=position.region,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        deputy_of=position.deputy_of,
    )


@transaction.atomic
def end(actor: User, appointment: Appointment) -> None:
    """End it, with its deputies', at once. AppointmentError if this person may not.

    Its last day becomes yesterday, so that every queue is lost within this transaction. One that began today or has yet
    to begin never had a whole day: it is taken back.
    """
    _insist(may_end(actor, appointment))
    today = timezone.localdate()
    rows = Appointment.objects.filter(Q(pk=appointment.pk) | Q(deputy_of=appointment))
    begun = rows.filter(Q(valid_until=None) | Q(valid_until__gte=today), valid_from__lt=today)
    begun.update(valid_until=today - timedelta(days=1))
    rows.filter(valid_from__gte=today).delete()


def consequences(actor: User, appointment: Appointment) -> dict[str, str]:
    """What else happens when it ends, each as a sentence under a short name."""
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
    """Whether nobody of the unit's reviewers is left without it."""
    active = Appointment.objects.active().filter(unit=appointment.unit_id, person__is_active=True)
    keys = list(active.values_list("pk", "deputy_of"))
    others = [key for key, principal in keys if appointment.pk not in (key, principal)]
    return appointment.pk in (key for key, _ in keys) and not others


def _insist(*answers: Permission) -> None:
    for answer in answers:
        if isinstance(answer, Denied):
            raise AppointmentError(answer.reason)
