"""单位批量开具: the certificates of a unit's people and a year as one ZIP."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from django.urls import reverse
from pypdf import PdfReader

from hours.certificates import bulk, issuing
from hours.models import Certificate
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
PAGE = reverse("hours:certificates_unit")


@pytest.fixture
def people(station, huang, recognise):
    """黄秋梦 and two people of one name with hours; beside them a person without hours and people of another unit."""
    twins = [factories.person("李工"), factories.person("李工")]
    for twin in twins:
        recognise(twin)
    factories.person("没有学时的", unit=station)
    library = factories.unit("柳州市图书馆", "450202")
    recognise(factories.person("图书馆的"), unit=library)
    factories.person("图书馆没有学时的", unit=library)
    return [huang, *twins]


@pytest.fixture
def client(client, station):
    client.force_login(station.reviewer)
    return client


def archive(response: Any) -> zipfile.ZipFile:
    assert response["Content-Type"] == "application/zip"
    return zipfile.ZipFile(BytesIO(b"".join(response.streaming_content)))


def test_page_lists_people_with_and_without_hours(client, people):
    context = client.get(PAGE, {"unit": people[0].unit_id, "year": THIS_YEAR}).context
    assert [row.person for row in context["page"]] == people
    assert [person.name for person in context["without"]] == ["没有学时的"]


def test_reviewers_own_unit_and_this_year_are_preselected(client, people, station):
    context = client.get(PAGE).context
    assert context["unit"] == station


def test_zip_has_pdfs_and_list_of_people_without_hours(client, people, station):
    response = client.post(PAGE, {"unit": station.pk, "year": THIS_YEAR})
    assert unquote(response["Content-Disposition"]).endswith(f"年度学时证明_{station.name}_{THIS_YEAR}.zip")
    files = archive(response)
    assert sorted(files.namelist()) == sorted(
        [
            f"年度学时证明_黄秋梦_{THIS_YEAR}.pdf",
            f"年度学时证明_李工_{THIS_YEAR}.pdf",
            f"年度学时证明_李工_{THIS_YEAR}_{people[2].id_tail}.pdf",
            f"{THIS_YEAR}年度无已认定学时人员.txt",
        ]
    )
    text = re.sub(
        r"\s", "", PdfReader(BytesIO(files.read(f"年度学时证明_黄秋梦_{THIS_YEAR}.pdf"))).pages[0].extract_text()
    )
    assert "兹证明黄秋梦" in text
    assert f"由{station.name}开具" in text
    listed = files.read(f"{THIS_YEAR}年度无已认定学时人员.txt").decode("utf-8-sig")
    assert listed.splitlines()[0].endswith("：1 人")
    assert [line.split("\t")[0] for line in listed.splitlines()[1:]] == ["没有学时的"]


def test_zip_leaves_no_temporary_file(client, people, station, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    response = client.post(PAGE, {"unit": station.pk, "year": THIS_YEAR})
    archive(response)
    assert list(tmp_path.iterdir()) == []


def test_second_download_reuses_certificates(client, people, station):
    for _ in range(2):
        archive(client.post(PAGE, {"unit": station.pk, "year": THIS_YEAR}))
    assert Certificate.objects.filter(superseded_by=None).count() == Certificate.objects.count() == 3


def test_many_people_are_split_into_pages(client, people, station, settings):
    settings.CERTIFICATE_MAX_PEOPLE = 2
    files = archive(client.post(PAGE, {"unit": station.pk, "year": THIS_YEAR, "page": 2}))
    assert len([name for name in files.namelist() if name.endswith(".pdf")]) == 1
    assert "每次最多 2 人，请逐页下载。" in client.get(PAGE, {"unit": station.pk, "year": THIS_YEAR}).content.decode()
    with pytest.raises(issuing.CertificateError) as refused:
        issuing.issue_for_year(station.reviewer, station.name, [person.pk for person in people], THIS_YEAR)
    assert str(refused.value) == "一次最多为 2 人开具，请分批进行。"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"year": "abc"}, "年度请填写四位数字，如 2026。"),
        ({"year": "99999"}, "年度请填写四位数字，如 2026。"),
        ({"year": ""}, "请填写年度。"),
        ({"unit": "x"}, "没有找到您职责范围内的该单位，请核对统一社会信用代码。"),
    ],
)
def test_invalid_choice_has_form_error(client, people, station, given, sentence):
    response = client.post(PAGE, {"unit": station.pk, "year": THIS_YEAR, **given})
    assert list(response.context["form"].errors.values()) == [[sentence]]
    assert sentence in response.content.decode()
    assert not Certificate.objects.exists()


def test_year_without_people_issues_nothing(client, people, station):
    response = client.post(PAGE, {"unit": station.pk, "year": 2001})
    assert "没有可开具证明的人员" in response.content.decode()
    assert not Certificate.objects.exists()


def test_other_unit_is_refused(client, people):
    library = factories.unit("南宁市图书馆", "450103")
    response = client.post(PAGE, {"unit": library.pk, "year": THIS_YEAR})
    assert list(response.context["form"].errors) == ["unit"]


def test_region_names_unit_by_code(client, people, station, bureau):
    client.force_login(bureau)
    assert client.get(PAGE).context["unit"] is None
    context = client.get(PAGE, {"unit": station.credit_code, "year": THIS_YEAR}).context
    assert [row.person for row in context["page"]] == people
    archive(client.post(PAGE, {"unit": station.credit_code, "year": THIS_YEAR}))
    assert {row.facts["issuer"] for row in Certificate.objects.all()} == {"宾阳县人社部门"}


def test_unit_of_other_region_is_refused(client, people, station):
    client.force_login(factories.region_reviewer(factories.region("450200"), "柳州终审"))
    response = client.get(PAGE, {"unit": station.credit_code, "year": THIS_YEAR})
    assert list(response.context["form"].errors) == ["unit"]


def test_person_without_office_gets_404(client, huang):
    for stranger in (huang, factories.administrator()):
        client.force_login(stranger)
        assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_page_query_count_is_constant(client, station, recognise, count, django_assert_num_queries):
    for number in range(count):
        recognise(factories.person(f"第{number}人"))
        factories.person(f"没有学时的{number}", unit=station)
    with django_assert_num_queries(12):
        client.get(PAGE, {"unit": station.pk, "year": THIS_YEAR})


def test_file_names_in_zip_are_unique(certificate):
    taken: set[str] = set()
    names = [bulk._unique_name(certificate, taken) for _ in range(3)]
    assert len(set(names)) == 3
