"""单位注册: a new or existing unit and the application to review for it."""

from typing import Any

import pytest
from django.urls import reverse

from accounts import appointments
from accounts.models import Appointment
from organizations import tree
from organizations.models import Unit
from organizations.views import NEW_UNITS
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
URL = reverse("register_unit")


@pytest.fixture
def wei(guangxi, client):
    person = factories.person("韦站长")
    client.force_login(person)
    return person


def rows(response: Any) -> list[tuple[str, str]]:
    """Return (unit, application) of each row of the table."""
    html = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    cells = [cell.split("</td>")[0] for cell in html.split('<td data-label="')]
    values = {"单位名称": "", "本人申请": ""}
    shown = []
    for cell in cells[1:]:
        label, _, text = cell.partition('">')
        if label in values:
            values[label] = text
        if label == "本人申请":
            shown.append((values["单位名称"], text))
    return shown


def test_new_unit_and_application_wait_for_confirmation(client, wei):
    response = client.post(URL, factories.typed_unit(), follow=True)
    unit, application = Unit.objects.get(), Appointment.objects.get()
    assert (unit.state, unit.added_by) == (Unit.State.PENDING, wei)
    assert (application.person, application.unit) == (wei, unit)
    assert (application.role, application.is_active) == (Appointment.Role.UNIT_REVIEWER, False)
    assert message_texts(response) == [
        "单位“宾阳县甘棠镇林业站”已注册，待管理员核实；核实后您即为该单位的第一位审核员。"
    ]
    assert rows(response) == [("宾阳县甘棠镇林业站", "单位审核员：待管理员确认")]


def test_page_shows_confirmed_application(client, wei):
    client.post(URL, factories.typed_unit())
    appointments.confirm_unit(Unit.objects.get(), Appointment.objects.values_list("pk", flat=True))
    assert rows(client.get(URL)) == [("宾阳县甘棠镇林业站", "单位审核员：已生效")]


@pytest.mark.parametrize("state", [Unit.State.ACTIVE, Unit.State.PENDING])
def test_existing_unit_gets_application(client, wei, state):
    unit = factories.unit("宾阳县林业站", state=state)
    response = client.post(URL, factories.typed_unit(name="别的名称", credit_code=unit.credit_code), follow=True)
    assert message_texts(response) == [
        "单位“宾阳县林业站”已在系统中，您担任其单位审核员的申请已提交，须经管理员确认后生效。"
    ]
    stored = Unit.objects.get()
    assert (stored.name, stored.state, stored.contact_name, stored.added_by) == ("宾阳县林业站", state, "", None)
    assert Appointment.objects.get().confirmed_at is None


def test_repeated_application_is_one(client, wei):
    unit = factories.unit()
    for _ in range(2):
        client.post(URL, factories.typed_unit(credit_code=unit.credit_code))
    assert Appointment.objects.count() == 1


def test_reviewer_of_unit_cannot_apply_again(client, wei):
    unit = factories.unit("宾阳县林业站")
    appointments.appoint(wei, Appointment.Role.UNIT_REVIEWER, unit=unit)
    response = client.post(URL, factories.typed_unit(credit_code=unit.credit_code))
    assert response.context["form"].errors == {"credit_code": ["您已是“宾阳县林业站”的单位审核员，无需再次注册。"]}
    assert Appointment.objects.count() == 1


def test_disabled_unit_is_refused(client, wei):
    unit = factories.unit("宾阳县林业站", state=Unit.State.DISABLED)
    response = client.post(URL, factories.typed_unit(credit_code=unit.credit_code))
    assert response.context["form"].errors == {
        "credit_code": ["该代码属于单位“宾阳县林业站”，该单位已停用；如有疑问请联系管理员。"]
    }
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("name", "请填写单位名称。"),
        ("credit_code", "请填写统一社会信用代码。"),
        ("region", "请选择单位属地。"),
        ("contact_name", "请填写联系人。"),
        ("contact_phone", "请填写联系电话。"),
    ],
)
def test_missing_field_is_refused(client, wei, field, sentence):
    response = client.post(URL, factories.typed_unit(**{field: ""}))
    assert response.context["form"].errors == {field: [sentence]}
    assert response.content.decode().count(sentence) == 2
    assert not Unit.objects.exists()


def test_page_shows_only_own_applications_and_units(client, wei):
    other = factories.person("莫丽")
    appointments.apply_to_review(other, factories.unit("莫丽的单位", state=Unit.State.PENDING, added_by=other))
    appointments.apply_to_review(wei, factories.unit("注册的单位", state=Unit.State.PENDING, added_by=wei))
    factories.unit("添加的单位", state=Unit.State.PENDING, added_by=wei)
    assert rows(client.get(URL)) == [("注册的单位", "单位审核员：待管理员确认"), ("添加的单位", "添加单位")]


def test_page_without_units_shows_advice(client, wei):
    assert "还没有注册过单位" in client.get(URL).content.decode()


def test_too_many_pending_units_are_refused(client, wei):
    for number in range(20):
        factories.unit(f"第{number}林业站", state=Unit.State.PENDING, added_by=wei)
    response = client.post(URL, factories.typed_unit())
    assert response.context["form"].errors == {"__all__": ["您添加的单位中已有 20 个待核实，请待管理员核实后再添加。"]}
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_page_takes_eight_queries(client, wei, django_assert_num_queries, count):
    for number in range(count):
        appointments.apply_to_review(wei, factories.unit(f"注册的单位{number}"))
        factories.unit(f"添加的单位{number}", added_by=wei)
    tree.current()
    with django_assert_num_queries(8):  # session, person, duties (2), notices, tree revision, applications, additions
        client.get(URL)


def test_too_many_units_from_one_address_are_refused(client, wei, settings):
    settings.NEW_UNITS_IN_TEN_MINUTES = 1
    client.post(URL, factories.typed_unit(), follow=True)
    response = client.post(URL, factories.typed_unit(name="宾阳县图书馆"))
    assert (response.status_code, message_texts(response)) == (
        429,
        [NEW_UNITS.message],
    )
    assert 'value="宾阳县图书馆"' in response.content.decode()
    assert rows(response) == [("宾阳县甘棠镇林业站", "单位审核员：待管理员确认")]
