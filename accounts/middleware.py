"""Who may ask for a page at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib.auth import middleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Everybody logs in first. Who pressed a button when the session had ended comes back to the page of that button.

    The button's own address need not be a page: asked for after the log-in, some answer nothing but 405.
    """

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_page_before(request), self.get_login_url(view_func))


def _page_before(request: HttpRequest) -> str:
    """The page of ours that sent this request; the home page if the browser does not say."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    if before.netloc != request.get_host():
        return "/"
    return before._replace(scheme="", netloc="", fragment="").geturl() or "/"
