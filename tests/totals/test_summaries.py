"""Summaries of a person's years, and the reasons why hours do not count."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from hours.counting import LOCAL
from hours.models import Completion, Course
from hours.totals.summaries import CountedRow, PersonYear, person_years, year_rows
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
People = tuple[User, Unit, User, User]


@pytest.fixture
def this_year() -> int:
    return timezone.localdate().year


@pytest.fixture
def people(guangxi, rules):
    unit = factories.unit()
    return factories.person("黄秋梦"), unit, factories.unit_reviewer(unit), factories.region_reviewer(guangxi)


def in_year(year: int, day: int, hours: int) -> dict[str, Any]:
    """Return the facts of a registration on one day in January of an earlier year."""
    by_hand = factories.category("论文", by_half_day=False)
    start, end = (datetime(year, 1, day, hour, tzinfo=LOCAL) for hour in (8, 18))
    return {"starts_at": start, "ends_at": end, "year": year, "hours_applied": Decimal(hours), "category": by_hand}


def completed(
    person: User, year: int, name: str, hours: Decimal, kind: str = Course.Kind.REQUIRED, day: int = 1
) -> Completion:
    course = factories.course(year, name, hours=hours, kind=kind)
    return factories.completion(person, course, hours=hours, completed_on=date(year, 1, day))


def fill_year(people: People, year: int) -> None:
    """Create one registration in each status, with different hours, and the same for a colleague."""
    owner, unit, first, final = people
    for person in (owner, factories.person("李同事")):
        who = (person, unit, first, final)
        completed(person, year, "当代科学技术前沿知识", Decimal(9))
        factories.registration(person, "待提交", **in_year(year, 1, 1))
        factories.submitted(person, unit, content="待初审", **in_year(year, 2, 2))
        factories.agreed(*who[:3], content="待终审", **in_year(year, 3, 4))
        factories.returned(*who[:3], content="退回", **in_year(year, 4, 8))
        factories.recognised(*who, content="认定", **in_year(year, 5, 16))
        factories.refused(*who[:3], content="不予认定", **in_year(year, 6, 32))
        revoked = factories.recognised(*who, content="撤销", **in_year(year, 7, 64))
        transitions.revoke(
            factories.region_admin(factories.region("450000")), revoked, factories.verdict("证书系伪造。")
        )
        reduced = factories.agreed(*who[:3], content="核减", **in_year(year, 8, 40))
        factories.recognise(final, reduced, Verdict(hours=Decimal("32.5"), words="核减。"))


def test_person_year_separates_counted_and_other_hours(people, rules, this_year):
    last_year = this_year - 1
    fill_year(people, last_year)
    assert person_years(people[0]) == [
        PersonYear(
            year=last_year,
            public=Decimal(9),
            professional=Decimal("48.5"),
            over_cap=Decimal(0),
            in_review=Decimal(6),
            not_submitted=Decimal(9),
            rule=rules[last_year],
        )
    ]
    year = person_years(people[0])[0]
    assert (year.total, year.missing, year.missing_professional) == (Decimal("57.5"), Decimal("32.5"), Decimal("11.5"))
    assert year.is_complete is False


def test_years_are_latest_first_and_include_the_given_one(people, rules, this_year):
    owner = people[0]
    factories.registration(owner, "前年", **in_year(this_year - 2, 5, 8))
    completed(owner, this_year - 5, "多年前的公需课", Decimal(30))
    zero = Decimal(0)
    assert person_years(owner, include_year=this_year) == [
        PersonYear(this_year, zero, zero, zero, zero, zero, rules[this_year]),
        PersonYear(this_year - 2, zero, zero, zero, zero, Decimal(8), rules[this_year - 2]),
        PersonYear(this_year - 5, Decimal(30), zero, zero, zero, zero, None),
    ]
    assert [year.year for year in person_years(owner)] == [this_year - 2, this_year - 5]


def test_person_without_rows_has_no_years(people):
    assert person_years(people[0]) == []


@pytest.mark.parametrize(
    ("public", "professional", "missing", "missing_professional"),
    [
        (0, 0, 90, 60),
        (30, 60, 0, 0),
        (40, 40, 20, 20),  # 10 missing in total, 20 专业: 20 专业 hours serve both
        (90, 0, 60, 60),
        (10, 70, 10, 0),
        (0, 90, 0, 0),
        (0, 120, 0, 0),
        (29.5, 60, 0.5, 0),
    ],
)
def test_missing_hours_serve_both_minimums(rules, this_year, public, professional, missing, missing_professional):
    hours: dict[str, Any] = {
        "public": Decimal(str(public)),
        "professional": Decimal(str(professional)),
        "over_cap": Decimal(50),
    }
    year = PersonYear(year=this_year, **hours, in_review=Decimal(50), not_submitted=Decimal(50), rule=rules[this_year])
    assert (year.missing, year.missing_professional) == (Decimal(str(missing)), Decimal(str(missing_professional)))
    assert year.is_complete is (missing == 0)


def test_year_without_rule_has_no_missing_hours(this_year):
    hundred = Decimal(100)
    year = PersonYear(this_year, hundred, hundred, hundred, hundred, hundred, rule=None)
    assert (year.total, year.missing, year.missing_professional, year.is_complete) == (Decimal(200), None, None, False)


def test_year_rows_list_courses_then_registrations(people, this_year):
    last_year = this_year - 1
    completed(people[0], last_year, "乡村振兴", Decimal("4.5"), Course.Kind.ELECTIVE, day=20)
    completed(people[0], this_year - 2, "前年的课", Decimal(7))
    fill_year(people, last_year)
    assert year_rows(people[0], last_year).counted == [
        CountedRow("必修", "当代科学技术前沿知识", Decimal(9), True),
        CountedRow("选修", "乡村振兴", Decimal("4.5"), True),
        CountedRow("", "认定", Decimal(16), False),
        CountedRow("", "核减", Decimal("32.5"), False, "申请 40 学时，核减 7.5 学时（核减。）"),
    ]


def test_uncounted_registrations_have_a_reason(people, this_year):
    last_year = this_year - 1
    fill_year(people, last_year)
    assert [(row.content, why) for row, why in year_rows(people[0], last_year).uncounted] == [
        ("待提交", "尚未提交审核。"),
        ("待初审", "正在审核，认定后计入。"),
        ("待终审", "正在审核，认定后计入。"),
        ("退回", "退回修改（材料不清晰：请补充证书复印件。）"),
        ("不予认定", "不予认定（材料不清晰：请补充证书复印件。）"),
        ("撤销", "撤销认定（材料不清晰：证书系伪造。）"),
    ]
    assert year_rows(people[0], this_year).uncounted == []


def test_reason_is_that_of_the_latest_return(people, this_year):
    owner, unit, first, _ = people
    registration = factories.returned(owner, unit, first, **in_year(this_year - 1, 5, 8))
    transitions.submit(owner, [registration], unit, unit.region)
    factories.return_(first, registration, factories.verdict("仍不清晰。", reason=factories.reason("学时与证明不符")))
    assert [why for _, why in year_rows(owner, this_year - 1).uncounted] == ["退回修改（学时与证明不符：仍不清晰。）"]


@pytest.mark.parametrize("registrations", [1, 30])
def test_summaries_cost_constant_queries(people, this_year, registrations, django_assert_num_queries):
    owner, last_year = people[0], this_year - 1
    for number in range(registrations):
        factories.recognised(*people, content=f"认定 {number}", **in_year(last_year, 1 + number % 28, 2))
        factories.refused(*people[:3], content=f"不予认定 {number}", **in_year(last_year, 1 + number % 28, 2))
        completed(owner, last_year, f"公需 {number}", Decimal(1))
    with django_assert_num_queries(3):
        [year] = person_years(owner)
    assert (year.public, year.professional) == (Decimal(registrations), Decimal(2 * registrations))
    with django_assert_num_queries(4):
        rows = year_rows(owner, last_year)
    assert (len(rows.counted), len(rows.uncounted)) == (2 * registrations, registrations)


def test_reduction_reason_has_the_words_of_both_stages(people, this_year):
    owner, unit, first, final = people
    registration = factories.submitted(owner, unit, **in_year(this_year - 1, 5, 16))
    factories.agree(first, registration, Verdict(hours=Decimal(12), words="第三天是参观。"))
    factories.recognise(final, registration, Verdict(hours=Decimal(8), words="缺半天签到。"))
    [row] = year_rows(owner, this_year - 1).counted
    assert row.reduction_reason == "申请 16 学时，核减 8 学时（第三天是参观。；缺半天签到。）"


def test_reduction_reason_omits_words_without_a_cut(people, this_year):
    owner, unit, first, final = people
    registration = factories.submitted(owner, unit, **in_year(this_year - 1, 5, 16))
    factories.agree(first, registration, Verdict(words="属实。"))
    factories.recognise(final, registration, Verdict(hours=Decimal(8), words="缺半天签到。"))
    [row] = year_rows(owner, this_year - 1).counted
    assert row.reduction_reason == "申请 16 学时，核减 8 学时（缺半天签到。）"


def test_year_of_the_end_names_the_counted_year(people, this_year):
    """From 31 December to 2 January, counted for the old year; the new year is otherwise empty."""
    owner, old, new = people[0], this_year - 2, this_year - 1
    span: dict[str, Any] = {
        "starts_at": datetime(old, 12, 31, 8, tzinfo=LOCAL),
        "ends_at": datetime(new, 1, 2, 18, tzinfo=LOCAL),
    }
    factories.recognised(*people, content="跨年培训", year=old, **span)
    assert [(year.year, year.total) for year in person_years(owner)] == [(new, 0), (old, 16)]
    assert [(row.content, why) for row, why in year_rows(owner, new).uncounted] == [
        ("跨年培训", f"计入 {old} 年度，不计入 {new} 年度。")
    ]
    assert year_rows(owner, old).uncounted == []
    assert [row.name for row in year_rows(owner, old).counted] == ["跨年培训"]
