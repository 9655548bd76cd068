"""How a form that may stand in a dialog answers when it is done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url


def dialog_redirect(request: HttpRequest, to, *args, **kwargs) -> HttpResponse:
    """Go to `to` (whatever django.shortcuts.redirect takes), also out of a dialog that was sent by script.

    A script's request follows an ordinary redirect unseen, and the page's messages with it; so it gets the address
    in a header and lets the browser go there.
    """
    if not getattr(request, "htmx", False):
        return redirect(to, *args, **kwargs)
    return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(to, *args, **kwargs)})
