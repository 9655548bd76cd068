"""The database refuses too, whatever way a wrong row comes: here past every form and rule, by raw writes."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Appointment
from hours.models import Attachment, Category, Completion, Course, Decision, Reason, Registration, Submission, YearRule
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def recognised(guangxi, rules) -> Registration:
    unit = factories.unit()
    owner, first, final = factories.person("黄秋梦"), factories.unit_reviewer(unit), factories.region_reviewer(guangxi)
    return factories.recognised(owner, unit, first, final, certificate_number="桂培字001")


@pytest.fixture
def draft(rules) -> Registration:
    return factories.registration(factories.person("李同事"), "草稿")


def refused(write) -> bool:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


def change(row, **fields):
    return lambda: type(row)._base_manager.filter(pk=row.pk).update(**fields)


def insert(row, **fields):
    """The same row once more, with other values, in bulk."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return lambda: type(row)._base_manager.bulk_create([type(row)(**{**values, **fields})])


# --- registrations ------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "anything"},
        {"hours_applied": Decimal(0)},
        {"hours_applied": Decimal(-4)},
        {"hours_applied": Decimal("7.3")},
        {"hours_proposed": Decimal("7.3")},
        {"hours_proposed": Decimal(0)},
        {"hours_proposed": Decimal("16.5")},  # more than applied for
        {"status": "first_review"},  # sent nowhere
        {"status": "returned"},
        {"hours_recognised": Decimal(8)},  # recognised hours without recognition
        {"status": "recognised"},
        {"content": None},
        {"declared_at": None},
    ],
    ids=str,
)
def test_no_draft_is_like_this(draft, fields):
    assert refused(change(draft, **fields))
    assert refused(insert(draft, **{"content": "另一条", **fields}))


@pytest.mark.parametrize(
    "fields",
    [
        {"hours_recognised": None},
        {"hours_recognised": Decimal(0)},
        {"hours_recognised": Decimal("15.7")},
        {"hours_recognised": Decimal("16.5")},
        {"hours_proposed": Decimal(12)},  # fewer than recognised
        {"hours_applied": Decimal(12)},
        {"status": "final_review"},  # and still with recognised hours
        {"status": "draft"},
        {"submitted_at": None},
        {"submission": None},
        {"unit": None},
        {"region": None},
    ],
    ids=str,
)
def test_no_recognised_registration_is_like_this(recognised, fields):
    assert refused(change(recognised, **fields))


def test_no_registration_ends_before_it_starts(draft):
    assert refused(change(draft, ends_at=draft.starts_at - timedelta(seconds=1)))
    assert not refused(change(draft, ends_at=draft.starts_at))


def test_a_certificate_counts_once_for_a_person(recognised):
    again = {"content": "换个名称", "status": "draft", "hours_recognised": None}
    assert refused(insert(recognised, **again))
    assert not refused(insert(recognised, **again, owner_id=factories.person("李同事").pk))
    assert not refused(insert(recognised, **again, certificate_number="桂培字002"))


def test_registrations_without_a_certificate_number_do_not_collide(draft):
    assert not refused(insert(draft, content="另一条"))


def test_the_same_content_and_dates_count_once_for_a_person(draft):
    assert refused(insert(draft))
    assert not refused(insert(draft, owner_id=factories.person("王同事").pk))
    assert not refused(insert(draft, ends_at=draft.ends_at + timedelta(hours=1)))


@pytest.mark.parametrize("status", ["refused", "revoked"])
def test_what_was_given_up_may_be_registered_again(recognised, status):
    hours = Decimal(16) if status == "revoked" else None
    change(recognised, status=status, hours_recognised=hours)()
    again = {"status": "draft", "hours_recognised": None}
    assert not refused(insert(recognised, **again))
    assert refused(insert(recognised, **again))
    assert refused(change(recognised, status="recognised", hours_recognised=Decimal(16)))


def test_a_token_is_used_once(recognised):
    submission = Submission.objects.get()
    assert refused(insert(submission))
    assert not refused(insert(submission, token=uuid.uuid4()))


# --- decisions ----------------------------------------------------------------------


def test_a_stage_is_decided_once_a_round(recognised):
    final = recognised.decisions.get(stage="final")
    assert refused(insert(final))
    assert refused(insert(final, action="return", status="returned"))
    assert not refused(insert(final, round=2))


def test_a_return_is_asked_for_once_a_stage(recognised):
    final = recognised.decisions.get(stage="final")
    assert not refused(insert(final, action="ask_return"))
    assert refused(insert(final, action="ask_return"))


@pytest.mark.parametrize(
    "write",
    [
        lambda decision: Decision.objects.update(words="改写"),
        lambda decision: Decision.objects.filter(pk=decision.pk).update(hours=Decimal(1)),
        lambda decision: decision.delete(),
        lambda decision: Decision.objects.all().delete(),
        lambda decision: Decision.objects.filter(pk=decision.pk)._raw_delete("default"),
        lambda decision: decision.save(),
    ],
    ids=["update all", "update one", "delete one", "delete all", "delete raw", "save"],
)
def test_a_decision_is_never_changed_or_deleted(recognised, write):
    before = list(Decision.objects.values())
    assert refused(lambda: write(recognised.decisions.first()))
    assert list(Decision.objects.values()) == before


@pytest.mark.parametrize("statement", ["UPDATE hours_decision SET words = 'x'", "DELETE FROM hours_decision"])
def test_not_even_by_hand(recognised, statement):
    with pytest.raises(DatabaseError, match="a decision row is never changed or deleted"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_registration_with_decisions_cannot_be_deleted(recognised):
    with pytest.raises(IntegrityError), transaction.atomic():
        recognised.delete()
    assert Registration.objects.filter(pk=recognised.pk).exists()


def test_everything_else_may_still_change(recognised):
    factories.units.merge(recognised.unit, factories.unit("宾阳县林业局"))
    recognised.owner.name = "黄改名"
    recognised.owner.save()
    Reason.objects.create(name="暂用").delete()
    recognised.refresh_from_db()
    assert recognised.unit.name == "宾阳县林业局"


# --- the others ---------------------------------------------------------------------


def test_an_attachment_belongs_to_a_registration_or_to_a_form(draft):
    file = {"owner": draft.owner, "file": "x", "name": "证书.pdf", "content_type": "application/pdf", "size": 1}
    of_form = Attachment.objects.create(**file, draft_key=uuid.uuid4())
    assert refused(change(of_form, draft_key=None))
    assert refused(change(of_form, registration=draft))
    assert not refused(change(of_form, draft_key=None, registration=draft))


def test_year_rules_are_in_order(rules):
    rule = next(iter(rules.values()))
    assert refused(change(rule, professional=rule.total + 1))
    assert refused(change(rule, professional=Decimal(-1)))
    assert refused(change(rule, total=Decimal(0), professional=Decimal(0)))
    assert refused(change(rule, returned_closes_on=rule.closes_on - timedelta(1)))
    assert refused(insert(rule))
    assert YearRule.objects.count() == 3


def test_category_names_are_used_once_in_their_place(db):
    factories.category("培训班")
    first, second = Category.objects.get(parent=None), Category.objects.get(name="培训班")
    assert refused(insert(first))
    assert refused(insert(second))
    assert not refused(insert(second, name="研修班"))


def test_courses_and_completions_count_once(db):
    person = factories.person("黄秋梦")
    course = Course.objects.create(year=2026, name="当代科学技术前沿知识", hours=9)
    day = timezone.localdate()
    done = Completion.objects.create(
        person=person, course=course, hours=9, completed_on=day, source="学习平台", source_key="1"
    )
    assert refused(insert(course))
    assert refused(change(course, hours=Decimal(0)))
    assert refused(change(course, hours=Decimal("1.3")))
    assert refused(insert(done, source_key="2"))
    assert refused(insert(done, person_id=factories.person("李同事").pk))
    assert refused(change(done, hours=Decimal(-1)))
    assert refused(change(done, hours=Decimal("2.2")))
    assert not refused(insert(done, person_id=factories.person("王同事").pk, source_key="3"))


def test_an_appointment_has_the_scope_of_its_role(guangxi):
    unit = factories.unit()
    reviewer = factories.unit_reviewer(unit).appointments.get()
    assert refused(change(reviewer, unit=None))
    assert refused(change(reviewer, region=guangxi))
    assert refused(change(reviewer, role=Appointment.Role.REGION_REVIEWER))
    assert refused(change(reviewer, valid_until=reviewer.valid_from - timedelta(1)))
    assert not refused(change(reviewer, role=Appointment.Role.REGION_ADMIN, unit=None, region=guangxi))


def test_units_are_like_this(guangxi):
    unit, nobody = factories.unit(), factories.units.unaffiliated(guangxi)
    assert refused(change(unit, state="anything"))
    assert refused(change(unit, credit_code=None))
    assert refused(insert(unit))
    assert refused(change(unit, is_unaffiliated=True))
    assert refused(change(unit, merged_into=nobody))
    assert not refused(change(unit, merged_into=nobody, state=Unit.State.DISABLED))
