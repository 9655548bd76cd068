"""我的任职 and 单位审核员管理: reviewers of the own unit and deputies are named in two steps, and ended in two."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import appointment_lists, appointments
from accounts.appointments import AppointmentError, PlannedAppointment, Position
from accounts.forms import AppointForm
from accounts.models import Appointment, User
from config.web.dialogs import dialog_redirect

MINUTES_TO_CONFIRM = 15
TOO_LATE = "确认已超时或无效，请重新填写。"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The own appointments and, for who leads a unit, all of its reviewers."""
    context = {
        "own": appointment_lists.own_rows(request.user),
        "deputies": appointment_lists.deputy_rows(request.user),
        "units": appointment_lists.rows_of_units(appointment_lists.units_led_by(request.user)),
    }
    return render(request, "accounts/appointments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("identifier")
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    """任命审核员 for a unit that one leads."""
    unit = get_object_or_404(appointment_lists.units_led_by(request.user), pk=pk)
    return _two_steps(request, Position(Appointment.Role.UNIT_REVIEWER, unit=unit))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("identifier")
def deputise(request: HttpRequest, pk: int) -> HttpResponse:
    """指定代理人 for an own appointment."""
    principal = get_object_or_404(appointment_lists.reachable_by(request.user).filter(person=request.user), pk=pk)
    allowed = appointments.may_deputise(request.user, principal)
    if not allowed:
        messages.error(request, allowed.reason)
        return dialog_redirect(request, "accounts:appointments")
    return _two_steps(request, Position.deputy_for(principal))


def _two_steps(request: HttpRequest, position: Position) -> HttpResponse:
    """Find the person and the days, by POST; read who it is; then, by a signed plan, it is done."""
    if "plan" in request.POST:
        return _confirmed(request, position)
    form = AppointForm(request.POST or None, position=position)
    if request.method == "POST" and form.is_valid():
        return _ask(request, position, form.plan)
    return _form(request, position, form)


def _form(request: HttpRequest, position: Position, form: AppointForm) -> HttpResponse:
    context = {"position": position, "form": form, "title": _title(position)}
    return render(request, "accounts/appointments_new.html", context)


def _ask(request: HttpRequest, position: Position, plan: PlannedAppointment) -> HttpResponse:
    """Name and masked ID are all that is told of somebody who was found."""
    facts = [
        ("姓名", plan.person.name),
        ("证件号码", plan.person.masked_id),
        ("职责", Appointment.Role(position.role).label),
        ("范围", position.unit or position.region),
        *([("代理", position.deputy_of.person.name)] if position.deputy_of else []),
        ("起始日", plan.valid_from),
        ("最后一日", plan.valid_until or "长期"),
    ]
    context = {"position": position, "facts": facts, "person": plan.person, "signed": _signed(request, plan)}
    return render(request, "accounts/appointments_confirm.html", {**context, "title": _title(position)})


def _confirmed(request: HttpRequest, position: Position) -> HttpResponse:
    plan = _read(request, position)
    if plan is None:
        form = AppointForm(position=position)
        messages.error(request, TOO_LATE)
        return _form(request, position, form)
    try:
        made = appointments.make(request.user, plan)
    except AppointmentError as error:
        messages.error(request, str(error))
    else:
        since = "即日" if made.is_active else f"{made.valid_from} "
        what = f"{made.person.name}自{since}起为“{made.unit or made.region}”的{made.get_role_display()}"
        messages.success(request, f"{what}（代理）。" if position.deputy_of else f"{what}。")
    return dialog_redirect(request, "accounts:appointments")


def _title(position: Position) -> str:
    return "指定代理人" if position.deputy_of else "任命审核员"


def _salt(request: HttpRequest, position: Position) -> str:
    """A plan is good for this actor and this position only."""
    place = tuple(part and part.pk for part in (position.unit, position.region, position.deputy_of))
    return f"appoint:{request.user.pk}:{position.role}:{place}"


def _signed(request: HttpRequest, plan: PlannedAppointment) -> str:
    """What was shown, so that exactly this is done and nobody is found by trying keys."""
    told = [plan.person.pk, plan.valid_from.isoformat(), plan.valid_until and plan.valid_until.isoformat()]
    return signing.dumps(told, salt=_salt(request, plan.position))


def _read(request: HttpRequest, position: Position) -> PlannedAppointment | None:
    try:
        told = signing.loads(request.POST["plan"], salt=_salt(request, position), max_age=MINUTES_TO_CONFIRM * 60)
    except signing.BadSignature:
        return None
    key, start, end = told
    person = User.objects.filter(pk=key).first()
    return person and PlannedAppointment(position, person, date.fromisoformat(start), end and date.fromisoformat(end))


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """终止 once it was read what else happens; if that has changed meanwhile, it is asked again."""
    appointment = get_object_or_404(appointment_lists.reachable_by(request.user), pk=pk)
    allowed = appointments.may_end(request.user, appointment)
    if not allowed:
        messages.error(request, allowed.reason)
        return dialog_redirect(request, "accounts:appointments")
    consequences = appointments.consequences(request.user, appointment)
    if request.method != "POST" or request.POST.get("warned") != " ".join(consequences):
        question = f"将终止{_named(appointment)}，立即生效。已作出的审核决定不受影响。"
        context = {"question": question, "consequences": consequences, "warned": " ".join(consequences)}
        return render(request, "accounts/appointments_end.html", context)
    try:
        appointments.end(request.user, appointment)
    except AppointmentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已终止{_named(appointment)}，立即生效。")
    return dialog_redirect(request, "accounts:appointments")


def _named(appointment: Appointment) -> str:
    """Whose appointment it is, to what and where."""
    person, place = appointment.person, appointment.unit or appointment.region
    role = appointment.get_role_display() + ("代理" if appointment.deputy_of_id else "")
    return f"{person.name}（{person.masked_id}）在“{place}”的{role}任职"
