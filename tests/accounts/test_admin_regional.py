"""Regional administrators change the people and appointments of their subtree only."""

import pytest

from accounts import appointments
from accounts.models import Appointment
from tests import factories
from tests.accounts.admin_pages import APPOINTMENTS, NUMBER, PEOPLE, appointment_data, change_person, found

pytestmark = pytest.mark.django_db


def test_search_finds_only_people_of_subtree(client, nanning, qiumeng):
    factories.person("黄柳州", username="liuzhou", unit=factories.unit("柳州市图书馆", "450202"))
    factories.person("黄无业", username="nobody")
    assert found(client, "黄") == ["qiumeng"]
    assert found(client, NUMBER) == ["qiumeng"]


def test_people_outside_subtree_give_404(client, nanning):
    elsewhere = factories.person("黄柳州", unit=factories.unit("柳州市图书馆", "450202"))
    for page in ("change/", "history/"):
        assert client.get(f"{PEOPLE}{elsewhere.pk}/{page}").status_code == 404
    assert change_person(client, elsewhere, name="别人").status_code == 404
    assert client.post(f"{PEOPLE}{elsewhere.pk}/password/", {"password1": "x"}).status_code in (403, 404)


def test_region_admin_cannot_grant_admin_rights(client, nanning, qiumeng):
    assert change_person(client, qiumeng, is_staff="on", is_superuser="on").status_code == 302
    qiumeng.refresh_from_db()
    assert (qiumeng.is_staff, qiumeng.is_superuser) == (False, False)


def test_moving_person_out_of_subtree_is_refused(client, nanning, qiumeng):
    elsewhere = factories.unit("柳州市图书馆", "450202")
    response = change_person(client, qiumeng, unit=elsewhere.pk)
    assert list(response.context["adminform"].form.errors) == ["unit"]


@pytest.mark.parametrize("reach", ["superuser", "staff", "region"])
def test_people_with_wider_rights_cannot_be_changed(client, nanning, guangxi, reach):
    unit, new = factories.unit(), "管理员设的-2026"
    above = factories.person("韦管理", unit=unit, is_staff=reach != "region", is_superuser=reach == "superuser")
    if reach == "region":
        appointments.appoint(above, Appointment.Role.REGION_REVIEWER, region=guangxi)
    assert change_person(client, above, name="别人").status_code == 403
    assert client.post(f"{PEOPLE}{above.pk}/password/", {"password1": new, "password2": new}).status_code == 403
    above.refresh_from_db()
    assert (above.name, above.check_password(factories.PASSWORD)) == ("韦管理", True)


def test_region_admin_cannot_add_or_delete_people(client, nanning, qiumeng):
    assert client.get(f"{PEOPLE}add/").status_code == 403
    assert client.post(f"{PEOPLE}{qiumeng.pk}/delete/", {"post": "yes"}).status_code == 403


def test_staff_without_appointment_get_403(client, qiumeng):
    client.force_login(factories.person("卢文员", is_staff=True))
    assert [client.get(page).status_code for page in (PEOPLE, APPOINTMENTS)] == [403, 403]


def test_region_admin_appoints_reviewers_of_subtree_only(client, nanning, qiumeng, guangxi):
    liuzhou = factories.unit("柳州市图书馆", "450202")

    def errors(**fields):
        response = client.post(f"{APPOINTMENTS}add/", appointment_data(person=qiumeng.pk, **fields))
        return [] if response.status_code == 302 else sorted(response.context["adminform"].form.errors)

    assert errors(unit=liuzhou.pk) == ["unit"]
    assert errors(unit="") == ["unit"]
    assert errors(role="region_admin", region=guangxi.pk) == ["role", "unit"]
    assert errors(role="region_admin", region=guangxi.pk, unit=qiumeng.unit_id) == ["role"]
    assert qiumeng.appointments.count() == 0
    assert errors(unit=qiumeng.unit_id, region=guangxi.pk) == []
    assert (qiumeng.appointments.get().unit, qiumeng.appointments.get().region) == (qiumeng.unit, None)


def test_only_applications_of_subtree_are_confirmed(client, nanning, qiumeng):
    liuzhou = factories.unit("柳州市图书馆", "450202")
    own = appointments.apply_to_review(qiumeng, qiumeng.unit)
    other = appointments.apply_to_review(factories.person("黄柳州"), liuzhou)
    assert list(client.get(APPOINTMENTS).context["cl"].result_list) == [own]
    client.post(APPOINTMENTS, {"action": "confirm", "_selected_action": [own.pk, other.pk]})
    assert client.get(f"{APPOINTMENTS}{other.pk}/change/").status_code == 404
    assert list(Appointment.objects.unconfirmed()) == [other]


def test_application_of_person_without_unit_can_be_changed(client, nanning, qiumeng):
    application = appointments.apply_to_review(factories.person("黄无业"), qiumeng.unit)
    data = appointment_data(unit=qiumeng.unit_id, valid_until="2099-12-31")
    assert client.post(f"{APPOINTMENTS}{application.pk}/change/", data).status_code == 302
    application.refresh_from_db()
    assert (application.person.name, f"{application.valid_until}") == ("黄无业", "2099-12-31")


def test_reviewer_outside_subtree_cannot_be_changed(client, nanning, qiumeng):
    library = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(qiumeng, Appointment.Role.UNIT_REVIEWER, unit=qiumeng.unit)
    assert change_person(client, qiumeng).status_code == 302
    appointments.appoint(qiumeng, Appointment.Role.UNIT_REVIEWER, unit=library)
    assert change_person(client, qiumeng).status_code == 403
    assert client.get(f"{PEOPLE}{qiumeng.pk}/password/").status_code == 403
