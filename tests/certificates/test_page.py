"""学时证明: the page of a person's own certificates, and the download."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import unquote

import pytest
from django.urls import reverse
from pypdf import PdfReader

from hours.certificates import issuing
from hours.certificates.codes import grouped
from hours.models import Certificate
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
PAGE = reverse("hours:certificates")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def test_page_shows_facts_of_each_year(client):
    rows = [
        (row["year"], row["public"], row["professional"], row["total"], row["reached"])
        for row in client.get(PAGE).context["years"]
    ]
    assert rows == [(THIS_YEAR, "30", "64", "94", True), (THIS_YEAR - 1, "0", "40", "40", False)]


def test_ticked_years_are_issued_and_listed(client, huang):
    response = client.post(PAGE, {"years": [THIS_YEAR, THIS_YEAR - 1]}, follow=True)
    issued = Certificate.objects.get()
    assert issuing.years_of(issued) == {THIS_YEAR, THIS_YEAR - 1}
    assert response.context["issued"] == [(issued, grouped(issued.code), issuing.CertificateState.VALID)]
    assert f"已开具编号 {grouped(issued.code)} 的年度学时证明，可在下方下载。" in response.content.decode()


@pytest.mark.parametrize(
    ("years", "sentence"),
    [
        ([], "请勾选要证明的年度。"),
        (["1999"], "所选年度没有已认定的学时，请重新勾选。"),
        (["x"], "所选年度没有已认定的学时，请重新勾选。"),
    ],
)
def test_invalid_choice_has_form_error(client, years, sentence):
    response = client.post(PAGE, {"years": years})
    assert response.context["form"].errors["years"] == [sentence]
    assert response.content.decode().count(sentence) == 2  # in the summary and at the button
    assert not Certificate.objects.exists()


def test_ticks_are_kept_after_error(client):
    page = client.post(PAGE, {"years": [THIS_YEAR, "1999"]}).content.decode()
    ticked = re.findall(r'name="years" value="(\d+)"[^>]*checked', page)
    assert ticked == [str(THIS_YEAR)]


def test_link_of_year_page_ticks_its_year(client):
    lookup = client.get(reverse("hours:lookup"), {"detail": THIS_YEAR}).content.decode()
    link = f"{PAGE}?years={THIS_YEAR}"
    assert f'href="{link}"' in lookup
    assert re.findall(r'name="years" value="(\d+)"[^>]*checked', client.get(link).content.decode()) == [str(THIS_YEAR)]


def test_double_click_issues_once(client):
    for _ in range(2):
        client.post(PAGE, {"years": [THIS_YEAR]})
    assert Certificate.objects.count() == 1


def test_page_without_hours_explains_what_to_do(client):
    client.force_login(factories.person("新来的"))
    page = client.get(PAGE).content.decode()
    assert "还没有可证明的年度" in page
    assert '<button class="btn btn-primary"' not in page


def test_page_lists_own_certificates_only(client, huang, certificate, recognise):
    other = factories.person("李工")
    recognise(other)
    issuing.issue(other, other, [THIS_YEAR])
    assert [row for row, _, _ in client.get(PAGE).context["issued"]] == [certificate]


def test_download_is_pdf_with_chinese_name(client, certificate):
    response = client.get(reverse("hours:certificate", args=[certificate.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert unquote(response["Content-Disposition"]).endswith(f"年度学时证明_黄秋梦_{THIS_YEAR}.pdf")
    assert len(PdfReader(BytesIO(b"".join(response.streaming_content))).pages) == 1


def test_download_by_stranger_gets_404(client, certificate, station):
    strangers = [
        factories.person("同事", unit=station),
        factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员"),
        factories.region_reviewer(factories.region("450200"), "柳州终审"),
        factories.administrator(),
    ]
    for stranger in strangers:
        client.force_login(stranger)
        assert client.get(reverse("hours:certificate", args=[certificate.pk])).status_code == 404


def test_download_by_responsible_reviewer(client, certificate, station, bureau):
    for reviewer in (station.reviewer, bureau):
        client.force_login(reviewer)
        response = client.get(reverse("hours:certificate", args=[certificate.pk]))
        assert response.status_code == 200
        assert b"".join(response.streaming_content).startswith(b"%PDF")


@pytest.mark.parametrize("count", [1, 3])
def test_page_query_count_is_constant(client, huang, count, django_assert_num_queries):
    for _ in range(count):
        issuing.issue(huang, huang, [THIS_YEAR])
    with django_assert_num_queries(10):
        client.get(PAGE)
