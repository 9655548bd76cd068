"""One entry with all that a reviewer needs, and the decision about it."""

from __future__ import annotations

import copy

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ... import facts, moves, progress, versions, workflow
from ...counting import number, overlaps
from ...models import Registration
from ...permissions import Denied, Standing
from ...review_forms import DecisionForm
from ...review_queue import Queue
from ...states import IN_REVIEW, Action, Status
from .queue import here, queue_of

NONE_LEFT = "这个列表中没有其他登记了。"
DONE = {Action.AGREE: "已同意", Action.RECOGNISE: "已认定", Action.RETURN: "已退回修改", Action.REFUSE: "已不予认定"}


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows it; by POST decides and goes straight on to the next entry of the same list."""
    queue = queue_of(request)
    entry = _entry(queue, pk)
    if request.method != "POST":
        return _show(request, queue, entry, DecisionForm(entry=entry))
    form = DecisionForm(request.POST, entry=entry)
    _, after = queue.neighbours(entry)
    if not form.is_as_shown:
        return _show_overtaken(request, queue, entry, form)
    if form.is_valid() and _decided(request, entry, form):
        return _next(request, queue, entry, after)
    return _show(request, queue, _entry(queue, pk), form)


def _entry(queue: Queue, pk: int) -> Registration:
    rows = Registration.objects.in_office(queue.office)
    rows = rows.select_related("category__parent", "owner", "unit", "region")
    return get_object_or_404(rows.prefetch_related("decisions", "attachments"), pk=pk)


def _decided(request: HttpRequest, entry: Registration, form: DecisionForm) -> bool:
    """Whether the decision was taken; if not, the form says why, where it belongs."""
    action = form.chosen
    outcome = workflow.decide(request.user, action, [entry], form.verdict)
    if outcome.done:
        hours = f"，{number(entry.hours_shown)} 学时" if action in (Action.AGREE, Action.RECOGNISE) else ""
        messages.success(request, f"{DONE[action]}：{entry.owner.name}“{entry.content}”{hours}。")
        return True
    sentence = outcome.refused[entry.pk]
    concerns_hours = action in (Action.AGREE, Action.RECOGNISE) and Standing(request.user, [entry]).may(action, entry)
    if concerns_hours and not Registration.objects.exclude(status=entry.status).filter(pk=entry.pk).exists():
        form.tell(sentence)
    else:
        form.add_error(None, sentence)
    return False


def _next(request: HttpRequest, queue: Queue, entry: Registration, after: int | None) -> HttpResponse:
    """The entry that followed, else the first one of the list, else the list."""
    key = after or queue.first_but(entry)
    if key is None:
        messages.info(request, NONE_LEFT)
        return redirect(f"{reverse('hours:review')}{here(queue)}")
    return redirect(f"{reverse('hours:review_detail', args=[key])}{here(queue)}")


def _show_overtaken(request: HttpRequest, queue: Queue, entry: Registration, form: DecisionForm) -> HttpResponse:
    """Somebody else was faster: who, and where the entry stands now. What was typed stays on the page."""
    shown = copy.copy(entry)
    shown.status = form.data.get("status", "")
    form.is_valid()
    form.errors.clear()
    form.add_error(None, moves.overtaken([shown])[entry.pk])
    return _show(request, queue, entry, form)


def _show(request: HttpRequest, queue: Queue, entry: Registration, form: DecisionForm) -> HttpResponse:
    standing = Standing(request.user, [entry])
    positive = Action.AGREE if entry.status == Status.FIRST_REVIEW else Action.RECOGNISE
    allowed = standing.may(positive, entry)
    before, after = queue.neighbours(entry)
    steps = progress.steps(entry)
    context = {
        "queue": queue,
        "here": here(queue),
        "entry": entry,
        "facts": facts.of_registration(entry),
        "steps": steps,
        "asked": _asked_words(entry),
        "changes": versions.changes_since_return(entry) if entry.round > 1 else None,
        "related": _related(entry),
        "form": form,
        "positive": positive,
        "positive_label": "同意" if positive is Action.AGREE else "认定",
        "may_decide": bool(allowed),
        "denied": allowed.reason if isinstance(allowed, Denied) and entry.status in IN_REVIEW else "",
        "before": before,
        "after": after,
        "typed": request.POST.get("words", "") if request.method == "POST" else "",
    }
    return render(request, "review/detail.html", context)


def _asked_words(entry: Registration) -> str:
    """What the owner wrote with a 请求退回 in this round and stage; the decisions are prefetched."""
    stage = {Status.FIRST_REVIEW: "first", Status.FINAL_REVIEW: "final"}.get(Status(entry.status))
    asked = [
        decision.words
        for decision in entry.decisions.all()
        if (decision.action, decision.round, decision.stage) == (Action.ASK_RETURN, entry.round, stage)
    ]
    return asked[-1] if asked else ""


def _related(entry: Registration) -> list[tuple[Registration, str]]:
    """The person's other submitted entries, whatever became of them, that share time or a certificate number; why."""
    shares_time = Q(starts_at__lte=entry.ends_at, ends_at__gte=entry.starts_at)
    number_ = entry.certificate_number
    shares = shares_time | Q(certificate_number=number_) if number_ else shares_time
    others = Registration.objects.filter(shares, owner=entry.owner_id).exclude(pk=entry.pk)
    others = others.exclude(status=Status.DRAFT).select_related("category").order_by("starts_at", "pk")
    found = []
    for other in others:
        why = ["时间重叠"] if overlaps(entry.starts_at, entry.ends_at, other.starts_at, other.ends_at) else []
        why += ["证书编号相同"] if number_ and other.certificate_number == number_ else []
        if why:
            found.append((other, "、".join(why)))
    return found
