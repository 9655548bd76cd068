"""One decision about several ticked registrations, with a line for each of what became of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from config.web.addresses import parse_pk
from hours.models import Registration
from hours.review.forms import BulkForm
from hours.review.queue import Queue
from hours.states import Action, Status
from hours.workflow import moves, transitions

from .queue import here, queue_of

MOST = 200
# Of a registration that was sent to another unit meanwhile, and of one that never was there, the same is said.
GONE = "有 {count} 条勾选的登记不在您的审核范围内（可能已改由其他单位审核），已取消勾选；其余尚未处理，请核对后提交。"
REFUSAL = "将对以下 {count} 条登记作出“不予认定”的决定，登记人会收到通知，且不能再修改这些登记。确定吗？"


@dataclass(frozen=True)
class Ticked:
    """A registration, and the state in which its row was shown."""

    registration: Registration
    status: str
    round: str

    @property
    def value(self) -> str:
        return f"{self.registration.pk}.{self.round}.{self.status}"

    @property
    def is_as_shown(self) -> bool:
        return (self.registration.status, str(self.registration.round)) == (self.status, self.round)


@dataclass(frozen=True)
class Result:
    """What became of one registration: empty `problem` for one that was decided."""

    registration: Registration
    problem: str = ""


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Decides, or asks for what is missing; 不予认定 is asked once more."""
    queue = queue_of(request)
    ticked, gone = _ticked(queue, request.POST.getlist("registration"))
    if not ticked:
        messages.error(request, "请先勾选要审核的登记。")
        return redirect(f"{reverse('hours:review')}{here(queue)}")
    form = BulkForm(request.POST)
    if gone:
        form.add_error(None, GONE.format(count=gone))
    is_sure = form.data.get("action") != "refuse" or request.POST.get("confirmed") == "yes"
    if not form.is_valid() or not is_sure:
        question = REFUSAL.format(count=len(ticked))
        context = {"form": form, "ticked": ticked, "question": question, "here": here(queue)}
        return render(request, "review/bulk.html", context, status=404 if gone else 200)
    results = _results(request, ticked, form)
    done = sum(not result.problem for result in results)
    label = dict(BulkForm.CHOICES)[form.cleaned_data["action"]]
    context = {"results": results, "done": done, "failed": len(results) - done, "label": label, "here": here(queue)}
    return render(request, "review/bulk_result.html", context)


def _ticked(queue: Queue, values: Sequence[str]) -> tuple[list[Ticked], int]:
    """The ticked registrations in the order given, and how many cannot be seen; 404 if none can, or for what is no
    registration.
    """
    if len(values) > MOST:
        raise Http404
    shown = {}
    for value in values:
        text, round_, status = [*value.split("."), "", ""][:3]
        if (key := parse_pk(text)) is None:
            raise Http404
        shown[key] = (status, round_)
    rows = Registration.objects.in_office(queue.office).select_related("owner", "unit", "region", "category__parent")
    found = rows.in_bulk(list(shown))
    if shown and not found:
        raise Http404
    ticked = [Ticked(found[key], *_state(found[key], *state)) for key, state in shown.items() if key in found]
    return ticked, len(shown) - len(found)


def _state(registration: Registration, status: str, round_: str) -> tuple[str, str]:
    """A bare POST may name keys alone: then the registration is taken as it stands."""
    return (status or registration.status, round_ or str(registration.round))


def _results(request: HttpRequest, ticked: list[Ticked], form: BulkForm) -> list[Result]:
    """What became of each, in the order of the ticks; the number of statements does not depend on how many."""
    current = [tick.registration for tick in ticked if tick.is_as_shown]
    problems = moves.conflict_messages([_as_shown(tick) for tick in ticked if not tick.is_as_shown])
    for action, registrations in _by_action(form.cleaned_data["action"], current).items():
        problems |= transitions.decide(request.user, action, registrations, form.verdict_on(action)).refused
    return [Result(tick.registration, problems.get(tick.registration.pk, "")) for tick in ticked]


def _as_shown(tick: Ticked) -> Registration:
    shown = copy.copy(tick.registration)
    shown.status = tick.status
    return shown


def _by_action(choice: str, registrations: list[Registration]) -> dict[Action, list[Registration]]:
    """同意 means 认定 for those at the 终审, and 初审同意 for all others."""
    if choice in BulkForm.NEGATIVE:
        return {BulkForm.NEGATIVE[choice]: registrations}
    final = [registration for registration in registrations if registration.status == Status.FINAL_REVIEW]
    return {
        Action.AGREE: [registration for registration in registrations if registration not in final],
        Action.RECOGNISE: final,
    }
