"""证明核验: whether a certificate holds, for anybody who has its code, without an account."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.limits import is_too_often

from .. import certificates
from ..certificate_codes import grouped, normalise
from ..certificate_forms import CodeForm

# No search engine keeps a person's answer, and no link takes the code along to elsewhere.
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@login_not_required
@never_cache
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """Type the code; it becomes the address that the QR picture holds."""
    code_form = CodeForm(request.GET if "code" in request.GET else None)
    if code_form.is_valid():
        return redirect("check_code", code=code_form.cleaned_data["code"])
    return _answered(request, "certificates/check.html", {"form": code_form})


@login_not_required
@never_cache
@require_safe
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """The answer to one code; wrong and unknown ones are answered alike, with the same work."""
    if is_too_often(request, "certificate-check", settings.CHECKS_A_MINUTE):
        refused = _answered(request, "certificates/too_often.html", {"most": settings.CHECKS_A_MINUTE}, status=429)
        refused["Retry-After"] = "60"
        return refused
    context = {"checked": certificates.check(code), "code": grouped(normalise(code))}
    return _answered(request, "certificates/answer.html", context)


def _answered(request: HttpRequest, template: str, context: dict, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response
