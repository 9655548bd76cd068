"""Pages that static/js/dialog.js shows in a dialog: the request says so in a header."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

REQUESTED_WITH = "dialog"  # the value of X-Requested-With
LOCATION_HEADER = "X-Dialog-Location"


def is_dialog_request(request: HttpRequest) -> bool:
    """Return whether dialog.js sent this request."""
    return request.headers.get("X-Requested-With") == REQUESTED_WITH


def dialog_layout(request: HttpRequest) -> str:
    """Return the base template of a dialog: only its inside for dialog.js, a whole page otherwise."""
    return "layouts/dialog_fragment.html" if is_dialog_request(request) else "layouts/dialog_page.html"


def dialog_redirect(request: HttpRequest, to: str) -> HttpResponse:
    """Redirect to a URL or URL name; dialog.js gets the URL in a header.

    fetch() would follow an ordinary redirect by itself and use up the messages for the page behind it.
    """
    if not is_dialog_request(request):
        return redirect(to)
    return HttpResponse(status=204, headers={LOCATION_HEADER: resolve_url(to)})
