"""新登记培训 and 修改: what is saved, and which errors are shown where."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.errors import WorkflowError
from hours.models import Registration
from hours.registrations import saving
from hours.workflow import transitions
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
NEW = reverse("hours:new")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def errors_of(response) -> dict[str, list[str]]:
    return {field: list(errors) for field, errors in response.context["form"].errors.items()}


def test_valid_form_is_saved_as_draft(client, huang, typed):
    response = client.post(NEW, typed(note="优秀学员", certificate_number=" GX-2026-001 "))
    registration = Registration.objects.get()
    assert response.url == f"/hours/#registration-{registration.pk}"
    assert (registration.owner, registration.status, registration.content) == (huang, "draft", "水利工程施工培训班")
    assert (registration.hours_applied, registration.note, registration.certificate_number) == (
        Decimal(16),
        "优秀学员",
        "GX-2026-001",
    )
    assert (registration.starts_at, registration.ends_at) == (factories.moment(9, 8), factories.moment(8, 18))
    assert registration.year == factories.moment(8).year


def test_invisible_characters_are_removed(client, typed):
    client.post(
        NEW,
        typed(content="水利\u200b工程\x07 \u202e培训班", note="优秀\n学\x02员\ufeff", certificate_number="GX\x00-1"),
    )
    registration = Registration.objects.get()
    assert (registration.content, registration.note, registration.certificate_number) == (
        "水利工程 培训班",
        "优秀\n学员",
        "GX-1",
    )


def test_form_names_the_configured_file_limits(client, settings):
    settings.ATTACHMENT_MAX_BYTES, settings.ATTACHMENT_MAX_COUNT = 3 * 1024 * 1024, 2
    assert "PDF、JPG、PNG、WebP 或 HEIC，每个不超过 3 MB，最多 2 个。" in client.get(NEW).content.decode()


def test_note_has_no_maxlength_attribute(client):
    page = client.get(NEW).content.decode()
    assert "maxlength" not in re.search(r'<textarea[^>]*name="note"[^>]*>', page)[0]


@pytest.mark.parametrize(("typed_hours", "kept"), [("8.00", "8"), ("7.50", "7.5"), ("10", "10")])
def test_trailing_zeros_of_hours_are_accepted(client, typed, typed_hours, kept):
    client.post(NEW, typed(hours_applied=typed_hours))
    assert Registration.objects.get().hours_applied == Decimal(kept)


def test_empty_hours_are_computed_by_half_days(client, typed):
    client.post(NEW, typed(hours_applied=""))
    assert Registration.objects.get().hours_applied == Decimal(16)


def test_missing_time_means_the_prefilled_time(client, typed):
    client.post(NEW, typed(starts_at_1="", ends_at_1=""))
    registration = Registration.objects.get()
    assert (registration.starts_at, registration.ends_at) == (factories.moment(9, 8), factories.moment(8, 18))


def test_hours_are_required_if_not_counted_by_time(client, typed):
    paper = factories.category("期刊论文", "论文著作类", by_half_day=False, hint="第一作者每篇 20 学时")
    response = client.post(NEW, typed(first_level=paper.parent_id, category=paper.pk, hours_applied=""))
    assert errors_of(response) == {
        "hours_applied": ["“期刊论文”不按时间计算，请填写申请学时（第一作者每篇 20 学时）。"]
    }


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        ({"declared": ""}, "declared", "请勾选“本人承诺以上信息属实”，否则不能保存。"),
        ({"content": "  "}, "content", "请填写认定内容，例如培训班、专利或论文的名称。"),
        ({"hours_applied": "0"}, "hours_applied", "申请学时必须大于 0。"),
        ({"hours_applied": "-4"}, "hours_applied", "申请学时必须大于 0。"),
        ({"hours_applied": "7.3"}, "hours_applied", "申请学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        ({"hours_applied": "7.25"}, "hours_applied", "申请学时必须是 0.5 的倍数，例如 8 或 7.5。"),
        ({"hours_applied": "很多"}, "hours_applied", "申请学时应为数字，例如 8 或 7.5。"),
        ({"hours_applied": "8e1"}, "hours_applied", "申请学时应为数字，例如 8 或 7.5。"),
        ({"hours_applied": "123456"}, "hours_applied", "申请学时太大了，请核对。"),
        (
            {"hours_applied": "20"},
            "hours_applied",
            "申请学时 20 高于按起止时间计算的 16 学时；如确需申请更多，请在“认定内容说明”中说明原因。",
        ),
        ({"content": "长" * 301}, "content", "认定内容最多 300 个字，现有 301 个，请精简。"),
        ({"starts_at_0": "0001-01-01"}, "starts_at", "开始时间早于 1949 年，请核对年份。"),
        ({"year": "1999"}, "year", "所选计入年度不在可选范围内，请重新选择。"),
        ({"starts_at_0": ""}, "starts_at", "请填写开始时间的日期。"),
        ({"starts_at_0": "昨天"}, "starts_at", "开始时间的日期无法识别，请按 2026-05-12 的格式填写。"),
        ({"ends_at_1": "25:00"}, "ends_at", "结束时间的时间无法识别，请按 08:30 的格式填写。"),
        ({"category": ""}, "category", "请选择二级类型。"),
        ({"first_level": ""}, "first_level", "请选择认定类型。"),
        ({"category": "999999"}, "category", "所选二级类型不存在或已停用，请重新选择。"),
    ],
)
def test_invalid_field_shows_error_and_keeps_input(client, typed, facts, field, sentence):
    response = client.post(NEW, typed(certificate_number="GX-2026-77", **facts))
    assert errors_of(response) == {field: [sentence]}
    assert Registration.objects.count() == 0
    page = response.content.decode()
    assert page.count(sentence) == 2  # at the top and next to the field
    assert 'value="GX-2026-77"' in page


def test_end_before_start_is_refused(client, typed):
    """The original manual shows 2020-05-12 to 2020-05-06, accepted with 48 hours."""
    day, before = factories.moment(9), factories.moment(15)
    response = client.post(NEW, typed(ends_at_0=f"{before:%Y-%m-%d}"))
    sentence = f"结束时间（{before:%Y-%m-%d} 18:00）早于开始时间（{day:%Y-%m-%d} 08:00），请核对。"
    assert errors_of(response) == {"ends_at": [sentence]}


def test_future_dates_are_refused(client, typed):
    tomorrow = f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}"
    response = client.post(NEW, typed(starts_at_0=tomorrow, ends_at_0=tomorrow, hours_applied=""))
    assert errors_of(response) == {
        "starts_at": [f"开始时间（{tomorrow} 08:00）不能晚于现在。"],
        "ends_at": [f"结束时间（{tomorrow} 18:00）不能晚于现在，学习结束后才能登记。"],
    }


def test_date_of_acquisition_may_be_today(client, typed):
    """The page sends 18:00 with a bare date, which is still to come in the morning."""
    paper = factories.category("论文", counts_by_half_day=False)
    today = f"{timezone.localdate():%Y-%m-%d}"
    moments = {"starts_at_0": today, "starts_at_1": "23:58", "ends_at_0": today, "ends_at_1": "23:59"}
    kind = {"category": paper.pk, "first_level": paper.parent_id, "hours_applied": "8"}
    client.post(NEW, typed(**kind, **moments))
    assert Registration.objects.get().category == paper
    refused = client.post(NEW, typed(**moments, content="培训"))
    assert errors_of(refused)["ends_at"] == [f"结束时间（{today} 23:59）不能晚于现在，学习结束后才能登记。"]


def test_span_until_midnight_counts_for_the_old_year(client, typed):
    span = {"starts_at_0": "2025-12-30", "starts_at_1": "08:00", "ends_at_0": "2026-01-01", "ends_at_1": "00:00"}
    client.post(NEW, typed(**span, year="", hours_applied=""))
    assert Registration.objects.values_list("year", "hours_applied").get() == (2025, 16)


@pytest.mark.parametrize(
    ("facts", "question"),
    [
        ({"starts_at_0": "2025-01-06", "ends_at_0": "2025-07-01", "hours_applied": ""}, "177 天、1416 学时"),
        ({"starts_at_0": "2025-03-01", "ends_at_0": "2025-03-16"}, "16 天、16 学时"),
        (
            {"starts_at_0": "2025-03-01", "ends_at_0": "2025-03-11", "hours_applied": "81", "note": "含晚上"},
            "11 天、81 学时",
        ),
    ],
)
def test_implausible_training_has_to_be_confirmed(client, typed, facts, question):
    asked = client.post(NEW, typed(**facts))
    words = "天数或学时超出通常情况，请核对后勾选。"
    assert (errors_of(asked), asked.context["form"].asks_only) == ({"plausible": [words]}, True)
    assert f'value="{question}"' in asked.content.decode()
    assert errors_of(client.post(NEW, typed(**facts, plausible="1 天、8 学时"))) == {"plausible": [words]}
    client.post(NEW, typed(**facts, plausible=question))
    assert Registration.objects.count() == 1


def test_confirmed_days_and_hours_are_not_asked_about_again(client, typed):
    facts = {"starts_at_0": "2025-03-01", "ends_at_0": "2025-03-16"}
    saved = client.post(NEW, typed(**facts, plausible="16 天、16 学时"), follow=True)
    [message] = saved.context["messages"]
    assert str(message).startswith("已保存“")
    edit = reverse("hours:edit", args=[Registration.objects.get().pk])
    client.post(edit, typed(**facts, content="另一个名称"))
    assert Registration.objects.get().content == "另一个名称"
    asked = client.post(edit, typed(**facts | {"ends_at_0": "2025-03-17"}))
    assert errors_of(asked) == {"plausible": ["天数或学时超出通常情况，请核对后勾选。"]}


def test_question_waits_until_the_hours_are_right(client, typed):
    refused = client.post(NEW, typed(starts_at_0="2025-03-01", ends_at_0="2025-03-16", hours_applied="很多"))
    assert list(errors_of(refused)) == ["hours_applied"]


@pytest.mark.parametrize("ends", ["2025-03-15", "2025-03-10"])
def test_plausible_training_is_not_asked_about(client, typed, ends):
    client.post(NEW, typed(starts_at_0="2025-03-01", ends_at_0=ends, hours_applied="80"))
    assert Registration.objects.count() == 1


def test_hour_that_summer_time_skipped_is_named(client, typed):
    refused = client.post(NEW, typed(starts_at_0="1988-04-17", starts_at_1="02:30", ends_at_0="1988-04-18"))
    assert errors_of(refused)["starts_at"] == [
        "开始时间 1988-04-17 02:30 正值当年夏令时调整，钟表跳过或重复了这一小时，请改为前后一小时的时间。"
    ]


def test_more_hours_than_computed_need_a_note(client, typed):
    client.post(NEW, typed(hours_applied="20", note="含晚间实训 4 学时"))
    assert Registration.objects.get().hours_applied == Decimal(20)


def test_category_of_another_first_level_is_refused(client, typed):
    other = factories.category("发明专利", "专利类", by_half_day=False)
    response = client.post(NEW, typed(category=other.pk))
    assert errors_of(response) == {"category": ["二级类型“发明专利”不属于“培训进修类”，请重新选择。"]}


def test_year_outside_the_span_is_refused(client, typed):
    year = factories.moment(8).year
    response = client.post(NEW, typed(year=str(year - 1)))
    assert errors_of(response) == {"year": [f"计入年度须在起止时间所在的年度之内（{year}）。"]}


def test_other_year_of_the_span_is_saved_with_warning(client, typed):
    year = timezone.localdate().year
    facts = typed(starts_at_0=f"{year - 1}-12-30", ends_at_0=f"{year}-01-02", hours_applied="", year=str(year - 1))
    response = client.post(NEW, facts, follow=True)
    assert Registration.objects.get().year == year - 1
    messages = message_texts(response)
    assert f"“水利工程施工培训班”计入 {year - 1} 年度，与结束时间所在年度（{year}）不同，请确认。" in messages


def test_duplicate_is_refused_and_names_the_other(client, huang, typed):
    client.post(NEW, typed())
    response = client.post(NEW, typed())
    span = f"{factories.moment(9):%Y-%m-%d} 08:00 至 {factories.moment(8):%Y-%m-%d} 18:00"
    sentence = f"您已登记过内容和起止时间都相同的“水利工程施工培训班”（{span}，待提交），不能重复登记。"
    assert errors_of(response) == {"content": [sentence]}
    assert Registration.objects.count() == 1


@pytest.mark.parametrize("number", ["GX-1", "gx-1", "ＧＸ－１", "G X – 1"])
def test_used_certificate_number_is_refused(client, huang, typed, number):
    factories.registration(huang, "公文写作培训班", certificate_number="GX-1")
    response = client.post(NEW, typed(certificate_number=number))
    [sentence] = errors_of(response)["content"]
    assert sentence.startswith("证书编号 GX-1 已用于您的登记“公文写作培训班”")


def test_normalised_certificate_number_may_be_too_long(client, typed):
    assert list(errors_of(client.post(NEW, typed(certificate_number="㍿" * 100)))) == ["certificate_number"]


def test_same_training_of_another_person_is_allowed(client, typed):
    factories.registration(
        factories.person("李工"),
        starts_at=factories.moment(9, 8),
        ends_at=factories.moment(8, 18),
        certificate_number="GX-1",
    )
    client.post(NEW, typed(certificate_number="GX-1"))
    assert Registration.objects.count() == 2


def test_overlap_is_saved_with_warning(client, huang, typed):
    factories.registration(
        huang, "安全生产培训班", starts_at=factories.moment(9, 8), ends_at=factories.moment(9, 12), hours_applied=4
    )
    response = client.post(NEW, typed(), follow=True)
    messages = message_texts(response)
    day = f"{factories.moment(9):%Y-%m-%d}"
    assert (
        f"“水利工程施工培训班”与您的登记“安全生产培训班”（{day} 08:00 至 {day} 12:00）时间重叠，审核人员会看到此提示。"
        in messages
    )


def test_year_without_rule_is_saved_with_warning(client, typed, rules):
    rules[factories.moment(8).year].delete()
    response = client.post(NEW, typed(), follow=True)
    year = factories.moment(8).year
    messages = message_texts(response)
    assert f"{year} 年度尚未开放登记（没有年度规则），请联系管理员。该登记已保存，但目前不能提交。" in messages


def test_edit_form_shows_stored_values(client, huang, typed):
    registration = factories.registration(huang, "公文写作培训班", note="说明", certificate_number="GX-9")
    page = client.get(reverse("hours:edit", args=[registration.pk])).content.decode()
    for text in (
        "公文写作培训班",
        "说明",
        "GX-9",
        f"{timezone.localtime(registration.starts_at):%Y-%m-%d}",
        'value="08:00"',
    ):
        assert text in page


def test_submitted_registration_cannot_be_edited(client, huang, station, typed):
    registration = factories.submitted(huang, station)
    response = client.post(reverse("hours:edit", args=[registration.pk]), typed(content="偷偷改"), follow=True)
    assert message_texts(response) == ["该登记目前为“待初审”，不能修改。"]
    registration.refresh_from_db()
    assert registration.content == "水利工程施工培训班"


def test_stale_form_does_not_change_submitted_registration(client, huang, station, typed):
    """The registration is submitted while its form is open in another tab."""
    registration = factories.registration(huang)
    stale = Registration.objects.get(pk=registration.pk)
    transitions.submit(huang, [registration], station, station.region)
    stale.content = "偷偷改"
    with pytest.raises(WorkflowError, match="已在别处提交或删除"):
        saving.save(stale)
    registration.refresh_from_db()
    assert (registration.status, registration.content) == ("first_review", "水利工程施工培训班")


@pytest.mark.parametrize("method", ["get", "post"])
def test_registration_of_another_person_is_404(client, typed, method):
    registration = factories.registration(factories.person("李工"), "李工的登记")
    response = getattr(client, method)(reverse("hours:edit", args=[registration.pk]), typed())
    assert response.status_code == 404
    registration.refresh_from_db()
    assert registration.content == "李工的登记"


def test_proposal_returns_hours_and_years(client, typed):
    facts = typed()
    answer = client.get(reverse("hours:proposal"), facts).json()
    year = factories.moment(8).year
    assert answer == {"hours": "16", "years": [year], "year": year, "text": "按起止时间每半天 4 学时计算，共 16 学时。"}


def test_proposal_of_invalid_input_is_empty(client):
    answer = client.get(reverse("hours:proposal"), {"starts_at_0": "x", "category": "-1"}).json()
    assert answer == {"hours": None, "years": [], "year": None, "text": ""}


def test_dialog_gets_redirect_header(client, typed):
    response = client.post(NEW, typed(), headers={"X-Requested-With": "dialog"})
    registration = Registration.objects.get()
    assert (response.status_code, response["X-Dialog-Location"]) == (204, f"/hours/#registration-{registration.pk}")


def test_full_width_numbers_and_written_days_are_understood(client, typed):
    client.post(
        NEW,
        typed(starts_at_0="２０２５年３月１日", ends_at_0="2025/3/2", ends_at_1="１２：００", hours_applied="７．５０"),
    )
    saved = Registration.objects.get()
    assert (timezone.localtime(saved.starts_at), timezone.localtime(saved.ends_at), saved.hours_applied) == (
        timezone.make_aware(datetime(2025, 3, 1, 8)),
        timezone.make_aware(datetime(2025, 3, 2, 12)),
        Decimal("7.5"),
    )
