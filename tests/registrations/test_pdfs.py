"""附件: PDF files without scripts, protection and damage."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError

from hours.registrations import pdfs
from tests import files
from tests.registrations.pdf_files import made_pdf, page_with

pytestmark = pytest.mark.django_db


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
