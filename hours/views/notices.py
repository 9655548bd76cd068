"""通知: what was decided about one's registrations."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hours.notices import inbox
from hours.states import Action
from hours.workflow.permissions import may

PAGE_SIZE = 20


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Latest first, unread ones marked."""
    page = Paginator(inbox.of_person(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(notice, inbox.sentence(notice), inbox.reason_and_words(notice.decision)) for notice in page]
    return render(request, "hours/notices.html", {"page": page, "rows": rows})


@require_safe
def open_(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it as read and go where its owner reads on: to the form of a returned registration, to the detail of
    another.
    """
    notice = get_object_or_404(inbox.of_person(request.user), pk=pk)
    if request.method == "GET":
        inbox.mark_read(notice)
    registration = notice.registration
    target = "hours:edit" if may(request.user, Action.EDIT, registration) else "hours:detail"
    return redirect(target, registration.pk)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """全部标为已读."""
    count = inbox.mark_all_read(request.user)
    messages.success(request, f"已将 {count} 条通知标为已读。" if count else "没有未读通知。")
    return redirect("hours:notices")
