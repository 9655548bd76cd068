"""学时查询: 培训总体查询 (what each year adds up to) and 培训登记详情 (every registration and how it stands)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.web.addresses import url_with_pk
from hours.models import Registration
from hours.registrations import lines, progress
from hours.registrations.forms import LookupFilter
from hours.states import Action
from hours.totals import summaries
from hours.workflow.permissions import Permissions

PAGE_SIZE = 20


@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """培训总体查询; `detail` names the year whose rows stand below."""
    filter_form = LookupFilter(request.GET)
    rows = []
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
    """The year that was clicked; without a click the latest."""
    return next((row for row in rows if str(row.year) == wanted), rows[0] if rows else None)


OFFERED = {
    Action.EDIT: "hours:edit",
    Action.ASK_RETURN: "hours:ask_return",
    Action.COPY: "hours:copy",
}


def _open_to_owner(permissions: Permissions, registration: Registration) -> list[tuple[str, str]]:
    """What its owner may do with the registration now: label and address."""
    return [
        (action.label, url_with_pk(name, registration.pk))
        for action, name in OFFERED.items()
        if permissions.may(action, registration)
    ]


def _address(request: HttpRequest, **changes: str) -> str:
    """The present address, with `open` (which comes last) only as given."""
    query = request.GET.copy()
    query.pop("open", None)
    query.update(changes)
    return f"?{query.urlencode()}"


@require_safe
def registrations(request: HttpRequest) -> HttpResponse:
    """培训登记详情; "+" opens a registration's progress in place (`open` names it where there is no script)."""
    filter_form = LookupFilter(request.GET, id_label="证件号码")
    rows = Registration.objects.owned_by(request.user).select_related("category__parent", "unit", "region")
    rows = rows.only(*lines.LOOKUP_COLUMNS).prefetch_related("decisions").order_by("-ends_at", "-pk")
    if not filter_form.matches(request.user):
        rows = rows.none()
    if filter_form.chosen_year:
        rows = rows.for_year(filter_form.chosen_year)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    permissions = Permissions(request.user, page)
    registrations = [
        (
            registration,
            progress.steps(registration, is_unattended=permissions.is_unattended(registration)),
            summaries.status_reason(registration),
            _open_to_owner(permissions, registration),
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
