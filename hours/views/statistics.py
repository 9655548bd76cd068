"""统计: from the region down to the unit and its people; 404 for a place outside the person's scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import PersonRequest
from config.constants import PERSON_REGISTRATIONS_SHOWN
from config.files import sheets
from hours.certificates import bulk
from hours.models import PersonTotal, YearRule
from hours.offices import office_of
from hours.statistics import figures, people, wording, workbook
from hours.statistics.charts import Chart
from hours.statistics.figures import Figures, PlaceRow, PlaceYears, StatisticsScope
from organizations.models import Region, Unit

UNITS_PER_QUERY = 500  # the number of parameters of a query is limited
# In the order of the links above the units of a region.
SORTS = {"name": "名称", "waiting": "审核中最多", "share": "达标率最低"}


@dataclass(frozen=True)
class PlaceReport:
    """The common content of the pages of regions and units."""

    year: int
    years: list[int]
    note: str
    now: Figures
    measures: list[wording.Measure]
    charts: list[Chart]
    rule: YearRule | None

    @classmethod
    def of(cls, place: Region | Unit, wanted: str) -> PlaceReport:
        """Return the report of the year that the address asks for, see `choose_year`; two queries."""
        place_years = PlaceYears(place)
        year, years, note = choose_year(wanted, place_years.by_year)
        now = place_years.figures(year)
        return cls(
            year=year,
            years=years,
            note=note,
            now=now,
            measures=wording.measures(now, place_years.figures(year - 1)),
            charts=wording.charts_of(now, place_years),
            rule=YearRule.objects.filter(year=year).first(),
        )


def choose_year(wanted: str, known: Iterable[int]) -> tuple[int, list[int], str]:
    """Return the year to show, the years to offer, and a note if the wanted year is not among them.

    The year to show is then the present one.
    """
    this_year = timezone.localdate().year
    years = sorted({*known, this_year}, reverse=True)
    year = next((year for year in years if str(year) == wanted), this_year)
    note = f"没有“{wanted[:20]}”年度的数据，以下为 {year} 年度。" if wanted and str(year) != wanted else ""
    return year, years, note


def scope_of(request: PersonRequest) -> StatisticsScope:
    return StatisticsScope(request.user, office_of(request))


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    """Show the places of the person's appointments; redirect to the place if there is only one."""
    scope = scope_of(request)
    regions, units = scope.own_regions(), scope.own_units()
    if not regions and not units:
        raise Http404
    if len(regions) + len(units) == 1:
        if regions:
            return redirect("hours:statistics_region", regions[0].code)
        return redirect("hours:statistics_unit", units[0].pk)
    return render(request, "statistics/index.html", {"regions": regions, "units": units})


@require_safe
def region(request: PersonRequest, code: str) -> HttpResponse:
    """Show a region's year: figures, charts, the regions directly below, its own units and the oldest queues."""
    scope = scope_of(request)
    place = get_object_or_404(scope.regions(), code=code)
    report = PlaceReport.of(place, request.GET.get("year", ""))
    sort = _sort(request)
    children = figures.child_rows(place, report.year)
    page = _page(request, figures.units_of(place, report.year, sort))
    if children:
        report.charts.append(wording.children_chart(children, report.year))
    context = {
        "place": place,
        "path": scope.path_to(place)[:-1],
        "report": report,
        "children": children,
        "page": page,
        "units": figures.place_rows(list(page), report.year),
        "sort": sort,
        "sorts": SORTS.items(),
        "queues": figures.old_queues(place),
        "oldest": figures.oldest_waiting(place),
    }
    return render(request, "statistics/region.html", context)


def _sort(request: PersonRequest) -> str:
    wanted = request.GET.get("sort", "")
    return wanted if wanted in SORTS else "name"


def _page(request: PersonRequest, rows: QuerySet[Any, Any]) -> Page[Any]:
    return Paginator(rows, settings.LIST_PAGE_SIZE).get_page(request.GET.get("page"))


@require_safe
def region_excel(request: PersonRequest, code: str) -> FileResponse:
    """Send the tables of the region's page, with all its units."""
    place = get_object_or_404(scope_of(request).regions(), code=code)
    year, _, _ = choose_year(request.GET.get("year", ""), PlaceYears(place).by_year)
    units = list(figures.units_of(place, year, _sort(request)))
    tables = [
        workbook.places("本区域合计", "区域", figures.place_rows([place], year)),
        workbook.places("下级区域", "区域", figures.child_rows(place, year)),
        workbook.places("单位", "单位名称", _unit_rows(units, year)),
    ]
    return _excel(tables, f"{place.name}{year}年度统计")


def _unit_rows(units: list[Unit], year: int) -> Iterator[PlaceRow]:
    for start in range(0, len(units), UNITS_PER_QUERY):
        yield from figures.place_rows(units[start : start + UNITS_PER_QUERY], year)


def _excel(tables: list[sheets.Sheet], name: str) -> FileResponse:
    return FileResponse(
        sheets.write(tables), as_attachment=True, filename=f"{name}.xlsx", content_type=sheets.CONTENT_TYPE
    )


@require_safe
def unit(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a unit's year: figures, charts and its people."""
    scope = scope_of(request)
    place = get_object_or_404(scope.units(), pk=pk)
    report = PlaceReport.of(place, request.GET.get("year", ""))
    page = _page(request, people.people_of(place, report.year))
    count = page.paginator.count
    context = {
        "place": place,
        "path": scope.path_to(place.region),
        "report": report,
        "page": page,
        "people": people.person_rows(page, report.rule),
        "people_count": count,
        "unrecorded_count": count - report.now.row.people,
        "share_of_all": wording.format_share(figures.percentage(report.now.row.reached, count)),
        "oldest": figures.oldest_waiting(place),
        "unit_parameter": bulk.unit_parameter(office_of(request), place),
    }
    return render(request, "statistics/unit.html", context)


@require_safe
def outstanding(request: PersonRequest, pk: int) -> HttpResponse:
    """未完成人员: show the unit's people below the year's target and the hours that each still needs."""
    scope = scope_of(request)
    place = get_object_or_404(scope.units(), pk=pk)
    year, years, note = choose_year(request.GET.get("year", ""), PlaceYears(place).by_year)
    rule = YearRule.objects.filter(year=year).first()
    page = _page(request, people.people_of(place, year, only_outstanding=True))
    context = {
        "place": place,
        "path": scope.path_to(place.region),
        "year": year,
        "years": years,
        "note": note,
        "rule": rule,
        "page": page,
        "people": people.person_rows(page, rule),
    }
    return render(request, "statistics/outstanding.html", context)


@require_safe
def unit_excel(request: PersonRequest, pk: int) -> FileResponse:
    """Send the unit's people as on its page; with `only=outstanding`, those below the target."""
    place = get_object_or_404(scope_of(request).units(), pk=pk)
    year, _, _ = choose_year(request.GET.get("year", ""), PlaceYears(place).by_year)
    rule = YearRule.objects.filter(year=year).first()
    only_outstanding = request.GET.get("only") == "outstanding"
    values = people.people_of(place, year, only_outstanding=only_outstanding).iterator(chunk_size=1000)
    title = "未完成人员" if only_outstanding else "人员"
    rows = (people.person_row(row, rule) for row in values)
    return _excel([workbook.people(title, rows)], f"{place.name}{year}年度{title}")


@require_safe
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one person of a unit: the years counted in the scope, and the registrations there of the chosen year."""
    office, scope = office_of(request), scope_of(request)
    someone = get_object_or_404(people.people_in(scope), pk=pk)
    totals = people.totals_in(scope, someone)
    year, years, note = choose_year(request.GET.get("year", ""), [total.year for total in totals])
    registrations = people.registrations_of(someone, year, office)[:PERSON_REGISTRATIONS_SHOWN] if office else []
    context = {
        "someone": someone,
        "unit": scope.units().filter(pk__in=_unit_of(someone, totals, year)).first(),
        "years": years,
        "year": year,
        "note": note,
        "totals": people.with_rows(totals),
        "registrations": registrations,
    }
    return render(request, "statistics/person.html", context)


def _unit_of(someone: User, totals: Sequence[PersonTotal], year: int) -> list[int]:
    """Return the key of the unit where the person's year is counted, otherwise that of the profile's unit, if any."""
    units = [total.unit_id for total in totals if total.year == year] or [someone.unit_id]
    return [unit for unit in units if unit]
