"""Tests in Chromium against a live server; an error or warning in the browser's console fails the test.

Screenshots of failed tests are in var/browser/.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from hours.models import Completion
from hours.workflow import transitions
from organizations.models import Unit
from tests import factories
from tests.browser.steps import Offices, SignUpData

SCREENSHOTS = settings.BASE_DIR / "var" / "browser"
TIMEOUT = 10_000  # milliseconds
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
HEIGHTS = {1280: 800, 360: 740}


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Tell the `visit` fixture whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@cache
def chromium_path() -> str | None:
    """Return an installed Chromium, else Playwright's own, else None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if found := os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None):
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    driven = [item for item in items if item.get_closest_marker("browser")]
    if driven and chromium_path() is None:
        config.hook.pytest_deselected(items=driven)
        items[:] = [item for item in items if item not in driven]


def pytest_terminal_summary(terminalreporter) -> None:
    if chromium_path() is None:
        terminalreporter.write_line("The browser tests are left out: there is no Chromium on this machine.")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread, where Django refuses database access by default.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        language = {"LC_ALL": "zh_CN.UTF-8"}  # the date pickers follow the browser's own language
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=FLAGS, env={**os.environ, **language}
        )
        yield browser
        browser.close()


class Visits:
    """Opens pages for people, and collects the errors of their browsers."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def __call__(self, path: str = "/", person: User | None = None, *, width: int = 1280, script: bool = True) -> Page:
        """Return a page at this address, with this person logged in, in a browser context of its own."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": HEIGHTS[width]},
            locale="zh-CN",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        context.set_default_timeout(TIMEOUT)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(f"page error: {error.error}"))
        self.contexts.append(context)
        if person is not None:
            context.add_cookies([self._session_cookie(person)])
        page = context.new_page()
        page.goto(path)
        return page

    def expect_error(self, pattern: str) -> None:
        """Remove the errors that a test provokes; fail if there is none."""
        expected = [error for error in self.errors if re.search(pattern, error)]
        assert expected, self.errors
        self.errors = [error for error in self.errors if error not in expected]

    def _on_console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type} on {message.page and message.page.url}: {message.text}")

    def _session_cookie(self, person: User) -> dict[str, str]:
        client = Client()
        client.force_login(person, backend="accounts.backends.AnyIdentifierBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        return {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address}

    def close(self, screenshot: str | None) -> None:
        for number, context in enumerate(self.contexts):
            if screenshot:
                for page in context.pages:
                    page.screenshot(path=SCREENSHOTS / f"{screenshot}-{number}.png", full_page=True)
            context.close()


@pytest.fixture
def visit(chromium: Browser, live_server, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    visits = Visits(chromium, live_server.url)
    yield visits
    failed = request.node.stash.get(FAILED, True) or bool(visits.errors)
    visits.close(re.sub(r"\W+", "-", request.node.name) if failed else None)
    assert visits.errors == []


@pytest.fixture
def world(live_server):
    """Return the root region of an installation with regions, year rules, categories and units."""
    root = factories.regions()
    factories.open_years()
    factories.category("培训班、研修班", hint="按起止时间每半天 4 学时计算。")
    factories.category("发明专利", "专利类", by_half_day=False, hint="证书编号填专利号。")
    factories.unit("宾阳县甘棠镇林业站", "450126")
    factories.unit("宾阳县高级中学", "450126")
    factories.unit("南宁市教育局直属第一幼儿园", "450100")
    factories.unit("青秀区林业局", "450103")
    factories.unit("柳州市林业科学研究所", "450200")
    factories.units.unaffiliated(root)
    return root


@pytest.fixture
def huang(world) -> User:
    """黄秋梦, a person with a unit and without registrations."""
    return factories.person("黄秋梦", unit=factories.unit("南宁市水利电力设计院", "450100"))


@pytest.fixture
def newcomer(world) -> SignUpData:
    """A person without an account."""
    return SignUpData("黄秋梦", factories.resident_id(), "huangqiumeng", "13807710001", factories.PASSWORD)


@pytest.fixture
def course(world) -> Callable[[User], Completion]:
    """Return a function that lets a person complete this year's public course."""

    def complete(person: User) -> Completion:
        day = factories.moment(5).date()
        return factories.completion(person, factories.course(day.year), completed_on=day)

    return complete


@pytest.fixture
def offices(world) -> Offices:
    """覃审核 of 宾阳县甘棠镇林业站, and 莫终审 of the whole region."""
    station = Unit.objects.get(name="宾阳县甘棠镇林业站")
    factories.reason("材料不清晰")
    factories.reason("不属于继续教育")
    return Offices(station, factories.unit_reviewer(station), factories.region_reviewer(world))


@pytest.fixture
def registrations(offices: Offices, huang: User) -> None:
    """Submit six registrations to the unit, and one without an employer to the region, as at the end of the manual."""
    factories.submitted(huang, offices.station, content="水利工程施工培训班")
    patent = {"category": factories.category("发明专利", "专利类", by_half_day=False), "hours_applied": 20}
    factories.submitted(huang, offices.station, content="一种渠道清淤装置", **patent)
    for content in ("单位组织的考察", "安全生产培训班", "水土保持培训班", "工程测量培训班"):
        factories.submitted(huang, offices.station, content=content)
    nobody = Unit.objects.get(is_unaffiliated=True)
    transitions.submit(
        huang, [factories.registration(huang, "自由职业者法规培训班")], nobody, factories.region("450103")
    )
