"""Certificates: their facts, the permission to issue them, and their states."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hours.certificates import issuing
from hours.certificates.issuing import CertificateError, CertificateState, state_of
from hours.models import Cap, Certificate, CertificateYear
from hours.totals import sums
from hours.workflow import transitions
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
LAST_YEAR = THIS_YEAR - 1
VALID, SUPERSEDED, REVOKED, _ = CertificateState


def state(certificate: Certificate) -> CertificateState:
    return state_of(Certificate.objects.get(pk=certificate.pk))


def test_certificate_stores_present_facts(huang):
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


def test_facts_have_last_four_of_id_number_only(huang, certificate):
    assert huang.id_number[:-4] not in str(certificate.facts)


def test_hours_in_review_are_not_certified(huang, station):
    factories.submitted(huang, station, content="审核中的", hours_applied=16, year=THIS_YEAR)
    assert issuing.issue(huang, huang, [THIS_YEAR]).facts["years"][0]["total"] == "94"


def test_hours_above_cap_are_not_certified(huang, rules):
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
def test_invalid_years_are_refused(huang, years, sentence):
    with pytest.raises(CertificateError) as refused:
        issuing.issue(huang, huang, years)
    assert str(refused.value) == sentence
    assert not Certificate.objects.exists()


def test_submitted_hours_alone_are_refused(station):
    person = factories.person("李工")
    factories.submitted(person, station, year=THIS_YEAR)
    with pytest.raises(CertificateError):
        issuing.issue(person, person, [THIS_YEAR])


# --- Permissions -------------------------------------------------------------------------------------


def test_offices_issue_for_their_people(huang, station, bureau):
    bin_yang = factories.region_admin(factories.region("450126"), "宾阳管理")
    for actor in (station.reviewer, bureau, bin_yang, factories.administrator()):
        issued = issuing.issue(actor, huang, [THIS_YEAR])
        assert (issued.issued_by, issued.facts["issuer"]) == (actor, actor.name)


def test_strangers_cannot_issue(huang, station):
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


def test_former_unit_certifies_only_years_counted_there(huang, station, recognise):
    library = factories.unit("柳州市图书馆", "450202")
    recognise(huang, 8, LAST_YEAR, unit=library, content="图书馆的培训")
    huang.refresh_from_db()
    huang.unit = station
    huang.save()
    reviewer = factories.unit_reviewer(library, "馆审核员")
    assert issuing.issue(reviewer, huang, [LAST_YEAR])
    with pytest.raises(CertificateError):
        issuing.issue(reviewer, huang, [LAST_YEAR, THIS_YEAR])


# --- States ----------------------------------------------------------------------------


def test_new_certificate_is_valid(certificate):
    assert state(certificate) is VALID


def test_certificate_is_superseded_by_one_with_all_its_years(huang, certificate):
    newer = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    assert (state(certificate), state(newer)) == (SUPERSEDED, VALID)
    assert Certificate.objects.get(pk=certificate.pk).superseded_by == newer


def test_certificate_stays_valid_beside_one_with_fewer_years(huang):
    both = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    newer = issuing.issue(huang, huang, [THIS_YEAR])
    assert (state(both), state(newer)) == (VALID, VALID)


def test_certificate_of_other_person_supersedes_nothing(certificate, recognise):
    other = factories.person("李工")
    recognise(other)
    issuing.issue(other, other, [THIS_YEAR])
    assert state(certificate) is VALID


def test_revoked_registration_revokes_covering_certificates(huang, certificate, revoke, recognise):
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


def test_superseded_certificate_is_revoked_too(huang, certificate, revoke):
    newer = issuing.issue(huang, huang, [THIS_YEAR, LAST_YEAR])
    revoke(huang.registration)
    assert (state(certificate), state(newer)) == (REVOKED, REVOKED)


def test_certificate_after_revocation_has_remaining_hours(huang, certificate, revoke):
    revoke(huang.registration)
    newer = issuing.issue(huang, huang, [THIS_YEAR])
    assert (newer.facts["years"][0]["total"], newer.facts["years"][0]["reached"]) == ("30", False)
    assert (state(certificate), state(newer)) == (REVOKED, VALID)


def test_reopened_registration_revokes_nothing(huang, certificate, station, guangxi):
    refused = factories.refused(huang, station, station.reviewer, content="不予认定的", year=THIS_YEAR)
    transitions.reopen(factories.region_admin(guangxi, "再开"), refused, factories.verdict("重新审核。"))
    assert state(certificate) is VALID


def test_double_click_issues_once(huang):
    first = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    second = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    assert (first, Certificate.objects.count()) == (second, 1)


def test_double_click_after_changed_facts_issues_again(huang, certificate, recognise):
    recognise(huang, 8, content="又一次培训")
    second = issuing.issue(huang, huang, [THIS_YEAR], reuse_within=timedelta(seconds=10))
    assert (second.facts["years"][0]["total"], state(certificate)) == ("102", SUPERSEDED)


@pytest.mark.parametrize("count", [1, 3])
def test_bulk_issue_query_count_is_constant(station, recognise, django_assert_num_queries, count):
    people = [factories.person(f"第{number}人") for number in range(count)]
    for person in people:
        recognise(person)
        issuing.issue(person, person, [THIS_YEAR])  # to be superseded
    keys = [person.pk for person in people]
    with django_assert_num_queries(11):
        issued = issuing.issue_for_year(station.reviewer, station.name, keys, THIS_YEAR)
    assert [one.person_id for one in issued] == keys
    assert Certificate.objects.filter(superseded_by__in=issued).count() == count
