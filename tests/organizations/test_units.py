"""Changes of units: add, confirm, disable, merge."""

import pytest

from accounts import appointments
from accounts.models import Appointment
from hours.models import Registration
from organizations import revision, units
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db


def test_merge_moves_rows_and_keeps_recorded_names(guangxi, rules):
    duplicate, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县甘棠镇林业站")
    owner = factories.person("黄秋梦", unit=duplicate)
    factories.unit_reviewer(duplicate, "覃审核")
    registration = factories.submitted(owner, duplicate)
    draft = factories.registration(owner, "尚未提交")
    assert units.merge(duplicate, into=stays) == 4
    for row in (owner, registration, draft, duplicate):
        row.refresh_from_db()
    submission = registration.submission
    assert submission
    assert (owner.unit, registration.unit, submission.unit, draft.unit) == (stays, stays, stays, None)
    assert (registration.unit_name, submission.unit_name) == ("甘棠林业站", "甘棠林业站")
    assert submission.unit_credit_code == duplicate.credit_code
    assert [str(appointment) for appointment in stays.appointments.all()] == [
        "覃审核 · 单位审核员 · 宾阳县甘棠镇林业站"
    ]
    assert (duplicate.state, duplicate.merged_into) == (Unit.State.DISABLED, stays)


def test_merge_leaves_other_units_alone(guangxi, rules):
    duplicate, stays, third = (factories.unit(f"宾阳县第{number}林业站") for number in "123")
    registration = factories.submitted(factories.person(unit=third), third)
    assert units.merge(duplicate, into=stays) == 0
    assert Registration.objects.get() == registration
    assert registration.unit == third


def test_merge_gives_reviewer_the_target_registrations(guangxi, rules):
    duplicate, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县甘棠镇林业站")
    reviewer = factories.unit_reviewer(duplicate)
    registration = factories.submitted(factories.person(), stays)
    assert list(Registration.objects.visible_to(reviewer)) == []
    units.merge(duplicate, into=stays)
    assert list(Registration.objects.visible_to(reviewer)) == [registration]


def test_merge_redirects_units_merged_before(guangxi):
    first, second, stays = (factories.unit(f"宾阳县第{number}林业站") for number in "123")
    units.merge(first, into=second)
    units.merge(second, into=stays)
    first.refresh_from_db()
    assert first.merged_into == stays


@pytest.mark.parametrize(
    ("into_state", "sentence"),
    [
        (Unit.State.PENDING, "只能合并到状态为“正常”的单位，“宾阳县林业站”目前为“待核实”。"),
        (Unit.State.DISABLED, "只能合并到状态为“正常”的单位，“宾阳县林业站”目前为“停用”。"),
    ],
)
def test_merge_needs_active_target(guangxi, into_state, sentence):
    duplicate, into = factories.unit("甘棠林业站"), factories.unit("宾阳县林业站", state=into_state)
    with pytest.raises(units.UnitError) as refused:
        units.merge(duplicate, into=into)
    assert str(refused.value) == sentence
    duplicate.refresh_from_db()
    assert duplicate.state == Unit.State.ACTIVE


def test_merge_into_itself_or_twice_is_refused(guangxi):
    duplicate, stays = factories.unit("甘棠林业站"), factories.unit("宾阳县林业站")
    with pytest.raises(units.UnitError, match=r"^不能把单位合并到它自己。$"):
        units.merge(stays, into=stays)
    units.merge(duplicate, into=stays)
    with pytest.raises(units.UnitError, match=r"^单位“甘棠林业站”已被合并，不能再次合并。$"):
        units.merge(duplicate, into=stays)


def test_unaffiliated_cannot_be_merged_or_disabled(guangxi):
    nobody, unit = units.unaffiliated(guangxi), factories.unit()
    for pair in ((nobody, unit), (unit, nobody)):
        with pytest.raises(units.UnitError, match=r"^“其他单位”不能参与合并。$"):
            units.merge(pair[0], into=pair[1])
    with pytest.raises(units.UnitError, match=r"^“其他单位”不能停用。$"):
        units.disable(nobody)


def test_unaffiliated_is_unique(guangxi):
    assert units.unaffiliated(guangxi) == units.unaffiliated(guangxi) == Unit.objects.get()


def test_confirmed_unit_gets_its_applicant_as_reviewer(guangxi):
    unit = factories.unit(state=Unit.State.PENDING)
    other = factories.unit("柳州市图书馆", "450202", state=Unit.State.PENDING)
    responsible = factories.person("韦站长")
    own, elsewhere = (appointments.apply_to_review(responsible, place) for place in (unit, other))
    assert list(responsible.appointments.active()) == []
    appointments.confirm_unit(unit, [own.pk, elsewhere.pk])
    assert unit.state == Unit.State.ACTIVE
    assert list(responsible.appointments.active()) == [own]
    assert list(Appointment.objects.unconfirmed()) == [elsewhere]


@pytest.mark.parametrize("state", [Unit.State.ACTIVE, Unit.State.DISABLED])
def test_confirm_needs_pending_unit(guangxi, state):
    unit = factories.unit("宾阳县林业站", state=state)
    application = appointments.apply_to_review(factories.person(), unit)
    with pytest.raises(units.UnitError, match=r"^单位“宾阳县林业站”不是待核实状态，无需确认。$"):
        appointments.confirm_unit(unit, [application.pk])
    assert Appointment.objects.unconfirmed().count() == 1


def test_disabled_unit_keeps_its_registrations(guangxi, rules):
    unit = factories.unit()
    registration = factories.submitted(factories.person(), unit)
    units.disable(unit)
    registration.refresh_from_db()
    assert (unit.state, registration.unit, registration.status) == (Unit.State.DISABLED, unit, "first_review")
    with pytest.raises(units.UnitError, match=r"^单位“宾阳县甘棠镇林业站”已经停用。$"):
        units.disable(unit)


def test_change_increments_revision(guangxi):
    first, second = factories.unit(state=Unit.State.PENDING), factories.unit("宾阳县林业站")
    number = revision.current()
    units.confirm(first)
    units.merge(second, into=first)
    units.disable(first)
    assert revision.current() == number + 3
