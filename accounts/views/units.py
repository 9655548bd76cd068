"""The page 单位注册."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Appointment, User
from accounts.requests import PersonRequest
from accounts.unit_forms import RegisterUnitForm
from organizations.models import Unit
from organizations.views import NEW_UNITS


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: PersonRequest) -> HttpResponse:
    """Register a unit; below the form, list the person's applications and added units."""
    if request.method == "POST" and NEW_UNITS.hit(request):
        typed = RegisterUnitForm(initial=request.POST.dict(), person=request.user)
        return NEW_UNITS.refuse(request, "accounts/register_unit.html", {"form": typed, **_own_units(request.user)})
    form = RegisterUnitForm(request.POST if request.method == "POST" else None, person=request.user)
    application = form.register() if form.is_valid() else None
    if application:
        messages.success(request, _success(application, form.existing is not None))
        return redirect("register_unit")
    return render(request, "accounts/register_unit.html", {"form": form, **_own_units(request.user)})


def _own_units(person: User) -> dict[str, Any]:
    """Return the person's applications to review a unit and the units they added without an application."""
    applications = Appointment.objects.filter(person=person, role=Appointment.Role.UNIT_REVIEWER)
    added = Unit.objects.filter(added_by=person).exclude(appointments__in=applications)
    return {
        "applications": applications.select_related("unit__region").order_by("-created_at", "-pk"),
        "added": added.select_related("region").order_by("-created_at", "-pk"),
    }


def _success(application: Appointment, unit_existed: bool) -> str:
    if unit_existed:
        return f"单位“{application.unit}”已在系统中，您担任其单位审核员的申请已提交，须经管理员确认后生效。"
    return f"单位“{application.unit}”已注册，待管理员核实；核实后您即为该单位的第一位审核员。"
