"""How often one address may ask for something that anybody can ask for."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Who asks: behind a proxy what that proxy says last, since what comes before may be the visitor's invention.

    An IPv6 visitor has a whole /64 network at hand and is counted as that.
    """
    said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    try:
        address = ipaddress.ip_address(said or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    return str(address if address.version == 4 else ipaddress.ip_network(f"{address}/64", strict=False))


def is_too_often(request: HttpRequest, what: str, most: int, seconds: int = 60) -> bool:
    """Count this request; True from the one after `most` until `seconds` after the first have passed.

    Counted in Django's cache: with the built-in one by each web process for itself, with a shared one by all together.
    """
    key = f"limit:{what}:{client_address(request)}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > most
    except ValueError:  # it ran out between the two lines: a new span begins
        cache.set(key, 1, seconds)
        return False
