"""What people do on the pages; without JavaScript a dialog is a page of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from organizations.models import Unit
from tests import factories, files

OPEN = "dialog[open]:not(.dialog-small)"
HAS_FOCUS = "element => element === document.activeElement"
FOCUS_IS_VISIBLE = """() => {
  const element = document.activeElement;
  if (element === document.body || element.matches('[tabindex="-1"]')) return true;
  // The button inside a date or time field has the focus instead of the field, and the browser's own ring.
  if (['date', 'time'].includes(element.type) && !element.matches(':focus-visible')) return true;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
}"""


@dataclass(frozen=True)
class SignUpData:
    """What a person types to sign up."""

    name: str
    id_number: str
    username: str
    phone: str
    password: str


@dataclass(frozen=True)
class Offices:
    """A unit, its reviewer, and the reviewer of the region."""

    station: Unit
    unit: User
    region: User


def current_dialog(page: Page) -> Locator:
    """Return the open dialog, or the page in its place without JavaScript; some dialogs open over such a page."""
    return page.locator(f"{OPEN}, body:not(:has({OPEN})) .dialog-sheet")


def open_dialog(page: Page, role: str, name: str, title: str) -> Locator:
    """Click the control that opens a dialog, and return the dialog."""
    page.get_by_role(role, name=name).click()
    return wait_for_dialog(page, title)


def wait_for_dialog(page: Page, title: str) -> Locator:
    """Return the dialog with this title once it is loaded."""
    titles = f"{OPEN} .dialog-title, body:not(:has({OPEN})) .site-main:has(.dialog-sheet) .page-title"
    expect(page.locator(titles)).to_have_text(title)
    expect(page.locator("dialog[aria-busy]")).to_have_count(0)
    return current_dialog(page)


def press_button(page: Page, name: str | re.Pattern) -> None:
    current_dialog(page).get_by_role("button", name=name).click()


def choose_types(form: Locator, first: str, second: str) -> None:
    form.locator("[name=first_level]").select_option(label=first)
    form.locator("[name=category]").select_option(label=second)


def fill_dates(form: Locator, first_day: int, last_day: int) -> None:
    """Fill in days as so many days ago; the proposed times stay."""
    form.locator("[name=starts_at_0]").fill(f"{factories.moment(first_day):%Y-%m-%d}")
    form.locator("[name=ends_at_0]").fill(f"{factories.moment(last_day):%Y-%m-%d}")


def fill(form: Locator, **fields: str) -> None:
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)


def declare(form: Locator) -> None:
    tick(form.get_by_label("本人承诺以上信息属实"))


def tick(box: Locator) -> None:
    """Tick a box with the keyboard: a hint that appears late moves the page, and a click misses."""
    if not box.is_checked():
        box.press("Space")
    expect(box).to_be_checked()


def attach(form: Locator, *names: str) -> None:
    proofs = [{"name": name, "mimeType": "application/pdf", "buffer": files.PDF} for name in names]
    form.locator("[name=proofs]").set_input_files(proofs)


def register(page: Page, content: str, days_ago: int = 9) -> None:
    """Register a training of two whole days, from the list to the list."""
    form = open_dialog(page, "link", "新登记培训", "新登记培训")
    choose_types(form, "培训进修类", "培训班、研修班")
    fill(form, content=content)
    fill_dates(form, days_ago, days_ago - 1)
    declare(form)
    press_button(page, "保存")
    expect(page.locator(".message-success")).to_contain_text(f"已保存“{content}”")


def tick_all(page: Page) -> None:
    """Use the box in the table's head, on a phone the one above the cards, without JavaScript the link."""
    link, phone, head = (
        page.get_by_role("link", name="全选"),
        page.locator(".tick-all"),
        page.locator("thead").get_by_label("全选本页"),
    )
    next(one for one in (link, phone, head) if one.count() and one.is_visible()).click()
    expect(page.locator("[data-select-row]:not(:checked)")).to_have_count(0)


def expect_cells(page: Page, column: str, texts: list[str]) -> None:
    """Wait for exactly these texts in one column of the page's tables."""
    expect_texts(page.locator(f"main td[data-label='{column}']:visible"), texts)


def expect_texts(found: Locator, texts: list[str]) -> None:
    """Wait for exactly these elements: what is read at once may still be the page before."""
    expect(found).to_have_text(texts, use_inner_text=True)


def find_row(page: Page, content: str) -> Locator:
    return page.locator("main tr[id^=registration-]").filter(has_text=content)


def choose_region(page: Page, name: str) -> None:
    link = current_dialog(page).locator("[data-tree] a:visible").filter(has_text=name)
    link.click()
    expect(current_dialog(page).locator("[data-tree] a:visible[aria-current]")).to_have_text(name)
    expect(page.locator("dialog[aria-busy]")).to_have_count(0)


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus; the focus is visible at every stop."""
    page.wait_for_load_state()
    for _ in range(60):
        page.keyboard.press(key)
        assert_focus_visible(page)
        if target.evaluate(HAS_FOCUS):
            return
    raise AssertionError(f"{target} is not reached by {key}")


def assert_focus_visible(page: Page) -> None:
    assert page.evaluate(FOCUS_IS_VISIBLE), page.evaluate("document.activeElement.outerHTML")
