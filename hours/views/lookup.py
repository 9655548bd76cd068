"""学时查询: 培训总体查询 (the hours of each year) and 培训登记详情 (each registration with its progress)."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from config.web.addresses import url_with_pk
from hours.models import Registration
from hours.registrations import lines, progress
from hours.registrations.forms import LookupFilter
from hours.states import Action
from hours.totals import summaries
from hours.workflow.permissions import Permissions

# The actions that a line offers, with their URL names.
ACTIONS = {
    Action.EDIT: "hours:edit",
    Action.ASK_RETURN: "hours:ask_return",
    Action.COPY: "hours:copy",
}


@require_safe
def years(request: PersonRequest) -> HttpResponse:
    """培训总体查询; the parameter `detail` is the year whose rows are shown below."""
    filter_form = LookupFilter(request.GET)
    rows: list[summaries.PersonYear] = []
    if filter_form.matches(request.user):
        rows = summaries.person_years(request.user, include_year=timezone.localdate().year)
    if filter_form.chosen_year:
        rows = [row for row in rows if row.year == filter_form.chosen_year]
    chosen = _chosen(rows, request.GET.get("detail", ""))
    context = {"filter": filter_form, "years": rows, "chosen": chosen, "tab": "years"}
    if chosen:
        below = summaries.year_rows(request.user, chosen.year)
        context |= {"counted": below.counted, "uncounted": lines.uncounted_lines(below.uncounted)}
    return render(request, "hours/lookup_years.html", context)


def _chosen(rows: list[summaries.PersonYear], wanted: str) -> summaries.PersonYear | None:
    """Return the wanted year; the latest if it is not among the rows."""
    return next((row for row in rows if str(row.year) == wanted), rows[0] if rows else None)


def _action_links(permissions: Permissions, registration: Registration) -> list[tuple[str, str]]:
    """Return label and address of each action that the owner may take now."""
    return [
        (action.label, url_with_pk(name, registration.pk))
        for action, name in ACTIONS.items()
        if permissions.may(action, registration)
    ]


def _address(request: PersonRequest, **changes: str) -> str:
    """Return the present query string without `open`, then the changes."""
    query = request.GET.copy()
    query.pop("open", None)
    query.update(changes)
    return f"?{query.urlencode()}"


@require_safe
def registrations(request: PersonRequest) -> HttpResponse:
    """培训登记详情; "+" expands a registration's progress, without a script by the parameter `open` with its key."""
    filter_form = LookupFilter(request.GET, id_label="证件号码")
    rows = Registration.objects.owned_by(request.user).select_related("category__parent", "unit", "region")
    rows = rows.only(*lines.LOOKUP_COLUMNS).prefetch_related("decisions").order_by("-ends_at", "-pk")
    if not filter_form.matches(request.user):
        rows = rows.none()
    if filter_form.chosen_year:
        rows = rows.for_year(filter_form.chosen_year)
    page = Paginator(rows, settings.SHORT_LIST_PAGE_SIZE).get_page(request.GET.get("page"))
    permissions = Permissions(request.user, page)
    registrations = [
        (
            registration,
            progress.steps(registration, is_unattended=permissions.is_unattended(registration)),
            summaries.status_reason(registration),
            _action_links(permissions, registration),
        )
        for registration in page
    ]
    context = {
        "filter": filter_form,
        "page": page,
        "registrations": registrations,
        "lines": lines.lookup_lines(registrations, page.start_index(), request.GET.get("open", "")),
        "name": request.user.name,
        "masked_id": request.user.masked_id,
        "closed": _address(request),
        "opening": _address(request, open="-").removesuffix("-"),
        "tab": "registrations",
    }
    return render(request, "hours/lookup_registrations.html", context)
