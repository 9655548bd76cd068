from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from hours.completions import recording
from hours.completions.items import CompletionItem
from hours.models import Completion, Course
from tests import factories

THIS_YEAR = timezone.localdate().year
NEW_YEAR = date(THIS_YEAR, 1, 1)
SOURCE = "广西继续教育网"
NUMBER = factories.resident_id(number=996)  # of nobody


@pytest.fixture
def huang(guangxi, rules):
    """黄秋梦, a person of the forestry station."""
    return factories.person("黄秋梦", unit=factories.unit("宾阳县甘棠镇林业站"))


@pytest.fixture
def course(db):
    """This year's 当代科学技术前沿知识 of 9 hours."""
    return Course.objects.create(year=THIS_YEAR, name="当代科学技术前沿知识", hours=9)


@pytest.fixture
def item(huang, course) -> Callable[..., CompletionItem]:
    """Make an item: 黄秋梦 completed the course on New Year's Day. Every value can be replaced."""

    def make(position: int = 1, **values: Any) -> CompletionItem:
        defaults = {
            "id_number": huang.id_number,
            "year": course.year,
            "course": course.name,
            "completed_on": NEW_YEAR,
            "key": "A-1",
        }
        return CompletionItem(position, **{**defaults, **values})

    return make


def signup_data(number: str, **facts: Any) -> dict[str, Any]:
    """Return the form data of 覃晓燕's sign-up, which an administrator's form takes too."""
    return {
        "name": "覃晓燕",
        "id_kind": "resident",
        "id_number": number,
        "username": "qinxiaoyan",
        "phone": "13800138000",
        "password1": "shan-shui-2026",
        "password2": "shan-shui-2026",
        **facts,
    }


@pytest.fixture
def unknown(item) -> Callable[..., CompletionItem]:
    """Make an item of a person who has not signed up."""

    def make(position: int = 1, **values: Any) -> CompletionItem:
        return item(position, **{"id_number": NUMBER, **values})

    return make


def answers(*items: CompletionItem, source: str = SOURCE) -> list[tuple[str, str]]:
    return [(result.outcome.value, result.message) for result in recording.record(items, source)]


def credited() -> list[tuple]:
    rows = Completion.objects.order_by("pk")
    return list(rows.values_list("person__name", "course__name", "hours", "completed_on", "source", "source_key"))
