"""附件: pictures keep what can be read on them; what costs too much or cannot be kept is refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hours.registrations import attachments, pictures
from tests import files

pytestmark = pytest.mark.django_db


def test_picture_may_have_as_many_pixels_as_the_limit(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 60 * 40)
    assert attachments.inspect(files.upload("照片.png", files.picture("PNG"))).content_type == "image/png"


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        attachments.inspect(files.upload(name, content))
    return refused.value.messages[0]


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """Return a JPEG that claims to have another size."""
    place = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2")) + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (with_size(files.picture(), 20_100, 10_000), "20100×10000"),
        (with_size(files.picture(), 65_535, 65_535), "65535×65535"),
        (with_size(files.picture(progressive=True), 10_000, 6_000), "10000×6000"),
        (files.picture("PNG", size=(5001, 5000)), "5001×5000"),
        (files.picture("WEBP", size=(5001, 5000)), "5001×5000"),
    ],
    ids=["large", "largest", "progressive", "png", "webp"],
)
def test_refused_size_is_named_with_its_bound(content, size):
    words = f"“炸弹.jpg”有 {size} 像素，太大了，请缩小到 2500 万像素以内后上传。"
    assert refusal("炸弹.jpg", content) == words


@pytest.mark.parametrize(("width", "height"), [(65_001, 1), (1, 65_001), (25_000_000, 1)])
def test_picture_that_no_browser_shows_is_refused(width, height):
    words = f"“长图.png”有 {width}×{height} 像素，太长了，请截成几张图片，每边不超过 65,000 像素。"
    assert refusal("长图.png", files.picture("PNG", size=(width, height))) == words


def test_jpeg_with_very_many_passes_is_refused_before_it_is_decoded():
    photo = files.picture(progressive=True)
    last = photo[photo.rindex(b"\xff\xda") : -2]
    assert refusal("炸弹.jpg", photo[:-2] + last * 5000 + b"\xff\xd9") == (
        "“炸弹.jpg”的编码太复杂，请重新拍照或截图后上传。"
    )
    assert attachments.inspect(files.upload("照片.jpg", photo[:-2] + last * 80 + b"\xff\xd9")).name == "照片.jpg"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_picture_is_refused(kind):
    content = files.picture(kind, save_all=True, append_images=[Image.new("RGB", (60, 40), "red")])
    assert refusal("动图.png", content) == "“动图.png”是动图，只能显示一帧，请截图或另存为 JPG、PNG 后上传。"


def test_png_with_long_texts_is_stored_without_them():
    texts = PngInfo()
    texts.add_text("Comment", "x" * 3_000_000, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "y" * 3_000_000, zip=True)
    stored = Image.open(
        io.BytesIO(attachments.inspect(files.upload("图.png", files.picture("PNG", pnginfo=texts))).content)
    )
    assert (stored.getpixel((4, 4)), stored.info) == ((0, 0, 128), {})


def noise(**options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((300, 200), 50).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_that_lacks_only_its_end_mark_is_whole(progressive):
    photo = noise(progressive=progressive)
    whole = attachments.inspect(files.upload("照片.jpg", photo)).content
    assert attachments.inspect(files.upload("照片.jpg", photo[:-2])).content == whole


@pytest.mark.parametrize("cut", [500, 5000, 12_000])
def test_jpeg_that_lacks_lines_before_its_end_is_refused(cut):
    words = "“照片.jpg”不完整或已损坏，请重新拍照或扫描后上传。"
    assert refusal("照片.jpg", noise()[:-cut] + b"\xff\xd9") == words


def test_cut_photo_is_refused_although_phones_append_a_second_picture():
    words = "“照片.jpg”不完整或已损坏，请重新拍照或扫描后上传。"
    assert refusal("照片.jpg", noise()[:-5000] + b"\xff\xd9" + noise()) == words
    assert attachments.inspect(files.upload("照片.jpg", noise() + noise())).content_type == "image/jpeg"


def test_white_scan_with_fill_bytes_before_its_end_is_whole():
    scan = files.picture(size=(600, 800), colour="white")[:-2] + b"\xff\xff\xff\xd9"
    assert attachments.inspect(files.upload("扫描.jpg", scan)).content_type == "image/jpeg"


def test_photo_with_a_film_behind_it_is_taken():
    photo = noise() + b"\xff\xda" * 200
    assert attachments.inspect(files.upload("照片.jpg", photo)).content_type == "image/jpeg"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"optimize": True}])
def test_white_scan_is_whole(options):
    page = Image.new("L", (1200, 1600), "white")
    page.paste("black", (100, 100, 500, 300))
    buffer = io.BytesIO()
    page.save(buffer, "JPEG", **options)
    assert attachments.inspect(files.upload("扫描.jpg", buffer.getvalue())).content_type == "image/jpeg"


def scanned_by_colour(width: int, height: int) -> bytes:
    """Return the head of a JPEG whose first scan holds one of three colours."""
    photo = with_size(files.picture(), width, height)
    scan = photo.index(b"\xff\xda")
    return photo[:scan] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + photo[scan + 14 :]


def test_jpeg_with_a_scan_for_each_colour_has_a_lower_bound():
    words = "“炸弹.jpg”有 14000×14000 像素，太大了，请缩小到 2500 万像素以内后上传。"
    assert refusal("炸弹.jpg", scanned_by_colour(14_000, 14_000)) == words


def png(lines: int, height: int, kind: int = 2, bits: int = 8, interlaced: int = 0) -> bytes:
    """Return a PNG of 64 columns that says it is `height` lines high, and holds the first ones."""
    columns = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] * 64 * bits // 8
    head = struct.pack(">IIBBBBB", 64, height, bits, kind, 0, 0, interlaced)
    data = zlib.compress(b"".join(b"\x00" + b"\x50" * columns for _ in range(lines)))
    parts = [(b"IHDR", head), *([(b"PLTE", bytes(768))] if kind == 3 else []), (b"IDAT", data), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize(("kind", "bits"), [(0, 1), (0, 16), (2, 8), (3, 4), (3, 8), (4, 8), (6, 16)])
def test_png_that_lacks_lines_is_refused(kind, bits):
    words = "“截图.png”不完整或已损坏，请重新拍照或扫描后上传。"
    assert refusal("截图.png", png(30, 64, kind, bits)) == words
    assert attachments.inspect(files.upload("截图.png", png(64, 64, kind, bits))).content_type == "image/png"


def test_black_png_is_whole():
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        buffer = io.BytesIO()
        Image.new(mode, (61, 40)).save(buffer, "PNG")
        assert attachments.inspect(files.upload("黑.png", buffer.getvalue())).content_type == "image/png"


def test_picture_that_grows_beyond_the_limit_is_stored_smaller(settings):
    settings.ATTACHMENT_MAX_BYTES = 200_000
    buffer = io.BytesIO()
    Image.effect_noise((400, 400), 90).convert("P").save(buffer, "PNG")
    kept = attachments.inspect(files.upload("截图.png", buffer.getvalue()))
    assert (kept.content_type, kept.name, len(kept.content) < 200_000) == ("image/jpeg", "截图.jpg", True)


def test_picture_that_cannot_be_stored_below_the_limit_is_refused(settings, monkeypatch):
    monkeypatch.setattr(pictures, "JPEG_QUALITIES", (100,))
    photo = noise(quality=10)
    settings.ATTACHMENT_MAX_BYTES = len(photo)
    assert refusal("照片.jpg", photo) == "“照片.jpg”的像素太多，请缩小后上传。"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("cut", [20, 500, 5000])
def test_jpeg_that_lacks_lines_is_refused(cut, progressive):
    words = "“照片.jpg”不完整或已损坏，请重新拍照或扫描后上传。"
    assert refusal("照片.jpg", noise(progressive=progressive)[:-cut]) == words


@pytest.mark.parametrize(
    ("kind", "mode", "stored_mode", "colour"),
    [
        ("JPEG", "RGB", "RGB", (0, 0, 255)),
        ("JPEG", "L", "RGB", (29, 29, 29)),
        ("JPEG", "CMYK", "RGB", (0, 0, 255)),
        ("PNG", "RGB", "RGB", (0, 0, 255)),
        ("PNG", "L", "L", 29),
        ("PNG", "RGBA", "RGBA", (0, 0, 255, 255)),
        ("PNG", "P", "RGB", (0, 0, 255)),
        ("PNG", "LA", "RGBA", (29, 29, 29, 255)),
    ],
)
def test_picture_of_any_mode_keeps_its_colours(kind, mode, stored_mode, colour):
    picture = Image.new("RGB", (8, 8), "blue").convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    proof = attachments.inspect(files.upload(f"照片.{kind.lower()}", buffer.getvalue()))
    stored = Image.open(io.BytesIO(proof.content))
    near = stored.getpixel((4, 4))
    pairs = zip(near, colour, strict=True) if isinstance(colour, tuple) else [(near, colour)]
    assert (stored.mode, max(abs(one - other) for one, other in pairs) <= 3) == (stored_mode, True)


@pytest.mark.parametrize(
    ("size", "stored"),
    [
        ((4100, 3000), (4000, 2927)),
        ((4100, 41), (4100, 41)),
        ((1080, 9000), (1080, 9000)),
        ((1500, 9000), (1080, 6480)),
    ],
)
def test_large_picture_stays_readable(size, stored):
    proof = attachments.inspect(files.upload("长图.png", files.picture("PNG", size=size)))
    assert Image.open(io.BytesIO(proof.content)).size == stored


def test_large_photo_is_decoded_smaller():
    proof = attachments.inspect(files.upload("照片.jpg", files.picture("JPEG", size=(7740, 3870))))
    assert Image.open(io.BytesIO(proof.content)).size == (3870, 1935)


def test_scan_in_black_and_white_is_made_smaller_in_grey():
    """Without grey, thin lines vanish or thicken."""
    scan = Image.new("1", (5000, 3000), 1)
    scan.paste(0, (0, 0, 1, 3000))
    buffer = io.BytesIO()
    scan.save(buffer, "PNG")
    proof = attachments.inspect(files.upload("扫描.png", buffer.getvalue()))
    stored = Image.open(io.BytesIO(proof.content))
    assert (stored.mode, stored.width < 5000, 0 < stored.getpixel((0, 0)) < 255) == ("L", True, True)


def test_picture_of_sixteen_bits_is_scaled():
    """Pillow's own conversion would clip all but the darkest tones to white."""
    picture = Image.new("I;16", (3, 1))
    for place, value in enumerate((0, 32_896, 65_535)):
        picture.putpixel((place, 0), value)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    proof = attachments.inspect(files.upload("扫描.png", buffer.getvalue()))
    stored = Image.open(io.BytesIO(proof.content))
    assert [stored.getpixel((place, 0)) for place in range(3)] == [0, 128, 255]
