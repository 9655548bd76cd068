"""Rate limits per client address, for requests that need no log-in or create work for others."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOO_OFTEN = (
    "同一网络地址每{span}最多{act} {most} 次，现已超过，本次没有处理。请{wait}后再试；"
    "多人共用网络或急需办理的，请联系管理员：{contact}。"
)

UNKNOWN = "0.0.0.0"  # noqa: S104  (all clients without a valid address count as one)


def client_address(request: HttpRequest) -> str:
    """Return the address by which limits and the log-in lock-out count a client.

    Behind a proxy it is the last address in X-Forwarded-For, which the proxy wrote; the client can invent the others.
    An IPv6 client counts as its /64 network, because it may use every address there; an IPv4 address that is written
    as IPv6 counts as IPv4.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    try:
        address = ipaddress.ip_address(forwarded or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return UNKNOWN
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address)


@dataclass(frozen=True)
class Limit:
    """A limit of requests per client address in `minutes`; the setting named `setting` holds the maximum.

    Django's cache holds the counts: each web process has its own with the built-in cache, all share one with Redis.
    """

    setting: str
    minutes: int
    act: str = "提交"

    def hit(self, request: HttpRequest) -> bool:
        """Record a request; return whether the limit is exceeded."""
        key, seconds = self._key(request), self.minutes * 60
        cache.add(key, 0, seconds)
        try:
            return cache.incr(key) > self.max_requests
        except ValueError:  # the count expired after add(): a new period begins
            cache.set(key, 1, seconds)
            return False

    def is_exhausted(self, request: HttpRequest) -> bool:
        """Return whether the next hit would exceed the limit, for actions that are recorded only if they fail."""
        count: int = cache.get(self._key(request), 0)
        return count >= self.max_requests

    def _key(self, request: HttpRequest) -> str:
        return f"limit:{self.setting}:{client_address(request)}"

    def refuse(self, request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
        """Return the page again with status 429 and a message.

        Its form should hold the typed values as `initial`: validating a bound form would do what the limit prevents.
        """
        messages.error(request, self.message)
        response = render(request, template, context, status=429)
        response["Retry-After"] = str(self.minutes * 60)
        return response

    @property
    def max_requests(self) -> int:
        value: int = getattr(settings, self.setting)
        return value

    @property
    def message(self) -> str:
        span, wait = ("分钟", "一分钟") if self.minutes == 1 else (f" {self.minutes} 分钟", f" {self.minutes} 分钟")
        most, contact = self.max_requests, settings.HELP_CONTACT
        return TOO_OFTEN.format(span=span, wait=wait, act=self.act, most=most, contact=contact)
