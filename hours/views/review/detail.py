"""One registration with all that a reviewer needs, and the decision about it."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Denied
from hours.counting import overlaps
from hours.models import Registration
from hours.registrations import facts, progress, versions
from hours.review.forms import DecisionForm
from hours.review.queue import Queue
from hours.states import IN_REVIEW, STAGE_OF, Action, Status
from hours.wording import format_number
from hours.workflow import moves, transitions
from hours.workflow.permissions import Permissions

from .queue import address, here, queue_of

NONE_LEFT = "这个列表中没有其他登记了。"
POSITIVE = (Action.AGREE, Action.RECOGNISE)
DONE = {Action.AGREE: "已同意", Action.RECOGNISE: "已认定", Action.RETURN: "已退回修改", Action.REFUSE: "已不予认定"}


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows it; by POST decides and goes straight on to the next registration of the same list."""
    queue = queue_of(request)
    registration = _registration(queue, pk)
    if request.method != "POST":
        return _show(request, queue, registration, DecisionForm(registration=registration))
    form = DecisionForm(request.POST, registration=registration)
    if not form.is_as_shown:
        return _show_overtaken(
            request, queue, registration, moves.conflict_messages([_as_shown(registration, form)])[pk]
        )
    if denied := _denied(request, registration, form):
        form.tell_first(denied)
        return _show(request, queue, registration, form)
    if not form.is_valid():
        return _show(request, queue, registration, form)
    _, after = queue.neighbours(registration)
    return _decide(request, queue, form) or _go_on(request, queue, registration, after)


def _registration(queue: Queue, pk: int) -> Registration:
    rows = Registration.objects.in_office(queue.office)
    rows = rows.select_related("category__parent", "owner", "unit", "region")
    return get_object_or_404(rows.prefetch_related("decisions", "attachments"), pk=pk)


def _as_shown(registration: Registration, form: DecisionForm) -> Registration:
    shown = copy.copy(registration)
    shown.status = form.data.get("status", "")
    return shown


def _denied(request: HttpRequest, registration: Registration, form: DecisionForm) -> str:
    """Why this person may not do this at all; that comes before anything that the form may lack."""
    action = form.data.get("action")
    if action not in DONE:
        return ""
    allowed = Permissions(request.user, [registration]).may(Action(action), registration)
    return allowed.reason if isinstance(allowed, Denied) else ""


def _decide(request: HttpRequest, queue: Queue, form: DecisionForm) -> HttpResponse | None:
    """None once the decision is taken; otherwise the page that says why not, where it belongs."""
    registration, action = form.registration, form.chosen
    outcome = transitions.decide(request.user, action, [registration], form.verdict)
    if outcome.done:
        hours = f"，{format_number(registration.current_hours)} 学时" if action in POSITIVE else ""
        messages.success(request, f"{DONE[action]}：{registration.owner.name}“{registration.content}”{hours}。")
        return None
    sentence, now = outcome.refused[registration.pk], _registration(queue, registration.pk)
    if (now.status, now.round) != (registration.status, registration.round):
        return _show_overtaken(request, queue, now, sentence)
    form.tell_about_hours(sentence) if action in POSITIVE else form.add_error(None, sentence)
    return _show(request, queue, now, form)


def _go_on(request: HttpRequest, queue: Queue, registration: Registration, after: int | None) -> HttpResponse:
    """To the registration that followed, else the first one of the list, else back to the list."""
    key = after or queue.first_but(registration)
    if key is None:
        messages.info(request, NONE_LEFT)
        return redirect(f"{reverse('hours:review')}{address(queue)}")
    return redirect(f"{reverse('hours:review_detail', args=[key])}{here(queue)}")


def _show_overtaken(request: HttpRequest, queue: Queue, registration: Registration, sentence: str) -> HttpResponse:
    """Somebody else was faster: who, and where the registration stands now. What was typed stays on the page."""
    data = request.POST.copy()
    data["status"], data["round"] = registration.status, str(registration.round)
    form = DecisionForm(data, registration=registration)
    form.tell_first(sentence)
    return _show(request, queue, registration, form)


def _show(request: HttpRequest, queue: Queue, registration: Registration, form: DecisionForm) -> HttpResponse:
    permissions = Permissions(request.user, [registration])
    positive = Action.AGREE if registration.status == Status.FIRST_REVIEW else Action.RECOGNISE
    allowed = permissions.may(positive, registration)
    before, after = queue.neighbours(registration)
    context = {
        "queue": queue,
        "here": here(queue),
        "registration": registration,
        "facts": facts.of_registration(registration),
        "steps": progress.steps(registration, is_unattended=permissions.is_unattended(registration)),
        "asked": _asked_words(registration),
        "changes": versions.changes_since_return(registration) if registration.round > 1 else None,
        "related": _related(queue, registration),
        "form": form,
        "positive": positive,
        "positive_label": "同意" if positive is Action.AGREE else "认定",
        "may_decide": bool(allowed),
        "denied": allowed.reason if isinstance(allowed, Denied) and registration.status in IN_REVIEW else "",
        "before": before,
        "after": after,
        "typed": request.POST.get("words", "") if request.method == "POST" else "",
    }
    return render(request, "review/detail.html", context)


def _asked_words(registration: Registration) -> str:
    """What the owner wrote with a 请求退回 in this round and stage; the decisions are prefetched."""
    stage = STAGE_OF.get(Status(registration.status))
    asked = [
        decision.words
        for decision in registration.decisions.all()
        if (decision.action, decision.round, decision.stage) == (Action.ASK_RETURN, registration.round, stage)
    ]
    return asked[-1] if asked else ""


@dataclass(frozen=True)
class Related:
    """Another registration of the same person, why it is shown, and whether it is in the reviewer's office."""

    registration: Registration
    why: str
    is_open: bool


def _related(queue: Queue, registration: Registration) -> list[Related]:
    """The person's other submitted registrations, whatever became of them, that share time or a certificate number."""
    shares = Q(starts_at__lte=registration.ends_at, ends_at__gte=registration.starts_at)
    if registration.certificate_number:
        shares |= Q(certificate_number=registration.certificate_number)
    others = Registration.objects.filter(shares, owner=registration.owner_id).exclude(pk=registration.pk)
    others = others.exclude(status=Status.DRAFT).select_related("category").order_by("starts_at", "pk")
    within = Exists(Registration.objects.in_office(queue.office).filter(pk=OuterRef("pk")))
    return [
        Related(other, why, other.is_open)
        for other in others.annotate(is_open=within)
        if (why := _relation(registration, other))
    ]


def _relation(registration: Registration, other: Registration) -> str:
    why = ["时间重叠"] if overlaps(registration.starts_at, registration.ends_at, other.starts_at, other.ends_at) else []
    if registration.certificate_number and other.certificate_number == registration.certificate_number:
        why.append("证书编号相同")
    return "、".join(why)
