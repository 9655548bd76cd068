"""Take the screenshots of README and manual, docs/screenshots/*.png, from the demonstration.

Run by `make screenshots`. The server uses a temporary database and folder.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
PASSWORD = "Xueshi-2026"  # noqa: S105  (published, for the demo accounts)
DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
COLOURS = 96
# Chinese date formats need Chromium's translations (Debian: chromium-l10n).
FLAGS = ["--disable-gpu", "--disable-background-networking", "--lang=zh-CN"]


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.png"):
        old.unlink()
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=FLAGS + ["--no-sandbox"] * is_root(),
            env={**os.environ, "LANGUAGE": "zh_CN"},
        )
        log_in_page(browser, address)
        trainee_on_desktop(browser, address)
        trainee_on_phone(browser, address)
        unit_reviewer(browser, address)
        regional_reviewer(browser, address)
        administrator(browser, address)
        browser.close()


def log_in_page(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=DESKTOP)
    page.goto(f"{address}/accounts/login/")
    save(page, "login")
    page.goto(f"{address}/help/")
    save(page, "help")


def trainee_on_desktop(browser: Browser, address: str) -> None:
    """The steps of the manual: list, new registration, submission, confirmation, look-up, notices, certificates."""
    page = logged_in(browser, address, "trainee", DESKTOP)
    page.goto(f"{address}/hours/")
    save(page, "list")
    page.get_by_role("link", name="新登记培训").click()
    fill_new_registration(page)
    save(page, "new")
    page.goto(f"{address}/hours/")
    for index in (0, 1):  # the two drafts, which overlap
        page.locator("[name=registration]").nth(index).check()
    page.get_by_role("button", name="批量提交审核").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=q]").fill("林业")
    dialog.get_by_role("button", name="查询").click()
    dialog.get_by_text("符合“林业”的单位").wait_for()
    save(page, "submit")
    dialog.get_by_role("button", name="确定提交").click()
    dialog.locator("[name=token]").wait_for(state="attached")
    save(page, "confirm")
    page.goto(f"{address}/hours/")
    page.get_by_role("row").filter(has_text="退回原因").get_by_role("link", name="修改").click()
    page.locator("dialog[open] form").wait_for()
    save(page, "returned")
    page.goto(f"{address}/hours/lookup/")
    save(page, "years")
    page.goto(f"{address}/hours/lookup/registrations/")
    row = page.get_by_role("row").filter(has_text="《油茶栽培技术规范》编制")  # returned once, then recognised
    step_by_step = row.locator("[data-progress]")
    step_by_step.click()
    step_by_step.evaluate("button => scrollBy(0, button.getBoundingClientRect().top - 240)")
    save(page, "registrations")
    page.goto(f"{address}/hours/notices/")
    save(page, "notices")
    certificates(browser, page, address)


def certificates(browser: Browser, page: Page, address: str) -> None:
    """A person's certificates, and the public check page of the valid one."""
    page.goto(f"{address}/hours/certificates/")
    save(page, "certificate")
    valid = page.get_by_role("row").filter(has_text="有效").first
    link = valid.get_by_role("link", name="核验").get_attribute("href")
    stranger = new_page(browser, DESKTOP)
    stranger.goto(f"{address}{link}")
    save(stranger, "check")


def fill_new_registration(page: Page) -> None:
    fill_training(page.locator("dialog[open] form"), "油茶高产栽培技术培训班", "桂林培1188号")


def fill_training(form: Locator, content: str, number: str) -> None:
    """Fill in two days of training and wait for the computed hours."""
    last_week = date.today() - timedelta(days=7)
    form.locator("[name=first_level]").select_option(index=1)
    form.locator("[name=category]").select_option(index=1)
    form.locator("[name=content]").fill(content)
    form.locator("[name=starts_at_0]").fill(last_week.isoformat())
    form.locator("[name=ends_at_0]").fill((last_week + timedelta(days=1)).isoformat())
    form.locator("[name=certificate_number]").fill(number)
    expect(form.locator("[name=hours_applied]")).not_to_have_value("")


def trainee_on_phone(browser: Browser, address: str) -> None:
    page = logged_in(browser, address, "trainee", PHONE)
    page.goto(f"{address}/hours/")
    save(page, "list-phone")


def unit_reviewer(browser: Browser, address: str) -> None:
    """The queue, a corrected registration, a bulk decision, a 集体登记 and the appointments."""
    page = logged_in(browser, address, "unit", DESKTOP)
    page.goto(f"{address}/hours/review/")
    save(page, "review")
    page.get_by_role("link", name="古树名木保护技术培训班").click()
    save(page, "review-registration")
    page.goto(f"{address}/hours/review/")
    for index in range(3):
        page.locator("[data-select-row]").nth(index).check()
    page.get_by_label("操作").select_option(label="同意")
    save(page, "review-bulk")
    collective(page, address)
    page.goto(f"{address}/accounts/appointments/")
    save(page, "appointments")


def collective(page: Page, address: str) -> None:
    """A 集体登记 up to the preview."""
    page.goto(f"{address}/hours/collective/")
    fill_training(page.locator("#registration-form"), "林业安全生产培训班", "")
    page.get_by_label("单位承诺以上信息属实").check()
    page.get_by_role("button", name="下一步").click()
    for index in range(5):
        page.locator("[data-select-row]").nth(index).check()
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="确认登记").wait_for()
    save(page, "collective")


def regional_reviewer(browser: Browser, address: str) -> None:
    page = logged_in(browser, address, "region", DESKTOP)
    page.goto(f"{address}/hours/statistics/")
    save(page, "statistics")


def administrator(browser: Browser, address: str) -> None:
    page = logged_in(browser, address, "admin", DESKTOP)
    page.goto(f"{address}/admin/organizations/unit/")
    save(page, "admin-units")
    page.goto(f"{address}/admin/hours/yearrule/")
    page.get_by_role("link", name=str(date.today().year), exact=True).click()
    page.get_by_text("类型上限").first.wait_for()
    save(page, "admin-rule")


def logged_in(browser: Browser, address: str, username: str, viewport: ViewportSize) -> Page:
    page = new_page(browser, viewport)
    page.goto(f"{address}/accounts/login/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "login" not in url)
    return page


def new_page(browser: Browser, viewport: ViewportSize) -> Page:
    """Return a page without a session."""
    page = browser.new_context(
        viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    ).new_page()
    page.set_default_timeout(10_000)
    return page


def save(page: Page, name: str) -> None:
    """Save a picture of the viewport, in few colours so that the repository stays small."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path = TARGET / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB\n")


@contextmanager
def server() -> Iterator[str]:
    """Start a server with the demonstration; yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DEBUG": "1",
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "ATTACHMENTS_ROOT": f"{folder}/attachments",
        }
        for command in (["migrate", "--verbosity", "0"], ["load_demo"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)  # noqa: S603
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
        process = subprocess.Popen(gunicorn, cwd=ROOT, env=environment)  # noqa: S603
        try:
            wait_for(f"{address}/accounts/login/")
            yield address
        finally:
            process.terminate()
            process.wait(20)


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=5)  # noqa: S310  (the server started here)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def chromium() -> str | None:
    """Return the path of an installed Chromium, or None: Playwright uses its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    main()
