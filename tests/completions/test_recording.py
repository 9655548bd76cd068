"""Recording completions: a result for every item, valid items saved, sums kept up to date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hours.completions import manual, planning, recording
from hours.completions.items import CompletionItem, parse_text
from hours.completions.plans import BatchPlan, ItemOutcome
from hours.models import Completion, CompletionVersion, Course, PersonTotal, PlaceTotal
from hours.totals import sums
from tests import factories
from tests.completions.conftest import NEW_YEAR, SOURCE, THIS_YEAR

pytestmark = pytest.mark.django_db
QUERIES = 14  # of a batch that saves and corrects, besides the transaction's own statements


def answers(items: Iterable[CompletionItem], source: str = SOURCE) -> list[tuple[str, str]]:
    return [(result.outcome.value, result.message) for result in recording.record(items, source)]


def stored() -> list[tuple]:
    rows = Completion.objects.order_by("pk")
    return list(rows.values_list("person__name", "course__name", "hours", "completed_on", "source", "source_key"))


def test_item_is_saved_with_hours_of_course_and_sums(item):
    assert answers([item()]) == [("saved", "")]
    assert stored() == [("黄秋梦", "当代科学技术前沿知识", Decimal(9), NEW_YEAR, SOURCE, "A-1")]
    assert PersonTotal.objects.values_list("year", "public").get() == (THIS_YEAR, 9)
    assert set(PlaceTotal.objects.values_list("kind", "public")) == {("unit", 9), ("region", 9)}


def test_repeated_item_counts_once(item):
    assert answers([item(), item(2)]) == [("saved", ""), ("unchanged", "")]
    assert answers([item()]) == [("unchanged", "")]
    assert PersonTotal.objects.get().public == 9
    assert not CompletionVersion.objects.exists()


def test_completion_from_two_sources_counts_once(item):
    recording.record([item()], SOURCE)
    assert answers([item(key="B-7")], "高校平台") == [("unchanged", "")]
    assert [row[4:] for row in stored()] == [(SOURCE, "A-1")]


def test_correction_keeps_previous_version(item):
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


def test_correction_within_one_batch(item):
    assert answers([item(), item(2, hours=4)]) == [("saved", ""), ("corrected", "")]
    assert [row[2] for row in stored()] == [4]
    assert [version.hours for version in CompletionVersion.objects.all()] == [9]
    assert PersonTotal.objects.get().public == 4


def test_item_without_hours_keeps_corrected_hours(item):
    recording.record([item(hours=4)], SOURCE)
    assert answers([item()]) == [("unchanged", "")]
    assert [row[2] for row in stored()] == [4]


def test_item_without_key_is_corrected_by_person_and_course(item):
    recording.record([item(key="")], SOURCE)
    assert answers([item(key="", hours=4)]) == [("corrected", "")]
    assert stored()[0][5].startswith("auto-")


def test_correction_by_other_source_or_key_is_refused(item):
    recording.record([item()], SOURCE)
    words = f"该人员的此科目已由“{SOURCE}”登记（9 学时，{NEW_YEAR}），内容不同；更正须用原来源编号。"
    assert answers([item(hours=4, key="B-7")], "高校平台") == [("refused", words)]
    assert answers([item(hours=4, key="A-2")]) == [("refused", words)]
    assert [row[2] for row in stored()] == [9]


def test_key_of_other_person_or_course_is_refused(item, huang):
    other = factories.person("李工")
    second = Course.objects.create(year=THIS_YEAR, name="职业道德", hours=6)
    words = "此来源编号已用于另一人员或另一科目。"
    assert answers([item(), item(2, id_number=other.id_number)]) == [("saved", ""), ("refused", words)]
    assert answers([item(course=second.name)]) == [("refused", words)]
    assert [row[0] for row in stored()] == ["黄秋梦"]


def test_two_sources_may_use_the_same_key(item):
    other = factories.person("李工")
    recording.record([item()], SOURCE)
    assert answers([item(id_number=other.id_number)], "高校平台") == [("saved", "")]


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"id_number": ""}, "id_number", "证件号码为空。"),
        (
            {"id_number": factories.resident_id(number=998)[:-1] + "?"},
            "id_number",
            "证件号码应为 5 至 20 位字母或数字。",
        ),
        ({"id_number": factories.resident_id(number=998)[:-1]}, "id_number", "居民身份证号码应为 18 位，现为 17 位。"),
        ({"year": None}, "year", "年度为空。"),
        ({"course": ""}, "course", "科目名称为空。"),
        ({"course": "长" * 121}, "course", f"{THIS_YEAR} 年度没有公需科目“{'长' * 50}…”。"),
        ({"year": 1899}, "course", "1899 年度没有公需科目“当代科学技术前沿知识”。"),
        ({"course": "450103198503210012"}, "course", f"{THIS_YEAR} 年度没有公需科目“…”。"),
        ({"hours": "-1"}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": 0}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": "1.3"}, "hours", "学时必须大于 0，且是 0.5 的倍数。"),
        ({"hours": 9.5}, "hours", "学时 9.5 超过该科目的 9 学时。"),
        ({"hours": 1e99}, "hours", "学时超出合理范围。"),
        ({"hours": "8e1"}, "hours", "学时应为数字，例如 8 或 7.5。"),
        ({"hours": "4²"}, "hours", "学时应为数字，例如 8 或 7.5。"),
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
def test_invalid_item_is_refused_without_the_others(item, facts, field, words):
    other = factories.person("李工")
    good = item(2, id_number=other.id_number, key="A-2")
    results = recording.record([item(**facts), good], SOURCE)
    assert [(result.outcome.value, result.field, result.message) for result in results] == [
        ("refused", field, words),
        ("saved", "", ""),
    ]
    assert [row[0] for row in stored()] == ["李工"]


def test_future_day_is_refused(item):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert answers([item(completed_on=tomorrow)]) == [("refused", f"完成日期 {tomorrow} 在今天之后。")]


def test_key_with_id_number_is_refused(item, huang):
    words = "来源编号不能含有证件号码。"
    assert answers([item(key=f"gx-{huang.id_number}-1")]) == [("refused", words)]
    assert answers([item(key=huang.id_number.lower())]) == [("refused", words)]
    assert stored() == []


def test_id_number_is_found_in_any_typing(item, huang):
    number = huang.id_number
    assert answers([item(id_number=f" {number[:6]} {number[6:14]}-{number[14:].lower()} ")]) == [("saved", "")]


@pytest.mark.parametrize(
    "typed",
    ["{y}-01-01", "{y}/1/1", "{y}.01.01", "{y}年1月1日", "{y}0101", "{y}-01-01 08:30", "{y}-01-01T08:30:00+08:00"],
)
def test_day_formats(item, typed):
    assert answers([item(completed_on=typed.format(y=THIS_YEAR))]) == [("saved", "")]
    assert stored()[0][3] == NEW_YEAR


def test_moment_counts_on_its_local_day(item):
    assert answers([item(completed_on=f"{THIS_YEAR}-01-01T20:00:00Z")]) == [("saved", "")]
    assert stored()[0][3] == date(THIS_YEAR, 1, 2)


def test_course_name_with_invisible_characters_is_found(item, course):
    named = parse_text(f"\ufeff{course.name}\u200b")
    assert answers([item(course=named)]) == [("saved", "")]


def test_repr_of_item_hides_id_number(item, huang):
    assert huang.id_number not in repr(item())


def test_plan_equals_results_and_writes_nothing(item):
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
    planned = planning.plan_batch(items, SOURCE).results
    assert (stored(), CompletionVersion.objects.count()) == (before, 0)
    assert [(r.outcome, r.message, r.hours, r.previous) for r in planned] == [
        (r.outcome, r.message, r.hours, r.previous) for r in recording.record(items, SOURCE)
    ]


def test_batch_is_repeated_after_concurrent_save(item, monkeypatch):
    """The first plan fails as if another connection had saved the completion in between."""
    plan_batch = recording.plan_batch
    failures: list[IntegrityError] = []

    def fail_once(*arguments: Any, **options: Any) -> BatchPlan:
        plan = plan_batch(*arguments, **options)
        if not failures:
            failures.append(IntegrityError())
            raise failures[0]
        return plan

    monkeypatch.setattr(recording, "plan_batch", fail_once)
    assert answers([item()]) == [("saved", "")]


@pytest.mark.parametrize("count", [2, 60])
def test_batch_query_count_is_constant(item, course, count):
    people = [factories.person(f"学员{number}") for number in range(count)]
    items = [item(place, id_number=person.id_number, key=f"k{place}") for place, person in enumerate(people, start=1)]
    recording.record(items[::2], SOURCE)
    mixed = [replace(one, hours=4) for one in items]
    with CaptureQueriesContext(connection) as queries:
        results = recording.record(mixed, SOURCE)
    assert {result.outcome for result in results} == {ItemOutcome.SAVED, ItemOutcome.CORRECTED}
    ours = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(ours) == QUERIES, "\n".join(sql[:150] for sql in ours)


# --- By hand ---------------------------------------------------------------------------------------


def test_manual_changes_update_sums(huang, course):
    completion = manual.add(huang, course, Decimal(9), NEW_YEAR)
    assert PersonTotal.objects.get().public == 9
    assert manual.correct(completion, Decimal(4), NEW_YEAR, "韦管理") is True
    assert manual.correct(completion, Decimal(4), NEW_YEAR, "韦管理") is False
    assert PersonTotal.objects.get().public == 4
    assert [(row.hours, row.replaced_by) for row in completion.versions.all()] == [(9, "韦管理")]
    assert manual.remove([completion]) == 1
    assert stored() == []
    assert not PersonTotal.objects.exists()
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}


def test_invalid_manual_changes_are_refused(huang, course):
    manual.add(huang, course, Decimal(9), NEW_YEAR)
    with pytest.raises(manual.CompletionError, match="该人员已有此科目的学习记录"):
        manual.add(huang, course, Decimal(4), NEW_YEAR)
    with pytest.raises(manual.CompletionError, match="超过该科目的 9 学时"):
        manual.correct(Completion.objects.get(), Decimal(10), NEW_YEAR, "韦管理")
    assert [row[2] for row in stored()] == [9]
