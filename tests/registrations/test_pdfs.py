"""附件: PDF files without scripts, protection and damage."""

from __future__ import annotations

import io

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
