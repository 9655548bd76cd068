"""What pages cost, as multiples of a page that shows nothing but the signed-in person's name.

All pages are asked in rounds, each round in another order, so that a machine that is faster or slower for a while is so
for all of them. Requests go through the whole WSGI application with a real session, in this process or through
gunicorn.
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
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.html import escape

from accounts import appointments
from accounts.models import Appointment, User
from config.commands import progress_bar
from config.urls import urlpatterns as product_urls
from config.web.paging import Cursor
from demo import bulk, invented, province
from hours.models import PersonTotal, Registration, Submission
from hours.offices import Office
from hours.review.queue import PAGE_SIZE as QUEUE_SIZE
from hours.states import EDITABLE, Status
from organizations import regions
from organizations.models import Region, Unit
from organizations.picker import PAGE_SIZE

from .http import ask, served

USERNAME = "benchmark"
SUPERUSER = "benchmark_admin"
REVIEWER = "benchmark_region"  # sees the statistics of everything
ENTRIES, DRAFTS = 80, 20  # a list page of 20 rows
PEOPLE, ENTRIES_EACH = 10, 8  # of the unit whose statistics stand beside the region's
ADMIN_ROWS, PAGES_BEFORE = 20, 500
KEYWORD = "林业"
WARM_UP = 3


def floor(request: HttpRequest) -> HttpResponse:
    """Session, person, name: what every page of the product pays at least."""
    return HttpResponse(f"<!doctype html><title>{escape(request.user.name)}</title>")


class GenericList(admin.ModelAdmin):
    """What a framework offers without a thought: the yardstick for our own list of twenty."""

    list_display = ["content", "owner", "category", "year", "status", "hours_applied"]
    list_filter = ["year", "status"]
    list_select_related = ["owner", "category"]
    list_per_page = ADMIN_ROWS


generic = admin.AdminSite("generic")
generic.register(Registration, GenericList)
GENERIC = "/generic/hours/registration/"

# The benchmark's own site map; the product serves neither the floor page nor the generic list.
urlpatterns = [path("floor/", floor, name="floor"), path("generic/", generic.urls), *product_urls]


@dataclass
class Page:
    label: str
    url: str
    is_fragment: bool = False  # asked for by a dialog that is open already
    statements: int = 0
    size: int = 0
    times: list[float] = field(default_factory=list)
    busy_times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def busy(self) -> float:
        """Median of this process's own time: beside others on one machine the steadier measure."""
        return median(self.busy_times)

    @property
    def slowest_tenth(self) -> float:
        return quantiles(self.times, n=10)[-1]


Answer = Callable[[Page, str], bytes]  # of a page and a cookie


def measure(rounds: int, seed: int, *, is_served: bool = False) -> list[Page]:
    """Every page `rounds` times, through gunicorn if `is_served`; the first page is the floor."""
    person, unit = _person(seed), _unit_with_people(seed)
    of_person, of_reviewer = logged_in(person), logged_in(reviewer_of_all())
    generic_list = Page(f"Django 自带列表：{ADMIN_ROWS} 条登记", GENERIC)
    with override_settings(DEBUG=False, ROOT_URLCONF=__name__, SECURE_SSL_REDIRECT=False, ALLOWED_HOSTS=["localhost"]):
        asked = [(page, of_person) for page in _pages(person)]
        asked += [(page, of_reviewer) for page in [*_statistics_pages(unit), *_review_pages(reviewer_of_all())]]
        asked.append((generic_list, logged_in(_superuser())))
        in_process = partial(_answer, WSGIHandler())
        for page, cookie in asked:
            _count(in_process, page, cookie)
        if is_served:
            with served(processes=1) as port:
                _ask_all(partial(_served_answer, port), asked, rounds, seed)
        else:
            _ask_all(in_process, asked, rounds, seed)
    return [page for page, _ in asked]


def _ask_all(answer: Answer, asked: list[tuple[Page, str]], rounds: int, seed: int) -> None:
    for page, cookie in asked:
        for _ in range(WARM_UP):
            answer(page, cookie)
    random = invented.seeded(seed)
    with progress_bar("轮次", rounds) as bar:
        for _ in range(rounds):
            for page, cookie in random.sample(asked, len(asked)):
                _ask(answer, page, cookie)
            bar.update()


def logged_in(person: User) -> str:
    """The cookie of a session in which this person is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _pages(person: User) -> list[Page]:
    city = Region.objects.filter(code__endswith="0100", parent=regions.root()).first() or regions.root()
    registrations = Registration.objects.owned_by(person).filter(status=Status.DRAFT)[:2]
    picked = "&".join(f"registration={registration.pk}" for registration in registrations)
    picker = f"{reverse('hours:submit')}?{picked}"
    late = Unit.objects.selectable().exclude(is_unaffiliated=True).count() // PAGE_SIZE
    return [
        Page("空页：只有登录人姓名", reverse("floor", urlconf=__name__)),
        Page(f"单位查询：{city.name}内“{KEYWORD}”", f"{picker}&region={city.code}&q={KEYWORD}", is_fragment=True),
        Page("单位列表：全区第 1 页", picker, is_fragment=True),
        Page(f"单位列表：全区第 {late:,} 页", f"{picker}&page={late}", is_fragment=True),
        Page("批量提交审核：整页", picker),
        Page("学时登记", reverse("hours:list")),
        Page("培训登记详情", reverse("hours:lookup_registrations")),
        Page("培训总体查询", reverse("hours:lookup")),
    ]


def _statistics_pages(unit: Unit) -> list[Page]:
    """A region's figures beside those of a unit with ten people."""
    root, count = regions.root(), unit.people.count()
    return [
        Page(f"统计：{root.name}", reverse("hours:statistics_region", args=[root.code])),
        Page(f"统计：一个 {count} 人的单位", reverse("hours:statistics_unit", args=[unit.pk])),
    ]


def _review_pages(reviewer: User) -> list[Page]:
    """学时审核: the beginning, what one filter leaves, and the page behind 500 others."""
    queue = reverse("hours:review")
    waiting = Registration.objects.waiting_for(reviewer, Office.of(reviewer)).order_by("submitted_at", "pk")
    behind = waiting[QUEUE_SIZE * PAGES_BEFORE :].first() or waiting.last()
    pages = [
        Page("学时审核：第 1 页", queue),
        Page("学时审核：按年度筛选", f"{queue}?year={timezone.localdate().year}"),
    ]
    if behind is None:
        return pages
    return [*pages, Page(f"学时审核：{PAGES_BEFORE} 页之后", f"{queue}?after={Cursor.of(behind, 'submitted_at')}")]


def _count(answer: Answer, page: Page, cookie: str) -> None:
    """How many statements the page takes, once what is kept is there, and how long it is."""
    answer(page, cookie)
    with CaptureQueriesContext(connection) as queries:
        page.size = len(answer(page, cookie))
    page.statements = sum(1 for query in queries if "PRAGMA" not in query["sql"])


def _ask(answer: Answer, page: Page, cookie: str) -> None:
    """Note the milliseconds of one request, on the clock and of this process."""
    begun, busy = time.perf_counter(), time.process_time()
    answer(page, cookie)
    page.busy_times.append((time.process_time() - busy) * 1000)
    page.times.append((time.perf_counter() - begun) * 1000)


def _served_answer(port: int, page: Page, cookie: str) -> bytes:
    """The page as gunicorn answers it; RuntimeError if it is no 200."""
    fragment = "X-Requested-With: dialog\r\n" if page.is_fragment else ""
    head = f"GET {iri_to_uri(page.url)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Cookie: {cookie}\r\n{fragment}\r\n"
    status, _, rest = ask(port, head.encode()).partition(b"\r\n")
    if not status.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{page.url} answers {status.decode()}")
    return rest.partition(b"\r\n\r\n")[2]


def _answer(application: Callable, page: Page, cookie: str) -> bytes:
    """The page as a server would get it; RuntimeError if it is no 200."""
    where, _, query = page.url.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": where,
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
    seen: list[str] = []
    response = application(environ, lambda status, headers: seen.append(status))
    try:
        body = b"".join(response)
    finally:
        response.close()
    if not seen[0].startswith("200"):
        raise RuntimeError(f"{page.url} answers {seen[0]}")
    return body


@transaction.atomic
def _person(seed: int) -> User:
    """Somebody with full lists: made once, found again."""
    if person := User.objects.filter(username=USERNAME).first():
        return person
    world = province.World.as_it_stands(invented.seeded(seed))
    id_number = invented.resident_id(province.ID_AREA, 9_999_000)
    person = User.objects.create_user(USERNAME, name="测量员", id_number=id_number, unit=world.units[0])
    registrations = [province.registration(person, number, world) for number in range(ENTRIES)]
    for registration in registrations:
        if registration.status in EDITABLE:
            registration.status = Status.REFUSED
    for registration in registrations[:DRAFTS]:
        registration.status, registration.hours_proposed, registration.hours_recognised = Status.DRAFT, None, None
    province.add_to_places(province.store_registrations(registrations, world))
    bulk.continue_keys(Submission, Registration, PersonTotal)
    return person


@transaction.atomic
def _unit_with_people(seed: int) -> Unit:
    """A unit that had nobody, with ten people and what they learned: made once, found again."""
    if someone := User.objects.filter(username=f"{USERNAME}_1").first():
        return someone.unit
    world = province.World.as_it_stands(invented.seeded(seed))
    crowded = set(User.objects.exclude(unit=None).values_list("unit_id", flat=True))
    unit = next((unit for unit in reversed(world.units) if unit.pk not in crowded), world.units[-1])
    people = [
        User.objects.create_user(
            f"{USERNAME}_{number}",
            name=invented.person_name(world.random),
            id_number=invented.resident_id(province.ID_AREA, 9_999_000 + number),
            unit=unit,
        )
        for number in range(1, PEOPLE + 1)
    ]
    registrations = [
        province.registration(person, number, world) for person in people for number in range(ENTRIES_EACH)
    ]
    province.add_to_places(province.store_registrations(registrations, world))
    bulk.continue_keys(Submission, Registration, PersonTotal)
    return unit


@transaction.atomic
def reviewer_of_all() -> User:
    """The region's reviewer: made once, found again."""
    if person := User.objects.filter(username=REVIEWER).first():
        return person
    id_number = invented.resident_id(province.ID_AREA, 9_999_999)
    person = User.objects.create_user(REVIEWER, name="测量终审员", id_number=id_number)
    appointments.appoint(person, Appointment.Role.REGION_REVIEWER, region=regions.root())
    return person


@transaction.atomic
def _superuser() -> User:
    if person := User.objects.filter(username=SUPERUSER).first():
        return person
    id_number = invented.resident_id(province.ID_AREA, 9_999_998)
    return User.objects.create_superuser(SUPERUSER, name="测量管理员", id_number=id_number)
