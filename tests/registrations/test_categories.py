"""认定类型: an invented type says 示例, once in a place, at the level that people choose."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hours.models import Category
from hours.workflow import transitions
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def example(db):
    """培训进修类 · 培训班, both examples."""
    category = factories.category()
    Category.objects.update(is_example=True)
    category.refresh_from_db()
    return category


@pytest.fixture
def pages(client, huang, station, example):
    """The answer to an address for 黄秋梦 (or somebody else), who has one draft of that type."""
    huang.registration = factories.registration(huang, category=example)

    def page(name: str, *args, person=huang, **query) -> str:
        client.force_login(person)
        return client.get(reverse(f"hours:{name}", args=args), query).content.decode()

    return page


def test_list_and_detail_say_it_once(pages, huang):
    for shown in (pages("list"), pages("detail", huang.registration.pk)):
        assert "培训进修类 · 培训班（示例）" in shown
        assert "培训进修类（示例）" not in shown


def test_so_do_the_queue_and_the_administrators_record(pages, client, huang, station, rules):
    transitions.submit(huang, [huang.registration], station, station.region)
    record = reverse("admin:hours_registration_change", args=[huang.registration.pk])
    client.force_login(factories.administrator())
    for shown in (client.get(record).content.decode(), pages("review", person=station.reviewer)):
        assert "培训进修类 · 培训班（示例）" in shown
        assert "培训进修类（示例）" not in shown


def test_the_form_offers_first_levels_and_groups_by_the_same_name(pages, example):
    """registration.js narrows the second list by it."""
    shown = pages("new")
    assert f'<option value="{example.parent_id}">培训进修类</option>' in shown
    assert '<optgroup label="培训进修类">' in shown
    assert "培训班（示例）</option>" in shown


def test_the_filter_of_the_queue_says_it_at_the_types(pages, station):
    shown = pages("review", person=station.reviewer)
    assert '<optgroup label="培训进修类">' in shown
    assert "培训进修类（全部）</option>" in shown
    assert "培训班（示例）</option>" in shown


def test_a_type_of_ones_own_below_an_example_is_none(example):
    example.is_example = False
    assert example.full_name == "培训进修类 · 培训班"


def test_the_admin_marks_both_levels(client, example):
    client.force_login(factories.administrator())
    [first] = client.get(reverse("admin:hours_category_changelist")).context["cl"].result_list
    assert (str(first), str(example)) == ("培训进修类（示例）", "培训班（示例）")
