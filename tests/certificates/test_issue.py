"""What a certificate holds, who may issue it, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hours.certificates import issuing
from hours.certificates.issuing import CertificateError, CertificateState, state_of
from hours.models import Certificate, CertificateYear
from hours.totals import sums
from hours.workflow import transitions
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
LAST_YEAR = THIS_YEAR - 1
VALID, SUPERSEDED, REVOKED, _ = CertificateState


def state(certificate: Certificate) -> CertificateState:
    return state_of(Certificate.objects.get(pk=certificate.pk))


def test_it_holds_the_facts_of_its_day(huang):
    issued = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    assert issued.facts == {
        "name": "黄秋梦",
        "id_kind": "居民身份证",
        "id_tail": huang.id_tail,
        "unit": "宾阳县甘棠镇林业站",
        "issuer": "本人",
        "system": "专业技术人员继续教育学时系统",
        "years": [
            {
                "year": LAST_YEAR,
                "public": "0",
                "professional": "40",
                "total": "40",
                "required": "90",
                "required_professional": "60",
                "reached": False,
                "entries": 1,
                "courses": 0,
            },
            {
                "year": THIS_YEAR,
                "public": "30",
                "professional": "64",
                "total": "94",
                "required": "90",
                "required_professional": "60",
                "reached": True,
                "entries": 1,
                "courses": 1,
            },
        ],
    }
    assert set(CertificateYear.objects.filter(certificate=issued).values_list("person", "year")) == {
        (huang.pk, LAST_YEAR),
        (huang.pk, THIS_YEAR),
    }


def test_its_facts_hold_no_more_of_the_id_number_than_four_signs(huang, certificate):
    assert huang.id_number[:-4] not in str(certificate.facts)


def test_hours_in_review_are_not_certified(huang, station):
    factories.submitted(huang, station, content="审核中的", hours_applied=16, year=THIS_YEAR)
    assert issuing.issue(huang, huang, [THIS_YEAR]).facts["years"][0]["total"] == "94"


def test_hours_above_a_cap_are_not_certified(huang, rules):
    from hours.models import Cap

    Cap.objects.create(rule=rules[THIS_YEAR], category=huang.registration.category, hours=50)
    sums.recount(THIS_YEAR)
    facts = issuing.issue(huang, huang, [THIS_YEAR]).facts["years"][0]
    assert (facts["professional"], facts["total"], facts["reached"]) == ("50", "80", False)


@pytest.mark.parametrize(
    ("years", "sentence"),
    [
        ([], "请勾选要证明的年度。"),
        ([LAST_YEAR - 1], f"{LAST_YEAR - 1} 年度没有已认定的学时，无可证明。"),
        ([THIS_YEAR, 1999], "1999 年度没有已认定的学时，无可证明。"),
        (range(2001, 2014), "一份证明最多包含 12 个年度，请分开开具。"),
    ],
)
def test_nothing_is_issued_when_there_is_nothing_to_certify(huang, years, sentence):
    with pytest.raises(CertificateError) as refused:
        issuing.issue(huang, huang, years)
    assert str(refused.value) == sentence
    assert not Certificate.objects.exists()


def test_submitted_hours_alone_are_nothing_to_certify(station):
    person = factories.person("李工")
    factories.submitted(person, station, year=THIS_YEAR)
    with pytest.raises(CertificateError):
        issuing.issue(person, person, [THIS_YEAR])


# --- Who may -------------------------------------------------------------------------------------


def test_reviewers_and_administrators_issue_for_the_people_of_their_places(huang, station, bureau):
    bin_yang = factories.region_admin(factories.region("450126"), "宾阳管理")
    for actor in (station.reviewer, bureau, bin_yang, factories.administrator()):
        issued = issuing.issue(actor, huang, [THIS_YEAR])
        assert (issued.issued_by, issued.facts["issuer"]) == (actor, actor.name)


def test_others_do_not(huang, station):
    strangers = [
        factories.person("同事", unit=station),
        factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员"),
        factories.region_reviewer(factories.region("450200"), "柳州终审"),
        factories.unit_reviewer(
            station, "去年的审核员", valid_from=factories.moment(400).date(), valid_until=factories.moment(30).date()
        ),
    ]
    for actor in strangers:
        with pytest.raises(CertificateError) as refused:
            issuing.issue(actor, huang, [THIS_YEAR])
        assert str(refused.value) == "您只能为本人、本单位或本区域的人员开具学时证明。"


def test_a_former_unit_certifies_the_years_that_were_counted_there_and_no_others(huang, station, recognise):
    library = factories.unit("柳州市图书馆", "450202")
    recognise(huang, 8, LAST_YEAR, unit=library, content="图书馆的培训")
    huang.refresh_from_db()
    huang.unit = station
    huang.save()
    reviewer = factories.unit_reviewer(library, "馆审核员")
    assert issuing.issue(reviewer, huang, [LAST_YEAR])
    with pytest.raises(CertificateError):
        issuing.issue(reviewer, huang, [LAST_YEAR, THIS_YEAR])


# --- What becomes of it ----------------------------------------------------------------------------


def test_a_new_one_is_valid(certificate):
    assert state(certificate) is VALID


def test_one_that_covers_all_its_years_supersedes_it(huang, certificate):
    newer = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    assert (state(certificate), state(newer)) == (SUPERSEDED, VALID)
    assert Certificate.objects.get(pk=certificate.pk).superseded_by == newer


def test_one_that_covers_only_some_of_its_years_does_not(huang):
    both = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    newer = issuing.issue(huang, huang, [THIS_YEAR])
    assert (state(both), state(newer)) == (VALID, VALID)


def test_somebody_elses_supersedes_nothing(certificate, recognise):
    other = factories.person("李工")
    recognise(other)
    issuing.issue(other, other, [THIS_YEAR])
    assert state(certificate) is VALID


def test_it_is_revoked_when_a_registration_was(huang, certificate, revoke, recognise):
    other = factories.person("李工")
    recognise(other)
    others = issuing.issue(other, other, [THIS_YEAR])
    last_years = issuing.issue(huang, huang, [LAST_YEAR])
    revoke(huang.registration)
    assert [state(one) for one in (certificate, last_years, others)] == [
        REVOKED,
        VALID,
        VALID,
    ]


def test_a_superseded_one_is_revoked_too(huang, certificate, revoke):
    newer = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    revoke(huang.registration)
    assert (state(certificate), state(newer)) == (REVOKED, REVOKED)


def test_after_a_revocation_a_new_one_says_what_is_left(huang, certificate, revoke):
    revoke(huang.registration)
    newer = issuing.issue(huang, huang, [THIS_YEAR])
    assert (newer.facts["years"][0]["total"], newer.facts["years"][0]["reached"]) == ("30", False)
    assert (state(certificate), state(newer)) == (REVOKED, VALID)


def test_a_registration_that_is_reopened_and_refused_again_touches_no_certificate(huang, certificate, station, guangxi):
    refused = factories.refused(huang, station, station.reviewer, content="不予认定的", year=THIS_YEAR)
    transitions.reopen(factories.region_admin(guangxi, "再开"), refused, factories.verdict("重新审核。"))
    assert state(certificate) is VALID


def test_a_double_click_issues_once(huang):
    first = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    second = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    assert (first, Certificate.objects.count()) == (second, 1)


def test_but_not_when_the_facts_have_changed_meanwhile(huang, certificate, recognise):
    recognise(huang, 8, content="又一次培训")
    second = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    assert (second.facts["years"][0]["total"], state(certificate)) == ("102", SUPERSEDED)


@pytest.mark.parametrize("count", [1, 3])
def test_many_are_issued_with_constant_statements(station, recognise, django_assert_num_queries, count):
    people = [factories.person(f"第{number}人") for number in range(count)]
    for person in people:
        recognise(person)
        issuing.issue(person, person, [THIS_YEAR])  # to be superseded
    keys = [person.pk for person in people]
    with django_assert_num_queries(11):
        issued = issuing.issue_for_year(station.reviewer, station.name, keys, THIS_YEAR)
    assert [one.person_id for one in issued] == keys
    assert Certificate.objects.filter(superseded_by__in=issued).count() == count
