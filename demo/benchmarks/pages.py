"""Measure pages as multiples of the floor: a page that shows only the signed-in person's name.

Each round requests all pages in a random order, so that changes in the machine's speed affect all of them. Requests
pass the whole WSGI application with a real session, in this process or through gunicorn.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles

from django.conf import settings
from django.contrib import admin
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.html import escape

from accounts.models import User
from accounts.requests import PersonRequest
from config.commands import progress_bar
from config.constants import PICKER_PAGE_SIZE
from config.urls import urlpatterns as product_urls
from config.web.paging import Cursor
from demo import generators
from hours.models import Registration
from hours.offices import Office
from hours.states import Status
from organizations import regions
from organizations.models import Region, Unit

from . import people
from .http import send, served

ADMIN_PAGE_SIZE, PAGES_BEFORE = 20, 500
KEYWORD = "林业"
WARM_UP = 3  # requests per page before the first measured one


def floor(request: PersonRequest) -> HttpResponse:
    """Read session and person and show the name: the least that any page does."""
    return HttpResponse(f"<!doctype html><title>{escape(request.user.name)}</title>")


class GenericList(admin.ModelAdmin):
    """Django's own list of registrations, to compare the product's lists with."""

    list_display = ["content", "owner", "category", "year", "status", "hours_applied"]
    list_filter = ["year", "status"]
    list_select_related = ["owner", "category"]
    list_per_page = ADMIN_PAGE_SIZE


generic = admin.AdminSite("generic")
generic.register(Registration, GenericList)
GENERIC = "/generic/hours/registration/"

# The product serves neither the floor page nor the generic list.
urlpatterns = [path("floor/", floor, name="floor"), path("generic/", generic.urls), *product_urls]


@dataclass
class Page:
    """A page with its measurements; times in milliseconds."""

    label: str
    url: str
    is_fragment: bool = False  # requested by an open dialog
    statements: int = 0
    size: int = 0
    times: list[float] = field(default_factory=list)
    busy_times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def busy(self) -> float:
        """Median of the process time, which varies less than clock time on a shared machine."""
        return median(self.busy_times)

    @property
    def slowest_tenth(self) -> float:
        return quantiles(self.times, n=10)[-1]


Request = Callable[[Page, str], bytes]  # takes a page and a cookie, returns the body


def measure(rounds: int, seed: int, *, is_served: bool = False) -> list[Page]:
    """Request every page `rounds` times, through gunicorn if `is_served`; the first page is the floor."""
    owner, unit, reviewer = people.owner(seed), people.unit_with_people(seed), people.root_reviewer()
    owner_cookie, reviewer_cookie = people.session_cookie(owner), people.session_cookie(reviewer)
    generic_list = Page(f"Django 自带列表：{ADMIN_PAGE_SIZE} 条登记", GENERIC)
    with override_settings(DEBUG=False, ROOT_URLCONF=__name__, SECURE_SSL_REDIRECT=False, ALLOWED_HOSTS=["localhost"]):
        requests = [(page, owner_cookie) for page in _owner_pages(owner)]
        requests += [(page, reviewer_cookie) for page in [*_statistics_pages(unit), *_review_pages(reviewer)]]
        requests.append((generic_list, people.session_cookie(people.superuser())))
        in_process = partial(_request_in_process, WSGIHandler())
        for page, cookie in requests:
            _measure_size(in_process, page, cookie)
        if is_served:
            with served(processes=1) as port:
                _measure_times(partial(_request_served, port), requests, rounds, seed)
        else:
            _measure_times(in_process, requests, rounds, seed)
    return [page for page, _ in requests]


def _measure_times(request: Request, requests: list[tuple[Page, str]], rounds: int, seed: int) -> None:
    for page, cookie in requests:
        for _ in range(WARM_UP):
            request(page, cookie)
    random = generators.seeded(seed)
    with progress_bar("轮次", rounds) as bar:
        for _ in range(rounds):
            for page, cookie in random.sample(requests, len(requests)):
                _measure_time(request, page, cookie)
            bar.update()


def _owner_pages(owner: User) -> list[Page]:
    city = Region.objects.filter(code__endswith="0100", parent=regions.root()).first() or regions.root()
    registrations = Registration.objects.owned_by(owner).filter(status=Status.DRAFT)[:2]
    selected = "&".join(f"registration={registration.pk}" for registration in registrations)
    picker = f"{reverse('hours:submit')}?{selected}"
    last_page = Unit.objects.selectable().exclude(is_unaffiliated=True).count() // PICKER_PAGE_SIZE
    return [
        Page("空页：只有登录人姓名", reverse("floor", urlconf=__name__)),
        Page(f"单位查询：{city.name}内“{KEYWORD}”", f"{picker}&region={city.code}&q={KEYWORD}", is_fragment=True),
        Page("单位列表：全区第 1 页", picker, is_fragment=True),
        Page(f"单位列表：全区第 {last_page:,} 页", f"{picker}&page={last_page}", is_fragment=True),
        Page("批量提交审核：整页", picker),
        Page("学时登记", reverse("hours:list")),
        Page("培训登记详情", reverse("hours:lookup_registrations")),
        Page("培训总体查询", reverse("hours:lookup")),
    ]


def _statistics_pages(unit: Unit) -> list[Page]:
    """Return the statistics of the root region and of a unit with ten people."""
    root, count = regions.root(), unit.people.count()
    return [
        Page(f"统计：{root.name}", reverse("hours:statistics_region", args=[root.code])),
        Page(f"统计：一个 {count} 人的单位", reverse("hours:statistics_unit", args=[unit.pk])),
    ]


def _review_pages(reviewer: User) -> list[Page]:
    """Return the first page of 学时审核, a filtered one, and the page after 500 others."""
    queue = reverse("hours:review")
    waiting = Registration.objects.waiting_for(reviewer, Office.of(reviewer)).order_by("submitted_at", "pk")
    behind = waiting[settings.QUEUE_PAGE_SIZE * PAGES_BEFORE :].first() or waiting.last()
    pages = [
        Page("学时审核：第 1 页", queue),
        Page("学时审核：按年度筛选", f"{queue}?year={timezone.localdate().year}"),
    ]
    if behind is None:
        return pages
    return [*pages, Page(f"学时审核：{PAGES_BEFORE} 页之后", f"{queue}?after={Cursor.of(behind, 'submitted_at')}")]


def _measure_size(request: Request, page: Page, cookie: str) -> None:
    """Count the page's statements, with caches filled, and its bytes."""
    request(page, cookie)
    with CaptureQueriesContext(connection) as queries:
        page.size = len(request(page, cookie))
    page.statements = sum(1 for query in queries if "PRAGMA" not in query["sql"])


def _measure_time(request: Request, page: Page, cookie: str) -> None:
    begun, busy = time.perf_counter(), time.process_time()
    request(page, cookie)
    page.busy_times.append((time.process_time() - busy) * 1000)
    page.times.append((time.perf_counter() - begun) * 1000)


def _request_served(port: int, page: Page, cookie: str) -> bytes:
    """Return the page's body from gunicorn. RuntimeError unless the status is 200."""
    fragment = "X-Requested-With: dialog\r\n" if page.is_fragment else ""
    head = f"GET {iri_to_uri(page.url)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Cookie: {cookie}\r\n{fragment}\r\n"
    status, _, rest = send(port, head.encode()).partition(b"\r\n")
    if not status.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{page.url} answers {status.decode()}")
    return rest.partition(b"\r\n\r\n")[2]


def _request_in_process(application: WSGIHandler, page: Page, cookie: str) -> bytes:
    """Return the page's body from the WSGI application. RuntimeError unless the status is 200."""
    path_info, _, query = page.url.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path_info,
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_COOKIE": cookie,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }
    if page.is_fragment:
        environ["HTTP_X_REQUESTED_WITH"] = "dialog"
    response = application(environ, _start_response)
    try:
        body = b"".join(response)
    finally:
        response.close()
    if response.status_code != 200:
        raise RuntimeError(f"{page.url} answers {response.status_code}")
    return body


def _start_response(*_: object) -> Callable[[bytes], object]:
    """Ignore status and headers, which Django's response holds too."""
    return len
