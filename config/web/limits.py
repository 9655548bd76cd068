"""How often one address may ask for something that anybody can ask for."""

from __future__ import annotations

import ipaddress
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

UNKNOWN = "0.0.0.0"  # noqa: S104  (who cannot be told apart is counted as one)


def client_address(request: HttpRequest) -> str:
    """Who asks: behind a proxy what that proxy says last, since what comes before may be the visitor's invention.

    An IPv6 visitor has a whole /64 network at hand and is counted as that, by its first address; an IPv4 one as
    that one address also where it comes dressed as IPv6. The log-in guard counts by this, too.
    """
    said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    try:
        address = ipaddress.ip_address(said or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return UNKNOWN
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address)


@dataclass(frozen=True)
class Limit:
    """So many requests of one kind from one address in so many minutes; how many, the setting of that name says.

    Counted in Django's cache: with the built-in one by each web process for itself, with a shared one by all together.
    """

    setting: str
    minutes: int
    act: str = "提交"

    def hit(self, request: HttpRequest) -> bool:
        """Count this request; True from the one after the last allowed until the minutes since the first are over."""
        key, seconds = self._key(request), self.minutes * 60
        cache.add(key, 0, seconds)
        try:
            return cache.incr(key) > self.max_requests
        except ValueError:  # it ran out between the two lines: a new span begins
            cache.set(key, 1, seconds)
            return False

    def is_exhausted(self, request: HttpRequest) -> bool:
        """Whether as many were counted as are allowed; for what is counted only if it fails."""
        return cache.get(self._key(request), 0) >= self.max_requests

    def _key(self, request: HttpRequest) -> str:
        return f"limit:{self.setting}:{client_address(request)}"

    def refuse(self, request: HttpRequest, template: str, context: dict) -> HttpResponse:
        """The page once more, above it why nothing happened.

        Its form should hold what was typed as `initial`: a bound one would answer what was asked too often.
        """
        messages.error(request, self.message)
        response = render(request, template, context, status=429)
        response["Retry-After"] = str(self.minutes * 60)
        return response

    @property
    def max_requests(self) -> int:
        return getattr(settings, self.setting)

    @property
    def message(self) -> str:
        span, wait = ("分钟", "一分钟") if self.minutes == 1 else (f" {self.minutes} 分钟", f" {self.minutes} 分钟")
        return TOO_OFTEN.format(
            span=span, wait=wait, act=self.act, most=self.max_requests, contact=settings.HELP_CONTACT
        )
