"""Middleware for every response."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

GetResponse = Callable[[HttpRequest], HttpResponse]


def no_store(get_response: GetResponse) -> GetResponse:
    """Keep pages out of all caches, so that nobody sees one by going back after a log-out.

    Static files are not affected; WhiteNoise serves them before.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def limit_request_size(get_response: GetResponse) -> GetResponse:
    """Refuse requests above REQUEST_MAX_BYTES unread: uploads are written to disk before any view checks the person."""

    def middleware(request: HttpRequest) -> HttpResponse:
        size = request.META.get("CONTENT_LENGTH") or "0"
        if size.isdigit() and len(size.lstrip("0")) < 15 and int(size) <= settings.REQUEST_MAX_BYTES:
            return get_response(request)
        response = render(None, "413.html", {"most": settings.REQUEST_MAX_BYTES}, status=413)
        response["Connection"] = "close"  # the unread body would be taken for the next request
        return response

    return middleware
