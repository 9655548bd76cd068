"""A closed year allows only 撤销认定 until it is reopened."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Allowed, Denied
from hours.models import Opening, YearRule
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from hours.workflow.permissions import may
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def cast(guangxi, rules):
    """The people who decide, and a registration of 黄秋梦 in each status that they can change."""
    unit, huang = factories.unit("宾阳县甘棠镇林业站"), factories.person("黄秋梦")
    first, final = factories.unit_reviewer(unit), factories.region_reviewer(guangxi)
    admin = factories.region_admin(guangxi)
    registrations = {
        "first_review": factories.submitted(huang, unit),
        "final_review": factories.agreed(huang, unit, first),
        "refused": factories.refused(huang, unit, first),
        "recognised": factories.recognised(huang, unit, first, final),
    }
    return {
        "unit": unit,
        "huang": huang,
        "first": first,
        "final": final,
        "admin": admin,
        "registrations": registrations,
    }


DECISIONS = [
    ("first", Action.AGREE, "first_review"),
    ("first", Action.RETURN, "first_review"),
    ("first", Action.REFUSE, "first_review"),
    ("final", Action.RECOGNISE, "final_review"),
    ("final", Action.RETURN, "final_review"),
    ("final", Action.REFUSE, "final_review"),
    ("admin", Action.REOPEN, "refused"),
    ("admin", Action.REVOKE, "recognised"),
]


def answers(cast: dict[str, Any]) -> list[bool]:
    """Return for each of DECISIONS whether it is allowed."""
    return [bool(may(cast[who], action, cast["registrations"][state])) for who, action, state in DECISIONS]


ALL, REVOCATION = [True] * 8, [False] * 7 + [True]


def test_open_year_allows_every_decision(cast):
    assert answers(cast) == ALL


def test_closed_year_allows_only_revocation(cast):
    YearRule.objects.update(is_closed=True)
    assert answers(cast) == REVOCATION
    registration = cast["registrations"]["first_review"]
    assert may(cast["first"], Action.AGREE, registration) == Denied(
        f"{registration.year} 年度已关闭，除撤销认定外不能办理；确需办理的，请管理员重新开放该年度。"
    )


def test_year_without_rule_stays_closed_when_reopened(cast):
    YearRule.objects.all().delete()
    reopen_years(cast)
    assert answers(cast) == REVOCATION
    registration = cast["registrations"]["final_review"]
    assert may(cast["final"], Action.RECOGNISE, registration) == Denied(
        f"{registration.year} 年度没有年度规则，除撤销认定外不能办理，请联系管理员。"
    )


def reopen_years(cast: dict[str, Any], until: date = TODAY, **for_whom: Any) -> None:
    for registration in cast["registrations"].values():
        Opening.objects.create(year=registration.year, until=until, reason="系统故障补审", **for_whom)


def close_and_reopen(cast: dict[str, Any], **facts: Any) -> list[bool]:
    YearRule.objects.update(is_closed=True)
    reopen_years(cast, **facts)
    return answers(cast)


def test_year_reopened_for_everybody(cast):
    assert close_and_reopen(cast) == ALL


def test_year_reopened_for_the_owner(cast):
    assert close_and_reopen(cast, person=cast["huang"]) == ALL


def test_year_reopened_for_the_unit(cast):
    assert close_and_reopen(cast, unit=cast["unit"]) == ALL


def test_year_reopened_for_others_stays_closed(cast):
    assert close_and_reopen(cast, person=factories.person("李工")) == REVOCATION
    assert close_and_reopen(cast, unit=factories.unit("柳州市图书馆", "450202")) == REVOCATION


def test_reopening_ends_with_its_last_day(cast):
    assert close_and_reopen(cast, until=TODAY - timedelta(1)) == REVOCATION


def test_bulk_decision_in_closed_year_gives_the_reason(cast):
    YearRule.objects.update(is_closed=True)
    registration = cast["registrations"]["first_review"]
    outcome = transitions.decide(cast["first"], Action.AGREE, [registration], Verdict())
    assert outcome.done == []
    assert outcome.refused == {
        registration.pk: f"{registration.year} 年度已关闭，除撤销认定外不能办理；确需办理的，请管理员重新开放该年度。"
    }
    assert may(cast["huang"], Action.ASK_RETURN, registration) == Allowed()
