"""学时审核: the list as an Excel file."""

from __future__ import annotations

import io
from datetime import datetime
from urllib.parse import unquote

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from hours.counting import LOCAL
from hours.models import Registration
from tests import factories

pytestmark = pytest.mark.django_db
EXPORT = reverse("hours:review_export")


def sheet(response):
    content = b"".join(response.streaming_content)
    response.close()
    return load_workbook(io.BytesIO(content)).active


def rows(response) -> list[tuple]:
    return list(sheet(response).iter_rows(min_row=2, values_only=True))


def test_export_has_masked_ids_and_dates(log_in, huang, station):
    registration = factories.submitted(huang, station, content="水利培训")
    table = sheet(log_in(station.reviewer).get(EXPORT))
    head, row = table.iter_rows(values_only=True)
    assert head[:5] == ("提交时间", "姓名", "证件号码", "单位", "区域")
    submitted = registration.submitted_at.astimezone(LOCAL).replace(tzinfo=None, second=0, microsecond=0)
    assert isinstance(row[0], datetime)
    assert row == (
        *(submitted, "黄秋梦", huang.masked_id, "宾阳县甘棠镇林业站", "宾阳县", registration.year),
        *("培训进修类", "培训班", "水利培训", 16, None, None, "待初审", None),
    )


def test_export_applies_filters_over_all_pages(log_in, huang, station, settings):
    settings.QUEUE_PAGE_SIZE = 1
    for content in ("水利培训", "水利讲座", "公文讲座"):
        factories.submitted(huang, station, content=content)
    factories.submitted(huang, factories.unit("柳州市图书馆", "450202"), content="水利展览")
    response = log_in(station.reviewer).get(EXPORT, {"content": "水利"})
    assert [row[8] for row in rows(response)] == ["水利培训", "水利讲座"]


@pytest.mark.parametrize("content", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "#N/A"])
def test_text_is_never_a_formula(log_in, huang, station, content):
    factories.submitted(huang, station, content=content)
    cell = sheet(log_in(station.reviewer).get(EXPORT)).cell(2, 9)
    assert (cell.value, cell.data_type) == (content, "s")


def test_illegal_characters_are_removed(log_in, huang, station):
    registration = factories.submitted(huang, station, content="水利")
    Registration.objects.filter(pk=registration.pk).update(content="水\x0b利")
    assert rows(log_in(station.reviewer).get(EXPORT))[0][8] == "水利"


def test_done_tab_exports_decisions(log_in, huang, station):
    registration = factories.submitted(huang, station)
    factories.return_(station.reviewer, registration, factories.verdict())
    (row,) = rows(log_in(station.reviewer).get(EXPORT, {"tab": "done"}))
    assert row[-3:] == ("退回修改", "材料不清晰", "请补充证书复印件。")


def test_file_name_has_tab_and_date(log_in, station):
    response = log_in(station.reviewer).get(EXPORT)
    response.close()
    assert f"学时审核-待我审核-{timezone.localdate():%Y-%m-%d}.xlsx" in unquote(response["Content-Disposition"])


def test_too_many_rows_redirect_with_message(log_in, huang, station, settings):
    settings.EXPORT_MAX_ROWS = 2
    for number in range(3):
        factories.submitted(huang, station, content=f"第 {number} 条")
    response = log_in(station.reviewer).get(EXPORT, {"content": "条"})
    assert response.url == f"{reverse('hours:review')}?content=%E6%9D%A1"
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "符合条件的登记超过 2 条，请用筛选缩小范围后再导出。"
    ]


@pytest.mark.parametrize("registrations", [1, 30])
def test_query_count_is_constant(log_in, huang, station, registrations, django_assert_num_queries):
    for number in range(registrations):
        factories.submitted(huang, station, content=f"第 {number} 条")
    client = log_in(station.reviewer)
    with django_assert_num_queries(7):  # session, person, appointments (2), types, count, rows
        assert len(rows(client.get(EXPORT))) == registrations
