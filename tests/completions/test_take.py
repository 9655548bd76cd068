"""Completions taken in: every item one answer, the good ones kept, the sums right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hours.completions import recording
from hours.completions.items import parse_text
from hours.completions.recording import ItemOutcome
from hours.models import Completion, CompletionVersion, Course, PersonTotal, PlaceTotal
from hours.totals import sums
from tests import factories
from tests.completions.conftest import NEW_YEAR, THIS_YEAR

pytestmark = pytest.mark.django_db
SOURCE = "广西继续教育网"
STATEMENTS = 14  # of a batch that saves and corrects, besides the transaction's own


def answers(items, source: str = SOURCE) -> list[tuple[str, str]]:
    return [(result.outcome.value, result.message) for result in recording.record(items, source)]


def stored() -> list[tuple]:
    rows = Completion.objects.order_by("pk")
    return list(rows.values_list("person__name", "course__name", "hours", "completed_on", "source", "source_key"))


def test_a_completion_is_saved_with_the_hours_of_its_course_and_the_sums_follow(item):
    assert answers([item()]) == [("saved", "")]
    assert stored() == [("黄秋梦", "当代科学技术前沿知识", Decimal(9), NEW_YEAR, SOURCE, "A-1")]
    assert PersonTotal.objects.values_list("year", "public").get() == (THIS_YEAR, 9)
    assert set(PlaceTotal.objects.values_list("kind", "public")) == {("unit", 9), ("region", 9)}


def test_the_same_completion_sent_twice_counts_once(item):
    assert answers([item(), item(2)]) == [("saved", ""), ("unchanged", "")]
    assert answers([item()]) == [("unchanged", "")]
    assert PersonTotal.objects.get().public == 9
    assert not CompletionVersion.objects.exists()


def test_the_same_completion_from_two_sources_counts_once(item):
    recording.record([item()], SOURCE)
    assert answers([item(key="B-7")], "高校平台") == [("unchanged", "")]
    assert [row[4:] for row in stored()] == [(SOURCE, "A-1")]


def test_a_correction_keeps_what_stood_there(item):
    recording.record([item()], SOURCE)
    (result,) = recording.record([item(hours="7.5", completed_on=NEW_YEAR)], SOURCE)
    assert (result.outcome, result.hours, result.previous) == (
        ItemOutcome.CORRECTED,
        Decimal("7.5"),
        (Decimal(9), NEW_YEAR),
    )
    assert [row[2:4] for row in stored()] == [(Decimal("7.5"), NEW_YEAR)]
    version = CompletionVersion.objects.values_list("hours", "completed_on", "replaced_by")
    assert list(version) == [(9, NEW_YEAR, SOURCE)]
    assert PersonTotal.objects.get().public == Decimal("7.5")


def test_a_correction_in_the_same_batch_is_one_too(item):
    assert answers([item(), item(2, hours=4)]) == [("saved", ""), ("corrected", "")]
    assert [row[2] for row in stored()] == [4]
    assert [version.hours for version in CompletionVersion.objects.all()] == [9]
    assert PersonTotal.objects.get().public == 4


def test_a_line_without_hours_does_not_undo_a_correction(item):
    recording.record([item(hours=4)], SOURCE)
    assert answers([item()]) == [("unchanged", "")]
    assert [row[2] for row in stored()] == [4]


def test_lines_without_numbers_of_their_own_are_corrected_by_person_and_course(item):
    recording.record([item(key="")], SOURCE)
    assert answers([item(key="", hours=4)]) == [("corrected", "")]
    assert stored()[0][5].startswith("auto-")


def test_another_source_cannot_correct(item):
    recording.record([item()], SOURCE)
    words = f"该人员的此科目已由“{SOURCE}”登记（9 学时，{NEW_YEAR}），内容不同；更正须用原来源编号。"
    assert answers([item(hours=4, key="B-7")], "高校平台") == [("refused", words)]
    assert answers([item(hours=4, key="A-2")]) == [("refused", words)]
    assert [row[2] for row in stored()] == [9]


def test_the_same_number_for_another_person_or_course_is_refused(item, huang):
    other = factories.person("李工")
    second = Course.objects.create(year=THIS_YEAR, name="职业道德", hours=6)
    words = "此来源编号已用于另一人员或另一科目。"
    assert answers([item(), item(2, id_number=other.id_number)]) == [("saved", ""), ("refused", words)]
    assert answers([item(course=second.name)]) == [("refused", words)]
    assert [row[0] for row in stored()] == ["黄秋梦"]


def test_two_sources_may_use_the_same_number(item):
    other = factories.person("李工")
    recording.record([item()], SOURCE)
    assert answers([item(id_number=other.id_number)], "高校平台") == [("saved", "")]


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"id_number": ""}, "id_number", "证件号码为空。"),
        ({"id_number": factories.resident_id(number=998)}, "id_number", "没有此证件号码的人员。"),
        ({"year": None}, "year", "年度为空。"),
        ({"course": ""}, "course", "科目名称为空。"),
        ({"course": "不存在"}, "course", f"{THIS_YEAR} 年度没有公需科目“不存在”。"),
        ({"year": 1999}, "course", "1999 年度没有公需科目“当代科学技术前沿知识”。"),
        ({"course": "450103198503210012"}, "course", f"{THIS_YEAR} 年度没有公需科目“…”。"),
        ({"course_id": 10**8}, "course", f"没有此编号的公需科目（{THIS_YEAR} 年度）。"),
        ({"hours": "-1"}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": 0}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": "1.3"}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": 9.5}, "hours", "学时 9.5 超过该科目的 9 学时。"),
        ({"hours": "1e99"}, "hours", "学时超出合理范围。"),
        ({"hours": "九"}, "hours", "学时应为数字，例如 8 或 7.5。"),
        ({"hours": float("nan")}, "hours", "学时应为数字，例如 8 或 7.5。"),
        ({"hours": True}, "hours", "学时应为数字，例如 8 或 7.5。"),
        ({"hours": "1_0"}, "hours", "学时应为数字，例如 8 或 7.5。"),
        ({"completed_on": None}, "completed_on", "完成日期为空。"),
        ({"completed_on": 1.5}, "completed_on", "完成日期无法识别，应如 2026-05-12。"),
        ({"completed_on": "2026-05-12 前后"}, "completed_on", "完成日期“2026-05-12 前后”无法识别，应如 2026-05-12。"),
        ({"completed_on": "昨天"}, "completed_on", "完成日期“昨天”无法识别，应如 2026-05-12。"),
        ({"completed_on": "2026-02-30"}, "completed_on", "完成日期“2026-02-30”无法识别，应如 2026-05-12。"),
        (
            {"completed_on": date(THIS_YEAR - 1, 12, 31)},
            "completed_on",
            f"完成日期 {THIS_YEAR - 1}-12-31 不在科目的 {THIS_YEAR} 年度内。",
        ),
        ({"key": "k" * 101}, "source_key", "来源编号超过 100 个字符。"),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_sentence_and_the_others_are_taken(item, facts, field, words):
    other = factories.person("李工")
    good = item(2, id_number=other.id_number, key="A-2")
    results = recording.record([item(**facts), good], SOURCE)
    assert [(result.outcome.value, result.field, result.message) for result in results] == [
        ("refused", field, words),
        ("saved", "", ""),
    ]
    assert [row[0] for row in stored()] == ["李工"]


def test_a_day_to_come_is_refused(item):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert answers([item(completed_on=tomorrow)]) == [("refused", f"完成日期 {tomorrow} 在今天之后。")]


def test_a_number_that_tells_the_id_number_is_refused(item, huang):
    words = "来源编号不能含有证件号码。"
    assert answers([item(key=f"gx-{huang.id_number}-1")]) == [("refused", words)]
    assert answers([item(key=huang.id_number.lower())]) == [("refused", words)]
    assert stored() == []


def test_an_id_number_is_found_however_it_is_typed(item, huang):
    number = huang.id_number
    assert answers([item(id_number=f" {number[:6]} {number[6:14]}-{number[14:].lower()} ")]) == [("saved", "")]


@pytest.mark.parametrize(
    "typed",
    ["{y}-01-01", "{y}/1/1", "{y}.01.01", "{y}年1月1日", "{y}0101", "{y}-01-01 08:30", "{y}-01-01T08:30:00+08:00"],
)
def test_days_are_read_as_offices_write_them(item, typed):
    assert answers([item(completed_on=typed.format(y=THIS_YEAR))]) == [("saved", "")]
    assert stored()[0][3] == NEW_YEAR


def test_a_moment_counts_on_its_day_in_shanghai(item):
    assert answers([item(completed_on=f"{THIS_YEAR}-01-01T20:00:00Z")]) == [("saved", "")]
    assert stored()[0][3] == date(THIS_YEAR, 1, 2)


def test_signs_that_nobody_sees_hide_no_course(item, course):
    named = parse_text(f"\ufeff{course.name}\u200b")
    assert answers([item(course=named)]) == [("saved", "")]


def test_an_item_never_shows_its_id_number(item, huang):
    assert huang.id_number not in repr(item())


def test_examining_says_what_taking_does_and_writes_nothing(item):
    other = factories.person("李工")
    recording.record([item(id_number=other.id_number, key="old")], SOURCE)
    items = [
        item(),
        item(2, hours=4),
        item(3, id_number=other.id_number, key="old", hours=3),
        item(4, id_number=other.id_number, key="A-1"),
        item(5, course="?"),
    ]
    before = stored()
    told = recording.plan_batch(items, SOURCE).results
    assert (stored(), CompletionVersion.objects.count()) == (before, 0)
    assert [(r.outcome, r.message, r.hours, r.previous) for r in told] == [
        (r.outcome, r.message, r.hours, r.previous) for r in recording.record(items, SOURCE)
    ]


def test_when_another_connection_was_first_the_batch_is_looked_at_again(item, monkeypatch):
    """The first look is as it was before the other one saved."""
    look, blind = recording.plan_batch, []

    def examine(items, source, *, lock=False):
        plan = look(items, source, lock=lock)
        if not blind:
            blind.append(True)
            raise IntegrityError
        return plan

    monkeypatch.setattr(recording, "plan_batch", examine)
    assert answers([item()]) == [("saved", "")]


@pytest.mark.parametrize("count", [2, 60])
def test_the_statements_of_a_batch_do_not_depend_on_its_items(item, course, count):
    people = [factories.person(f"学员{number}") for number in range(count)]
    items = [item(place, id_number=person.id_number, key=f"k{place}") for place, person in enumerate(people, start=1)]
    recording.record(items[::2], SOURCE)
    mixed = [replace(registration, hours=4) for registration in items]
    with CaptureQueriesContext(connection) as queries:
        results = recording.record(mixed, SOURCE)
    assert {result.outcome for result in results} == {ItemOutcome.SAVED, ItemOutcome.CORRECTED}
    ours = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(ours) == STATEMENTS, "\n".join(sql[:150] for sql in ours)


# --- By hand ---------------------------------------------------------------------------------------


def test_by_hand_a_completion_is_entered_corrected_and_removed_with_its_sums(huang, course):
    completion = recording.add(huang, course, Decimal(9), NEW_YEAR)
    assert PersonTotal.objects.get().public == 9
    assert recording.correct(completion, Decimal(4), NEW_YEAR, "韦管理") is True
    assert recording.correct(completion, Decimal(4), NEW_YEAR, "韦管理") is False
    assert PersonTotal.objects.get().public == 4
    assert [(row.hours, row.replaced_by) for row in completion.versions.all()] == [(9, "韦管理")]
    assert recording.remove([completion]) == 1
    assert stored() == []
    assert not PersonTotal.objects.exists()
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}


def test_by_hand_nothing_is_entered_twice_or_wrong(huang, course):
    recording.add(huang, course, Decimal(9), NEW_YEAR)
    with pytest.raises(recording.CompletionError, match="该人员已有此科目的学习记录"):
        recording.add(huang, course, Decimal(4), NEW_YEAR)
    with pytest.raises(recording.CompletionError, match="超过该科目的 9 学时"):
        recording.correct(Completion.objects.get(), Decimal(10), NEW_YEAR, "韦管理")
    assert [row[2] for row in stored()] == [9]
