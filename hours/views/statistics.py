"""统计: from the region down to the unit and its people. Whoever has no right to a place gets 404 for it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.files import sheets
from hours.certificates import bulk
from hours.models import YearRule
from hours.offices import office_of
from hours.statistics import figures, people, wording, workbook
from hours.statistics.charts import Chart
from hours.statistics.figures import Figures, Reach, YearsOfPlace
from organizations.models import Region, Unit

PAGE_SIZE = 50
ENTRIES_SHOWN = 200
# In the order of the links above a county's units.
SORTS = {"name": "名称", "waiting": "审核中最多", "share": "达标率最低"}


@dataclass(frozen=True)
class Report:
    """What the pages of regions and units have in common."""

    year: int
    years: list[int]
    note: str
    now: Figures
    measures: list[wording.Measure]
    charts: list[Chart]
    rule: YearRule | None

    @classmethod
    def of(cls, place: Region | Unit, wanted: str) -> Report:
        """The year that the address names; this year, and a note, for one that it cannot mean; two queries."""
        by_year = YearsOfPlace(place)
        year, years, note = chosen_year(wanted, by_year.by_year)
        now = by_year.of(year)
        return cls(
            year=year,
            years=years,
            note=note,
            now=now,
            measures=wording.measures(now, by_year.of(year - 1)),
            charts=wording.charts_of(now, by_year),
            rule=YearRule.objects.filter(year=year).first(),
        )


def chosen_year(wanted: str, known) -> tuple[int, list[int], str]:
    """The year to show, the years to offer, and what to say of a year that is not among them."""
    this_year = timezone.localdate().year
    years = sorted({*known, this_year}, reverse=True)
    year = next((year for year in years if str(year) == wanted), this_year)
    note = f"没有“{wanted[:20]}”年度的数据，以下为 {year} 年度。" if wanted and str(year) != wanted else ""
    return year, years, note


def reach_of(request: HttpRequest) -> Reach:
    """Whose figures the signed-in person may see."""
    return Reach(request.user, office_of(request))


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The places of one's own; straight to it where there is only one."""
    reach = reach_of(request)
    regions, units = reach.own_regions(), reach.own_units()
    if not regions and not units:
        raise Http404
    if len(regions) + len(units) == 1:
        return redirect("hours:statistics_region", regions[0].code) if regions else _to_unit(units[0])
    return render(request, "statistics/index.html", {"regions": regions, "units": units})


def _to_unit(unit: Unit) -> HttpResponse:
    return redirect("hours:statistics_unit", unit.pk)


@require_safe
def region(request: HttpRequest, code: str) -> HttpResponse:
    """A region's year: figures, pictures, the regions directly below, its own units, the oldest queues."""
    reach = reach_of(request)
    place = get_object_or_404(reach.regions(), code=code)
    report = Report.of(place, request.GET.get("year", ""))
    sort = _sort(request)
    children = figures.children_of(place, report.year)
    page = _page(request, figures.units_of(place, report.year, sort))
    if children:
        report.charts.append(wording.children_chart(children, report.year))
    context = {
        "place": place,
        "path": reach.path_to(place)[:-1],
        "report": report,
        "children": children,
        "page": page,
        "units": figures.rows_of(list(page), report.year),
        "sort": sort,
        "sorts": SORTS.items(),
        "queues": figures.old_queues(place),
        "oldest": figures.oldest_waiting(place),
    }
    return render(request, "statistics/region.html", context)


def _sort(request: HttpRequest) -> str:
    wanted = request.GET.get("sort", "")
    return wanted if wanted in SORTS else "name"


def _page(request: HttpRequest, rows) -> Page:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


@require_safe
def region_excel(request: HttpRequest, code: str) -> FileResponse:
    """The tables of the region's page, with all its units."""
    place = get_object_or_404(reach_of(request).regions(), code=code)
    year, _, _ = chosen_year(request.GET.get("year", ""), YearsOfPlace(place).by_year)
    units = list(figures.units_of(place, year, _sort(request)))
    tables = [
        workbook.places("本区域合计", "区域", figures.rows_of([place], year)),
        workbook.places("下级区域", "区域", figures.children_of(place, year)),
        workbook.places("单位", "单位名称", _in_parts(units, year)),
    ]
    return _excel(tables, f"{place.name}{year}年度统计")


def _in_parts(units: list[Unit], year: int):
    """Rows of many units, a few hundred at a time: a list of keys has its limit in a query."""
    for start in range(0, len(units), 500):
        yield from figures.rows_of(units[start : start + 500], year)


def _excel(tables: list[sheets.Sheet], name: str) -> FileResponse:
    return FileResponse(
        sheets.write(tables), as_attachment=True, filename=f"{name}.xlsx", content_type=sheets.CONTENT_TYPE
    )


@require_safe
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit's year: figures, pictures, its people."""
    reach = reach_of(request)
    place = get_object_or_404(reach.units(), pk=pk)
    report = Report.of(place, request.GET.get("year", ""))
    page = _page(request, people.people_of(place, report.year))
    count = page.paginator.count
    context = {
        "place": place,
        "path": reach.path_to(place.region),
        "report": report,
        "page": page,
        "people": people.as_rows(page, report.rule),
        "people_count": count,
        "silent_count": count - report.now.row.people,
        "share_of_all": wording.share_words(figures.percent(report.now.row.reached, count)),
        "oldest": figures.oldest_waiting(place),
        "named": bulk.unit_parameter(office_of(request), place),
    }
    return render(request, "statistics/unit.html", context)


@require_safe
def outstanding(request: HttpRequest, pk: int) -> HttpResponse:
    """未完成人员: who of the unit has not reached the year's target, and what each still needs."""
    reach = reach_of(request)
    place = get_object_or_404(reach.units(), pk=pk)
    year, years, note = chosen_year(request.GET.get("year", ""), YearsOfPlace(place).by_year)
    rule = YearRule.objects.filter(year=year).first()
    page = _page(request, people.people_of(place, year, only_outstanding=True))
    context = {
        "place": place,
        "path": reach.path_to(place.region),
        "year": year,
        "years": years,
        "note": note,
        "rule": rule,
        "page": page,
        "people": people.as_rows(page, rule),
    }
    return render(request, "statistics/outstanding.html", context)


@require_safe
def unit_excel(request: HttpRequest, pk: int) -> FileResponse:
    """Everybody of the unit, as on its page; `only=outstanding`: those who have not reached the target."""
    place = get_object_or_404(reach_of(request).units(), pk=pk)
    year, _, _ = chosen_year(request.GET.get("year", ""), YearsOfPlace(place).by_year)
    rule = YearRule.objects.filter(year=year).first()
    only = request.GET.get("only") == "outstanding"
    rows = people.people_of(place, year, only_outstanding=only).iterator(chunk_size=1000)
    title = "未完成人员" if only else "人员"
    lines = (people.as_row(row, rule) for row in rows)
    return _excel([workbook.people(title, lines)], f"{place.name}{year}年度{title}")


@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person of a unit: the years counted there, and what was submitted there for the chosen one."""
    office, reach = office_of(request), reach_of(request)
    someone = get_object_or_404(people.people_within(reach), pk=pk)
    totals = people.years_of(someone, reach)
    year, years, note = chosen_year(request.GET.get("year", ""), [row.year for row in totals])
    registrations = people.registrations_of(someone, year, office)[:ENTRIES_SHOWN] if office else []
    context = {
        "someone": someone,
        "unit": reach.units().filter(pk__in=_unit_of(someone, totals, year)).first(),
        "years": years,
        "year": year,
        "note": note,
        "totals": people.against_rules(totals),
        "registrations": registrations,
    }
    return render(request, "statistics/person.html", context)


def _unit_of(someone, totals, year: int) -> list[int]:
    """Back to where the person's year is counted, else to the unit of the profile."""
    counted = [row.unit_id for row in totals if row.year == year]
    return counted or [someone.unit_id]
