"""学时证明: a person's own certificates, and the certificates of a unit's people as one ZIP."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from config.constants import PEOPLE_WITHOUT_HOURS_SHOWN
from hours.certificates import bulk, issuing, pdf
from hours.certificates.codes import grouped
from hours.certificates.forms import UnitYearForm, YearsForm
from hours.models import Certificate
from hours.offices import Office, office_of
from organizations.models import Unit

DOUBLE_CLICK = timedelta(seconds=10)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: PersonRequest) -> HttpResponse:
    """Show the years that can be certified and the issued certificates; issue one. Links tick years with `years`."""
    years = issuing.certifiable_years(request.user)
    form = YearsForm(request.POST if request.method == "POST" else None, years=[row["year"] for row in years])
    if request.method == "POST" and form.is_valid():
        try:
            issued = issuing.issue(request.user, request.user, form.cleaned_data["years"], reuse_within=DOUBLE_CLICK)
        except issuing.CertificateError as error:
            form.add_error("years", str(error))
        else:
            messages.success(request, f"已开具编号 {grouped(issued.code)} 的年度学时证明，可在下方下载。")
            return redirect("hours:certificates")
    rows = Certificate.objects.filter(person=request.user).select_related("issued_by").order_by("-issued_at", "-pk")
    page = Paginator(rows, settings.SHORT_LIST_PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "years": years,
        "ticked": form.ticked or set(request.GET.getlist("years")),
        "page": page,
        "issued": [(row, grouped(row.code), issuing.state_of(row)) for row in page],
        "has_office": bool(office_of(request)),
    }
    return render(request, "certificates/index.html", context)


@require_safe
def download(request: PersonRequest, pk: int) -> FileResponse:
    """Send the PDF of a certificate that the person may see."""
    certificate = get_object_or_404(issuing.visible_to(request.user), pk=pk)
    content = BytesIO(pdf.render(certificate))
    return FileResponse(content, as_attachment=True, filename=pdf.file_name(certificate))


@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: PersonRequest) -> HttpResponse | FileResponse:
    """单位批量开具: show the people with and without hours; issue for the shown page of people as one ZIP."""
    office = office_of(request)
    if not office:
        raise Http404
    form = _unit_form(request, office)
    context: dict[str, Any] = {"form": form, "unit": None}
    if form.is_valid():
        chosen, year = form.cleaned_data["unit"], form.cleaned_data["year"]
        rows = bulk.certifiable_totals(chosen, year)
        page = Paginator(rows, settings.CERTIFICATE_MAX_PEOPLE).get_page(form.data.get("page"))
        if request.method == "POST" and page.object_list:
            return _zip(request, office, chosen, year, [row.person_id for row in page])
        without = bulk.people_without_hours(chosen, year)
        context |= {
            "unit": chosen,
            "year": year,
            "page": page,
            "without": without[:PEOPLE_WITHOUT_HOURS_SHOWN],
            "without_count": without.count(),
        }
    return render(request, "certificates/unit.html", context)


def _unit_form(request: PersonRequest, office: Office) -> UnitYearForm:
    """Return the form with the submitted values, or with this year and a reviewer's own unit."""
    units = bulk.units_of(office).select_related("region")
    by_code = bulk.names_units_by_code(office)
    data = request.POST if request.method == "POST" else request.GET
    this_year = timezone.localdate().year
    if data:
        return UnitYearForm(data, units=units, by_code=by_code)
    if by_code:
        return UnitYearForm(None, units=units, by_code=True, initial={"year": this_year})
    first = units.order_by("pk").first()
    return UnitYearForm({"unit": first and first.pk, "year": this_year}, units=units, by_code=False)


def _zip(
    request: PersonRequest, office: Office, unit: Unit, year: int, people: list[int]
) -> HttpResponse | FileResponse:
    """Send the ZIP from a temporary file, which is deleted when it has been sent."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    try:
        bulk.issue_zip(request.user, office, unit, year, people, target)
    except issuing.CertificateError as error:
        target.close()
        messages.error(request, str(error))
        return redirect("hours:certificates_unit")
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"年度学时证明_{unit.name}_{year}.zip")
