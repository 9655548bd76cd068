"""集体登记: one training, many people of the own unit. Facts, people, preview; the draft travels along, sealed."""

from __future__ import annotations

import io
from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.files import sheets
from config.web.addresses import parse_pk
from hours.collective import choices, drafts, preview, records, roster, saving
from hours.collective.drafts import CollectiveDraft, InvalidDraft
from hours.collective.forms import CollectiveForm, PeopleSearch
from hours.collective.saving import PreviewOutdated
from hours.errors import WorkflowError
from hours.models import Attachment
from hours.offices import office_of
from hours.registrations import attachments, facts
from organizations.models import Unit

PAGE_SIZE, BATCHES_SHOWN = 50, 20


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The training's facts; a list of people leads to the preview, none to the page where they are ticked."""
    _units_or_404(request)
    if request.method != "POST":
        return _facts_page(request, CollectiveForm(owner=request.user))
    form = CollectiveForm(request.POST, request.FILES, owner=request.user)
    if not form.is_valid():
        form.keep_people()
        return _facts_page(request, form)
    draft = form.draft()
    unit = form.cleaned_data["unit"]
    return _preview_page(request, draft, unit) if draft.rows else _people_page(request, draft, unit)


@require_POST
def edit(request: HttpRequest) -> HttpResponse:
    """Back from people or preview to the facts, everything still filled in."""
    draft, _ = _draft_or_404(request)
    return _facts_page(request, CollectiveForm(owner=request.user, draft=draft))


@require_POST
def people(request: HttpRequest) -> HttpResponse:
    """Tick people, page by page and search by search; what was ticked before stays ticked."""
    draft, unit = _draft_or_404(request)
    draft = replace(draft, rows=[], fingerprint=None, ticked=_ticked(request, draft, unit))
    if request.POST.get("go") != "preview":
        return _people_page(request, draft, unit)
    if not draft.ticked:
        return _people_page(request, draft, unit, error="请先勾选人员。")
    return _preview_page(request, draft, unit)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Enter exactly what the preview has shown."""
    draft, unit = _draft_or_404(request)
    try:
        submission = saving.save(request.user, draft)
    except PreviewOutdated as outdated:
        return _preview_page(request, draft, unit, error=str(outdated))
    except WorkflowError as refused:
        messages.error(request, str(refused))
        return redirect("hours:collective")
    hours = facts.hours_with_unit(submission.hours)
    content = draft.facts["content"]
    messages.success(
        request, f"已为 {submission.entries} 人登记“{content}”，共 {hours}，等待{submission.region.name}人社部门终审。"
    )
    return redirect("hours:collective_batch", submission.pk)


@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """What was entered for the unit's people so far, by whomever, and what has become of it."""
    page = Paginator(_batches_or_404(request), BATCHES_SHOWN).get_page(request.GET.get("page"))
    context = {"page": page, "records": records.records_of(list(page))}
    return render(request, "collective/batches.html", context)


@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch, person by person; what left the unit since is named without a link."""
    office = office_of(request)
    submission = get_object_or_404(_batches_or_404(request), pk=pk)
    [record] = records.records_of([submission])
    page = Paginator(records.registrations_of(submission), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "record": record,
        "page": page,
        "rows": [
            (registration, records.said_of(registration), registration.unit_id in office.units) for registration in page
        ],
    }
    return render(request, "collective/batch.html", context)


@require_POST
def bad_lines(request: HttpRequest) -> FileResponse:
    """The refused lines as an Excel file, to its own reviewer only."""
    draft, unit = _draft_or_404(request)
    lines = preview.bad_lines(preview.lines_of(draft, unit))
    return _excel(roster.bad_lines(lines), "有问题的行.xlsx")


@require_safe
def template(request: HttpRequest) -> FileResponse:
    """An empty list of people with the right columns."""
    _units_or_404(request)
    return _excel(roster.template(), "集体登记名单.xlsx")


def _excel(content: bytes, name: str) -> FileResponse:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=sheets.CONTENT_TYPE)


# --- Pages -------------------------------------------------------------------------------------------


def _facts_page(request: HttpRequest, form: CollectiveForm) -> HttpResponse:
    if form.is_bound:  # good files of a refused form need not be chosen again
        attachments.keep_for_form(request.user, form.accepted_proofs, form.key)
    context = {
        "form": form,
        "units": form.units,
        "kept": list(form.kept_attachments()),
        "removed_keys": [parse_pk(key) for key in request.POST.getlist("removed")],
        "named": len(form.rows),
        "ticked": len(form.ticked),
    }
    return render(request, "collective/facts.html", context)


def _people_page(request: HttpRequest, draft: CollectiveDraft, unit: Unit, error: str = "") -> HttpResponse:
    search = PeopleSearch(request.POST if "search" in request.POST else None)
    text = search.cleaned_data["search"] if search.is_valid() else ""
    rows = choices.selectable_people(unit, request.user, text)
    page = Paginator(rows, PAGE_SIZE).get_page(request.POST.get("page"))
    context = {
        "training": _facts(draft, unit),
        "search": search,
        "page": page,
        "ticked": set(draft.ticked),
        "elsewhere": len(set(draft.ticked) - {person.pk for person in page}),
        "draft": drafts.seal_draft(draft),
        "error": error,
    }
    return render(request, "collective/people.html", context)


def _preview_page(request: HttpRequest, draft: CollectiveDraft, unit: Unit, error: str = "") -> HttpResponse:
    lines = preview.lines_of(draft, unit)
    files = Attachment.objects.waiting_for_form(request.user, draft.files)
    draft = replace(draft, fingerprint=preview.fingerprint(lines, files))
    context = {
        "training": _facts(draft, unit),
        "attachments": files,
        "good": preview.good_lines(lines),
        "bad": preview.bad_lines(lines),
        "hours": sum(registration.hours_applied for registration in preview.registrations_of(lines)),
        "from_file": bool(draft.rows),
        "draft": drafts.seal_draft(draft),
        "error": error,
    }
    return render(request, "collective/preview.html", context)


def _facts(draft: CollectiveDraft, unit: Unit) -> facts.DescriptionList:
    return facts.of_training(drafts.training(draft), unit)


# --- What a request names ------------------------------------------------------------------------------


def _units_or_404(request: HttpRequest) -> None:
    if not choices.units_of(request.user).exists():
        raise Http404


def _batches_or_404(request: HttpRequest):
    office = office_of(request)
    if not office.units:
        raise Http404
    return records.batches_of(office)


def _draft_or_404(request: HttpRequest) -> tuple[CollectiveDraft, Unit]:
    """The draft that travels along and its unit; 404 for a text that is not this person's, or an appointment ended."""
    try:
        draft = drafts.unseal_draft(request.POST.get("draft", ""), request.user)
    except InvalidDraft as lost:
        raise Http404(str(lost)) from None
    return draft, get_object_or_404(choices.units_of(request.user), pk=draft.unit)


def _ticked(request: HttpRequest, draft: CollectiveDraft, unit: Unit) -> list[int]:
    """Those ticked on other pages and those ticked on this one; or everybody whom the search finds."""
    shown, chosen = _keys(request, "shown"), _keys(request, "person")
    # A stranger's key would be answered with a name: only the unit's own people can be ticked.
    own = choices.selectable_people(unit, request.user).filter(pk__in=chosen).values_list("pk", flat=True)
    keys = (set(draft.ticked) - shown) | set(own if chosen else ())
    if request.POST.get("go") == "all":
        search = PeopleSearch(request.POST)
        text = search.cleaned_data["search"] if search.is_valid() else ""
        keys |= set(
            choices.selectable_people(unit, request.user, text).values_list("pk", flat=True)[: drafts.MAX_PEOPLE]
        )
    elif request.POST.get("go") == "none":
        keys = set()
    return sorted(keys)[: drafts.MAX_PEOPLE]


def _keys(request: HttpRequest, name: str) -> set[int]:
    return {parse_pk(key) for key in request.POST.getlist(name)} - {None}
