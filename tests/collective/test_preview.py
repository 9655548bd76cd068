"""The preview: the registration, problems and warnings of each person."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.utils import timezone

from hours.collective import choices, drafts, preview
from hours.models import Opening, YearRule
from tests import factories

pytestmark = pytest.mark.django_db


def problems(draft, station) -> list[str]:
    return ["".join(line.problems) for line in preview.lines_of(draft, station)]


def test_valid_people_have_no_problems(station, draft):
    lines = preview.lines_of(draft(station.workers), station)
    assert [(line.name, line.problems, line.warnings) for line in lines] == [
        (person.name, [], []) for person in sorted(station.workers, key=lambda person: person.name)
    ]


def test_reviewer_is_rejected(station, draft, roster_row):
    station.reviewer.unit = station
    station.reviewer.save()
    problem = "不能为本人代为登记，请在“学时登记”中自行登记。"
    assert problems(draft(rows=[roster_row(station.reviewer)]), station) == [problem]
    assert problems(draft([station.reviewer]), station) == [problem]
    assert station.reviewer not in choices.selectable_people(station, station.reviewer)


def test_invalid_people_show_their_problems(station, draft, roster_row):
    huang, li, wei = station.workers
    wei.is_active = False
    wei.save()
    outsider = factories.person("外人", unit=factories.unit("柳州市图书馆", "450202"))
    rows = [
        roster_row(huang),
        roster_row(li, 3, name="李小工"),
        roster_row(wei, 4),
        roster_row(outsider, 5),
        roster_row(huang, 6),
        drafts.RosterRow(7, "没有", "E00000000"),
        drafts.RosterRow(8, "", "", problem="“姓名”列为空。", is_named=False),
    ]
    assert problems(draft(rows=rows), station) == [
        "",
        "“姓名”列的值“李小工”与证件号码不一致，请核对。",
        "该人员的账号已停用。",
        "不是“宾阳县甘棠镇林业站”的人员。",
        "与第 2 行是同一人。",
        "“证件号码”列的值“*****0000”：系统中没有这个证件号码的人员，请核对，或请其先注册。",
        "“姓名”列为空。",
    ]


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ("8", ""),
        ("7.5", ""),
        ("0", "“学时”列的值“0”：申请学时必须大于 0。"),
        ("-4", "“学时”列的值“-4”：申请学时必须大于 0。"),
        ("7.3", "“学时”列的值“7.3”：申请学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        (
            "24",
            "“学时”列的值“24”：申请学时 24 高于按起止时间计算的 16 学时；"
            "如确需申请更多，请在“认定内容说明”中说明原因。",
        ),
    ],
)
def test_hours_of_line(station, draft, roster_row, hours, problem):
    previewed = draft(rows=[roster_row(station.workers[0], hours=hours)])
    assert problems(previewed, station) == [problem]


def test_duplicate_registration_is_a_problem(station, draft):
    previewed = draft(station.workers)
    training = drafts.training(previewed)
    day = {"starts_at": training.starts_at, "ends_at": training.ends_at}
    factories.submitted(station.workers[0], station, content=training.content, **day)
    found = {line.name: "".join(line.problems) for line in preview.lines_of(previewed, station)}
    assert found["黄秋梦"].startswith("与其登记“林业有害生物防治培训班”（")
    assert (found["李工"], found["韦工"]) == ("", "")


def test_used_certificate_number_is_a_problem(station, draft, roster_row):
    huang = station.workers[0]
    factories.submitted(huang, station, content="别的", certificate_number="GX-1")
    [problem] = problems(draft(rows=[roster_row(huang, certificate_number="GX-1")]), station)
    assert problem.startswith("证书编号 GX-1 已用于其登记“别的”（")


def test_duplicate_draft_shows_no_content(station, draft, roster_row):
    huang, li, _ = station.workers
    factories.registration(huang, "不想让人看到的", certificate_number="GX-1")
    previewed = draft(rows=[roster_row(huang, certificate_number="GX-1"), roster_row(li, 3)])
    training = drafts.training(previewed)
    factories.registration(li, training.content, starts_at=training.starts_at, ends_at=training.ends_at)
    assert problems(previewed, station) == ["证书编号 GX-1 已用于其一条待提交的登记。", "与其一条待提交的登记重复。"]


def test_refused_registration_is_no_duplicate(station, draft):
    previewed = draft(station.workers[:1])
    training = drafts.training(previewed)
    day = {"starts_at": training.starts_at, "ends_at": training.ends_at}
    factories.refused(station.workers[0], station, station.reviewer, content=training.content, **day)
    assert problems(previewed, station) == [""]


def test_overlap_is_a_warning_except_with_drafts(station, draft):
    previewed = draft(station.workers[:2])
    training = drafts.training(previewed)
    day = {"starts_at": training.starts_at, "ends_at": training.ends_at}
    factories.submitted(station.workers[0], station, content="同一天的会议", **day)
    factories.registration(station.workers[1], "没有提交的", **day)
    warnings = {line.name: "".join(line.warnings) for line in preview.lines_of(previewed, station)}
    assert "“同一天的会议”" in warnings["黄秋梦"]
    assert warnings["李工"] == ""


@pytest.mark.parametrize(
    ("opened", "good"),
    [(None, []), ("person", ["黄秋梦"]), ("unit", ["李工", "韦工", "黄秋梦"]), ("all", ["李工", "韦工", "黄秋梦"])],
)
def test_closed_year_accepts_only_opened_people(station, draft, opened, good):
    previewed = draft(station.workers)
    year = previewed.facts["year"]
    YearRule.objects.update(is_closed=True)
    whom = {"person": {"person": station.workers[0]}, "unit": {"unit": station}, "all": {}}.get(opened)
    if whom is not None:
        Opening.objects.create(year=year, until=timezone.localdate(), reason="补登", **whom)
    lines = preview.lines_of(previewed, station)
    assert [line.name for line in preview.good_lines(lines)] == good
    assert {"".join(line.problems) for line in preview.bad_lines(lines)} <= {f"{year} 年度已关闭，不再接受提交。"}


def test_future_training_is_a_problem(station, draft):
    previewed = draft(station.workers[:1])
    lines = preview.lines_of(previewed, station, timezone.now() - timedelta(days=400))
    assert "不能晚于现在" in "".join(lines[0].problems)


def test_sealed_draft_hides_id_numbers(station, draft, roster_row):
    huang = station.workers[0]
    text = drafts.seal_draft(draft(rows=[roster_row(huang)]))
    assert huang.id_number not in text
    assert drafts.unseal_draft(text, station.reviewer).rows == [roster_row(huang)]


def test_draft_with_fields_of_another_release_is_invalid(station, draft):
    sealed = drafts.seal({**asdict(draft(station.workers)), "removed_field": []})
    with pytest.raises(drafts.InvalidDraft):
        drafts.unseal_draft(sealed, station.reviewer)


@pytest.mark.parametrize("count", [1, 30])
def test_query_count_is_constant(station, draft, roster_row, count, django_assert_num_queries):
    people = [factories.person(f"职工{number}", unit=station) for number in range(count)]
    previewed = draft(rows=[roster_row(person, number) for number, person in enumerate(people, 2)])
    with django_assert_num_queries(5):  # type, people, rule, openings, other registrations
        assert len(preview.good_lines(preview.lines_of(previewed, station))) == count


@pytest.mark.parametrize(
    ("own", "typed"),
    [
        ("黄秋梦", "黄　秋　梦"),
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽·买买提", "阿依古丽・买买提"),
        ("阿依古丽·买买提", "阿依古丽．买买提"),
        ("JOHN SMITH", "ＪＯＨＮ　ＳＭＩＴＨ"),
        ("李隆", "李\uf9dc"),
    ],
)
def test_name_fits_in_another_spelling(station, draft, roster_row, own, typed):
    person = factories.person(own, unit=station)
    assert problems(draft(rows=[roster_row(person, name=typed)]), station) == [""]
