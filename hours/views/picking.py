"""The registrations that a request names by their primary keys."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404

from accounts.requests import PersonRequest
from config.web.addresses import parse_pk
from hours.models import Registration

COLUMNS = ("owner", "status", "hours_applied", "unit")  # what the choice of a unit needs


def picked_registrations(request: PersonRequest, *, in_full: bool = True) -> list[Registration]:
    """Return the person's own registrations of the `registration` parameters, in the order of the list.

    Raises Http404 if one belongs to another person. `in_full` includes categories and regions; without it only COLUMNS
    are read.
    """
    given = request.POST.getlist("registration") or request.GET.getlist("registration")
    if len(given) > settings.SUBMISSION_MAX_REGISTRATIONS:
        raise Http404
    keys = {_pk_or_404(text) for text in given}
    rows = request.user.registrations.filter(pk__in=keys)  # sets the owner without a query
    rows = rows.select_related("category__parent", "region") if in_full else rows.only(*COLUMNS)
    registrations = list(rows.order_by("-ends_at", "-pk"))
    if len(registrations) != len(keys):
        raise Http404
    return registrations


def _pk_or_404(text: str) -> int:
    pk = parse_pk(text)
    if pk is None:
        raise Http404
    return pk
