"""附件: PDF files without scripts, protection and damage."""

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
from tests import files

pytestmark = pytest.mark.django_db


def made_pdf(change=lambda pdf: None, **options) -> bytes:
    pdf = pikepdf.open(io.BytesIO(files.PDF))
    change(pdf)
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    return buffer.getvalue()


def add_actions(pdf: pikepdf.Pdf) -> None:
    """Add what acts by itself, and a link to a web page."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    page = pdf.pages[0].obj
    pdf.Root.OpenAction = script
    pdf.Root.AA = pikepdf.Dictionary(WC=script)
    pdf.attachments["秘密.exe"] = b"MZ"
    page.AA = pikepdf.Dictionary(O=script)
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.com/")
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    kinds = (("Link", {"A": link}), ("Link", {"A": launch}), ("FileAttachment", {}), ("Text", {"AA": script}))
    page.Annots = pikepdf.Array(
        [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(f"/{kind}"), **more) for kind, more in kinds]
    )


def test_pdf_loses_what_acts_and_keeps_links():
    cleaned = pdfs.clean("证书.pdf", made_pdf(add_actions))
    for word in (b"JavaScript", b"app.alert", b"Launch", b"cmd.exe", b"EmbeddedFile", b"/AA", b"/OpenAction", b"MZ"):
        assert word not in cleaned
    pdf = pikepdf.open(io.BytesIO(cleaned))
    assert [str(note.Subtype) for note in pdf.pages[0].obj.Annots] == ["/Link", "/Link", "/Text"]
    assert str(pdf.pages[0].obj.Annots[0].A.URI) == "https://example.com/"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            made_pdf(encryption=pikepdf.Encryption(user="a", owner="b")),
            "“证书.pdf”有打开密码，请去掉密码后上传。",
        ),
        (made_pdf(lambda pdf: pdf.pages.__delitem__(0)), "“证书.pdf”没有页面，请重新生成后上传。"),
        (b"%PDF-1.7 nothing", "“证书.pdf”不完整或已损坏（可能下载或传输中断），请重新生成后上传。"),
    ],
    ids=["password", "no pages", "damaged"],
)
def test_pdf_that_nobody_can_read_is_refused(content, sentence):
    with pytest.raises(ValidationError) as refused:
        pdfs.clean("证书.pdf", content)
    assert refused.value.messages == [sentence]


def test_pdf_protected_against_changes_only_is_stored_open():
    cleaned = pdfs.clean("证书.pdf", made_pdf(encryption=pikepdf.Encryption(user="", owner="b")))
    assert (pikepdf.open(io.BytesIO(cleaned)).is_encrypted, cleaned.startswith(b"%PDF-")) == (False, True)


@pytest.mark.parametrize("cut", [300, 420])
def test_pdf_with_lost_end_is_repaired(cut):
    assert len(pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", files.PDF[:cut]))).pages) == 1


# --- Names that are no actions -----------------------------------------------------------------------


def page_with(pdf: pikepdf.Pdf, **resources: Any) -> pikepdf.Object:
    """Give the page resources, and return it."""
    pdf.pages[0].obj.Resources = pikepdf.Dictionary(**resources)
    return pdf.pages[0].obj


def test_fonts_and_pictures_with_names_of_actions_stay():
    names = ("/A", "/PA", "/NA", "/AA", "/AF", "/JS", "/Next", "/EF", "/RF", "/URI", "/Ref", "/F")

    def name_them(pdf: pikepdf.Pdf) -> None:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        state = pikepdf.Dictionary(SMask=pikepdf.Dictionary(S=pikepdf.Name.Luminosity))
        picture = pdf.make_stream(b"0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
        page_with(
            pdf,
            Font=pikepdf.Dictionary(dict.fromkeys(names, font)),
            XObject=pikepdf.Dictionary(dict.fromkeys(names, picture)),
            ExtGState=pikepdf.Dictionary(dict.fromkeys(names, state)),
            ColorSpace=pikepdf.Dictionary({name: pikepdf.Array([pikepdf.Name.CalGray]) for name in names}),
        )

    pdf = pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", made_pdf(name_them))))
    resources = pdf.pages[0].obj.Resources
    kinds = ("/Font", "/XObject", "/ExtGState", "/ColorSpace")
    assert [sorted(resources[kind].keys()) for kind in kinds] == [sorted(names)] * 4


def hidden_in_resources(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    page = page_with(pdf, Font=pikepdf.Dictionary())
    page.Resources.Font = pdf.make_indirect(pikepdf.Dictionary(A=script, AA=pikepdf.Dictionary(O=script)))


def hidden_behind_a_link(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.com/", Next=pikepdf.Array([script]))
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=pdf.make_indirect(link))
    pdf.pages[0].obj.Annots = pikepdf.Array([note])


def hidden_in_an_outline(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    pdf.Root.Outlines = pikepdf.Dictionary(First=pikepdf.Dictionary(Title="x", A=script))


def hidden_in_a_form(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    field = pdf.make_indirect(pikepdf.Dictionary(T="x", AA=pikepdf.Dictionary(K=script, F=script)))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), XFA=pdf.make_stream(b"app.alert(1)"))


def hidden_in_names(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    pdf.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array(["x", script])))


def hidden_without_a_kind(pdf: pikepdf.Pdf, script: pikepdf.Object) -> None:
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(JS=pdf.make_stream(b"app.alert(1)")))


@pytest.mark.parametrize(
    "hide",
    [
        hidden_in_resources,
        hidden_behind_a_link,
        hidden_in_an_outline,
        hidden_in_a_form,
        hidden_in_names,
        hidden_without_a_kind,
    ],
)
def test_script_is_removed_wherever_it_hides(hide):
    def add(pdf: pikepdf.Pdf) -> None:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pdf.make_stream(b"app.alert(1)"))
        hide(pdf, pdf.make_indirect(script))

    cleaned = pdfs.clean("证书.pdf", made_pdf(add))
    left = [word for word in (b"JavaScript", b"/JS", b"app.alert") if word in readable(cleaned)]
    assert left == []


def readable(content: bytes) -> bytes:
    """Return the PDF with its streams unpacked."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(
            buffer,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return buffer.getvalue()


def action_as_stream(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    stream = pdf.make_stream(b"x", launch)
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=stream)
    pdf.pages[0].obj.Annots = pikepdf.Array([note])


def triggers_as_stream(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    pdf.pages[0].obj.AA = pdf.make_stream(b"x", O=launch)


def annotation_as_stream(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    note = pdf.make_stream(b"x", Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Screen, Odd=launch)
    pdf.pages[0].obj.Annots = pikepdf.Array([note])


def presentation_steps(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    pdf.pages[0].obj.PresSteps = pikepdf.Dictionary(Type=pikepdf.Name.NavNode, NA=launch, PA=launch)


def step_of_a_presentation(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    pdf.Root.Odd = pikepdf.Dictionary(Next=pikepdf.Dictionary(NA=launch))


def key_of_no_meaning(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    pdf.Root.Odd = pikepdf.Array([pdf.make_indirect(launch)])


def stream_under_key_of_no_meaning(pdf: pikepdf.Pdf, launch: pikepdf.Dictionary) -> None:
    pdf.Root.Odd = pdf.make_stream(b"app.alert(1)", launch)


@pytest.mark.parametrize(
    "hide",
    [
        action_as_stream,
        triggers_as_stream,
        annotation_as_stream,
        presentation_steps,
        step_of_a_presentation,
        key_of_no_meaning,
        stream_under_key_of_no_meaning,
    ],
)
def test_action_is_removed_as_stream_and_under_any_key(hide):
    def add(pdf: pikepdf.Pdf) -> None:
        hide(pdf, pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe", JS="app.alert(1)"))

    cleaned = readable(pdfs.clean("证书.pdf", made_pdf(add)))
    assert [word for word in (b"Launch", b"cmd.exe", b"app.alert") if word in cleaned] == []


def test_actions_of_all_kinds_are_removed_under_any_key():
    kinds = ("GoToR", "GoToE", "Hide", "ImportData", "JavaScript", "Launch", "Rendition", "ResetForm", "SubmitForm")

    def add(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Odd = pikepdf.Array([pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}")) for kind in kinds])

    cleaned = readable(pdfs.clean("证书.pdf", made_pdf(add)))
    assert [kind for kind in kinds if kind.encode() in cleaned] == []


def test_attached_file_is_removed_from_streams_and_related_files():
    def attach(pdf: pikepdf.Pdf) -> None:
        content = pdf.make_stream(b"MZ secret")
        contents = pdf.make_stream(b"x", F=content)
        related = pikepdf.Dictionary(F=pikepdf.Array(["a.exe", content]))
        pdf.Root.Odd = pdf.make_stream(b"x", EF=contents)
        pdf.Root.Odder = pikepdf.Dictionary(F="a.exe", RF=related)
        pdf.pages[0].obj.AF = pdf.make_stream(b"x", EF=contents)

    assert b"secret" not in readable(pdfs.clean("证书.pdf", made_pdf(attach)))


def test_structure_and_drawings_with_kinds_of_their_own_stay():
    def add(pdf: pikepdf.Pdf) -> None:
        element = pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.P, T="paragraph")
        pdf.Root.StructTreeRoot = pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot, K=pdf.make_indirect(element))
        pdf.pages[0].obj.Trans = pikepdf.Dictionary(S=pikepdf.Name.Split)
        pdf.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, pikepdf.Dictionary(S=pikepdf.Name.D)]))

    pdf = pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", made_pdf(add))))
    kinds = (pdf.Root.StructTreeRoot.K.S, pdf.pages[0].obj.Trans.S, pdf.Root.PageLabels.Nums[1].S)
    assert [str(kind) for kind in kinds] == ["/P", "/Split", "/D"]


def link_to(address: Any) -> pikepdf.Dictionary:
    address = pikepdf.String(address) if isinstance(address, bytes) else address
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=address)
    return pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=action)


def test_only_links_to_web_and_mail_stay():
    web = ["https://example.com/a", "HTTP://example.com/", "mailto:a@example.com"]
    others = ["javascript:app.alert(1)", " javascript:x", "java\nscript:x", "file:///etc/passwd", "\\\\host\\share"]
    others += [
        "data:text/html,x",
        "x.html",
        "https",
        "",
        "sms:1",
        b"\xef\xbb\xbf\xff",
        pikepdf.Name("/http:a"),
        pikepdf.Array(["http://a"]),
    ]

    def add(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Annots = pikepdf.Array([link_to(address) for address in (*web, *others)])

    pdf = pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", made_pdf(add))))
    notes = pdf.pages[0].obj.Annots
    assert [str(note.A.URI) for note in notes if "/A" in note] == web
    assert len(notes) == len(web) + len(others)


def test_addresses_are_removed_without_an_action():
    def add(pdf: pikepdf.Pdf) -> None:
        pdf.Root.URI = pikepdf.Dictionary(Base="file://server/")
        pdf.Root.Odd = pikepdf.Dictionary(URI="javascript:x")

    pdf = pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", made_pdf(add))))
    assert ("/URI" in pdf.Root, "/URI" in pdf.Root.Odd) == (False, False)


def test_content_and_pictures_of_other_files_are_cut_off():
    def add(pdf: pikepdf.Pdf) -> None:
        remote = pikepdf.Dictionary(FS=pikepdf.Name.URL, F="http://tracker.example/a")
        stream = pdf.make_stream(b"0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
        stream.F, stream.FFilter, stream.FDecodeParms = remote, pikepdf.Name.FlateDecode, pikepdf.Dictionary(K=1)
        by_name = pdf.make_stream(b"", F="tracker.example")
        form = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
        form.Ref = pikepdf.Dictionary(F="tracker.example", Page=0)
        form.OPI = pikepdf.Dictionary({"/1.3": pikepdf.Dictionary(F="tracker.example")})
        page_with(pdf, XObject=pikepdf.Dictionary(P=stream, Q=form, R=by_name))
        pdf.Root.Odd = pdf.make_indirect(remote)

    cleaned = readable(pdfs.clean("证书.pdf", made_pdf(add)))
    assert [word for word in (b"tracker", b"/FFilter", b"/FDecodeParms", b"/OPI", b"/Ref") if word in cleaned] == []
    assert b"/Subtype /Image" in cleaned


def test_flags_of_annotations_and_references_of_structure_stay():
    def add(pdf: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[0, 0, 9, 9], F=4)
        pdf.pages[0].obj.Annots = pikepdf.Array([note])
        element = pdf.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.P))
        pdf.Root.StructTreeRoot = pikepdf.Dictionary(K=pikepdf.Dictionary(S=pikepdf.Name.P, Ref=[element]))

    pdf = pikepdf.open(io.BytesIO(pdfs.clean("证书.pdf", made_pdf(add))))
    assert (pdf.pages[0].obj.Annots[0].F, len(pdf.Root.StructTreeRoot.K.Ref)) == (4, 1)


def test_attached_file_is_removed_from_a_name_of_its_own():
    def attach(pdf: pikepdf.Pdf) -> None:
        content = pdf.make_stream(b"MZ secret", Type=pikepdf.Name.EmbeddedFile)
        file = pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F="a.exe", EF=pikepdf.Dictionary(F=content))
        pdf.pages[0].obj.AF = pikepdf.Array([pdf.make_indirect(file)])
        pdf.Root.Odd = pdf.make_indirect(file)

    assert b"secret" not in readable(pdfs.clean("证书.pdf", made_pdf(attach)))


# --- What is incomplete or too complex ---------------------------------------------------------------


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
