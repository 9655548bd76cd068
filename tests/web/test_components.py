"""Formatting of values, page links, status colours and the hours bar."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.http import QueryDict

from config.templatetags.formatting import format_hours, or_dash, page_numbers
from hours.models import YearRule
from hours.states import Status
from hours.totals.summaries import PersonYear
from hours.wording import step_tone, tone
from tests import factories

from .rendering import render


@pytest.mark.parametrize(
    ("number", "count", "shown"),
    [
        (1, 2767, [1, 2, 3, "…", 2767]),
        (5, 2767, [1, "…", 4, 5, 6, "…", 2767]),
        (4, 2767, [1, 2, 3, 4, 5, "…", 2767]),
        (2767, 2767, [1, "…", 2765, 2766, 2767]),
        (1, 1, [1]),
        (2, 3, [1, 2, 3]),
    ],
)
def test_page_numbers_leave_out_the_middle(number, count, shown):
    page: Any = SimpleNamespace(number=number, paginator=SimpleNamespace(num_pages=count))
    assert page_numbers(page) == shown


def test_page_links_keep_filter(make_request):
    request = make_request(path="/hours/")
    request.GET = QueryDict("name=培训&ids=1&ids=2&p=9")
    page = Paginator(range(25), 10).page(2)
    shown = render('{% include "components/pagination.html" with page=page param_name="p" only %}', request, page=page)
    here = "?name=%E5%9F%B9%E8%AE%AD&amp;ids=1&amp;ids=2&amp;p="
    assert re.findall(r'href="([^"]+)"', shown) == [f"{here}{number}" for number in (1, 1, 2, 3, 3)]
    assert re.search(r"共 25 条，每页 10 条", shown)
    assert re.findall(r'aria-current="page"[^>]*>(\d+)<', shown) == ["2"]


def test_every_status_and_state_has_a_colour():
    assert {status: tone(status) for status in [*Status, "pending", "active", "disabled"]} == {
        Status.DRAFT: "neutral",
        Status.FIRST_REVIEW: "waiting",
        Status.FINAL_REVIEW: "waiting",
        Status.RETURNED: "action",
        Status.RECOGNISED: "good",
        Status.REFUSED: "stopped",
        Status.REVOKED: "stopped",
        "pending": "waiting",
        "active": "good",
        "disabled": "stopped",
    }


def test_only_pending_step_is_shown_as_waiting():
    done = SimpleNamespace(status="final_review", when=factories.moment(3))
    next_one = SimpleNamespace(status="final_review", when=None)
    assert [step_tone(done), step_tone(next_one)] == ["neutral", "waiting"]


def test_hours_and_empty_values_are_formatted():
    assert [
        format_hours(Decimal("8.0")),
        format_hours(Decimal("7.5")),
        format_hours(Decimal(100)),
        format_hours(None),
    ] == ["8", "7.5", "100", "—"]
    assert [or_dash(""), or_dash(None), or_dash(0)] == ["—", "—", 0]


def test_hours_bar_has_text_alternative(make_request):
    rule = YearRule(year=2026, total=Decimal(90), professional=Decimal(60))
    year = PersonYear(2026, Decimal(9), Decimal("31.5"), Decimal(0), Decimal(16), Decimal(8), rule)
    shown = render('{% include "components/hours_bar.html" with year=year only %}', make_request(), year=year)
    words = "公需科目 9 学时，专业科目 31.5 学时，审核中 16 学时，未提交 8 学时，还差 49.5 学时，年度目标 90 学时"
    assert f'aria-label="2026 年：{words}"' in shown
    assert re.findall(r'class="bar-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', shown) == [
        ("public", "0.00", "10.00"),
        ("professional", "10.00", "35.00"),
        ("review", "45.00", "17.78"),
    ]


def test_year_without_rule_has_no_target(make_request):
    year = PersonYear(2019, Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(8), None)
    shown = render('{% include "components/hours_bar.html" with year=year only %}', make_request(), year=year)
    assert "目标" not in shown
    assert "还差" not in shown
