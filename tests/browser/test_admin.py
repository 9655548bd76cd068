"""The administrators' pages: no console errors, nothing wider than a phone."""

from __future__ import annotations

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hours.models import Course, WaitingCompletion
from tests import factories

pytestmark = pytest.mark.browser
PAGES = (
    "accounts/user/",
    "accounts/appointment/add/",
    "organizations/unit/add/",
    "hours/category/",
    "hours/course/import/",
)
LISTS = (
    *("accounts/user/", "accounts/appointment/", "organizations/region/", "organizations/unit/", "hours/course/"),
    *("hours/completion/", "hours/waitingcompletion/", "hours/platform/", "hours/registration/", "hours/yearrule/"),
)
FORMS = (
    *("accounts/user/add/", "accounts/appointment/add/", "organizations/unit/add/", "hours/course/add/"),
    *("hours/completion/add/", "hours/platform/add/", "organizations/unit/import/"),
    *("accounts/user/import/", "accounts/appointment/import/", "hours/course/import/", "hours/completion/import/"),
)
COURSES = "年度,科目名称,科目类型,学时\n2026,创新能力建设,必修,12\n"


@pytest.fixture
def root(world):
    return factories.administrator()


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_fit_without_browser_errors(visit, root, width):
    page = visit("/admin/", root, width=width)
    for address in PAGES:
        page.goto(f"/admin/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_popup_choice_shows_name(visit, root, huang):
    page = visit("/admin/accounts/appointment/add/", root)
    with page.expect_popup() as opened:
        page.locator("#lookup_id_person").click()
    window = opened.value
    choice = window.get_by_role("link", name="黄秋梦")
    expect(choice).to_be_visible()
    window.wait_for_load_state()  # before its script is there the link only leads on
    with window.expect_event("close"):
        choice.click()
    expect(page.locator(".field-person strong")).to_have_text(f"黄秋梦 · {huang.masked_id}")


@pytest.mark.parametrize("script", [True, False])
def test_course_import_with_and_without_script(visit, root, script, tmp_path):
    Course.objects.create(year=2026, name="创新能力建设", kind="elective", hours=9)
    file = tmp_path / "courses.csv"
    file.write_text(COURSES, encoding="utf-8")
    page = visit("/admin/hours/course/import/", root, script=script)
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("cell", name="必修（原为 选修）")).to_be_visible()
    page.get_by_role("button", name="确认导入").click()
    page.get_by_text("导入完成：新增 0，更改 1，未变 0，有误 0。").wait_for()
    assert list(Course.objects.values_list("kind", "hours")) == [("required", 12)]


def test_import_tells_that_it_works_and_is_sent_once(visit, root, tmp_path):
    file = tmp_path / "courses.csv"
    file.write_text(COURSES, encoding="utf-8")
    page = visit("/admin/hours/course/import/", root)
    page.get_by_label("文件").set_input_files(file)
    page.evaluate("""() => {
      window.sent = 0;
      document.addEventListener('submit', (event) => {
        window.sent += !event.defaultPrevented;
        event.preventDefault();
      });
    }""")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("status")).to_contain_text("正在上传并读取文件")
    page.get_by_role("button", name="预览").click()
    assert page.evaluate("window.sent") == 1


def test_preview_is_cards_on_a_phone(visit, root, tmp_path):
    file = tmp_path / "courses.csv"
    file.write_text(COURSES, encoding="utf-8")
    page = visit("/admin/hours/course/import/", root, width=360)
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".import-preview tbody tr")).to_have_count(1)
    assert page.locator(".results").evaluate("(one) => one.scrollWidth <= one.clientWidth")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_violations(visit, root, course, huang, width):
    course(huang)
    factories.registration(huang)
    WaitingCompletion.objects.create(
        id_number=factories.resident_id(),
        year=2026,
        course_name="职业道德",
        completed_on=date(2026, 5, 12),
        state="person",
    )
    page, axe, found = visit("/admin/", root, width=width), Axe(), {}
    for address in ("", *LISTS, *FORMS):
        page.goto(f"/admin/{address}")
        page.wait_for_load_state()
        if violations := axe.run(page, options={"preload": False}).response["violations"]:
            found[address] = [(rule["id"], node["html"]) for rule in violations for node in rule["nodes"]]
    assert found == {}
