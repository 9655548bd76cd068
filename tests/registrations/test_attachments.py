"""附件: which files are accepted, how they are stored, and who may see them."""

from __future__ import annotations

import io
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from hours.models import Attachment
from hours.registrations import attachments, pictures
from tests import factories, files

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("说明.docx", b"PK\x03\x04", "“说明.docx”是 Word、Excel 或压缩文件，请另存为 PDF 后上传。"),
        ("说明.pdf", b"\xd0\xcf\x11\xe0", "“说明.pdf”是 旧版 Word 或 Excel 文件，请另存为 PDF 后上传。"),
        ("程序.pdf", b"MZ\x90", "“程序.pdf”是 程序，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"),
        ("空.pdf", b"", "“空.pdf”是空文件，请重新选择。"),
        ("假.pdf", b"<html>" * 10, "“假.pdf”不是 PDF 或图片，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"),
        ("断.pdf", files.PDF[:40], "“断.pdf”不完整或已损坏（可能下载或传输中断），请重新生成后上传。"),
        ("只有开头.jpg", b"\xff\xd8\xff\xe0" + bytes(60), "“只有开头.jpg”不完整或已损坏，请重新拍照或扫描后上传。"),
        (
            "断.jpg",
            files.picture(size=(600, 400))[:1500],
            "“断.jpg”不完整或已损坏，请重新拍照或扫描后上传。",
        ),
        ("动图.webp", files.picture("GIF"), "“动图.webp”是 GIF 图片，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"),
        ("照片.heic", files.picture("AVIF"), "“照片.heic”是 AVIF 图片，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"),
        (
            "断.heic",
            files.heic()[:300],
            "“断.heic”无法转换，iPhone 照片请在“设置→相机→格式”中选“兼容性最佳”重新拍摄，或另存为 JPG 后上传。",
        ),
    ],
)
def test_file_with_wrong_content_is_refused(name, content, sentence):
    with pytest.raises(ValidationError) as refused:
        attachments.inspect(files.upload(name, content))
    assert refused.value.messages == [sentence]


def test_ofd_file_is_refused_with_remedy():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Doc_0/Document.xml", b"")
        archive.writestr("OFD.xml", b"")
    with pytest.raises(ValidationError) as refused:
        attachments.inspect(files.upload("证书.ofd", buffer.getvalue()))
    assert refused.value.messages == ["“证书.ofd”是 OFD 文件，请另存为 PDF 后上传。"]


def test_file_over_the_limit_is_refused(settings):
    settings.ATTACHMENT_MAX_BYTES = 1024
    with pytest.raises(ValidationError, match="超过了每个文件"):
        attachments.inspect(files.upload("大.pdf", files.PDF + b" " * 2000))


def test_picture_with_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    with pytest.raises(ValidationError, match="60×40 像素，太大了"):
        attachments.inspect(files.upload("炸弹.png", files.picture("PNG")))


def test_pictures_are_encoded_one_at_a_time(monkeypatch):
    """A small file can hold a picture that needs most of a gigabyte to encode."""
    at_once, most = [], []

    def slowly(name, content, kind) -> bytes:
        at_once.append(name)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.remove(name)
        return content

    monkeypatch.setattr(pictures, "_decode", slowly)
    monkeypatch.setattr(pictures, "_ready", lambda picture: picture)
    monkeypatch.setattr(pictures, "_encode", lambda name, picture, kind: (kind, b""))
    uploads = [files.upload(f"{number}.png", files.picture("PNG")) for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(attachments.inspect, uploads))
    assert most == [1, 1, 1, 1]


def test_files_over_the_maximum_count_are_not_read(monkeypatch):
    read = []
    monkeypatch.setattr(attachments, "inspect", lambda upload: read.append(upload.name))
    _, refused = attachments.inspect_all([files.pdf(f"{number}.pdf") for number in range(1, 101)])
    assert read == [f"{number}.pdf" for number in range(1, 9)]
    assert [error.messages for error in refused] == [["一次最多选择 8 个文件，从“9.pdf”起的 92 个没有读取。"]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_of_picture_is_accepted(kind):
    extension = {"JPEG": "jpeg"}.get(kind, kind.lower())
    proof = attachments.inspect(files.upload(f"照片.{extension}", files.picture(kind)))
    assert (proof.content_type, Image.open(io.BytesIO(proof.content)).format) == (f"image/{kind.lower()}", kind)


def test_photo_is_stored_upright_without_location():
    proof = attachments.inspect(files.upload("照片.jpg", files.sideways_photo()))
    stored = Image.open(io.BytesIO(proof.content))
    assert (stored.size, dict(stored.getexif()), "exif" in stored.info) == ((40, 60), {}, False)


def test_jpeg_with_appended_picture_is_accepted():
    """Many phones write such files; Pillow reports them as MPO."""
    second = Image.new("RGB", (60, 40), "white")
    photo = files.picture("MPO", save_all=True, append_images=[second])
    proof = attachments.inspect(files.upload("IMG_0001.jpg", photo))
    assert Image.open(io.BytesIO(photo)).format == "MPO"
    assert (proof.content_type, Image.open(io.BytesIO(proof.content)).format) == ("image/jpeg", "JPEG")


def test_jpeg_with_pdf_behind_is_a_picture_without_it():
    start, rest = files.picture("JPEG")[:2], files.picture("JPEG")[2:]
    comment = b"\xff\xfe" + (len(files.PDF) + 2).to_bytes(2, "big") + files.PDF
    proof = attachments.inspect(files.upload("照片.jpg", start + comment + rest))
    assert (proof.content_type, b"%PDF" in proof.content) == ("image/jpeg", False)


def test_photo_with_broken_exif_is_not_turned():
    photo = files.sideways_photo().replace(b"MM\x00*", b"M\xff\x00*")
    with pytest.raises(SyntaxError):
        Image.open(io.BytesIO(photo)).getexif()
    proof = attachments.inspect(files.upload("照片.jpg", photo))
    stored = Image.open(io.BytesIO(proof.content))
    assert (stored.size, "exif" in stored.info) == ((60, 40), False)


def test_path_is_dropped_from_file_name():
    proof = attachments.inspect(files.upload("C:\\Users\\黄\\结业证书.pdf", files.PDF))
    assert proof.name == "结业证书.pdf"


def test_file_without_name_gets_one():
    proof = attachments.inspect(UploadedFile(io.BytesIO(files.PDF), size=len(files.PDF)))
    assert proof.name == "未命名.pdf"


@pytest.mark.parametrize(
    ("name", "content", "stored"),
    [
        ("证书.jpg", files.picture("WEBP"), ("证书.webp", "image/webp")),
        ("证书.jpg", files.picture("PNG"), ("证书.png", "image/png")),
        ("证书.jfif", files.picture("JPEG"), ("证书.jpg", "image/jpeg")),
        ("证书.JPEG", files.picture("JPEG"), ("证书.JPEG", "image/jpeg")),
        ("IMG_0001.HEIC", files.heic(), ("IMG_0001.jpg", "image/jpeg")),
        ("没有扩展名", files.PDF, ("没有扩展名.pdf", "application/pdf")),
        ("关于第2.章的说明", files.PDF, ("关于第2.章的说明.pdf", "application/pdf")),
    ],
)
def test_file_is_judged_by_its_content(name, content, stored):
    proof = attachments.inspect(files.upload(name, content))
    assert (proof.name, proof.content_type) == stored


def test_extension_follows_the_last_dot():
    assert attachments.inspect(files.upload("证书.第2版.PDF", files.PDF)).content_type == "application/pdf"


@pytest.mark.parametrize(("size", "is_taken"), [(1024, True), (1025, False)])
def test_file_may_be_as_large_as_the_limit(settings, size, is_taken):
    settings.ATTACHMENT_MAX_BYTES = 1024
    _, refused = attachments.inspect_all([files.upload("大.pdf", files.PDF.rjust(size))])
    sentence = "“大.pdf”有 1.0\xa0KB，超过了每个文件 1.0\xa0KB 的上限。"
    assert [error.messages for error in refused] == ([] if is_taken else [[sentence]])


@pytest.mark.parametrize(("before", "is_taken"), [(1019, True), (1020, False)])
def test_pdf_header_is_in_first_kilobyte(before, is_taken):
    _, refused = attachments.inspect_all([files.upload("证书.pdf", b" " * before + files.PDF)])
    sentence = "“证书.pdf”不是 PDF 或图片，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"
    assert [error.messages for error in refused] == ([] if is_taken else [[sentence]])


def test_long_name_keeps_its_last_120_characters():
    name = "证" * 130 + ".pdf"
    assert attachments.inspect(files.upload(name, files.PDF)).name == "证" * 116 + ".pdf"


# --- Limits of a person ------------------------------------------------------------------------------


def test_files_of_old_forms_make_room(huang, settings):
    settings.WAITING_ATTACHMENTS_MAX_BYTES = 2 * len(files.PDF)
    proof = attachments.Proof("结业证书.pdf", "application/pdf", files.PDF)
    kept = [attachments.keep_for_form(huang, [proof], uuid.uuid4())[0] for _ in range(3)]
    assert list(Attachment.objects.order_by("pk")) == kept[1:]
    other = factories.person("李强")
    attachments.keep_for_form(other, [proof], uuid.uuid4())
    assert Attachment.objects.count() == 3


def test_total_of_a_person_is_bounded(huang, settings):
    settings.ATTACHMENTS_PERSON_MAX_BYTES = 1000
    proof = attachments.Proof("结业证书.pdf", "application/pdf", files.PDF)
    attachments.check_total(huang, [proof])
    attachments.keep_for_form(huang, [proof], uuid.uuid4())
    with pytest.raises(ValidationError) as refused:
        attachments.check_total(huang, [proof])
    assert refused.value.messages == [
        "您的附件共有 516\xa0字节，加上这次的超过了每人 1000\xa0字节 的上限，请删去不需要的。"
    ]


def test_copied_file_is_a_hard_link_with_own_name(huang, station):
    original = factories.attachment(factories.registration(huang))
    path = Path(original.file.path)
    other_month = path.parent.parent.parent / "1999" / "01"
    other_month.mkdir(parents=True)
    original.file.name = f"1999/01/{path.name}"
    path.rename(other_month / path.name)
    path.parent.rmdir()
    path.parent.parent.rmdir()
    registrations, made = [factories.registration(factories.person(name)) for name in ("李强", "王芳")], []
    attachments.copy_to([original], registrations, made)
    for registration in registrations:
        copy = registration.attachments.get()
        assert (copy.owner, copy.name, copy.content_type, copy.size) == (
            *(registration.owner, "结业证书.pdf", "application/pdf", len(files.PDF)),
        )
        assert copy.file.name != original.file.name
        assert Path(copy.file.path).samefile(original.file.path)
    assert made == [registration.attachments.get().file.name for registration in registrations]


def test_copied_file_has_own_content_without_hard_links(huang, station, monkeypatch):
    original = factories.attachment(factories.registration(huang))
    monkeypatch.setattr(Path, "hardlink_to", Mock(side_effect=OSError))
    registration, made = factories.registration(huang), []
    attachments.copy_to([original], [registration], made)
    copy = registration.attachments.get()
    assert (copy.file.read(), made) == (files.PDF, [copy.file.name])
    copy.file.close()
    assert not Path(copy.file.path).samefile(original.file.path)


def test_kept_files_wait_for_their_form(huang):
    draft_key = uuid.uuid4()
    [kept] = attachments.keep_for_form(huang, [attachments.inspect(files.pdf("结业证书.pdf"))], draft_key)
    kept.refresh_from_db()
    assert (kept.owner, kept.registration, kept.draft_key, kept.size) == (huang, None, draft_key, len(files.PDF))
    assert (kept.name, kept.content_type, kept.file.read()) == ("结业证书.pdf", "application/pdf", files.PDF)
    kept.file.close()


@pytest.mark.parametrize(("count", "is_allowed"), [(8, True), (9, False)])
def test_registration_has_at_most_eight_files(count, is_allowed):
    try:
        attachments.check_count(count)
    except ValidationError as error:
        messages = error.messages
    else:
        messages = []
    assert messages == ([] if is_allowed else ["每条登记最多 8 个附件，现有 9 个，请移除一些。"])


def test_files_are_accepted_or_refused_one_by_one():
    good, bad = files.pdf("好.pdf"), files.upload("空.pdf", b"")
    proofs, refused = attachments.inspect_all([good, bad])
    assert proofs == [attachments.Proof("好.pdf", "application/pdf", files.PDF)]
    assert [error.messages for error in refused] == [["“空.pdf”是空文件，请重新选择。"]]


def test_picture_keeps_its_name():
    assert attachments.inspect(files.upload("照片.png", files.picture("PNG"))).name == "照片.png"


def test_jpeg_is_stored_with_quality_88():
    proof = attachments.inspect(files.upload("照片.jpg", files.picture("JPEG", quality=95)))
    expected = Image.open(io.BytesIO(files.picture("JPEG", quality=88)))
    assert Image.open(io.BytesIO(proof.content)).quantization == expected.quantization
