"""认定类型 and 退回与不予认定原因 in the admin: what is used stays, what is doubled is said at its field."""

from __future__ import annotations

import pytest

from hours.models import Category, Reason
from tests import factories

pytestmark = pytest.mark.django_db
CATEGORIES, REASONS = "/admin/hours/category/", "/admin/hours/reason/"


@pytest.fixture(autouse=True)
def root(client, guangxi):
    client.force_login(factories.administrator())


def typed(first: Category, *second: Category, delete: bool = False) -> dict:
    """The page of a first-level type with its second level as it stands."""
    rows = {"children-TOTAL_FORMS": len(second), "children-INITIAL_FORMS": len(second)}
    for place, row in enumerate(second):
        name = f"children-{place}"
        rows |= {f"{name}-id": row.pk, f"{name}-parent": first.pk, f"{name}-name": row.name, f"{name}-position": 0}
        rows |= {f"{name}-DELETE": "on"} if delete else {}
    return {"name": first.name, "is_active": "on", "position": "0", **rows}


def test_a_first_level_name_that_exists_is_said_at_its_field(client):
    first = factories.category().parent
    response = client.post(f"{CATEGORIES}add/", typed(first))
    assert response.context["adminform"].form.errors == {"name": ["已有同名的一级类型。"]}
    assert Category.objects.filter(parent=None).count() == 1


def test_the_list_names_the_second_level(client):
    factories.category("培训班")
    factories.category("研修班")
    assert "培训班、研修班" in client.get(CATEGORIES).content.decode()


def test_a_link_to_a_second_level_type_leads_to_the_page_it_is_on(client):
    second = factories.category()
    response = client.get(f"{CATEGORIES}{second.pk}/change/")
    assert (response.status_code, response["Location"]) == (302, f"{CATEGORIES}{second.parent_id}/change/")


def test_a_second_level_type_in_use_is_kept_with_a_sentence(client):
    used = factories.registration(factories.person()).category
    response = client.post(f"{CATEGORIES}{used.parent_id}/change/", typed(used.parent, used, delete=True))
    (form,) = response.context["inline_admin_formsets"][0].formset.forms
    assert form.errors == {"name": ["“培训班”已被登记或年度规则使用，不能删除；可以取消“可选”。"]}
    assert Category.objects.filter(pk=used.pk).exists()


def test_a_second_level_type_out_of_use_can_be_deleted(client):
    unused = factories.category()
    assert (
        client.post(f"{CATEGORIES}{unused.parent_id}/change/", typed(unused.parent, unused, delete=True)).status_code
        == 302
    )
    assert list(Category.objects.all()) == [unused.parent]


def test_a_first_level_type_with_others_below_is_not_deleted(client):
    first = factories.category().parent
    assert client.post(f"{CATEGORIES}{first.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_reason_that_stands_in_a_decision_is_kept_and_others_can_go(client, rules):
    station = factories.unit()
    registration = factories.returned(factories.person(), station, factories.unit_reviewer(station))
    used, unused = registration.decisions.get(action="return").reason, factories.reason("其他")
    answers = [client.post(f"{REASONS}{reason.pk}/delete/", {"post": "yes"}).status_code for reason in (used, unused)]
    assert (answers, list(Reason.objects.all())) == ([403, 302], [used])


def test_reasons_cannot_be_deleted_by_the_dozen(client):
    reason = factories.reason()
    client.post(REASONS, {"action": "delete_selected", "_selected_action": [reason.pk], "post": "yes"})
    assert list(Reason.objects.all()) == [reason]
