"""认定类型: an example category is marked 示例 once, at the level that people choose."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hours.models import Category
from hours.workflow import transitions
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def example(db):
    """The category 培训进修类 · 培训班, both levels examples."""
    category = factories.category()
    Category.objects.update(is_example=True)
    category.refresh_from_db()
    return category


@pytest.fixture
def pages(client, huang, station, example):
    """Return a function that gets a page as text, for 黄秋梦, who has a draft of that category, or another person."""
    huang.registration = factories.registration(huang, category=example)

    def page(name: str, *args, person=huang, **query) -> str:
        client.force_login(person)
        return client.get(reverse(f"hours:{name}", args=args), query).content.decode()

    return page


def test_list_and_detail_mark_example_once(pages, huang):
    for shown in (pages("list"), pages("detail", huang.registration.pk)):
        assert "培训进修类 · 培训班（示例）" in shown
        assert "培训进修类（示例）" not in shown


def test_queue_and_admin_mark_example_once(pages, client, huang, station, rules):
    transitions.submit(huang, [huang.registration], station, station.region)
    record = reverse("admin:hours_registration_change", args=[huang.registration.pk])
    client.force_login(factories.administrator())
    for shown in (client.get(record).content.decode(), pages("review", person=station.reviewer)):
        assert "培训进修类 · 培训班（示例）" in shown
        assert "培训进修类（示例）" not in shown


def test_form_groups_by_names_of_first_levels(pages, example):
    """registration.js narrows the second list by this name."""
    shown = pages("new")
    assert f'<option value="{example.parent_id}">培训进修类</option>' in shown
    assert '<optgroup label="培训进修类">' in shown
    assert "培训班（示例）</option>" in shown


def test_queue_filter_marks_examples_at_second_level(pages, station):
    shown = pages("review", person=station.reviewer)
    assert '<optgroup label="培训进修类">' in shown
    assert "培训进修类（全部）</option>" in shown
    assert "培训班（示例）</option>" in shown


def test_real_category_below_example_is_not_marked(example):
    example.is_example = False
    assert example.full_name == "培训进修类 · 培训班"


def test_admin_marks_both_levels(client, example):
    client.force_login(factories.administrator())
    [first] = client.get(reverse("admin:hours_category_changelist")).context["cl"].result_list
    assert (str(first), str(example)) == ("培训进修类（示例）", "培训班（示例）")
