"""Making, confirming and ending appointments; the checks are in permissions.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from organizations import units
from organizations.models import Region, Unit

from .models import Appointment, User
from .permissions import Denied, Permission, date_problems, may_appoint, may_deputise, may_end, may_hold
from .positions import PlannedAppointment
from .querysets import AppointmentQuerySet

Role = Appointment.Role


class AppointmentError(Exception):
    """An appointment cannot be made or ended; the text is a sentence for users."""


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
