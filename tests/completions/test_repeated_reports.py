"""A completion that several reports tell counts once: the first counts, the others are kept until it is taken back."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from hours.completions import manual, plans, recording, waiting, waiting_rows
from hours.completions.items import CompletionItem, Report, Withdrawal
from hours.models import Completion, Course, PersonTotal, WaitingCompletion
from hours.totals import sums
from tests import factories
from tests.completions.conftest import NEW_YEAR, NUMBER, SOURCE, THIS_YEAR, answers, credited, signup_data

pytestmark = pytest.mark.django_db(transaction=True)  # crediting follows the commit
OTHER = "八桂学习网"


def kept() -> list[tuple]:
    rows = WaitingCompletion.objects.order_by("pk")
    return list(rows.values_list("source", "source_key", "state"))


def counted() -> list[tuple]:
    return [(row[2], *row[4:]) for row in credited()]


def withdraw(key: str, source: str = SOURCE) -> None:
    recording.record([Withdrawal(key)], source)


# --- Kept until the first one is taken back ----------------------------------------------------------


def test_same_report_of_another_platform_counts_when_first_is_withdrawn(item):
    answers(item())
    assert answers(item(key="B-1"), source=OTHER) == [("unchanged", "")]
    assert (counted(), kept()) == ([(9, SOURCE, "A-1")], [(OTHER, "B-1", "repeated")])
    withdraw("A-1")
    assert (counted(), kept()) == ([(9, OTHER, "B-1")], [])
    assert PersonTotal.objects.get().public == 9


def test_second_statement_of_a_platform_counts_when_first_is_withdrawn(item):
    recording.record([item(), item(2, key="A-2", hours=4)], SOURCE, keeps_repeated=True)
    assert (counted(), kept()) == ([(9, SOURCE, "A-1")], [(SOURCE, "A-2", "repeated")])
    withdraw("A-1")
    assert (counted(), kept()) == ([(4, SOURCE, "A-2")], [])


def test_second_report_counts_when_first_is_withdrawn_in_the_same_request(item):
    recording.record([item(), item(2, key="A-2", hours=4), Withdrawal("A-1")], SOURCE, keeps_repeated=True)
    assert (counted(), kept()) == ([(4, SOURCE, "A-2")], [])


def test_kept_report_can_be_withdrawn_too(item):
    recording.record([item(), item(2, key="A-2")], SOURCE)
    recording.record([Withdrawal("A-2"), Withdrawal("A-1")], SOURCE)
    assert (counted(), kept()) == ([], [])


def test_removal_by_hand_lets_the_kept_report_count(item, huang, course):
    completion = manual.add(huang, course, 9, NEW_YEAR)
    answers(item())
    manual.remove([completion])
    assert (counted(), kept()) == ([(9, SOURCE, "A-1")], [])


def test_plain_report_with_other_content_is_refused_and_not_kept(item):
    answers(item())
    assert answers(item(key="B-1", hours=4), source=OTHER)[0][0] == "refused"
    assert kept() == []


def test_waiting_report_that_another_has_overtaken_counts_after_it(unknown):
    answers(unknown())
    answers(unknown(hours=4, key="B-1"), source=OTHER)
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert (counted(), kept()) == ([(9, SOURCE, "A-1")], [(OTHER, "B-1", "repeated")])
    withdraw("A-1")
    assert (counted(), kept()) == ([(4, OTHER, "B-1")], [])


def test_night_credits_what_was_freed_without_notice(item):
    answers(item())
    answers(item(key="B-1"), source=OTHER)
    assert (waiting.credit_known().total(), kept()) == (0, [(OTHER, "B-1", "repeated")])
    Completion.objects.all().delete()
    waiting.credit_known()
    assert (counted(), kept()) == ([(9, OTHER, "B-1")], [])


def test_kept_report_sent_again_is_kept_once(item):
    answers(item())
    answers(item(key="B-1"), source=OTHER)
    answers(item(key="B-1"), source=OTHER)
    assert kept() == [(OTHER, "B-1", "repeated")]


# --- Which report is the first -----------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(SOURCE, OTHER), (OTHER, SOURCE)])
def test_oldest_waiting_report_counts(unknown, first, second):
    answers(unknown(hours=4, key="K"), source=first)
    answers(unknown(hours=6, key="K"), source=second)
    WaitingCompletion.objects.filter(source=first).update(received_at=timezone.now() - timedelta(hours=1))
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert counted() == [(4, first, "K")]


@pytest.mark.parametrize("keys", ["AB", "BA"])
def test_oldest_waiting_report_of_a_platform_counts(unknown, keys):
    answers(unknown(hours=4, key=keys[0]))
    answers(unknown(hours=6, key=keys[1]))
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert counted() == [(4, SOURCE, keys[0])]


def test_reports_and_withdrawals_count_in_their_order(item):
    recording.record([item(), Withdrawal("A-1"), item(2, key="A-2", hours=4), Withdrawal("A-1")], SOURCE)
    assert (counted(), kept()) == ([(4, SOURCE, "A-2")], [])
    recording.record([Withdrawal("A-2"), item(hours=6), Withdrawal("A-1"), item(2, hours=5)], SOURCE)
    assert (counted(), PersonTotal.objects.get().public) == ([(5, SOURCE, "A-1")], 5)


def test_withdrawn_waiting_report_can_be_sent_again(unknown):
    answers(unknown())
    recording.record([Withdrawal("A-1"), unknown(hours=4), Withdrawal("A-1"), unknown(hours=5)], SOURCE)
    assert list(WaitingCompletion.objects.values_list("hours")) == [(5,)]


# --- Numbers of ours ---------------------------------------------------------------------------------


def test_number_of_ours_is_taken_only_for_its_own_completion(item, unknown, huang, course):
    own = plans.derived_key(huang.pk, course)
    words = "以 auto- 开头的来源编号由本系统编制，不能用于其他学时。"
    assert answers(item(key="auto-1-1"), unknown(2, key=own)) == [("refused", words)] * 2
    assert answers(item(key=own)) == [("saved", "")]
    assert answers(item(key="")) == [("unchanged", "")]


def test_completion_saved_before_under_a_number_of_ours_is_told(item, huang, course):
    other = factories.person("蓝天明", unit=huang.unit)
    key = plans.derived_key(huang.pk, course)
    Completion.objects.create(
        person=other, course=course, hours=9, completed_on=NEW_YEAR, source=SOURCE, source_key=key
    )
    assert answers(item(key="")) == [("refused", "此来源编号已用于另一人员或另一科目。")]


# --- Errors while crediting --------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """Crediting fails for the rows of 八桂学习网."""
    plan_batch = recording.plan_batch

    def fail(reports, *arguments, **options):
        if any(report.source == OTHER for report in reports):
            raise IntegrityError("broken on purpose")
        return plan_batch(reports, *arguments, **options)

    monkeypatch.setattr(recording, "plan_batch", fail)


def test_failing_row_does_not_hold_up_the_others(unknown, broken, caplog):
    answers(unknown(key="B-1"), source=OTHER)
    answers(unknown())
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    assert (counted(), kept()) == ([(9, SOURCE, "A-1")], [(OTHER, "B-1", "person")])
    assert len(caplog.records) == 2
    caplog.clear()


def test_signup_succeeds_although_crediting_fails(client, guangxi, rules, unknown, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    answers(unknown())
    monkeypatch.setattr(recording, "credit", fail)
    assert client.post(reverse("accounts:signup"), signup_data(NUMBER)).status_code == 302
    assert [record.levelname for record in caplog.records if record.name.startswith("django.db")] == ["ERROR"]
    caplog.clear()


# --- Names ---------------------------------------------------------------------------------------------


def test_name_that_looks_the_same_is_the_same_course(item, huang):
    course = Course.objects.create(year=THIS_YEAR, name="人工智能（AI）技术 与应用", hours=6)
    assert answers(item(course="人工智能(ai)技术与应用")) == [("saved", "")]
    assert [row[1] for row in credited()] == [course.name]


def test_course_with_look_alike_name_credits_who_waits(item):
    answers(item(course="职业 道德（一）"))
    waiting.credit_courses([factories.course(THIS_YEAR, "职业道德(一)")])
    assert ([row[1] for row in credited()], kept()) == (["职业道德(一)"], [])


def test_night_credits_look_alike_name(item):
    answers(item(course="职业 道德（一）"))
    factories.course(THIS_YEAR, "职业道德(一)")
    waiting.credit_known()
    assert kept() == []


def test_look_alike_course_is_refused_by_the_database(course):
    with pytest.raises(IntegrityError):
        Course.objects.create(year=THIS_YEAR, name=f" {course.name}", hours=9)


@pytest.mark.parametrize("facts", [{"course": "职业道德"}, {"course": "", "course_labels": ("职业道德",)}])
def test_contradiction_is_found_when_the_person_signs_up(unknown, course, facts):
    answers(unknown(course_code="GX-1", **facts))
    factories.course(THIS_YEAR, "职业道德")
    Course.objects.filter(pk=course.pk).update(code="GX-1")
    waiting.credit_people([factories.person("覃晓燕", id_number=NUMBER)])
    row = WaitingCompletion.objects.get()
    assert (row.state, row.reason) == ("refused", f"编号是“{course.name}”的，与科目名称“职业道德”不一致。")


def test_known_id_with_unknown_code_is_a_contradiction(item, course):
    assert answers(item(course_id=course.pk, course_code="GX-1", course="", year=None)) == [
        ("refused", "课程编号和 course_id 不是同一科目。")
    ]


# --- In any order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_sums_and_kept_reports_are_right_after_every_step(guangxi, rules, seed):
    chosen = Random(seed)
    numbers, names = [factories.resident_id(number=900 + n) for n in range(4)], ["甲课", "乙 课", "丙课"]

    def a_report() -> Report:
        key, name = chosen.choice(["", "K1", "K2", "K3"]), chosen.choice(names)
        if key and chosen.random() < 0.3:
            return Withdrawal(key)
        facts = {"course_code": f"GX-{names.index(name)}"}
        if chosen.random() < 0.6:
            facts = {"course": chosen.choice([name, name.replace(" ", "")]), "year": THIS_YEAR}
        hours, caps = chosen.choice([None, 4, 30]), chosen.random() < 0.5
        return CompletionItem(
            1, chosen.choice(numbers), **facts, hours=hours, completed_on=NEW_YEAR, key=key, caps_hours=caps
        )

    for step in range(40):
        if step == 10:
            waiting.credit_people([factories.person(id_number=number) for number in numbers[:3]])
        if step == 20:
            facts = [{"name": name, "code": f"GX-{place}"} for place, name in enumerate(names)]
            waiting.credit_courses([Course.objects.create(year=THIS_YEAR, hours=9, **fact) for fact in facts])
        reports = [a_report() for _ in range(chosen.randint(1, 6))]
        recording.record(reports, chosen.choice([SOURCE, OTHER]), keeps_repeated=chosen.random() < 0.5)
        assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}
        assert not waiting_rows.known(WaitingCompletion.objects.filter(state="repeated")).exists()
    assert Completion.objects.exists()
