"""终止任职: what ends with it, what is warned of, and who may."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import appointments
from accounts.appointments import Position
from accounts.models import Appointment
from accounts.permissions import Allowed, Denied
from hours.models import Registration
from hours.offices import Office
from hours.states import Action
from hours.workflow.permissions import may
from tests import factories
from tests.accounts.appointment_pages import UNIT, day, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, qin):
    client.force_login(qin)
    return client


def ending(appointment) -> str:
    return reverse("accounts:end_appointment", args=[appointment.pk])


def end(client, appointment):
    shown = client.get(ending(appointment))
    return client.post(ending(appointment), {"warned": shown.context["warned"]}, follow=True)


def test_ending_takes_the_queue_away_at_once(client, station, rules):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(-3))
    registration = factories.submitted(factories.person("黄秋梦"), station)

    def queue() -> list[Registration]:
        return list(Registration.objects.waiting_for(mo, Office.of(mo)))

    assert queue() == [registration]
    response = end(client, mo.appointments.get())
    assert told(response) == [f"已终止莫审核（{mo.masked_id}）在“宾阳县甘棠镇林业站”的单位审核员任职，立即生效。"]
    assert (queue(), mo.appointments.get().valid_until) == ([], day(-1))
    assert may(mo, Action.AGREE, registration) == Denied("您没有对该登记“初审同意”的权限。")


@pytest.mark.parametrize("start", [0, 3])
def test_one_that_began_today_or_not_yet_is_taken_back(client, station, start):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(start))
    end(client, mo.appointments.get())
    assert mo.appointments.count() == 0


def test_looking_ends_nothing_and_neither_does_a_bare_post(client, station, qin, held):
    client.get(ending(held))
    client.post(ending(held))
    held.refresh_from_db()
    assert held.is_active


def test_the_last_ones_end_is_warned_of(client, station, held):
    shown = client.get(ending(held))
    assert list(shown.context["consequences"]) == ["own", "last"]
    page = shown.content.decode()
    assert "这是您本人的任职，终止后您将立即失去相应的审核权限。" in page
    assert "“宾阳县甘棠镇林业站”将没有在任的审核员：待初审的登记会成为“无人初审”" in page
    end(client, held)
    held.refresh_from_db()
    assert not held.is_active


def test_one_of_two_is_ended_without_that_warning(client, station):
    mo = factories.unit_reviewer(station, "莫审核").appointments.get()
    assert client.get(ending(mo)).context["consequences"] == {}


def test_deputies_of_the_same_one_are_no_others(client, station, held):
    factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    shown = client.get(ending(held))
    assert list(shown.context["consequences"]) == ["own", "deputies", "last"]
    assert "代理人莫代理的代理同时终止。" in shown.content.decode()


def test_it_is_asked_again_if_more_would_happen_than_was_read(client, station, held):
    mo = factories.unit_reviewer(station, "莫审核", valid_from=day(-3)).appointments.get()
    warned = client.get(ending(mo)).context["warned"]
    factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=mo)
    response = client.post(ending(mo), {"warned": warned})
    assert list(response.context["consequences"]) == ["deputies"]
    mo.refresh_from_db()
    assert mo.is_active


def test_deputies_end_with_their_principal(client, station, held):
    earlier = factories.unit_reviewer(station, "莫代理", valid_from=day(-3), valid_until=day(5), deputy_of=held)
    factories.unit_reviewer(station, "韦代理", valid_until=day(5), deputy_of=held)
    end(client, held)
    assert set(Appointment.objects.values_list("person__name", "valid_until")) == {
        ("覃审核", day(-1)),
        ("莫代理", day(-1)),
    }
    assert appointments.may_hold(earlier, Position(UNIT, station), day(0), None) == Allowed()


def test_a_deputys_appointment_is_called_one(client, station, held):
    deputy = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    response = end(client, deputy.appointments.get())
    assert told(response) == [
        f"已终止莫代理（{deputy.masked_id}）在“宾阳县甘棠镇林业站”的单位审核员代理任职，立即生效。"
    ]


def test_a_deputy_gives_back_the_own_but_ends_nobody_elses(client, station, held):
    standing_in = factories.unit_reviewer(station, "莫代理", valid_until=day(5), deputy_of=held)
    client.force_login(standing_in)
    assert client.post(ending(held), {"warned": ""}).status_code == 404
    reason = Denied("代理人不能任命或终止审核员，请由被代理的审核员办理。")
    assert appointments.may_end(standing_in, held) == reason
    end(client, standing_in.appointments.get())
    assert standing_in.appointments.count() == 0
    assert held.is_active


def test_a_regional_reviewer_ends_the_own_deputy_and_no_colleague(client, guangxi):
    mo = factories.region_reviewer(guangxi, "莫终审")
    colleague = factories.region_reviewer(guangxi, "陆终审").appointments.get()
    own = factories.region_reviewer(guangxi, "韦代理", valid_until=day(5), deputy_of=mo.appointments.get())
    client.force_login(mo)
    assert client.get(ending(colleague)).status_code == 404
    assert appointments.may_end(mo, colleague) == Denied("只有本人或被代理的人可以终止该任职。")
    end(client, own.appointments.get())
    assert own.appointments.count() == 0


def test_what_has_ended_or_waits_is_not_ended(client, station):
    past = factories.unit_reviewer(station, "前审核员", valid_from=day(-30), valid_until=day(-1)).appointments.get()
    application = appointments.apply_to_review(factories.person("自荐者"), station)
    assert told(client.post(ending(past), {"warned": ""}, follow=True)) == ["该任职已经结束。"]
    assert told(client.post(ending(application), {"warned": ""}, follow=True)) == ["待确认的任职由管理员处理。"]


def test_reviewers_elsewhere_are_a_404(client):
    other = factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员").appointments.get()
    assert (client.get(ending(other)).status_code, client.post(ending(other)).status_code) == (404, 404)
    assert other.is_active
