"""Requires a log-in for every page that is not marked login_not_required, and an own password after the first."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import middleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """After a POST from an expired session, the log-in leads back to the page that sent it.

    Django would lead to the address of the POST, which may accept no GET.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_referring_page(request), self.get_login_url(view_func))


def _referring_page(request: HttpRequest) -> str:
    """Return the path of the page of this site that sent the request; the home page if it is unknown."""
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    if referrer.netloc != request.get_host():
        return "/"
    return referrer._replace(scheme="", netloc="", fragment="").geturl() or "/"


class RequireOwnPassword:
    """Leads somebody with a first password, known to others, to the page that changes it; other pages stay closed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        is_open = request.path in (reverse("accounts:password_change"), reverse("accounts:logout"))
        return None if is_open or not request.user.must_change_password else redirect("accounts:password_change")
