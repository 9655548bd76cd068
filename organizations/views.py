"""添加单位. Its sibling 单位注册 is in accounts, because it appoints a reviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from config.web.dialogs import dialog_redirect
from config.web.limits import Limit

from .forms import AddUnitForm
from .models import Unit

if TYPE_CHECKING:
    from accounts.requests import PersonRequest

# An administrator must check each new unit.
NEW_UNITS = Limit("NEW_UNITS_IN_TEN_MINUTES", minutes=10)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PersonRequest) -> HttpResponse:
    """添加单位: add a 待核实 unit and return to the previous page with it chosen."""
    back = _next_url(request)
    if request.method == "POST" and NEW_UNITS.hit(request):
        context = {"form": AddUnitForm(initial=request.POST.dict()), "back": back, "offered_url": ""}
        return NEW_UNITS.refuse(request, "organizations/add.html", context)
    form = AddUnitForm(request.POST if request.method == "POST" else None, initial=_prefill(request))
    unit = form.add(request.user) if form.is_valid() else None
    if unit:
        messages.success(request, f"已添加单位“{unit.name}”，待管理员核实。")
        return dialog_redirect(request, _with_unit(back, unit))
    offered_url = _with_unit(back, form.offered) if form.offered else ""
    return render(request, "organizations/add.html", {"form": form, "back": back, "offered_url": offered_url})


def _prefill(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("name", "region") if name in request.GET}


def _next_url(request: HttpRequest) -> str:
    """Return the parameter `next` if it is a URL of this site, else the home page."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, None, require_https=request.is_secure())
    return url if is_ours else reverse("home")


def _with_unit(url: str, unit: Unit) -> str:
    """Return the URL with this unit chosen."""
    parts = urlsplit(url)
    query = QueryDict(parts.query, mutable=True)
    query["unit"] = str(unit.pk)
    query.pop("go", None)  # the button that was pressed last
    return parts._replace(query=query.urlencode()).geturl()
