"""The ticked registrations of a request."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from config.web.addresses import parse_pk
from hours.models import Registration

MAX_REGISTRATIONS = 500
COLUMNS = ("owner", "status", "hours_applied", "unit")  # what the choice of a unit asks of them


def picked_registrations(request: HttpRequest, *, in_full: bool = True) -> list[Registration]:
    """The person's own registrations named by `registration` parameters, in the order of the list; 404 if one is not
    theirs.

    With their types and regions, unless a page needs no more than COLUMNS of them.
    """
    given = request.POST.getlist("registration") or request.GET.getlist("registration")
    keys = {parse_pk(text) for text in given}
    if len(given) > MAX_REGISTRATIONS or None in keys:
        raise Http404
    rows = request.user.registrations.filter(pk__in=keys)  # so each knows its owner without asking
    rows = rows.select_related("category__parent", "region") if in_full else rows.only(*COLUMNS)
    registrations = list(rows.order_by("-ends_at", "-pk"))
    if len(registrations) != len(keys):
        raise Http404
    return registrations
