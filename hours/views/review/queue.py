"""The list of 学时审核, in the habits of an admin changelist."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hours.offices import office_of
from hours.review import lines
from hours.review.forms import BulkForm
from hours.review.queue import PAGE_SIZE, PLACES, SORTED_AT_MOST, TABS, Queue

NOT_SORTABLE = f"超过 {SORTED_AT_MOST} 条时只能按提交时间排序，请先用筛选缩小范围。"


@dataclass(frozen=True)
class Head:
    """A column head: a link that sorts by it, or why there is none."""

    label: str
    url: str = ""
    direction: str = ""  # "ascending" or "descending" where the list is sorted by it
    title: str = ""


def queue_of(request: HttpRequest) -> Queue:
    """The queue that the address names; nobody without an active appointment has one."""
    office = office_of(request)
    if not office:
        raise Http404
    return Queue(request.user, office, request.GET)


def address(queue: Queue, **changes) -> str:
    """The queue's own parameters as a query string, with changes; places in the list are dropped unless given."""
    names = ("tab", "order", *queue.filter.fields)
    given = {name: queue.params[name] for name in names if queue.params.get(name)}
    return "?" + urlencode({name: value for name, value in {**given, **changes}.items() if value})


def here(queue: Queue) -> str:
    """The same with the place in the list: where the way back leads."""
    return address(queue, **{name: queue.params.get(name, "") for name in PLACES})


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """待我审核, 无人初审, 已处理, 全部."""
    queue = queue_of(request)
    listing = queue.listing
    shows_asked = queue.is_waiting and not queue.is_filtered and not any(request.GET.get(name) for name in PLACES)
    context = {
        "queue": queue,
        "title": TABS[queue.tab],
        "tabs": [(key, label, f"?tab={key}") for key, label in queue.tabs.items()],
        "lines": listing.lines,
        "rows": lines.to_review(listing.lines, here(queue), queue.filter.kinds),
        "has_boxes": queue.tab != "done",
        "next_url": address(queue, **listing.next) if listing.next else "",
        "previous_url": address(queue, **listing.previous) if listing.previous else "",
        "heads": _heads(queue),
        "here": here(queue),
        "asked": queue.asked_to_return() if shows_asked else [],
        "page_size": PAGE_SIZE,
        "total": f"{SORTED_AT_MOST}+" if queue.count > SORTED_AT_MOST else str(queue.count),
        "bulk": BulkForm(),
        "has_places": bool(queue.office.regions or len(queue.office.units) > 1),
        "tick_all": request.GET.get("tick") == "all",
    }
    return render(request, "review/queue.html", context)


def _heads(queue: Queue) -> dict[str, Head]:
    if queue.tab == "done":
        return {"moment": Head("处理时间"), "name": Head("姓名"), "year": Head("年度"), "hours": Head("申请学时")}
    return {
        "moment": _head(queue, "提交时间", "submitted"),
        "name": _head(queue, "姓名", "name"),
        "year": _head(queue, "年度", "year"),
        "hours": _head(queue, "申请学时", "hours"),
    }


def _head(queue: Queue, label: str, column: str) -> Head:
    if column != "submitted" and not queue.is_sortable:
        return Head(label, title=NOT_SORTABLE)
    if queue.order == column:
        return Head(label, address(queue, order=f"-{column}"), "ascending", "改为降序")
    direction = "descending" if queue.order == f"-{column}" else ""
    return Head(label, address(queue, order=column), direction, "按此列升序排序")
