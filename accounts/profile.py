"""What a person's profile shows, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils import timezone

from .models import Appointment, User


class AppointmentState(TextChoices):
    """How an appointment stands today."""

    UNCONFIRMED = "pending", "待确认"
    FUTURE = "future", "未开始"
    ACTIVE = "active", "有效"
    ENDED = "ended", "已到期"


@dataclass(frozen=True)
class HeldAppointment:
    """One appointment as its holder reads it."""

    role: str
    scope: str
    valid_from: date
    valid_until: date | None
    state: AppointmentState
    deputy_for: str


def facts(person: User) -> list[tuple[str, object]]:
    """Who the person is, with the ID number masked."""
    return [
        ("姓名", person.name),
        ("证件类型", person.get_id_kind_display()),
        ("证件号码", person.masked_id),
        ("所在单位", person.unit),
        ("注册时间", person.date_joined),
    ]


def appointments(person: User) -> list[HeldAppointment]:
    """All appointments, latest first, with those that ended or wait; one query."""
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
    """How it stands today; a deputy's holds only while that of the principal does."""
    if not appointment.confirmed_at:
        return AppointmentState.UNCONFIRMED
    chain = [appointment, appointment.deputy_of] if appointment.deputy_of_id else [appointment]
    if appointment.is_active:
        return AppointmentState.ACTIVE
    begins_later = any(one.valid_from > timezone.localdate() for one in chain)
    return AppointmentState.FUTURE if begins_later else AppointmentState.ENDED
