"""The database refuses invalid rows; raw writes bypass all forms and rules here."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import Appointment
from hours.models import Attachment, Category, Completion, Course, Decision, Reason, Registration, Submission, YearRule
from organizations import units
from organizations.models import Region, Unit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def recognised(guangxi: Region, rules: dict[int, YearRule]) -> Registration:
    unit = factories.unit()
    owner, first, final = factories.person("黄秋梦"), factories.unit_reviewer(unit), factories.region_reviewer(guangxi)
    return factories.recognised(owner, unit, first, final, certificate_number="桂培字001")


@pytest.fixture
def draft(rules: dict[int, YearRule]) -> Registration:
    return factories.registration(factories.person("李同事"), "草稿")


def refused(write: Callable[[], object]) -> bool:
    """Return whether the database refuses the write."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


def change(row: Model, **fields: Any) -> Callable[[], object]:
    return lambda: type(row)._base_manager.filter(pk=row.pk).update(**fields)


def insert(row: Model, **fields: Any) -> Callable[[], object]:
    """Return a bulk insert of the same row with other values."""
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
        {"status": "first_review"},  # not submitted anywhere
        {"status": "returned"},
        {"hours_recognised": Decimal(8)},  # recognised hours without recognition
        {"status": "recognised"},
        {"content": None},
        {"declared_at": None},
    ],
    ids=str,
)
def test_invalid_draft_is_refused(draft, fields):
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
def test_invalid_recognised_registration_is_refused(recognised, fields):
    assert refused(change(recognised, **fields))


def test_end_before_start_is_refused(draft):
    assert refused(change(draft, ends_at=draft.starts_at - timedelta(seconds=1)))
    assert not refused(change(draft, ends_at=draft.starts_at))


def test_certificate_number_is_unique_per_person(recognised):
    again = {"content": "换个名称", "status": "draft", "hours_recognised": None}
    assert refused(insert(recognised, **again))
    assert not refused(insert(recognised, **again, owner_id=factories.person("李同事").pk))
    assert not refused(insert(recognised, **again, certificate_number="桂培字002"))


def test_empty_certificate_numbers_do_not_collide(draft):
    assert not refused(insert(draft, content="另一条"))


def test_content_and_dates_are_unique_per_person(draft):
    assert refused(insert(draft))
    assert not refused(insert(draft, owner_id=factories.person("王同事").pk))
    assert not refused(insert(draft, ends_at=draft.ends_at + timedelta(hours=1)))


@pytest.mark.parametrize("status", ["refused", "revoked"])
def test_rejected_registration_may_be_registered_again(recognised, status):
    hours = Decimal(16) if status == "revoked" else None
    change(recognised, status=status, hours_recognised=hours)()
    again = {"status": "draft", "hours_recognised": None}
    assert not refused(insert(recognised, **again))
    assert refused(insert(recognised, **again))
    assert refused(change(recognised, status="recognised", hours_recognised=Decimal(16)))


def test_submission_token_is_unique(recognised):
    submission = Submission.objects.get()
    assert refused(insert(submission))
    assert not refused(insert(submission, token=uuid.uuid4()))


# --- decisions ----------------------------------------------------------------------


def test_stage_has_one_decision_per_round(recognised):
    final = recognised.decisions.get(stage="final")
    assert refused(insert(final))
    assert refused(insert(final, action="return", status="returned"))
    assert not refused(insert(final, round=2))


def test_stage_has_one_request_for_return(recognised):
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
def test_decision_cannot_be_changed_or_deleted(recognised, write):
    before = list(Decision.objects.values())
    assert refused(lambda: write(recognised.decisions.first()))
    assert list(Decision.objects.values()) == before


@pytest.mark.parametrize("statement", ["UPDATE hours_decision SET words = 'x'", "DELETE FROM hours_decision"])
def test_decision_cannot_be_changed_by_sql(recognised, statement):
    with pytest.raises(DatabaseError, match="a decision row is never changed or deleted"), transaction.atomic():
        connection.cursor().execute(statement)


def test_registration_with_decisions_cannot_be_deleted(recognised):
    with pytest.raises(IntegrityError), transaction.atomic():
        recognised.delete()
    assert Registration.objects.filter(pk=recognised.pk).exists()


def test_related_rows_can_still_change(recognised):
    units.merge(recognised.unit, factories.unit("宾阳县林业局"))
    recognised.owner.name = "黄改名"
    recognised.owner.save()
    Reason.objects.create(name="暂用").delete()
    recognised.refresh_from_db()
    assert recognised.unit.name == "宾阳县林业局"


# --- other models ---------------------------------------------------------------------


def test_attachment_belongs_to_registration_or_form(draft):
    file = {"owner": draft.owner, "file": "x", "name": "证书.pdf", "content_type": "application/pdf", "size": 1}
    of_form = Attachment.objects.create(**file, draft_key=uuid.uuid4())
    assert refused(change(of_form, draft_key=None))
    assert refused(change(of_form, registration=draft))
    assert not refused(change(of_form, draft_key=None, registration=draft))


def test_invalid_year_rule_is_refused(rules):
    rule = next(iter(rules.values()))
    assert refused(change(rule, professional=rule.total + 1))
    assert refused(change(rule, professional=Decimal(-1)))
    assert refused(change(rule, total=Decimal(0), professional=Decimal(0)))
    assert refused(change(rule, returned_closes_on=rule.closes_on - timedelta(1)))
    assert refused(insert(rule))
    assert YearRule.objects.count() == 3


def test_category_name_is_unique_within_its_level(db):
    factories.category("培训班")
    first, second = Category.objects.get(parent=None), Category.objects.get(name="培训班")
    assert refused(insert(first))
    assert refused(insert(second))
    assert not refused(insert(second, name="研修班"))


def test_courses_and_completions_are_unique(db):
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


def test_appointment_needs_the_place_of_its_role(guangxi):
    unit = factories.unit()
    reviewer = factories.unit_reviewer(unit).appointments.get()
    assert refused(change(reviewer, unit=None))
    assert refused(change(reviewer, region=guangxi))
    assert refused(change(reviewer, role=Appointment.Role.REGION_REVIEWER))
    assert refused(change(reviewer, valid_until=reviewer.valid_from - timedelta(1)))
    assert not refused(change(reviewer, role=Appointment.Role.REGION_ADMIN, unit=None, region=guangxi))


def test_invalid_unit_is_refused(guangxi):
    unit, nobody = factories.unit(), units.unaffiliated(guangxi)
    assert refused(change(unit, state="anything"))
    assert refused(change(unit, credit_code=None))
    assert refused(insert(unit))
    assert refused(change(unit, is_unaffiliated=True))
    assert refused(change(unit, merged_into=nobody))
    assert not refused(change(unit, merged_into=nobody, state=Unit.State.DISABLED))
