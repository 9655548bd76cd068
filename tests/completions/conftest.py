from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from hours.completions.items import CompletionItem
from hours.models import Course
from tests import factories

THIS_YEAR = timezone.localdate().year
NEW_YEAR = date(THIS_YEAR, 1, 1)


@pytest.fixture
def huang(guangxi, rules):
    """黄秋梦 of the forestry station, who learns."""
    return factories.person("黄秋梦", unit=factories.unit("宾阳县甘棠镇林业站"))


@pytest.fixture
def course(db):
    """This year's 当代科学技术前沿知识 of 9 hours."""
    return Course.objects.create(year=THIS_YEAR, name="当代科学技术前沿知识", hours=9)


@pytest.fixture
def item(huang, course):
    """What a source says about her: the course, completed on New Year's Day; each fact can be given."""

    def say(position: int = 1, **facts) -> CompletionItem:
        told = {
            "id_number": huang.id_number,
            "year": course.year,
            "course": course.name,
            "completed_on": NEW_YEAR,
            "key": "A-1",
        }
        return CompletionItem(position, **{**told, **facts})

    return say
