"""证明核验: whether a certificate holds, for anybody who has its code, without an account."""

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
# No search engine keeps a person's answer, and no link takes the code along to elsewhere.
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@login_not_required
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """Type the code; it becomes the address that the QR picture holds."""
    code_form = CodeForm(request.GET if "code" in request.GET else None)
    if code_form.is_valid():
        return redirect("check_code", code=code_form.cleaned_data["code"])
    return _private(render(request, "certificates/check.html", {"form": code_form}))


@login_not_required
@require_safe
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """The answer to one code; wrong and unknown ones are answered alike, with the same work."""
    if CHECKS.hit(request):
        context = {"form": CodeForm(initial={"code": grouped(normalise(code))})}
        return _private(CHECKS.refuse(request, "certificates/check.html", context))
    context = {"checked": issuing.check(code), "code": grouped(normalise(code))}
    return _private(render(request, "certificates/answer.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response[name] = value
    return response
