"""附件: PDF files that are incomplete, too complex, or encrypted in an unknown way."""

from __future__ import annotations

import io
import random
import zlib
from collections import Counter
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError

from hours.registrations import pdfs
from tests.registrations.pdf_files import made_pdf, page_with

pytestmark = pytest.mark.django_db


def report(**options: Any) -> bytes:
    """Return a PDF of six pages with text and a picture each."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    chance = random.Random(2026)
    for number in range(6):
        page = pdf.add_blank_page().obj
        picture = pdf.make_stream(chance.randbytes(900), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        picture.Width, picture.Height, picture.BitsPerComponent = 30, 30, 8
        picture.ColorSpace = pikepdf.Name.DeviceGray
        page.Resources = pikepdf.Dictionary(Font={"/A": font}, XObject={"/P": picture})
        page.Contents = pdf.make_stream(b"BT /A 12 Tf (Page %d) Tj ET /P Do" % number)
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    return buffer.getvalue()


def seen(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return content and picture of each page."""
    pages = pikepdf.open(io.BytesIO(content)).pages
    return [(page.obj.Contents.read_bytes(), page.obj.Resources.XObject.P.read_bytes()) for page in pages]


@pytest.mark.parametrize("options", [{}, {"linearize": True}], ids=["plain", "for the web"])
def test_pdf_that_is_cut_short_is_stored_whole_or_refused(options):
    content, outcomes = report(**options), Counter()
    for cut in range(100, len(content), 211):
        try:
            cleaned = pdfs.clean("证书.pdf", content[:cut])
        except ValidationError as refused:
            outcomes[refused.messages[0]] += 1
        else:
            outcomes["whole" if seen(cleaned) == seen(content) else "stored with less"] += 1
    assert set(outcomes) <= {"whole", "“证书.pdf”不完整或已损坏（可能下载或传输中断），请重新生成后上传。"}


INCOMPLETE = "“证书.pdf”不完整或已损坏（可能下载或传输中断），请重新生成后上传。"


def rebuilt(objects: dict[int, bytes], page: bytes = b"", catalog: bytes = b"") -> bytes:
    """Return a PDF of one page without a table of objects, as it is left where the end of a file is cut off."""
    first = {
        1: b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R %b >>" % page,
        4: drawing(b""),
    }
    bodies = [b"%d 0 obj\n%b\nendobj\n" % item for item in (first | objects).items()]
    return b"%PDF-1.4\n" + b"".join(bodies) + b"trailer << /Root 1 0 R >>\n"


def drawing(keys: bytes, content: bytes = b"q Q") -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (keys, len(content), content)


FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
FONT = b"<< /Type /Font /Subtype /TrueType /BaseFont /A /FontDescriptor 6 0 R >>"
# What the page or the catalog has, and the objects that this leads to. The last one is lost.
CHAINS = {
    "stamp": (b"/Annots [5 0 R]", b"", {5: b"<< /Subtype /Stamp /Rect [0 0 9 9] /AP << /N 6 0 R >> >>"}, 6),
    "font": (
        b"/Resources << /Font << /F 5 0 R >> >>",
        b"",
        {5: FONT, 6: b"<< /Type /FontDescriptor /FontFile2 7 0 R>>"},
        7,
    ),
    "form in a form": (
        b"/Resources<</XObject<</X 5 0 R>>>>",
        b"",
        {5: drawing(FORM + b"/Resources<</XObject<</Y 6 0 R>>>>", b"/Y Do")},
        6,
    ),
    "outline": (b"", b"/Outlines 5 0 R", {5: b"<< /First 6\n0\nR /Last 6 0 R /Count 1 >>"}, 6),
    "field": (b"", b"/AcroForm << /Fields [5 0 R] >>", {5: b"<< /T (a) /FT /Tx /Kids [6 0 R] >>"}, 6),
    "layer": (b"", b"/OCProperties << /OCGs [5 0 R] >>", {}, 5),
    "resources": (b"/Resources 5 0 R", b"", {}, 5),
}


@pytest.mark.parametrize("name", CHAINS)
def test_repaired_pdf_that_lost_an_object_is_refused(name):
    page, catalog, objects, lost = CHAINS[name]
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", rebuilt(objects, page, catalog))
    assert refused.value.messages == [INCOMPLETE]
    assert pdfs.clean("证书.pdf", rebuilt(objects | {lost: b"<< >>"}, page, catalog))


def test_repaired_pdf_may_name_null_numbers_and_nothing_out_of_sight():
    page = b"/Annots 5 0 R /Rotate 6 0 R /Note (see 77 0 R) /Resources << >>"
    catalog = b"/StructTreeRoot << /K 88 0 R >>"
    assert pdfs.clean("证书.pdf", rebuilt({5: b"null", 6: b"90"}, page, catalog))


def test_repaired_pdf_with_an_empty_page_is_accepted():
    content = rebuilt({}).replace(b"/Contents 4 0 R", b"")
    assert len(pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", content))).pages) == 1


def test_repaired_pdf_with_objects_in_a_stream_is_refused_for_a_lost_one():
    def add(pdf: pikepdf.Pdf) -> None:
        lost = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
        note = pikepdf.Dictionary(Subtype=pikepdf.Name.Stamp, AP=pikepdf.Dictionary(N=lost))
        pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])

    content = made_pdf(add, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    content = content.replace(b"startxref", b"startxxxx")
    assert pdfs.clean("证书.pdf", content)
    place = content.index(b" 0 obj\n<< /BBox")
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content[:place] + b" 0 xxx" + content[place + 6 :])
    assert refused.value.messages == [INCOMPLETE]


def test_reference_to_nothing_means_null_in_a_sound_pdf():
    def add(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0].obj
        page.Contents = pikepdf.Array([page.Contents, pdf.make_stream(b"q Q")])
        page.Annots = pikepdf.Array([])

    content = made_pdf(add, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        number = pdf.pages[0].obj.Contents[1].objgen[0]
    content = content.replace(b" %d 0 R ]" % number, b" 9 9 R ]", 1)
    assert b" 9 9 R ]" in content
    assert len(pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", content))).pages) == 1


@pytest.mark.parametrize("size", [1, 60, 400])
def test_pdf_with_a_hole_in_a_picture_is_refused(size):
    content = report()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        packed = pdf.pages[2].obj.Resources.XObject.P.read_raw_bytes()
    place = content.index(packed) + 100
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content[:place] + b"\xff" * size + content[place + size :])
    assert refused.value.messages == ["“证书.pdf”不完整或已损坏（可能下载或传输中断），请重新生成后上传。"]


@pytest.mark.parametrize("end", [b"", b"\x00\x00\xff\xff"], ids=["no check sum", "flushed"])
def test_picture_that_a_program_packed_without_an_end_is_accepted(end):
    """Acrobat ends packed data without its last block, other programs without the check sum."""
    packer = zlib.compressobj(0)
    packed = packer.compress(b"\x80" * 900) + (packer.flush(zlib.Z_SYNC_FLUSH) if end else packer.flush()[:-4])

    def add(pdf: pikepdf.Pdf) -> None:
        picture = pikepdf.Stream(pdf, packed, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=30)
        picture.Filter, picture.Height, picture.BitsPerComponent = pikepdf.Name.FlateDecode, 30, 8
        page_with(pdf, XObject=pikepdf.Dictionary(P=picture))

    content = made_pdf(add, compress_streams=False, recompress_flate=False)
    assert packed in content
    assert len(pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", content))).pages) == 1


def test_pdf_with_very_many_objects_is_called_too_complex():
    def add(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Odd = pikepdf.Array([pdf.make_indirect(pikepdf.Array([])) for _ in range(200_001)])

    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", made_pdf(add, object_stream_mode=pikepdf.ObjectStreamMode.generate))
    assert refused.value.messages == ["“证书.pdf”太复杂，无法检查，请用“打印为 PDF”重新生成后上传。"]


def content_of(sizes: list[int], pages: int = 1) -> bytes:
    """Return a PDF whose pages share content of streams that unpack to these sizes."""

    def add(pdf: pikepdf.Pdf) -> None:
        streams = []
        for size in sizes:
            streams.append(pikepdf.Stream(pdf, zlib.compress(b" " * size), Filter=pikepdf.Name.FlateDecode))
        shared = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(stream) for stream in streams]))
        for _ in range(pages - 1):
            pdf.add_blank_page()
        for page in pdf.pages:
            page.obj.Contents = shared

    return made_pdf(add, compress_streams=False)


def test_stream_that_many_pages_share_is_unpacked_once(monkeypatch):
    monkeypatch.setattr(pdfs, "MAX_UNPACKED", 100_000)
    cleaned = pdfs.clean("证书.pdf", content_of([50_000, 50_000], pages=1000))
    assert len(pikepdf.open(io.BytesIO(cleaned)).pages) == 1000


@pytest.mark.parametrize("sizes", [[100_001], [50_000, 50_001]], ids=["one", "together"])
def test_pdf_that_unpacks_to_very_much_is_refused(monkeypatch, sizes):
    monkeypatch.setattr(pdfs, "MAX_UNPACKED", 100_000)
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content_of(sizes))
    assert refused.value.messages == ["“证书.pdf”展开后超过 1 GB，请减少页数或降低清晰度，重新生成后上传。"]


def test_streams_of_several_filters_are_stored_as_they_are():
    """Else a stream of 20 KB that unpacks to gigabytes would be unpacked and packed again."""
    packed = zlib.compress(zlib.compress(b" " * 1000))

    def add(pdf: pikepdf.Pdf) -> None:
        filters = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        pdf.Root.Odd = pikepdf.Stream(pdf, packed, Filter=filters)

    content = made_pdf(add, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", content))).Root.Odd.read_raw_bytes() == packed


def test_bare_streams_are_packed():
    content = made_pdf(lambda pdf: pdf.Root.update({"/Odd": pdf.make_stream(b" " * 9000)}), compress_streams=False)
    assert len(pdfs.clean("证书.pdf", content)) < 2000 < len(content)


# --- Encryption that qpdf does not know --------------------------------------------------------------


def encrypted(**options: Any) -> bytes:
    """Return a report that everybody may read, with its text encrypted."""
    return report(encryption=pikepdf.Encryption(user="", owner="b", **options))


@pytest.mark.parametrize(
    ("options", "old", "new"),
    [
        ({}, b"/Filter /Standard", b"/Filter /Adobe.PK"),
        ({}, b"/V 5", b"/V 6"),
        ({}, b"/O <", b"/X <"),
        ({"R": 4}, b"/R 4", b"/R 7"),
        ({"R": 4, "aes": False, "metadata": False}, b"/StmF /StdCF", b"/StmF /Other"),
    ],
    ids=["other program", "other version", "no key", "other revision", "other method of streams"],
)
def test_pdf_with_unknown_encryption_is_called_encrypted(options, old, new):
    content = encrypted(**options)
    assert old in content
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content.replace(old, new))
    assert refused.value.messages == ["“证书.pdf”已加密，无法读取，请去掉加密或用“打印为 PDF”重新生成后上传。"]


@pytest.mark.parametrize("options", [{}, {"linearize": True}], ids=["plain", "for the web"])
def test_encrypted_pdf_that_is_cut_short_is_called_incomplete(options):
    content = report(encryption=pikepdf.Encryption(user="", owner="b"), **options)
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content[:-1500])
    assert refused.value.messages == [INCOMPLETE]
