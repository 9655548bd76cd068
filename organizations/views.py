"""添加单位 and 单位注册."""

from __future__ import annotations

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

# Each new unit is work for an administrator.
NEW_UNITS = Limit("NEW_UNITS_IN_TEN_MINUTES", minutes=10)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """添加单位: the new unit is 待核实 and already chosen on the page that the person comes from."""
    back = _local_url(request)
    if request.method == "POST" and NEW_UNITS.hit(request):
        context = {"form": AddUnitForm(initial=request.POST.dict()), "back": back, "offered_url": ""}
        return NEW_UNITS.refuse(request, "organizations/add.html", context)
    form = AddUnitForm(request.POST if request.method == "POST" else None, initial=_known_before(request))
    unit = form.add(request.user) if form.is_valid() else None
    if unit:
        messages.success(request, f"已添加单位“{unit.name}”，待管理员核实。")
        return dialog_redirect(request, _with_unit(back, unit))
    offered_url = _with_unit(back, form.offered) if form.offered else ""
    return render(request, "organizations/add.html", {"form": form, "back": back, "offered_url": offered_url})


def _known_before(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("name", "region") if name in request.GET}


def _local_url(request: HttpRequest) -> str:
    """The page to go back to: `next`, if it is one of ours."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, None, require_https=request.is_secure())
    return url if is_ours else reverse("home")


def _with_unit(url: str, unit: Unit) -> str:
    """The address with this unit chosen."""
    parts = urlsplit(url)
    query = QueryDict(parts.query, mutable=True)
    query["unit"] = unit.pk
    query.pop("go", None)  # what was pressed there last is not pressed again
    return parts._replace(query=query.urlencode()).geturl()
