"""通知: the decisions about a person's registrations."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from hours.notices import inbox
from hours.states import Action
from hours.workflow.permissions import may


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    """List the notices, latest first."""
    page = Paginator(inbox.of_person(request.user), settings.SHORT_LIST_PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(notice, inbox.sentence(notice), inbox.reason_and_words(notice.decision)) for notice in page]
    return render(request, "hours/notices.html", {"page": page, "rows": rows})


@require_safe
def open_notice(request: PersonRequest, pk: int) -> HttpResponse:
    """Mark the notice as read and redirect to its registration: to the form if it can be edited, else to the detail."""
    notice = get_object_or_404(inbox.of_person(request.user), pk=pk)
    if request.method == "GET":
        inbox.mark_read(notice)
    registration = notice.registration
    target = "hours:edit" if may(request.user, Action.EDIT, registration) else "hours:detail"
    return redirect(target, registration.pk)


@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    """全部标为已读."""
    count = inbox.mark_all_read(request.user)
    messages.success(request, f"已将 {count} 条通知标为已读。" if count else "没有未读通知。")
    return redirect("hours:notices")
