"""附件: what is taken, what it becomes, and who sees it."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Appointment
from hours.registrations import attachments
from tests import factories, files

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("说明.docx", b"PK", "“说明.docx”不是可以上传的类型，请上传 PDF、JPG、PNG 或 WebP 文件。"),
        ("没有扩展名", b"%PDF-", "“没有扩展名”不是可以上传的类型，请上传 PDF、JPG、PNG 或 WebP 文件。"),
        ("空.pdf", b"", "“空.pdf”是空文件，请重新选择。"),
        ("假.pdf", b"<html>" * 10, "“假.pdf”的内容不是 PDF，请确认没有改过扩展名。"),
        ("断.pdf", files.PDF[:40], "“断.pdf”不完整（可能下载或传输中断），请重新生成后上传。"),
        ("假.jpg", b"MZ" * 100, "“假.jpg”的内容不是图片，请确认没有改过扩展名。"),
        ("其实是png.jpg", files.picture("PNG"), "“其实是png.jpg”的内容其实是 PNG 图片，与扩展名不符，请改正后上传。"),
        (
            "断.jpg",
            files.picture(size=(600, 400))[:1500],
            "“断.jpg”不完整或已损坏，请重新拍照或扫描后上传。",
        ),
        ("动图.webp", files.picture("GIF"), "“动图.webp”的内容其实是 GIF 图片，与扩展名不符，请改正后上传。"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(name, content, sentence):
    with pytest.raises(ValidationError) as refused:
        attachments.inspect(files.upload(name, content))
    assert refused.value.messages == [sentence]


def test_a_file_over_the_limit_is_refused(settings):
    settings.ATTACHMENT_MAX_BYTES = 1024
    with pytest.raises(ValidationError, match="超过了每个文件"):
        attachments.inspect(files.upload("大.pdf", files.PDF + b" " * 2000))


def test_a_picture_with_too_many_pixels_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(attachments, "MAX_PIXELS", 1000)
    with pytest.raises(ValidationError, match="60×40 像素，太大了"):
        attachments.inspect(files.upload("炸弹.png", files.picture("PNG")))


def test_pictures_are_unpacked_one_at_a_time(monkeypatch):
    """A quarter of a megabyte can hold a picture that takes most of a gigabyte to encode anew."""
    at_once, most = [], []

    def slowly(name, content, kind) -> bytes:
        at_once.append(name)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.remove(name)
        return content

    monkeypatch.setattr(attachments, "_clean_picture", slowly)
    uploads = [files.upload(f"{number}.png", files.picture("PNG")) for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(attachments.inspect, uploads))
    assert most == [1, 1, 1, 1]


def test_no_more_files_are_read_than_a_registration_can_have(monkeypatch):
    read = []
    monkeypatch.setattr(attachments, "inspect", lambda upload: read.append(upload.name))
    _, refused = attachments.inspect_all([files.pdf(f"{number}.pdf") for number in range(1, 101)])
    assert read == [f"{number}.pdf" for number in range(1, 9)]
    assert [error.messages for error in refused] == [["一次最多选择 8 个文件，从“9.pdf”起的 92 个没有读取。"]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_of_picture_is_taken(kind):
    extension = {"JPEG": "jpeg"}.get(kind, kind.lower())
    proof = attachments.inspect(files.upload(f"照片.{extension}", files.picture(kind)))
    assert (proof.content_type, Image.open(io.BytesIO(proof.content)).format) == (f"image/{kind.lower()}", kind)


def test_a_sideways_photo_is_stored_upright_and_without_its_place():
    proof = attachments.inspect(files.upload("照片.jpg", files.sideways_photo()))
    stored = Image.open(io.BytesIO(proof.content))
    assert (stored.size, dict(stored.getexif()), "exif" in stored.info) == ((40, 60), {}, False)


def test_a_photo_of_a_phone_that_keeps_a_second_picture_behind_the_first_is_taken():
    """Pillow calls such a JPEG an MPO."""
    second = Image.new("RGB", (60, 40), "white")
    photo = files.picture("MPO", save_all=True, append_images=[second])
    proof = attachments.inspect(files.upload("IMG_0001.jpg", photo))
    assert Image.open(io.BytesIO(photo)).format == "MPO"
    assert (proof.content_type, Image.open(io.BytesIO(proof.content)).format) == ("image/jpeg", "JPEG")


def test_a_photo_with_broken_notes_is_taken_as_it_lies():
    photo = files.sideways_photo().replace(b"MM\x00*", b"M\xff\x00*")
    with pytest.raises(SyntaxError):
        Image.open(io.BytesIO(photo)).getexif()
    proof = attachments.inspect(files.upload("照片.jpg", photo))
    stored = Image.open(io.BytesIO(proof.content))
    assert (stored.size, "exif" in stored.info) == ((60, 40), False)


def test_a_path_in_the_name_is_dropped():
    proof = attachments.inspect(files.upload("C:\\Users\\黄\\结业证书.pdf", files.PDF))
    assert proof.name == "结业证书.pdf"


@pytest.fixture
def attachment(huang, station):
    registration = factories.submitted(huang, station)
    return factories.attachment(registration, files.pdf("结业证书.pdf"))


def status_for(client, person, attachment) -> int:
    client.force_login(person)
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    if response.status_code == 200:
        b"".join(response.streaming_content)  # its end closes the file
    return response.status_code


def test_it_comes_under_its_own_name_and_type_and_is_not_cached(client, huang, attachment):
    client.force_login(huang)
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    assert b"".join(response.streaming_content) == files.PDF
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''%E7%BB%93")


def test_owner_and_the_reviewers_in_charge_see_it(client, huang, station, bureau, attachment):
    for person in (huang, station.reviewer, bureau):
        assert status_for(client, person, attachment) == 200, person


def test_nobody_else_sees_it(client, station, guangxi, attachment):
    other_unit = factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "柳州审核员")
    other_region = factories.region_reviewer(factories.region("450200"), "柳州终审员")
    colleague = factories.person("同事", unit=station)
    yesterday = timezone.localdate() - timedelta(days=1)
    former = factories.unit_reviewer(station, "前任", valid_from=yesterday, valid_until=yesterday)
    awaiting = factories.person("待确认")
    Appointment.objects.create(person=awaiting, role=Appointment.Role.UNIT_REVIEWER, unit=station)
    for person in (other_unit, other_region, colleague, former, awaiting):
        assert status_for(client, person, attachment) == 404, person


def test_a_draft_is_seen_by_its_owner_alone(client, huang, station):
    draft = factories.attachment(factories.registration(huang))
    assert status_for(client, huang, draft) == 200
    assert status_for(client, station.reviewer, draft) == 404


def test_without_log_in_it_leads_to_the_log_in_page(client, attachment):
    response = client.get(reverse("hours:attachment", args=[attachment.pk]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:login"))


def test_no_address_of_the_storage_folder_is_served(client, huang, attachment):
    client.force_login(huang)
    for path in (f"/media/{attachment.file.name}", f"/static/{attachment.file.name}", f"/{attachment.file.name}"):
        assert client.get(path).status_code == 404
