"""The list of 学时审核."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from config.constants import QUEUE_SORT_LIMIT, RETURN_REQUESTS_SHOWN
from hours.offices import office_of
from hours.review.forms import BulkForm
from hours.review.lines import review_lines
from hours.review.queue import POSITION_PARAMS, TABS, Queue

NOT_SORTABLE = f"超过 {QUEUE_SORT_LIMIT} 条时只能按提交时间排序，请先用筛选缩小范围。"


@dataclass(frozen=True)
class ColumnHead:
    """A column head: a link that sorts by the column, or in `title` the reason why there is none."""

    label: str
    url: str = ""
    direction: str = ""  # "ascending" or "descending" if the list is sorted by this column
    title: str = ""


def queue_or_404(request: PersonRequest) -> Queue:
    """Return the queue that the address names; 404 without an active appointment."""
    office = office_of(request)
    if not office:
        raise Http404
    return Queue(request.user, office, request.GET)


def query_string(queue: Queue, **changes: str) -> str:
    """Return tab, order and filters as a query string, with changes; the position is dropped unless it is given."""
    names = ("tab", "order", *queue.filter.fields)
    given = {name: queue.params[name] for name in names if queue.params.get(name)}
    return "?" + urlencode({name: value for name, value in {**given, **changes}.items() if value})


def query_with_position(queue: Queue) -> str:
    """Return the query string of the present page of the list."""
    return query_string(queue, **{name: queue.params.get(name, "") for name in POSITION_PARAMS})


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    """待我审核, 无人初审, 已处理, 全部."""
    queue = queue_or_404(request)
    page = queue.page
    is_first_page = not any(request.GET.get(name) for name in POSITION_PARAMS)
    shows_requests = queue.is_waiting and not queue.is_filtered and is_first_page
    requests = queue.return_requests() if shows_requests else []
    queue_query = query_with_position(queue)
    context = {
        "queue": queue,
        "queue_query": queue_query,
        "title": TABS[queue.tab],
        "tabs": [(key, label, f"?tab={key}") for key, label in queue.tabs.items()],
        "lines": page.lines,
        "rows": review_lines(page.lines, queue_query, queue.filter.category_names),
        "has_boxes": queue.tab != "done",
        "next_url": query_string(queue, **page.next_params) if page.next_params else "",
        "previous_url": query_string(queue, **page.previous_params) if page.previous_params else "",
        "heads": _heads(queue),
        "return_requests": requests[:RETURN_REQUESTS_SHOWN],
        "has_more_requests": len(requests) > RETURN_REQUESTS_SHOWN,
        "page_size": settings.QUEUE_PAGE_SIZE,
        "total": f"{QUEUE_SORT_LIMIT}+" if queue.count > QUEUE_SORT_LIMIT else str(queue.count),
        "bulk": BulkForm(),
        "has_places": bool(queue.office.regions or len(queue.office.units) > 1),
        "tick_all": request.GET.get("tick") == "all",
    }
    return render(request, "review/queue.html", context)


def _heads(queue: Queue) -> dict[str, ColumnHead]:
    if queue.tab == "done":
        labels = {"moment": "处理时间", "name": "姓名", "year": "年度", "hours": "申请学时"}
        return {key: ColumnHead(label) for key, label in labels.items()}
    return {
        "moment": _head(queue, "提交时间", "submitted"),
        "name": _head(queue, "姓名", "name"),
        "year": _head(queue, "年度", "year"),
        "hours": _head(queue, "申请学时", "hours"),
    }


def _head(queue: Queue, label: str, column: str) -> ColumnHead:
    if column != "submitted" and not queue.is_sortable:
        return ColumnHead(label, title=NOT_SORTABLE)
    if queue.order == column:
        return ColumnHead(label, query_string(queue, order=f"-{column}"), "ascending", "改为降序")
    direction = "descending" if queue.order == f"-{column}" else ""
    return ColumnHead(label, query_string(queue, order=column), direction, "按此列升序排序")
