"""The rules of registrations, and the sentences about problems, duplicates and overlaps."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hours.counting import LOCAL
from hours.models import Category, Registration
from hours.registrations.validation import duplicate_sentence, overlap_sentence, problems, year_notice

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=LOCAL)
TRAINING = Category(pk=1, name="培训进修类", is_active=True)
BY_HALF_DAYS = Category(pk=2, name="培训班", parent=TRAINING, counts_by_half_day=True)
BY_HAND = Category(pk=3, name="论文", parent=TRAINING)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def registration(**fields) -> Registration:
    """Two whole days in May, 16 hours."""
    good = {
        "category": BY_HALF_DAYS,
        "content": "水利工程施工培训班",
        "starts_at": local("2026-05-11 08:00"),
        "ends_at": local("2026-05-12 18:00"),
        "hours_applied": Decimal(16),
        "year": 2026,
    }
    return Registration(**{**good, **fields})


def found(**fields) -> dict[str, str]:
    return problems(registration(**fields), NOW)


def test_valid_registration_has_no_problems():
    assert found() == {}


# --- dates --------------------------------------------------------------------------


def test_end_before_start_is_a_problem():
    assert found(starts_at=local("2020-05-12 00:00"), ends_at=local("2020-05-06 00:00"), year=2020) == {
        "ends_at": "结束时间（2020-05-06 00:00）早于开始时间（2020-05-12 00:00），请核对。"
    }


def test_problem_shows_local_times():
    start, end = datetime(2026, 5, 11, 4, tzinfo=UTC), datetime(2026, 5, 11, 3, tzinfo=UTC)
    assert found(starts_at=start, ends_at=end) == {
        "ends_at": "结束时间（2026-05-11 11:00）早于开始时间（2026-05-11 12:00），请核对。"
    }


def test_future_dates_are_problems():
    assert found(ends_at=NOW, hours_applied=Decimal(8)) == {}
    assert found(ends_at=NOW + timedelta(seconds=1), hours_applied=Decimal(8)) == {
        "ends_at": "结束时间（2026-11-24 10:00）不能晚于现在，学习结束后才能登记。"
    }
    assert found(starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2), hours_applied=Decimal(8)) == {
        "starts_at": "开始时间（2026-11-25 10:00）不能晚于现在。",
        "ends_at": "结束时间（2026-11-26 10:00）不能晚于现在，学习结束后才能登记。",
    }


def test_equal_start_and_end_are_allowed():
    moment = local("2026-05-11 08:00")
    assert found(category=BY_HAND, starts_at=moment, ends_at=moment) == {}


def test_missing_fields_are_skipped():
    assert found(starts_at=None) == {}
    assert found(ends_at=None, year=None, hours_applied=None) == {}
    assert problems(Registration(), NOW) == {}


# --- categories --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "category",
    [
        Category(pk=2, name="培训班", parent=TRAINING, is_active=False),
        Category(pk=2, name="培训班", parent=Category(pk=1, name="旧大类", is_active=False)),
        Category(pk=2, name="培训班"),  # a first level
    ],
    ids=["inactive", "first level inactive", "first level"],
)
def test_category_must_be_active_and_second_level(category):
    assert found(category=category) == {"category": "认定类型“培训班”已停用，请重新选择。"}


# --- hours --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ("0", "申请学时必须大于 0。"),
        ("-8", "申请学时必须大于 0。"),
        ("7.3", "申请学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        ("0.1", "申请学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        (
            "16.5",
            "申请学时 16.5 高于按起止时间计算的 16 学时；如确需申请更多，请在“认定内容说明”中说明原因。",
        ),
        ("20", "申请学时 20 高于按起止时间计算的 16 学时；如确需申请更多，请在“认定内容说明”中说明原因。"),
    ],
)
def test_invalid_hours_are_a_problem(hours, sentence):
    assert found(hours_applied=Decimal(hours)) == {"hours_applied": sentence}


@pytest.mark.parametrize("hours", ["0.5", "7.5", "8", "16"])
def test_fewer_hours_than_proposed_need_no_note(hours):
    assert found(hours_applied=Decimal(hours)) == {}


def test_more_hours_than_proposed_need_a_note():
    assert found(hours_applied=Decimal(20), note="含晚间实习四学时。") == {}
    assert list(found(hours_applied=Decimal(20), note="  ")) == ["hours_applied"]


def test_hours_not_counted_by_time_have_no_maximum():
    assert found(category=BY_HAND, hours_applied=Decimal(60)) == {}


# --- years --------------------------------------------------------------------------


def test_year_outside_the_span_is_a_problem():
    assert found(year=2025) == {"year": "计入年度须在起止时间所在的年度之内（2026）。"}
    assert found(starts_at=local("2025-12-30 08:00"), ends_at=local("2026-01-02 18:00"), year=2024) == {
        "year": "计入年度须在起止时间所在的年度之内（2025 至 2026）。"
    }


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_year_of_the_span_is_allowed(year):
    assert found(starts_at=local("2025-12-30 08:00"), ends_at=local("2026-01-02 18:00"), year=year) == {}


def test_year_other_than_end_year_gives_notice():
    over_new_year = {"starts_at": local("2025-12-30 08:00"), "ends_at": local("2026-01-02 18:00")}
    assert year_notice(registration(**over_new_year, year=2026)) == ""
    assert year_notice(registration(**over_new_year, year=2025)) == (
        "“水利工程施工培训班”计入 2025 年度，与结束时间所在年度（2026）不同，请确认。"
    )


def test_all_problems_are_returned_at_once():
    assert list(
        found(starts_at=NOW + timedelta(1), hours_applied=Decimal(0), category=Category(pk=1, name="大类"))
    ) == [*("starts_at", "ends_at", "category", "hours_applied")]


# --- other registrations ------------------------------------------------------------------


def test_duplicate_number_sentence_names_other_registration():
    mine = registration(content="换个名称", certificate_number="桂培字001")
    assert duplicate_sentence(mine, registration(certificate_number="桂培字001", status="final_review")) == (
        "证书编号 桂培字001 已用于您的登记“水利工程施工培训班”"
        "（2026-05-11 08:00 至 2026-05-12 18:00，待终审），不能重复登记。"
    )


@pytest.mark.parametrize("number", ["", "桂培字002"])
def test_duplicate_content_sentence_names_other_registration(number):
    assert duplicate_sentence(registration(certificate_number=number), registration(certificate_number="")) == (
        "您已登记过内容和起止时间都相同的“水利工程施工培训班”"
        "（2026-05-11 08:00 至 2026-05-12 18:00，待提交），不能重复登记。"
    )


def test_overlap_sentence_names_other_registrations():
    others = [registration(content="甲"), registration(content="乙", ends_at=local("2026-05-11 12:00"))]
    assert overlap_sentence(registration(), others) == (
        "“水利工程施工培训班”与您的登记“甲”（2026-05-11 08:00 至 2026-05-12 18:00）、"
        "“乙”（2026-05-11 08:00 至 2026-05-11 12:00）时间重叠，审核人员会看到此提示。"
    )
