"""One decision about the ticked registrations, and a result line for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.requests import PersonRequest
from config.web.addresses import parse_pk
from hours.models import Registration
from hours.review.forms import BulkForm
from hours.review.queue import Queue
from hours.states import Action, Status
from hours.workflow import moves, transitions

from .queue import query_with_position, queue_or_404
from .shown import as_shown

# The message does not tell whether a key exists outside the office.
OUTSIDE_OFFICE = (
    "有 {count} 条勾选的登记不在您的审核范围内（可能已改由其他单位审核），已取消勾选；其余尚未处理，请核对后提交。"
)
REFUSAL = "将对以下 {count} 条登记作出“不予认定”的决定，登记人会收到通知，且不能再修改这些登记。确定吗？"


@dataclass(frozen=True)
class Tick:
    """A ticked registration, with the status and round in which its row was shown."""

    registration: Registration
    status: str
    round: str

    @property
    def value(self) -> str:
        return f"{self.registration.pk}.{self.round}.{self.status}"

    @property
    def is_current(self) -> bool:
        return (self.registration.status, str(self.registration.round)) == (self.status, self.round)


@dataclass(frozen=True)
class TickResult:
    """A ticked registration after the decision; `problem` is empty if it was decided."""

    registration: Registration
    problem: str = ""


@require_POST
def bulk(request: PersonRequest) -> HttpResponse:
    """Decide, or ask for missing fields; 不予认定 needs a confirmation."""
    queue = queue_or_404(request)
    queue_query = query_with_position(queue)
    ticks, outside = _ticks_or_404(queue, request.POST.getlist("registration"))
    if not ticks:
        messages.error(request, "请先勾选要审核的登记。")
        return redirect(f"{reverse('hours:review')}{queue_query}")
    form = BulkForm(request.POST)
    if outside:
        form.add_error(None, OUTSIDE_OFFICE.format(count=outside))
    is_confirmed = form.data.get("action") != "refuse" or request.POST.get("confirmed") == "yes"
    if not form.is_valid() or not is_confirmed:
        question = REFUSAL.format(count=len(ticks))
        context = {"form": form, "ticks": ticks, "question": question, "queue_query": queue_query}
        return render(request, "review/bulk.html", context, status=404 if outside else 200)
    results = _decide(request, ticks, form)
    done = sum(not result.problem for result in results)
    context = {
        "results": results,
        "done": done,
        "failed": len(results) - done,
        "label": dict(BulkForm.CHOICES)[form.cleaned_data["action"]],
        "queue_query": queue_query,
    }
    return render(request, "review/bulk_result.html", context)


def _ticks_or_404(queue: Queue, values: Sequence[str]) -> tuple[list[Tick], int]:
    """Return the ticked registrations in the given order, and the number of those outside the office.

    404 if all are outside, or if a value is invalid. A POST may name keys alone: then the present state is taken.
    """
    if len(values) > settings.BULK_MAX_REGISTRATIONS:
        raise Http404
    shown: dict[int, tuple[str, str]] = {}
    for value in values:
        text, round_, status = [*value.split("."), "", ""][:3]
        if (key := parse_pk(text)) is None:
            raise Http404
        shown[key] = (status, round_)
    rows = Registration.objects.in_office(queue.office).select_related("owner", "unit", "region", "category__parent")
    found = rows.in_bulk(list(shown))
    if shown and not found:
        raise Http404
    ticks = [
        Tick(registration, status or registration.status, round_ or str(registration.round))
        for key, (status, round_) in shown.items()
        if (registration := found.get(key))
    ]
    return ticks, len(shown) - len(found)


def _decide(request: PersonRequest, ticks: Sequence[Tick], form: BulkForm) -> list[TickResult]:
    """Decide about the current registrations and return all results in order; the number of queries is constant."""
    current = [tick.registration for tick in ticks if tick.is_current]
    stale = [as_shown(tick.registration, tick.status) for tick in ticks if not tick.is_current]
    problems = moves.conflict_messages(stale)
    for action, registrations in _by_action(form.cleaned_data["action"], current).items():
        problems |= transitions.decide(request.user, action, registrations, form.verdict_for(action)).refused
    return [TickResult(tick.registration, problems.get(tick.registration.pk, "")) for tick in ticks]


def _by_action(choice: str, registrations: list[Registration]) -> dict[Action, list[Registration]]:
    """Group the registrations by action: 同意 means 认定 at the 终审, and 初审同意 otherwise."""
    if choice in BulkForm.NEGATIVE_ACTIONS:
        return {BulkForm.NEGATIVE_ACTIONS[choice]: registrations}
    final = [registration for registration in registrations if registration.status == Status.FINAL_REVIEW]
    return {
        Action.AGREE: [registration for registration in registrations if registration not in final],
        Action.RECOGNISE: final,
    }
