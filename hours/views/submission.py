"""批量提交审核: choose the unit, read the confirmation, submit all or nothing."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

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
def choose_unit(request: HttpRequest) -> HttpResponse:
    """The region tree, the unit search and the choice of one unit; the whole dialog is one form that asks by GET."""
    confirms = request.GET.get("go") == "confirm"
    registrations = picked_registrations(request, in_full=confirms)
    if not registrations:
        messages.error(request, "请先勾选要提交审核的登记。")
        return dialog_redirect(request, reverse("hours:list"))
    if confirms:
        return _confirmation(request, registrations)
    return _choice(request, registrations)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """What will happen, once more in full; by POST it happens."""
    registrations = picked_registrations(request)
    if not registrations:
        return choose_unit(request)
    return _submit(request, registrations) if request.method == "POST" else _confirmation(request, registrations)


def _choice(request: HttpRequest, registrations: list[Registration], error: str = "") -> HttpResponse:
    kept = transitions.required_unit(registrations)
    named, usual = _named_key(request), request.user.unit_id  # of last time, or of the profile
    picker = unit_picker(request.GET, also=[key for key in (named, usual) if key])
    context = {
        "registrations": registrations,
        "hours": summary.total_hours(registrations),
        "picker": picker,
        "chosen": kept or _asked_for(picker) or picker.known.get(named) or picker.known.get(usual),
        "kept_unit": kept,
        "error": error,
    }
    return render(request, "hours/submit.html", context)


def _asked_for(picker: UnitPicker) -> Unit | None:
    """Who has no employer types 其他单位, says the manual, and has chosen by it."""
    return picker.unaffiliated if picker.keyword == picker.unaffiliated.name else None


def _confirmation(
    request: HttpRequest, registrations: list[Registration], problems: dict | None = None
) -> HttpResponse:
    unit = _named_unit(request)
    if unit is None:
        return _choice(request, registrations, error="请先选择单位：点选列表中的一个单位，或选择“其他单位”。")
    region = _named_region(request) if unit.is_unaffiliated else unit.region
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


def _back_url(request: HttpRequest, registrations: list[Registration]) -> str:
    """The dialog again, with the same ticks and, if it was reached by GET, the same search."""
    query = request.GET.copy()
    query.pop("go", None)
    query.setlist("registration", [str(registration.pk) for registration in registrations])
    return f"{reverse('hours:submit')}?{query.urlencode()}"


def _submit(request: HttpRequest, registrations: list[Registration]) -> HttpResponse:
    unit = _named_unit(request)
    region = unit and (_named_region(request) if unit.is_unaffiliated else unit.region)
    if region is None:
        return _confirmation(request, registrations)
    try:
        submission = transitions.submit(
            request.user, registrations, unit, region, parse_uuid(request.POST.get("token"))
        )
    except transitions.SubmissionRefused as refused:
        return _confirmation(request, registrations, refused.problems)
    except WorkflowError as error:
        messages.error(request, str(error))
        return dialog_redirect(request, reverse("hours:list"))
    messages.success(request, summary.done_sentence(submission))
    return dialog_redirect(request, reverse("hours:lookup_registrations"))


def _named_unit(request: HttpRequest) -> Unit | None:
    """The unit that the request names, if it can be submitted to."""
    key = _named_key(request)
    return key and Unit.objects.selectable().select_related("region").filter(pk=key).first()


def _named_key(request: HttpRequest) -> int | None:
    return parse_pk(request.POST.get("unit") or request.GET.get("unit") or "")


def _named_region(request: HttpRequest) -> Region | None:
    """The region that a person without a unit names; the root itself says nothing."""
    code = request.POST.get("region") or request.GET.get("region") or ""
    return Region.objects.filter(code=code, parent__isnull=False).first() if code.isalnum() else None
