"""批量提交审核: choose the unit, read the confirmation, submit all or nothing."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from config.web.addresses import parse_pk, parse_uuid
from config.web.dialogs import dialog_redirect
from hours.errors import WorkflowError
from hours.models import Registration
from hours.registrations import facts
from hours.submissions import summary
from hours.workflow import transitions
from organizations.models import Region, Unit
from organizations.picker import UnitPicker, unit_picker

from .picking import picked_registrations


@require_safe
def choose_unit(request: PersonRequest) -> HttpResponse:
    """Region tree, unit search and the choice of a unit, in one GET form; `go=confirm` leads to the confirmation."""
    confirms = request.GET.get("go") == "confirm"
    registrations = picked_registrations(request, in_full=confirms)
    if not registrations:
        messages.error(request, "请先勾选要提交审核的登记。")
        return dialog_redirect(request, reverse("hours:list"))
    if confirms:
        return _confirmation(request, registrations)
    return _unit_choice(request, registrations)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PersonRequest) -> HttpResponse:
    """Show the confirmation; POST submits."""
    registrations = picked_registrations(request)
    if not registrations:
        return choose_unit(request)
    return _submit(request, registrations) if request.method == "POST" else _confirmation(request, registrations)


def _unit_choice(request: PersonRequest, registrations: list[Registration], error: str = "") -> HttpResponse:
    required = transitions.required_unit(registrations)
    proposed = [key for key in (_named_key(request), request.user.unit_id) if key]  # chosen before, and the profile's
    picker = unit_picker(request.GET, also=proposed)
    known = [picker.known[key] for key in proposed if key in picker.known]
    context = {
        "registrations": registrations,
        "hours": summary.total_hours(registrations),
        "picker": picker,
        "chosen": required or _typed_unaffiliated(picker) or next(iter(known), None),
        "kept_unit": required,
        "error": error,
    }
    return render(request, "hours/submit.html", context)


def _typed_unaffiliated(picker: UnitPicker) -> Unit | None:
    """Return 其他单位 if its name was typed: as the manual says, that chooses it."""
    return picker.unaffiliated if picker.keyword == picker.unaffiliated.name else None


def _confirmation(
    request: PersonRequest, registrations: list[Registration], problems: dict[int, str] | None = None
) -> HttpResponse:
    unit = _named_unit(request)
    if unit is None:
        return _unit_choice(request, registrations, error="请先选择单位：点选列表中的一个单位，或选择“其他单位”。")
    region = _region(request, unit)
    found = problems or transitions.submission_problems(request.user, registrations, unit)
    context = {
        "registrations": registrations,
        "facts": facts.of_submission(unit, region, registrations, summary.total_hours(registrations)),
        "unit": unit,
        "region": region,
        "regions": summary.selectable_regions() if unit.is_unaffiliated else [],
        "problems": [
            (registration, found[registration.pk]) for registration in registrations if registration.pk in found
        ],
        "warnings": summary.warnings(request.user, registrations, unit),
        "token": request.POST.get("token") or uuid.uuid4(),
        "region_missing": request.method == "POST" and region is None,
        "back_url": _back_url(request, registrations),
    }
    return render(request, "hours/submit_confirm.html", context)


def _back_url(request: PersonRequest, registrations: list[Registration]) -> str:
    """The dialog again, with the same ticks and, after a GET, the same search."""
    query = request.GET.copy()
    query.pop("go", None)
    query.setlist("registration", [str(registration.pk) for registration in registrations])
    return f"{reverse('hours:submit')}?{query.urlencode()}"


def _submit(request: PersonRequest, registrations: list[Registration]) -> HttpResponse:
    unit = _named_unit(request)
    region = _region(request, unit) if unit else None
    if unit is None or region is None:
        return _confirmation(request, registrations)
    token = parse_uuid(request.POST.get("token"))
    try:
        submission = transitions.submit(request.user, registrations, unit, region, token)
    except transitions.SubmissionRefused as refused:
        return _confirmation(request, registrations, refused.problems)
    except WorkflowError as error:
        messages.error(request, str(error))
        return dialog_redirect(request, reverse("hours:list"))
    messages.success(request, summary.success_message(submission))
    return dialog_redirect(request, reverse("hours:lookup_registrations"))


def _named_unit(request: PersonRequest) -> Unit | None:
    """Return the unit of the request if registrations can be submitted to it."""
    key = _named_key(request)
    return Unit.objects.selectable().select_related("region").filter(pk=key).first() if key else None


def _named_key(request: PersonRequest) -> int | None:
    return parse_pk(request.POST.get("unit") or request.GET.get("unit") or "")


def _region(request: PersonRequest, unit: Unit) -> Region | None:
    """Return the unit's region; for 其他单位 the one that the person has named."""
    return _named_region(request) if unit.is_unaffiliated else unit.region


def _named_region(request: PersonRequest) -> Region | None:
    """Return the region of the request, if it is one below the root."""
    code = request.POST.get("region") or request.GET.get("region") or ""
    return Region.objects.filter(code=code, parent__isnull=False).first() if code.isalnum() else None
