"""One registration with all that a reviewer needs, and the decision about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Denied
from accounts.requests import PersonRequest
from hours.models import Registration
from hours.registrations import facts, progress, return_changes, validation
from hours.review.forms import POSITIVE, DecisionForm, positive_action
from hours.review.queue import Queue
from hours.review.related import related_registrations
from hours.states import IN_REVIEW, STAGE_OF, Action, Status
from hours.wording import format_number
from hours.workflow import moves, transitions
from hours.workflow.permissions import Permissions

from .queue import query_string, query_with_position, queue_or_404
from .shown import as_shown

NONE_LEFT = "这个列表中没有其他登记了。"
DONE = {Action.AGREE: "已同意", Action.RECOGNISE: "已认定", Action.RETURN: "已退回修改", Action.REFUSE: "已不予认定"}


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the registration; by POST decide and open the next registration of the same list."""
    queue = queue_or_404(request)
    registration = _registration_or_404(queue, pk)
    if request.method != "POST":
        return _page(request, queue, registration, DecisionForm(registration=registration))
    form = DecisionForm(request.POST, registration=registration)
    if not form.is_current:
        shown = as_shown(registration, form.data.get("status", ""))
        return _conflict_page(request, queue, registration, moves.conflict_messages([shown])[pk])
    if denied := _denial(request, registration, form):
        form.set_only_error(denied)
        return _page(request, queue, registration, form)
    if not form.is_valid():
        return _page(request, queue, registration, form)
    _, after = queue.neighbours(registration)
    return _decide(request, queue, form) or _redirect_to_next(request, queue, registration, after)


def _registration_or_404(queue: Queue, pk: int) -> Registration:
    rows = Registration.objects.in_office(queue.office)
    rows = rows.select_related("category__parent", "owner", "unit", "region")
    return get_object_or_404(rows.prefetch_related("decisions", "attachments"), pk=pk)


def _denial(request: PersonRequest, registration: Registration, form: DecisionForm) -> str:
    """Return why this person may not take the decision; it comes before errors of the form."""
    action = form.data.get("action")
    if action not in DONE:
        return ""
    permission = Permissions(request.user, [registration]).may(Action(action), registration)
    return permission.reason if isinstance(permission, Denied) else ""


def _decide(request: PersonRequest, queue: Queue, form: DecisionForm) -> HttpResponse | None:
    """Decide; return a page only if the decision was refused."""
    registration, action = form.registration, form.chosen_action
    result = transitions.decide(request.user, action, [registration], form.verdict)
    if result.done:
        hours = f"，{format_number(registration.current_hours)} 学时" if action in POSITIVE else ""
        messages.success(request, f"{DONE[action]}：{registration.owner.name}“{registration.content}”{hours}。")
        return None
    message, now = result.refused[registration.pk], _registration_or_404(queue, registration.pk)
    if (now.status, now.round) != (registration.status, registration.round):
        return _conflict_page(request, queue, now, message)
    if action in POSITIVE:
        form.add_hours_error(message)
    else:
        form.add_error(None, message)
    return _page(request, queue, now, form)


def _redirect_to_next(
    request: PersonRequest, queue: Queue, registration: Registration, after: int | None
) -> HttpResponse:
    """Redirect to the following registration, else to the first one of the list, else to the list."""
    key = after or queue.first_other_than(registration)
    if key is None:
        messages.info(request, NONE_LEFT)
        return redirect(f"{reverse('hours:review')}{query_string(queue)}")
    return redirect(f"{reverse('hours:review_detail', args=[key])}{query_with_position(queue)}")


def _conflict_page(request: PersonRequest, queue: Queue, registration: Registration, message: str) -> HttpResponse:
    """Show the present state and that somebody else was faster; the typed words stay on the page."""
    data = request.POST.copy()
    data["status"], data["round"] = registration.status, str(registration.round)
    form = DecisionForm(data, registration=registration)
    form.set_only_error(message)
    return _page(request, queue, registration, form)


def _page(request: PersonRequest, queue: Queue, registration: Registration, form: DecisionForm) -> HttpResponse:
    permissions = Permissions(request.user, [registration])
    positive = positive_action(registration)
    permission = permissions.may(positive, registration)
    before, after = queue.neighbours(registration)
    context = {
        "queue": queue,
        "queue_query": query_with_position(queue),
        "registration": registration,
        "facts": facts.of_registration(registration),
        "steps": progress.steps(registration, is_unattended=permissions.is_unattended(registration)),
        "return_request": _return_request(registration),
        "changes": return_changes.changes_since_return(registration) if registration.round > 1 else None,
        "unusual": validation.plausibility_notice(registration),
        "related": related_registrations(registration, queue.office),
        "form": form,
        "positive": positive,
        "positive_label": "同意" if positive is Action.AGREE else "认定",
        "may_decide": bool(permission),
        "denied": permission.reason if isinstance(permission, Denied) and registration.status in IN_REVIEW else "",
        "before": before,
        "after": after,
        "typed": request.POST.get("words", "") if request.method == "POST" else "",
    }
    return render(request, "review/detail.html", context)


def _return_request(registration: Registration) -> str:
    """Return the owner's words of a 请求退回 in this round and stage; empty without one.

    The decisions should be prefetched.
    """
    stage = STAGE_OF.get(Status(registration.status))
    words = [
        decision.words
        for decision in registration.decisions.all()
        if (decision.action, decision.round, decision.stage) == (Action.ASK_RETURN, registration.round, stage)
    ]
    return words[-1] if words else ""
