"""Categories and reasons in the admin."""

from __future__ import annotations

import pytest

from hours.models import Category, Reason
from tests import factories

pytestmark = pytest.mark.django_db
CATEGORIES, REASONS = "/admin/hours/category/", "/admin/hours/reason/"


@pytest.fixture(autouse=True)
def superuser(client, guangxi):
    client.force_login(factories.administrator())


def category_form(first: Category, *second: Category, delete: bool = False) -> dict:
    """Return the form of a first-level category with its second level unchanged."""
    rows = {"children-TOTAL_FORMS": len(second), "children-INITIAL_FORMS": len(second)}
    for index, row in enumerate(second):
        name = f"children-{index}"
        rows |= {f"{name}-id": row.pk, f"{name}-parent": first.pk, f"{name}-name": row.name, f"{name}-position": 0}
        rows |= {f"{name}-DELETE": "on"} if delete else {}
    return {"name": first.name, "is_active": "on", "position": "0", **rows}


def test_duplicate_first_level_name_is_field_error(client):
    first = factories.category().parent
    response = client.post(f"{CATEGORIES}add/", category_form(first))
    assert response.context["adminform"].form.errors == {"name": ["已有同名的一级类型。"]}
    assert Category.objects.filter(parent=None).count() == 1


def test_category_list_names_second_level(client):
    factories.category("培训班")
    factories.category("研修班")
    assert "培训班、研修班" in client.get(CATEGORIES).content.decode()


def test_second_level_url_redirects_to_first_level(client):
    second = factories.category()
    response = client.get(f"{CATEGORIES}{second.pk}/change/")
    assert (response.status_code, response["Location"]) == (302, f"{CATEGORIES}{second.parent_id}/change/")


def test_deleting_used_second_level_is_refused(client):
    used = factories.registration(factories.person()).category
    response = client.post(f"{CATEGORIES}{used.parent_id}/change/", category_form(used.parent, used, delete=True))
    (form,) = response.context["inline_admin_formsets"][0].formset.forms
    assert form.errors == {"name": ["“培训班”已被登记或年度规则使用，不能删除；可以取消“可选”。"]}
    assert Category.objects.filter(pk=used.pk).exists()


def test_unused_second_level_is_deleted(client):
    unused = factories.category()
    assert (
        client.post(
            f"{CATEGORIES}{unused.parent_id}/change/", category_form(unused.parent, unused, delete=True)
        ).status_code
        == 302
    )
    assert list(Category.objects.all()) == [unused.parent]


def test_first_level_with_second_level_is_not_deleted(client):
    first = factories.category().parent
    assert client.post(f"{CATEGORIES}{first.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_unused_reason_is_deleted(client, rules):
    station = factories.unit()
    registration = factories.returned(factories.person(), station, factories.unit_reviewer(station))
    used, unused = registration.decisions.get(action="return").reason, factories.reason("其他")
    answers = [client.post(f"{REASONS}{reason.pk}/delete/", {"post": "yes"}).status_code for reason in (used, unused)]
    assert (answers, list(Reason.objects.all())) == ([403, 302], [used])


def test_reasons_are_not_deleted_in_bulk(client):
    reason = factories.reason()
    client.post(REASONS, {"action": "delete_selected", "_selected_action": [reason.pk], "post": "yes"})
    assert list(Reason.objects.all()) == [reason]
