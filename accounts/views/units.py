"""单位注册."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from organizations.models import Unit
from organizations.views import NEW_UNITS

from ..models import Appointment
from ..unit_forms import RegisterUnitForm


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """单位注册, and below it what became of the person's own ones."""
    if request.method == "POST" and NEW_UNITS.hit(request):
        typed = RegisterUnitForm(initial=request.POST.dict(), person=request.user)
        return NEW_UNITS.refuse(request, "accounts/register_unit.html", {"form": typed, **_own_units(request)})
    form = RegisterUnitForm(request.POST if request.method == "POST" else None, person=request.user)
    application = form.register() if form.is_valid() else None
    if application:
        messages.success(request, _answer(application.unit, form.existing is not None))
        return redirect("register_unit")
    return render(request, "accounts/register_unit.html", {"form": form, **_own_units(request)})


def _own_units(request: HttpRequest) -> dict:
    """The person's applications to review a unit, and the units added without one."""
    applications = Appointment.objects.filter(person=request.user, role=Appointment.Role.UNIT_REVIEWER)
    added = Unit.objects.filter(added_by=request.user).exclude(appointments__in=applications)
    return {
        "applications": applications.select_related("unit__region").order_by("-created_at", "-pk"),
        "added": added.select_related("region").order_by("-created_at", "-pk"),
    }


def _answer(unit: Unit, existed: bool) -> str:
    if existed:
        return f"单位“{unit.name}”已在系统中，您担任其单位审核员的申请已提交，须经管理员确认后生效。"
    return f"单位“{unit.name}”已注册，待管理员核实；核实后您即为该单位的第一位审核员。"
