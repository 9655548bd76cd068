"""manage.py load_demo: the demonstration, made through the workflow."""

import pytest
from django.core.management import CommandError
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from hours.demo.people import PASSWORD
from hours.models import Attachment, Decision, Registration
from hours.states import Action, Status
from organizations import credit_code
from organizations.models import Region, Unit

from .conftest import UNITS, everything


@pytest.mark.django_db
def test_it_refuses_outside_development(manage):
    with pytest.raises(CommandError, match="DEBUG"):
        manage("load_demo")
    assert not User.objects.exists()
    assert not Region.objects.exists()


def test_a_second_run_says_so_and_changes_nothing(demo, debug, manage):
    before = everything()
    assert "演示数据已存在，未作改动。" in manage("load_demo")
    assert everything() == before


def test_it_prints_the_accounts(demo, debug, manage):
    printed = manage("load_demo")
    assert PASSWORD in printed
    assert [line.split()[0] for line in printed.strip().splitlines()[-4:]] == ["trainee", "unit", "region", "admin"]


def test_the_accounts_can_log_in(demo, client):
    for username in ("trainee", "unit", "region", "admin"):
        user = User.objects.get(username=username)
        assert user.check_password(PASSWORD), username
        user.full_clean()


def test_nobody_else_can_log_in(demo):
    others = User.objects.exclude(username__in=["trainee", "unit", "region", "admin"])
    assert not any(user.has_usable_password() for user in others)


def test_the_trainee_is_the_person_of_the_manual(demo):
    trainee = User.objects.get(username="trainee")
    assert (trainee.name, trainee.masked_id, trainee.unit.name) == ("黄秋梦", "*****3321", "宾阳县甘棠镇林业站")


def test_the_trainee_has_entries_in_every_state(demo):
    trainee = User.objects.get(username="trainee")
    assert set(trainee.registrations.values_list("status", flat=True)) == set(Status.values)


def test_two_of_the_trainees_drafts_overlap(demo):
    drafts = Registration.objects.filter(owner__username="trainee", status=Status.DRAFT)
    first, second = drafts.order_by("pk")
    assert Registration.objects.overlapping(first) == [second]


def test_the_returned_entry_carries_the_reviewers_words(demo):
    entry = Registration.objects.get(owner__username="trainee", status=Status.RETURNED)
    decision = entry.decisions.get(action=Action.RETURN)
    assert decision.actor.username == "unit"
    assert decision.reason_name
    assert decision.words


def test_forty_people_have_three_years(demo):
    owners = Registration.objects.values("owner").distinct().count()
    this_year = timezone.localdate().year
    assert owners == 40
    assert set(Registration.objects.values_list("year", flat=True)) >= {this_year - 2, this_year - 1, this_year}


def test_nobody_decided_about_an_own_entry_or_both_stages_of_one(demo):
    verdicts = Decision.objects.filter(stage__in=["first", "final"]).exclude(action=Action.ASK_RETURN)
    assert not [row for row in verdicts.select_related("registration") if row.actor_id == row.registration.owner_id]
    stages = verdicts.values("registration", "actor").annotate(stages=Count("stage", distinct=True))
    assert not stages.filter(stages__gt=1).exists()


def test_steps_follow_each_other_in_time_and_none_is_in_the_future(demo):
    now = timezone.now()
    for entry in Registration.objects.prefetch_related("decisions"):
        steps = [entry.declared_at, *(step.created_at for step in entry.decisions.all())]
        assert steps == sorted(steps), entry
        assert steps[-1] <= now


def test_units_stand_in_every_city_and_county(demo):
    units = Unit.objects.filter(is_unaffiliated=False)
    assert units.count() == UNITS
    assert units.values("region").distinct().count() == 125


def test_every_credit_code_is_right_but_the_flagged_one(demo):
    wrong = [unit for unit in Unit.objects.filter(is_unaffiliated=False) if credit_code.problem(unit.credit_code)]
    assert wrong == list(Unit.objects.filter(credit_code_flagged=True))
    assert len(wrong) == 1


def test_proofs_are_real_files(demo):
    kinds = set(Attachment.objects.values_list("content_type", flat=True))
    assert kinds == {"image/png", "application/pdf"}


def test_the_same_seed_makes_the_same(loaded, demo):
    assert everything() == loaded
