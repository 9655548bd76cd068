"""我的任职 and 单位审核员管理: appoint reviewers and deputies and end appointments, each with a confirmation."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import appointment_lists, appointments, permissions
from accounts.appointments import AppointmentError
from accounts.forms import AppointForm
from accounts.models import Appointment, User
from accounts.positions import PlannedAppointment, Position
from accounts.requests import PersonRequest
from config.web.dialogs import dialog_redirect

TOO_LATE = "确认已超时或无效，请重新填写。"


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    """List the person's appointments and, for a unit they manage, all of its reviewers."""
    context = {
        "own": appointment_lists.own_rows(request.user),
        "deputies": appointment_lists.deputy_rows(request.user),
        "units": appointment_lists.rows_of_units(appointment_lists.units_led_by(request.user)),
    }
    return render(request, "accounts/appointments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("identifier")
def appoint(request: PersonRequest, pk: int) -> HttpResponse:
    """任命审核员 for a unit that the person manages."""
    unit = get_object_or_404(appointment_lists.units_led_by(request.user), pk=pk)
    return _appoint_in_two_steps(request, Position(Appointment.Role.UNIT_REVIEWER, unit=unit))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("identifier")
def deputise(request: PersonRequest, pk: int) -> HttpResponse:
    """指定代理人 for one of the person's appointments."""
    principal = get_object_or_404(appointment_lists.reachable_by(request.user).filter(person=request.user), pk=pk)
    permission = permissions.may_deputise(request.user, principal)
    if not permission:
        messages.error(request, permission.reason)
        return dialog_redirect(request, "accounts:appointments")
    return _appoint_in_two_steps(request, Position.deputy_for(principal))


def _appoint_in_two_steps(request: PersonRequest, position: Position) -> HttpResponse:
    """Take the identifier and period, show the person found, and make the appointment after a confirmation."""
    if "plan" in request.POST:
        return _make_confirmed(request, position)
    form = AppointForm(request.POST or None, position=position)
    if request.method == "POST" and form.is_valid():
        return _render_confirmation(request, position, form.plan)
    return _render_form(request, position, form)


def _render_form(request: PersonRequest, position: Position, form: AppointForm) -> HttpResponse:
    context = {"position": position, "form": form, "title": _title(position)}
    return render(request, "accounts/appointments_new.html", context)


def _render_confirmation(request: PersonRequest, position: Position, plan: PlannedAppointment) -> HttpResponse:
    """Show the planned appointment, with only the name and masked ID number of the person found."""
    facts = [
        ("姓名", plan.person.name),
        ("证件号码", plan.person.masked_id),
        ("职责", Appointment.Role(position.role).label),
        ("范围", position.unit or position.region),
        *([("代理", position.deputy_of.person.name)] if position.deputy_of else []),
        ("起始日", plan.valid_from),
        ("最后一日", plan.valid_until or "长期"),
    ]
    context = {"position": position, "facts": facts, "person": plan.person, "signed": _sign(request, plan)}
    return render(request, "accounts/appointments_confirm.html", {**context, "title": _title(position)})


def _make_confirmed(request: PersonRequest, position: Position) -> HttpResponse:
    plan = _unsign(request, position)
    if plan is None:
        messages.error(request, TOO_LATE)
        return _render_form(request, position, AppointForm(position=position))
    try:
        made = appointments.make(request.user, plan)
    except AppointmentError as error:
        messages.error(request, str(error))
    else:
        since = "即日" if made.is_active else f"{made.valid_from} "
        appointed = f"{made.person.name}自{since}起为“{made.unit or made.region}”的{made.get_role_display()}"
        messages.success(request, f"{appointed}（代理）。" if position.deputy_of else f"{appointed}。")
    return dialog_redirect(request, "accounts:appointments")


def _title(position: Position) -> str:
    return "指定代理人" if position.deputy_of else "任命审核员"


def _salt(request: PersonRequest, position: Position) -> str:
    """Return the salt of a signed plan, which ties it to the actor and position."""
    place = tuple(part and part.pk for part in (position.unit, position.region, position.deputy_of))
    return f"appoint:{request.user.pk}:{position.role}:{place}"


def _sign(request: PersonRequest, plan: PlannedAppointment) -> str:
    """Return the plan as a signed text, so the confirmed one is the one shown and nobody can try out keys."""
    values = [plan.person.pk, plan.valid_from.isoformat(), plan.valid_until and plan.valid_until.isoformat()]
    return signing.dumps(values, salt=_salt(request, plan.position))


def _unsign(request: PersonRequest, position: Position) -> PlannedAppointment | None:
    """Return the signed plan; None if it is expired or forged, or the person no longer exists."""
    try:
        values = signing.loads(
            request.POST["plan"], salt=_salt(request, position), max_age=settings.APPOINTMENT_CONFIRM_MINUTES * 60
        )
    except signing.BadSignature:
        return None
    pk, start, end = values
    person = User.objects.filter(pk=pk).first()
    if person is None:
        return None
    return PlannedAppointment(position, person, date.fromisoformat(start), end and date.fromisoformat(end))


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: PersonRequest, pk: int) -> HttpResponse:
    """终止 after a confirmation that lists the consequences; ask again if they have changed since."""
    appointment = get_object_or_404(appointment_lists.reachable_by(request.user), pk=pk)
    permission = permissions.may_end(request.user, appointment)
    if not permission:
        messages.error(request, permission.reason)
        return dialog_redirect(request, "accounts:appointments")
    consequences = appointments.consequences(request.user, appointment)
    if request.method != "POST" or request.POST.get("warned") != " ".join(consequences):
        question = f"将终止{_description(appointment)}，立即生效。已作出的审核决定不受影响。"
        context = {"question": question, "consequences": consequences, "warned": " ".join(consequences)}
        return render(request, "accounts/appointments_end.html", context)
    try:
        appointments.end(request.user, appointment)
    except AppointmentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已终止{_description(appointment)}，立即生效。")
    return dialog_redirect(request, "accounts:appointments")


def _description(appointment: Appointment) -> str:
    """Return the holder, unit or region, and role of the appointment, as part of a sentence."""
    person, place = appointment.person, appointment.unit or appointment.region
    role = appointment.get_role_display() + ("代理" if appointment.deputy_of_id else "")
    return f"{person.name}（{person.masked_id}）在“{place}”的{role}任职"
