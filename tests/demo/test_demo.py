"""manage.py load_demo: the demonstration, created through the workflow."""

import pytest
from django.core.management import CommandError
from django.db.models import Count
from django.utils import timezone

from accounts.models import Appointment, User
from demo.people import PASSWORD
from hours.certificates import issuing
from hours.certificates.issuing import CertificateState
from hours.models import (
    Attachment,
    Completion,
    CompletionVersion,
    Decision,
    Notice,
    Opening,
    PersonTotal,
    Platform,
    Registration,
)
from hours.offices import Office
from hours.registrations.return_changes import changes_since_return
from hours.review.marks import with_marks
from hours.states import Action, Stage, Status
from hours.workflow.permissions import may
from organizations import credit_code
from organizations.models import Region, Unit
from tests.demo.conftest import UNITS, everything

pytestmark = pytest.mark.slow


@pytest.mark.django_db
def test_load_demo_refuses_without_debug(manage):
    with pytest.raises(CommandError, match="DEBUG"):
        manage("load_demo")
    assert not User.objects.exists()
    assert not Region.objects.exists()


def test_second_run_says_so_and_changes_nothing(demo, debug, manage):
    before = everything()
    assert "演示数据已存在，未作改动。" in manage("load_demo")
    assert everything() == before


def test_load_demo_prints_accounts(demo, debug, manage):
    printed = manage("load_demo")
    assert PASSWORD in printed
    assert [line.split()[0] for line in printed.strip().splitlines()[-4:]] == ["trainee", "unit", "region", "admin"]


def test_accounts_have_published_password(demo, client):
    for username in ("trainee", "unit", "region", "admin"):
        user = User.objects.get(username=username)
        assert user.check_password(PASSWORD), username
        user.full_clean()


def test_other_people_have_no_password(demo):
    others = User.objects.exclude(username__in=["trainee", "unit", "region", "admin"])
    assert not any(user.has_usable_password() for user in others)


def test_trainee_is_person_of_manual(demo):
    trainee = User.objects.get(username="trainee")
    assert (trainee.name, trainee.masked_id, trainee.unit.name) == ("黄秋梦", "*****3321", "宾阳县甘棠镇林业站")


def test_trainee_has_registrations_in_every_status(demo):
    trainee = User.objects.get(username="trainee")
    assert set(trainee.registrations.values_list("status", flat=True)) == set(Status.values)


def test_trainee_has_two_overlapping_drafts(demo):
    drafts = Registration.objects.filter(owner__username="trainee", status=Status.DRAFT)
    first, second = drafts.order_by("pk")
    assert Registration.objects.overlapping(first) == [second]


def test_returned_registration_has_reason_and_words(demo):
    registration = Registration.objects.get(owner__username="trainee", status=Status.RETURNED)
    decision = registration.decisions.get(action=Action.RETURN)
    assert decision.actor.username == "unit"
    assert decision.reason_name
    assert decision.words


def test_56_people_have_registrations_of_three_years(demo):
    owners = Registration.objects.values("owner").distinct().count()
    this_year = timezone.localdate().year
    assert owners == 56
    assert set(Registration.objects.values_list("year", flat=True)) >= {this_year - 2, this_year - 1, this_year}


def test_no_decision_on_own_registration_or_both_stages(demo):
    verdicts = Decision.objects.filter(stage__in=[Stage.FIRST, Stage.FINAL]).exclude(action=Action.ASK_RETURN)
    assert not [row for row in verdicts.select_related("registration") if row.actor_id == row.registration.owner_id]
    stages = verdicts.values("registration", "actor").annotate(stages=Count("stage", distinct=True))
    assert not stages.filter(stages__gt=1).exists()


def test_decisions_are_in_order_and_not_in_future(demo):
    now = timezone.now()
    for registration in Registration.objects.prefetch_related("decisions"):
        steps = [registration.declared_at, *(step.created_at for step in registration.decisions.all())]
        assert steps == sorted(steps), registration
        assert steps[-1] <= now


def test_every_city_and_county_has_units(demo):
    units = Unit.objects.filter(is_unaffiliated=False)
    assert units.count() == UNITS
    assert units.values("region").distinct().count() == 125


def test_credit_codes_are_valid_except_flagged_one(demo):
    wrong = [unit for unit in Unit.objects.filter(is_unaffiliated=False) if credit_code.problem(unit.credit_code)]
    assert wrong == list(Unit.objects.filter(credit_code_flagged=True))
    assert len(wrong) == 1


def test_proofs_are_pictures_and_pdfs(demo):
    kinds = set(Attachment.objects.values_list("content_type", flat=True))
    assert kinds == {"image/png", "application/pdf"}


def test_same_seed_gives_same_data(loaded, demo):
    assert everything() == loaded


# --- Review queues ---------------------------------------------------------------------------


def waiting_for(username: str):
    person = User.objects.get(username=username)
    return with_marks(Registration.objects.waiting_for(person, Office.of(person)))


@pytest.mark.parametrize(("username", "action"), [("unit", Action.AGREE), ("region", Action.RECOGNISE)])
def test_twelve_registrations_wait_for_each_reviewer(demo, username, action):
    waiting = list(waiting_for(username))
    assert len(waiting) >= 12
    reviewer = User.objects.get(username=username)
    assert [registration for registration in waiting if not may(reviewer, action, registration)] == []


def test_unit_queue_has_pictures_and_pdfs(demo):
    kinds = Attachment.objects.filter(registration__in=waiting_for("unit").values("pk")).values_list("content_type")
    assert set(kinds) == {("image/png",), ("application/pdf",)}


def test_unit_queue_has_return_request_and_overlap(demo):
    waiting = list(waiting_for("unit"))
    asked = [registration.content for registration in waiting if registration.has_return_request]
    overlapping = {registration.content for registration in waiting if registration.has_overlap}
    assert "森林草原防灭火指挥员培训班" in asked
    assert overlapping >= {"油茶低产林改造技术培训班", "退化林修复工程技术服务"}


def test_corrected_registration_shows_changes(demo):
    registration = waiting_for("unit").get(content="古树名木保护技术培训班")
    assert registration.round == 2
    labels = [change.label for change in changes_since_return(registration)]
    assert list(dict.fromkeys(labels)) == ["申请学时", "认定内容说明", "附件"]


def test_city_queue_has_unattended_and_unaffiliated(demo):
    region = User.objects.get(username="region")
    unattended = Registration.objects.unattended_for(region, Office.of(region))
    assert set(unattended.values_list("unit_name", flat=True)) == {"宾阳县清水河水利工程管理站"}
    assert waiting_for("region").filter(is_unaffiliated=True).exists()


def test_registrations_of_pending_unit_wait(demo):
    region = User.objects.get(username="region")
    registrations = Registration.objects.in_office(Office.of(region)).filter(unit__state=Unit.State.PENDING)
    assert set(registrations.values_list("status", flat=True)) == {Status.FIRST_REVIEW}


# --- Totals, certificates and reopened years ------------------------------------------------------------------------


def test_target_is_reached_by_some_people_of_unit(demo):
    unit = User.objects.get(username="unit").unit
    reached = PersonTotal.objects.filter(unit=unit).values_list("reached", flat=True)
    assert unit.people.count() == 21
    assert list(reached).count(True) >= 5
    assert list(reached).count(False) >= 5


def test_collective_registration_covers_six_people(demo):
    registrations = Registration.objects.exclude(entered_by=None)
    assert set(registrations.values_list("entered_by__username", "content")) == {
        ("unit", "甘棠镇林业站岗位技能集中培训")
    }
    assert sorted(registrations.values_list("status", flat=True)) == ["final_review"] * 4 + ["recognised"] * 2
    assert Attachment.objects.filter(registration__in=registrations).count() == 12


def test_completions_come_from_platform_with_one_correction(demo):
    platform = Platform.objects.get()
    assert platform.token_digest is None
    assert set(Completion.objects.values_list("source", flat=True)) == {platform.name}
    assert CompletionVersion.objects.get().replaced_by == platform.name


def test_two_people_hold_certificates_of_every_state(demo):
    holders = User.objects.exclude(certificates=None)
    assert holders.count() == 2
    for person in holders:
        states = [issuing.state_of(row) for row in person.certificates.order_by("issued_at")]
        assert states == [CertificateState.SUPERSEDED, CertificateState.VALID, CertificateState.REVOKED]


def test_last_year_is_reopened_for_unit(demo):
    opening = Opening.objects.get()
    assert (opening.year, opening.unit.name) == (timezone.localdate().year - 1, "宾阳县甘棠镇林业站")


# --- Notices and deputies --------------------------------------------------------------------------


def test_three_latest_notices_of_trainee_are_unread(demo):
    notices = list(Notice.objects.filter(person__username="trainee").order_by("-created_at", "-pk"))
    assert [notice.read_at is None for notice in notices] == [True] * 3 + [False] * (len(notices) - 3)
    assert len(notices) > 6


def test_both_reviewers_have_deputy_until_a_date(demo):
    deputies = Appointment.objects.active().exclude(deputy_of=None)
    principals = deputies.values_list("deputy_of__person__username", flat=True)
    assert sorted(principals) == ["region", "unit"]
    assert all(deputy.valid_until for deputy in deputies)
