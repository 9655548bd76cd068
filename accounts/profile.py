"""The facts and appointments on a person's profile page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils import timezone

from .models import Appointment, User


class AppointmentState(TextChoices):
    """The state of an appointment today."""

    UNCONFIRMED = "pending", "待确认"
    FUTURE = "future", "未开始"
    ACTIVE = "active", "有效"
    ENDED = "ended", "已到期"


@dataclass(frozen=True)
class HeldAppointment:
    """One appointment as its holder's profile shows it."""

    role: str
    scope: str
    valid_from: date
    valid_until: date | None
    state: AppointmentState
    deputy_for: str


def facts(person: User) -> list[tuple[str, object]]:
    """Return the person's identity as label -> value, with the ID number masked."""
    return [
        ("姓名", person.name),
        ("证件类型", person.get_id_kind_display()),
        ("证件号码", person.masked_id),
        ("所在单位", person.unit),
        ("注册时间", person.date_joined),
    ]


def appointments(person: User) -> list[HeldAppointment]:
    """Return all appointments, latest first, including ended and unconfirmed ones; one query."""
    rows = person.appointments.select_related("unit", "region", "deputy_of__person").order_by("-valid_from", "-pk")
    return [
        HeldAppointment(
            row.get_role_display(),
            str(row.unit or row.region),
            row.valid_from,
            row.valid_until,
            appointment_state(row),
            row.deputy_of.person.name if row.deputy_of else "",
        )
        for row in rows
    ]


def appointment_state(appointment: Appointment) -> AppointmentState:
    """Return the state today; a deputy's appointment is active only while the principal's is."""
    if not appointment.confirmed_at:
        return AppointmentState.UNCONFIRMED
    if appointment.is_active:
        return AppointmentState.ACTIVE
    today = timezone.localdate()
    starts_later = any(row.valid_from > today for row in appointment.with_principal())
    return AppointmentState.FUTURE if starts_later else AppointmentState.ENDED
