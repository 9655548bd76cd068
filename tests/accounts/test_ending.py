"""终止任职: permissions, warnings and consequences."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import appointments, permissions
from accounts.models import Appointment
from accounts.permissions import Allowed, Denied
from accounts.positions import Position
from hours.models import Registration
from hours.offices import Office
from hours.states import Action
from hours.workflow.permissions import may
from tests import factories
from tests.accounts.appointment_pages import UNIT, day
from tests.pages import message_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, qin):
    client.force_login(qin)
    return client


def end_url(appointment: Appointment) -> str:
    return reverse("accounts:end_appointment", args=[appointment.pk])


def end(client, appointment):
    shown = client.get(end_url(appointment))
    return client.post(end_url(appointment), {"warned": shown.context["warned"]}, follow=True)


def test_ending_empties_queue_at_once(client, station, rules):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(-3))
    registration = factories.submitted(factories.person("黄秋梦"), station)

    def queue() -> list[Registration]:
        return list(Registration.objects.waiting_for(mo, Office.of(mo)))

    assert queue() == [registration]
    response = end(client, mo.appointments.get())
    assert message_texts(response) == [
        f"已终止莫审核（{mo.masked_id}）在“宾阳县甘棠镇林业站”的单位审核员任职，立即生效。"
    ]
    assert (queue(), mo.appointments.get().valid_until) == ([], day(-1))
    assert may(mo, Action.AGREE, registration) == Denied("您没有对该登记“初审同意”的权限。")


@pytest.mark.parametrize("start", [0, 3])
def test_appointment_without_full_day_is_deleted(client, station, start):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(start))
    end(client, mo.appointments.get())
    assert mo.appointments.count() == 0


def test_unconfirmed_request_ends_nothing(client, station, qin, held):
    client.get(end_url(held))
    client.post(end_url(held))
    held.refresh_from_db()
    assert held.is_active


def test_ending_last_reviewer_warns(client, station, held):
    shown = client.get(end_url(held))
    assert list(shown.context["consequences"]) == ["own", "last"]
    page = shown.content.decode()
    assert "这是您本人的任职，终止后您将立即失去相应的审核权限。" in page
    assert "“宾阳县甘棠镇林业站”将没有在任的审核员：待初审的登记会成为“无人初审”" in page
    end(client, held)
    held.refresh_from_db()
    assert not held.is_active


def test_ending_one_of_two_reviewers_does_not_warn(client, station):
    mo = factories.unit_reviewer(station, "莫审核").appointments.get()
    assert client.get(end_url(mo)).context["consequences"] == {}


def test_own_deputies_do_not_count_as_other_reviewers(client, station, held):
    factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    shown = client.get(end_url(held))
    assert list(shown.context["consequences"]) == ["own", "deputies", "last"]
    assert "代理人莫代理的代理同时终止。" in shown.content.decode()


def test_new_consequence_asks_again(client, station, held):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(-3)).appointments.get()
    warned = client.get(end_url(mo)).context["warned"]
    factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=mo)
    response = client.post(end_url(mo), {"warned": warned})
    assert list(response.context["consequences"]) == ["deputies"]
    mo.refresh_from_db()
    assert mo.is_active


def test_deputies_end_with_principal(client, station, held):
    earlier = factories.unit_reviewer(station, "莫代理", valid_from=day(-3), valid_until=day(5), deputy_of=held)
    factories.unit_reviewer(station, "韦代理", valid_until=day(5), deputy_of=held)
    end(client, held)
    assert set(Appointment.objects.values_list("person__name", "valid_until")) == {
        ("覃审核", day(-1)),
        ("莫代理", day(-1)),
    }
    assert permissions.may_hold(earlier, Position(UNIT, station), day(0), None) == Allowed()


def test_message_names_deputy_appointment(client, station, held):
    deputy = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    response = end(client, deputy.appointments.get())
    assert message_texts(response) == [
        f"已终止莫代理（{deputy.masked_id}）在“宾阳县甘棠镇林业站”的单位审核员代理任职，立即生效。"
    ]


def test_deputy_ends_only_own_appointment(client, station, held):
    deputy = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    client.force_login(deputy)
    assert client.post(end_url(held), {"warned": "deputies last"}).status_code == 404
    reason = Denied("代理人不能任命或终止审核员，请由被代理的审核员办理。")
    assert permissions.may_end(deputy, held) == reason
    end(client, deputy.appointments.get())
    assert deputy.appointments.count() == 0
    held.refresh_from_db()
    assert held.is_active


def test_region_reviewer_ends_only_own_deputy(client, guangxi):
    mo = factories.region_reviewer(guangxi, "莫终审")
    colleague = factories.region_reviewer(guangxi, "陆终审").appointments.get()
    own = factories.region_reviewer(guangxi, "韦代理", valid_until=day(5), deputy_of=mo.appointments.get())
    client.force_login(mo)
    assert client.get(end_url(colleague)).status_code == 404
    assert permissions.may_end(mo, colleague) == Denied("只有本人或被代理的人可以终止该任职。")
    end(client, own.appointments.get())
    assert own.appointments.count() == 0


def test_ended_or_unconfirmed_appointment_cannot_end(client, station):
    past = factories.unit_reviewer(station, "前审核员", valid_from=day(-30), valid_until=day(-1)).appointments.get()
    application = appointments.apply_to_review(factories.person("自荐者"), station)
    assert message_texts(client.post(end_url(past), {"warned": ""}, follow=True)) == ["该任职已经结束。"]
    assert message_texts(client.post(end_url(application), {"warned": ""}, follow=True)) == [
        "待确认的任职由管理员处理。"
    ]


def test_reviewer_of_other_unit_gives_404(client):
    library = factories.unit("柳州市图书馆", "450202")
    other = factories.unit_reviewer(library, "别处审核员", valid_from=day(-3)).appointments.get()
    answers = [client.get(end_url(other)), client.post(end_url(other), {"warned": "last"})]
    other.refresh_from_db()
    assert ([answer.status_code for answer in answers], other.is_active) == ([404, 404], True)
