"""What every answer goes through."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def no_store(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """No browser and no proxy keeps a page: after 退出 nobody sees one again by going back.

    Static files do not come through here; WhiteNoise answers for them before.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def limit_request_size(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Nothing bigger than any form of ours is read at all: a file goes to the disk before anybody asks whose it is."""

    def answer(request: HttpRequest) -> HttpResponse:
        size = request.META.get("CONTENT_LENGTH") or "0"
        if size.isdigit() and len(size.lstrip("0")) < 15 and int(size) <= settings.REQUEST_MAX_BYTES:
            return get_response(request)
        response = render(None, "413.html", {"most": settings.REQUEST_MAX_BYTES}, status=413)
        response["Connection"] = "close"  # what was not read is in the way of a next request
        return response

    return answer
