"""证明核验: the state of a certificate for anybody who has its code, without an account."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from config.web.limits import Limit
from hours.certificates import issuing
from hours.certificates.codes import grouped, normalise
from hours.certificates.forms import CodeForm

CHECKS = Limit("CHECKS_A_MINUTE", minutes=1, act="核验")
# Search engines must not keep an answer, and the code in the address must not reach other sites.
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@login_not_required
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """Show the form; redirect a typed code to the address that the QR code holds."""
    code_form = CodeForm(request.GET if "code" in request.GET else None)
    if code_form.is_valid():
        return redirect("check_code", code=code_form.cleaned_data["code"])
    return _private(render(request, "certificates/check.html", {"form": code_form}))


@login_not_required
@require_safe
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Show the state of a certificate. Invalid and unknown codes get the same answer."""
    readable = grouped(normalise(code))
    if CHECKS.hit(request):
        again = CodeForm(initial={"code": readable})
        return _private(CHECKS.refuse(request, "certificates/check.html", {"form": again}))
    return _private(render(request, "certificates/answer.html", {"checked": issuing.check(code), "code": readable}))


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response[name] = value
    return response
