"""What the signed-in person reviews or administers today, read once a request for the menu and the page."""

from __future__ import annotations

from django.http import HttpRequest

from hours.querysets import Office


def office_of(request: HttpRequest) -> Office:
    """Whether there is a page at all and what it shows may depend on it; what is decided is asked for anew."""
    if not hasattr(request, "office"):
        request.office = Office.of(request.user)
    return request.office
