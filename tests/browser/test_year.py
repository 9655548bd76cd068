"""A year from completions to a certificate, which a revocation ends."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from hours.completions import platforms
from hours.models import Course, Platform
from tests import factories
from tests.browser.steps import Offices, expect_cells, expect_texts

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MODES = pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
YEAR = factories.moment(5).year


@pytest.fixture
def recognised(huang: User, offices: Offices):
    """Let 60 hours of 黄秋梦 be recognised."""
    facts = {"category": factories.category("学术讲座", by_half_day=False), "hours_applied": 60}
    start = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18), "year": YEAR}
    return factories.recognised(
        huang, offices.station, offices.unit, offices.region, content="水利工程高级研修班", **facts, **start
    )


@pytest.fixture
def send(live_server):
    """Return a function that sends a person's completions as a learning platform does, and returns the counts."""
    token = platforms.issue_token(Platform.objects.create(name="广西继续教育网"))
    courses = {
        name: Course.objects.create(name=name, year=YEAR, kind="required", hours=15)
        for name in ("当代科学技术前沿知识", "生态文明建设")
    }

    def post(person: User) -> dict:
        items = [
            {
                "id": f"A-{course.pk}",
                "id_number": person.id_number,
                "course_id": course.pk,
                "completed_on": f"{YEAR}-01-01",
            }
            for course in courses.values()
        ]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        url = f"{live_server.url}/api/completions/"
        request = urllib.request.Request(url, json.dumps(items).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["counts"]

    return post


@MODES
def test_year_from_completions_to_revocation(visit, huang, recognised, send, script: bool, tmp_path: Path):
    page = visit("/hours/lookup/", huang, script=script)
    expect_sums(page, public="0", professional="60", total="60", missing="30")
    assert send(huang) == {"saved": 2, "corrected": 0, "unchanged": 0, "waiting": 0, "refused": 0}
    assert send(huang) == {"saved": 0, "corrected": 0, "unchanged": 2, "waiting": 0, "refused": 0}
    page.reload()
    expect_sums(page, public="30", professional="60", total="90", missing="已达标")

    code = issue(page)
    download(page, code, tmp_path)
    stranger = visit("/check/", script=script)
    type_code(stranger, code.lower().replace(" ", ""))
    expect(stranger.locator(".verdict-word")).to_have_text("有效")
    expect(stranger.locator(".certificate-years tbody tr")).to_have_text(
        re.compile(rf"{YEAR}\s*30\s*60\s*90 / 90\s*达标")
    )
    expect(stranger.locator("main")).not_to_contain_text("黄秋梦")

    revoke(visit("/admin/hours/registration/", administrator(), script=script))
    stranger.reload()
    expect(stranger.locator(".verdict-word")).to_have_text("已失效")
    expect(stranger.locator(".verdict")).to_contain_text("所涉年度有登记被撤销认定")
    page.goto("/hours/lookup/")
    expect_sums(page, public="30", professional="0", total="30", missing="60 其中专业 60")
    page.goto("/hours/certificates/")
    expect_cells(page, "状态", ["已失效"])


def administrator() -> User:
    admin = factories.administrator()
    factories.appointments.appoint(admin, "region_admin", region=factories.region("450000"))
    return admin


def expect_sums(page: Page, public: str, professional: str, total: str, missing: str) -> None:
    """Wait for this year's line of 培训总体查询."""
    line = page.locator("main table").first.locator("tbody tr").filter(has_text=str(YEAR))
    sums = {"公需科目学时": public, "专业科目学时": professional, "总学时": total, "还差": missing}
    for name, text in sums.items():
        expect_texts(line.locator(f"td[data-label={name}]"), [text])


def issue(page: Page) -> str:
    """Issue this year's certificate from 培训总体查询; return its code."""
    page.get_by_role("link", name=f"查看 {YEAR} 年度明细").click()
    page.get_by_role("link", name="开具年度学时证明").click()
    expect(page.get_by_label(f"证明 {YEAR} 年度")).to_be_checked()
    page.get_by_role("button", name="开具证明").click()
    expect(page.locator(".message-success")).to_contain_text("年度学时证明，可在下方下载")
    expect_cells(page, "状态", ["有效"])
    return page.locator("main td[data-label=证明编号]").inner_text().strip()


def download(page: Page, code: str, folder: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name=f"下载证明 {code}").click()
    sheet = folder / "证明.pdf"
    download.value.save_as(sheet)
    assert sheet.read_bytes().startswith(b"%PDF-")


def type_code(page: Page, code: str) -> None:
    page.get_by_label("证明编号").fill(code)
    page.get_by_role("button", name="核验").click()


def revoke(page: Page) -> None:
    """Revoke the registration in the admin."""
    page.locator("tr", has_text="水利工程高级研修班").locator("[name=_selected_action]").check()
    page.locator("[name=action]").select_option(label="撤销认定")
    page.get_by_role("button", name="执行").click()
    expect(page.get_by_text("将对以下 1 条登记撤销认定。")).to_be_visible()
    page.get_by_label("原因").select_option(label="材料不清晰")
    page.get_by_label("意见").fill("经核查，材料系他人所有。")
    page.get_by_role("button", name="撤销认定 1 条").click()
    expect(page.locator(".messagelist")).to_contain_text("已撤销认定，目前为“撤销认定”。")
