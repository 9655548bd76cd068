"""The PDF of a certificate, rendered to an image and read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL.Image import Image
from pypdf import PdfReader

from hours.apps import certificate_fonts
from hours.certificates import issuing, pdf
from hours.certificates.codes import grouped
from hours.models import Certificate
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db


@pytest.fixture
def render_for(recognise) -> Callable[[str], bytes]:
    """Render the certificate of a person of this name."""

    def render(name: str) -> bytes:
        person = factories.person(name)
        recognise(person)
        return pdf.render(issuing.issue(person, person, [THIS_YEAR]))

    return render


def text(pdf: bytes) -> str:
    """Return the text that can be copied from the page, without line ends."""
    [page] = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", page.extract_text()).replace("\x00", "")


def picture(pdf: bytes) -> Image:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].render(scale=150 / 72).to_pil()


def test_qr_code_leads_to_check_page(certificate, settings):
    settings.SITE_URL = "https://xueshi.example.gov.cn"
    codes = zxingcpp.read_barcodes(picture(pdf.render(certificate)))
    assert [code.text for code in codes] == [f"https://xueshi.example.gov.cn/check/{certificate.code}/"]


def test_text_can_be_copied_as_chinese(huang, certificate):
    content = text(pdf.render(certificate))
    for part in (
        "年度学时证明",
        f"证明编号 {grouped(certificate.code)}",
        "兹证明 黄秋梦",
        f"居民身份证，末四位 {huang.id_tail}",
        "宾阳县甘棠镇林业站",
        "公需科目学时 专业科目学时 总学时 年度要求 认定登记 是否达标",
        f"{THIS_YEAR} 30 64 94 90 1 条 达标",
        f"{THIS_YEAR} 年度要求：总学时不少于 90 学时，其中专业科目不少于 60 学时。",
        f"开具日期：{certificate.issued_at.astimezone():%Y-%m}",
        "专业技术人员继续教育学时系统",
    ):
        assert part in content, (part, content)


def test_pdf_does_not_contain_id_number(huang, certificate):
    sheet = pdf.render(certificate)
    assert huang.id_number[:-4] not in text(sheet)
    assert huang.id_number.encode() not in sheet


def test_fonts_are_embedded(certificate):
    reader = PdfReader(BytesIO(pdf.render(certificate)))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    used = {font["/BaseFont"] for font in fonts if "/FontDescriptor" in font}
    assert {re.sub(r"^/[A-Z]{6}\+", "", name).split("_")[0] for name in used} >= {
        "NotoSansSC-Regular",
        "NotoSansSC-Bold",
    }
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts if "/FontDescriptor" in font)


def test_file_is_small(certificate):
    assert len(pdf.render(certificate)) < 150_000


def test_title_table_and_footer_are_drawn(certificate):
    page = picture(pdf.render(certificate)).convert("L")
    width, height = page.size
    for top, bottom in ((0.15, 0.21), (0.25, 0.42), (0.70, 0.90)):
        darkest, _ = page.crop((0, int(top * height), width, int(bottom * height))).getextrema()
        assert darkest < 80, (top, bottom)


def test_rendering_again_gives_the_same_bytes(huang, certificate):
    before = pdf.render(certificate)
    huang.name, huang.unit = "黄改名", None
    huang.save()
    assert pdf.render(Certificate.objects.get(pk=certificate.pk)) == before


def test_pdf_has_title_author_and_language(certificate):
    reader = PdfReader(BytesIO(pdf.render(certificate)))
    assert reader.metadata.title == f"年度学时证明 黄秋梦 {grouped(certificate.code)}"
    assert reader.metadata.author == "专业技术人员继续教育学时系统"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


@pytest.mark.parametrize("name", ["覃韦邕", "㑇䶮㛃", "黄𬀩", "阿卜杜拉·买买提", "Nguyễn Thị Hồng"])
def test_rare_names_are_shown(render_for, name):
    assert f"兹证明 {name}" in text(render_for(name))


def test_missing_character_is_shown_as_code_point(render_for):
    content = text(render_for("黄𠀀梦"))
    assert "黄[U+20000]梦" in content
    assert "方括号内为字库未收录的汉字的统一码（Unicode）编号。" in content


@pytest.mark.parametrize("name", ["<b>黄</b>", "黄&梦", "黄\u202e梦"])
def test_markup_in_name_is_text(render_for, name):
    assert f"兹证明 {name.replace(chr(0x202E), '')}" in text(render_for(name))


def test_twelve_years_fit_on_page(certificate):
    facts = {**certificate.facts["years"][0]}
    certificate.facts["years"] = [{**facts, "year": year, "required": str(year)} for year in range(2015, 2027)]
    certificate.facts["unit"] = "广西壮族自治区南宁市宾阳县甘棠镇人民政府农业农村综合服务中心" * 3
    [page] = PdfReader(BytesIO(pdf.render(certificate))).pages
    assert "2015" in page.extract_text()
    assert len(zxingcpp.read_barcodes(picture(pdf.render(certificate)))) == 1


def test_file_name_has_name_and_years(huang, certificate):
    assert pdf.file_name(certificate) == f"年度学时证明_黄秋梦_{THIS_YEAR}.pdf"
    both = issuing.issue(huang, huang, [THIS_YEAR, THIS_YEAR - 1])
    both.facts["name"] = "黄/../梦"
    assert pdf.file_name(both) == f"年度学时证明_黄梦_{THIS_YEAR - 1}-{THIS_YEAR}.pdf"


def test_missing_font_files_are_reported_by_check(settings, tmp_path):
    assert certificate_fonts(None) == []
    settings.CERTIFICATE_FONTS = tmp_path
    [warning] = certificate_fonts(None)
    assert warning.id == "hours.W001"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("张\ue000", "张[U+E000]"),  # private use, whatever the typeface draws
        ("张\ue81e", "张\u9fb4"),  # has a code today
        ("王\U00031350", "王[U+31350]"),  # newer than Python's own Unicode
        ("龙\U000e0100一\ufe00", "龙一"),  # variation selectors choose a drawing
        ("李\u200d工\u200b", "李工"),
    ],
)
def test_character_is_printed_or_named(name, printed):
    known = pdf.printable("\u9fb4")
    assert pdf.printable(name) == printed.replace("\u9fb4", known)
