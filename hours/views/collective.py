"""集体登记: one training for many people of a unit, on three pages: facts, people, preview.

The draft travels between the pages as a sealed text; nothing is stored before it is saved.
"""

from __future__ import annotations

import io
from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from config.files import sheets
from config.web.addresses import parse_pk
from hours.collective import choices, drafts, preview, records, roster, saving
from hours.collective.drafts import CollectiveDraft, InvalidDraft
from hours.collective.forms import CollectiveForm, PeopleSearch
from hours.collective.saving import PreviewOutdated
from hours.errors import WorkflowError
from hours.models import Attachment, Submission
from hours.offices import office_of
from hours.registrations import attachments, facts
from organizations.models import Unit


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: PersonRequest) -> HttpResponse:
    """The facts of the training; the preview follows if a file names the people, otherwise the page to tick them."""
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
def edit(request: PersonRequest) -> HttpResponse:
    """Return from people or preview to the filled-in facts."""
    draft, _ = _draft_or_404(request)
    return _facts_page(request, CollectiveForm(owner=request.user, draft=draft))


@require_POST
def people(request: PersonRequest) -> HttpResponse:
    """Tick people, page by page and search by search; ticks of other pages are kept."""
    draft, unit = _draft_or_404(request)
    draft = replace(draft, rows=[], fingerprint=None, ticked=_ticked(request, draft, unit))
    if request.POST.get("go") != "preview":
        return _people_page(request, draft, unit)
    if not draft.ticked:
        return _people_page(request, draft, unit, error="请先勾选人员。")
    return _preview_page(request, draft, unit)


@require_POST
def save(request: PersonRequest) -> HttpResponse:
    """Save exactly what the preview has shown."""
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
def batches(request: PersonRequest) -> HttpResponse:
    """The batches of the unit, by any of its reviewers."""
    page = Paginator(_batches_or_404(request), settings.SHORT_LIST_PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "records": records.records_of(list(page))}
    return render(request, "collective/batches.html", context)


@require_safe
def batch(request: PersonRequest, pk: int) -> HttpResponse:
    """One batch, person by person; a registration that went to another unit has no link."""
    office = office_of(request)
    submission = get_object_or_404(_batches_or_404(request), pk=pk)
    [record] = records.records_of([submission])
    page = Paginator(records.batch_registrations(submission), settings.LIST_PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        (registration, records.decision_words(registration), registration.unit_id in office.units)
        for registration in page
    ]
    return render(request, "collective/batch.html", {"record": record, "page": page, "rows": rows})


@require_POST
def bad_lines(request: PersonRequest) -> FileResponse:
    """Send the lines with problems as an Excel file."""
    draft, unit = _draft_or_404(request)
    lines = preview.bad_lines(preview.lines_of(draft, unit))
    return _excel(roster.bad_lines_file(lines), "有问题的行.xlsx")


@require_safe
def template(request: PersonRequest) -> FileResponse:
    """Send an empty list of people with the right columns."""
    _units_or_404(request)
    return _excel(roster.template(), "集体登记名单.xlsx")


def _excel(content: bytes, name: str) -> FileResponse:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=sheets.CONTENT_TYPE)


# --- Pages -------------------------------------------------------------------------------------------


def _facts_page(request: PersonRequest, form: CollectiveForm) -> HttpResponse:
    if form.is_bound:  # the accepted files of a refused form need not be chosen again
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


def _people_page(request: PersonRequest, draft: CollectiveDraft, unit: Unit, error: str = "") -> HttpResponse:
    search = PeopleSearch(request.POST if "search" in request.POST else None)
    found = choices.selectable_people(unit, request.user, search.text)
    page = Paginator(found, settings.LIST_PAGE_SIZE).get_page(request.POST.get("page"))
    context = {
        "training": _facts(draft, unit),
        "search": search,
        "page": page,
        "ticked": set(draft.ticked),
        "max_people": settings.COLLECTIVE_MAX_PEOPLE,
        "elsewhere": len(set(draft.ticked) - {person.pk for person in page}),
        "draft": drafts.seal_draft(draft),
        "error": error,
    }
    return render(request, "collective/people.html", context)


def _preview_page(request: PersonRequest, draft: CollectiveDraft, unit: Unit, error: str = "") -> HttpResponse:
    lines = preview.lines_of(draft, unit)
    files = Attachment.objects.waiting_for_form(request.user, draft.files)
    draft = replace(draft, fingerprint=preview.fingerprint(lines, files))
    context = {
        "training": _facts(draft, unit),
        "attachments": files,
        "good": preview.good_lines(lines),
        "bad": preview.bad_lines(lines),
        "hours": sum(registration.hours_applied for registration in preview.new_registrations(lines)),
        "from_file": bool(draft.rows),
        "unused": draft.unused if draft.rows else [],
        "draft": drafts.seal_draft(draft),
        "error": error,
    }
    return render(request, "collective/preview.html", context)


def _facts(draft: CollectiveDraft, unit: Unit) -> facts.DescriptionList:
    return facts.of_training(drafts.training(draft), unit)


# --- What a request names ------------------------------------------------------------------------------


def _units_or_404(request: PersonRequest) -> None:
    if not choices.selectable_units(request.user).exists():
        raise Http404


def _batches_or_404(request: PersonRequest) -> QuerySet[Submission]:
    office = office_of(request)
    if not office.units:
        raise Http404
    return records.batches_of(office)


def _draft_or_404(request: PersonRequest) -> tuple[CollectiveDraft, Unit]:
    """Return the draft that the page sent and its unit; 404 for another person's draft or an ended appointment."""
    try:
        draft = drafts.unseal_draft(request.POST.get("draft", ""), request.user)
    except InvalidDraft as invalid:
        raise Http404(str(invalid)) from None
    return draft, get_object_or_404(choices.selectable_units(request.user), pk=draft.unit)


def _ticked(request: PersonRequest, draft: CollectiveDraft, unit: Unit) -> list[int]:
    """Return the keys of the people ticked on this page and on others; "all" adds the results of the search."""
    if request.POST.get("go") == "none":
        return []
    shown, chosen = _keys(request, "shown"), _keys(request, "person")
    # Only the unit's own people can be ticked: for a stranger's key the preview would show the name.
    own = choices.selectable_people(unit, request.user).filter(pk__in=chosen).values_list("pk", flat=True)
    keys = (set(draft.ticked) - shown) | set(own if chosen else ())
    if request.POST.get("go") == "all":
        found = choices.selectable_people(unit, request.user, PeopleSearch(request.POST).text)
        keys |= set(found.values_list("pk", flat=True)[: settings.COLLECTIVE_MAX_PEOPLE])
    return sorted(keys)[: settings.COLLECTIVE_MAX_PEOPLE]


def _keys(request: PersonRequest, name: str) -> set[int]:
    return {key for text in request.POST.getlist(name) if (key := parse_pk(text)) is not None}
