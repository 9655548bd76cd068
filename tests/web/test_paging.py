"""Pages by the last row shown, and numbered pages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config.web.paging import Cursor, KeysetPage, keyset_page, numbered_page
from hours.models import Registration, Submission
from hours.workflow import transitions
from tests import factories

MOMENT = datetime(2026, 5, 12, 8, 30, 15, 123456, tzinfo=UTC)
MICROSECONDS = "1778574615123456"


# --- places -------------------------------------------------------------------------


def test_place_is_written_in_microseconds_and_key():
    assert str(Cursor(MOMENT, 7)) == f"{MICROSECONDS}.7"


def test_place_is_read_as_written():
    assert Cursor.parse(f"{MICROSECONDS}.7") == Cursor(MOMENT, 7)


@pytest.mark.parametrize("text", ["9" * 17 + ".1", "1." + "9" * 18])
def test_longest_place_is_read(text):
    assert str(Cursor.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "1", "1.", ".1", "x.1", "1.x", "1.2.3", "-1.2", "1.-2", "1. 2"),
        *("１.2", "1.２"),  # full-width digits
        *("1" * 18 + ".1", "1." + "1" * 19),
    ],
)
def test_other_text_is_no_place(text):
    assert Cursor.parse(text) is None


# --- pages by the last row ----------------------------------------------------------


@pytest.fixture
def registrations(huang, station):
    """黄秋梦's nine registrations in the order of their keys: one alone, seven in one batch, one alone."""
    drafts = [factories.registration(huang, f"培训 {number}") for number in range(9)]
    first, *batch, last = drafts
    for number, rows in enumerate(([first], batch, [last])):
        transitions.submit(huang, rows, station, station.region, now=factories.moment(5 - number))
    assert {registration.submitted_at for registration in batch} == {factories.moment(4)}
    return drafts


def pages_onwards(**options: Any) -> list[KeysetPage[Registration]]:
    """Return all pages, from the first to the last."""
    pages = [keyset_page(Registration.objects.all(), 2, **options)]
    while pages[-1].next:
        pages.append(keyset_page(Registration.objects.all(), 2, after=pages[-1].next, **options))
    return pages


def pages_back(place: str, **options: Any) -> list[KeysetPage[Registration]]:
    """Return all pages before this cursor, in list order."""
    pages: list[KeysetPage[Registration]] = []
    while place:
        pages.insert(0, keyset_page(Registration.objects.all(), 2, before=place, **options))
        place = pages[0].previous
    return pages


@pytest.mark.parametrize("newest_first", [False, True])
def test_batch_of_one_moment_shows_each_row_once(registrations, newest_first):
    rows = registrations[::-1] if newest_first else registrations
    onwards = pages_onwards(newest_first=newest_first)
    assert [page.rows for page in onwards] == [rows[0:2], rows[2:4], rows[4:6], rows[6:8], rows[8:]]
    back = pages_back(onwards[-1].previous, newest_first=newest_first)
    assert [page.rows for page in back] == [rows[0:2], rows[2:4], rows[4:6], rows[6:8]]


@pytest.mark.parametrize("newest_first", [False, True])
def test_page_before_a_row_ends_with_its_neighbour(registrations, newest_first):
    rows = registrations[::-1] if newest_first else registrations
    place = str(Cursor.of(rows[5], "submitted_at"))
    page = keyset_page(Registration.objects.all(), 3, before=place, newest_first=newest_first)
    assert page.rows == rows[2:5]


def test_page_names_the_places_of_its_neighbours(registrations):
    places = [str(Cursor.of(registration, "submitted_at")) for registration in registrations]
    rows = Registration.objects.all()
    assert keyset_page(rows, 4) == KeysetPage(registrations[:4], places[3], "")
    assert keyset_page(rows, 4, after=places[3]) == KeysetPage(registrations[4:8], places[7], places[4])
    assert keyset_page(rows, 4, after=places[7]) == KeysetPage(registrations[8:], "", places[8])
    assert keyset_page(rows, 4, before=places[8]) == KeysetPage(registrations[4:8], places[7], places[4])
    assert keyset_page(rows, 4, before=places[4]) == KeysetPage(registrations[:4], places[3], "")


def test_page_that_holds_every_row_has_no_neighbours(registrations):
    assert keyset_page(Registration.objects.all(), 9) == KeysetPage(registrations, "", "")


def test_page_reads_one_row_more_than_it_shows(registrations):
    with CaptureQueriesContext(connection) as queries:
        keyset_page(Registration.objects.all(), 4)
    assert [query["sql"].rpartition("LIMIT ")[2] for query in queries] == ["5"]


def test_page_without_rows_is_empty(registrations):
    last = str(Cursor.of(registrations[-1], "submitted_at"))
    assert keyset_page(Registration.objects.all(), 4, after=last) == KeysetPage([], "", "")
    assert keyset_page(Registration.objects.none(), 4) == KeysetPage([], "", "")


def test_unreadable_place_shows_the_first_page(registrations):
    assert keyset_page(Registration.objects.all(), 4, after="x", before="1.x").rows == registrations[:4]


def test_after_counts_when_both_places_are_given(registrations):
    after, before = (str(Cursor.of(registrations[number], "submitted_at")) for number in (1, 7))
    assert keyset_page(Registration.objects.all(), 3, after=after, before=before).rows == registrations[2:5]


def test_page_orders_by_the_moment_asked_for(registrations):
    Submission.objects.filter(registrations=registrations[0]).update(created_at=factories.moment(0))
    one, two, three = Submission.objects.order_by("pk")
    page = keyset_page(Submission.objects.all(), 2, field="created_at")
    assert page == KeysetPage([two, three], str(Cursor(three.created_at, three.pk)), "")
    assert keyset_page(Submission.objects.all(), 2, after=page.next, field="created_at").rows == [one]


# --- numbered pages -----------------------------------------------------------------


@pytest.fixture
def people(db):
    """Five people in the order of their keys."""
    return [factories.person(f"张三{number}") for number in range(5)]


def numbered(size: int, number: str | None) -> tuple:
    """The page's rows, its number, and the number of pages and rows."""
    page = numbered_page(User.objects.order_by("pk"), size, number)
    assert isinstance(page.object_list, list)
    return page.object_list, page.number, page.paginator.num_pages, page.paginator.count


@pytest.mark.parametrize(
    ("number", "shown", "rows"),
    [
        *((None, 1, slice(0, 2)), ("", 1, slice(0, 2)), ("1", 1, slice(0, 2))),
        *(("2", 2, slice(2, 4)), ("3", 3, slice(4, 5))),
        *(("4", 3, slice(4, 5)), ("x", 1, slice(0, 2))),  # the nearest
    ],
)
def test_numbered_page_holds_its_rows(people, number, shown, rows):
    assert numbered(2, number) == (people[rows], shown, 3, 5)


@pytest.mark.parametrize("number", [None, "", "1"])
def test_list_of_one_page_is_read_without_counting(people, number, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert numbered(5, number) == (people, 1, 1, 5)


def test_first_page_reads_one_row_more_than_it_shows(people):
    with CaptureQueriesContext(connection) as queries:
        numbered_page(User.objects.order_by("pk"), 3, "1")
    assert [query["sql"].rpartition("LIMIT ")[2] for query in queries] == ["4"]
