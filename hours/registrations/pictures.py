"""Uploaded pictures, encoded again: upright, without metadata, in eight bits, small enough to show.

Large JPEG photographs are decoded at a half, a quarter or an eighth of their size; other pictures above MAX_PIXELS are
refused before they are decoded. What is refused is known from the head of the file, before it costs anything.
"""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pillow_heif
from django.conf import settings
from django.core.exceptions import ValidationError
from PIL import Image, ImageCms, ImageOps

from . import jpegs, pngs

pillow_heif.register_heif_opener()

MAX_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 200_000_000  # before reduction
MAX_BUFFERED_PIXELS = 50_000_000  # of a JPEG in several scans: the decoder holds all, also when it reduces
MAX_SCANS = 100  # passes over a progressive JPEG; programs write about ten
MAX_LENGTH = 65_000  # of a side; browsers and JPEG know no longer ones
MAX_SIDE, MIN_WIDTH = 4000, 1080  # a long screenshot keeps its width readable
WAIT_SECONDS = 30
# Kind -> Pillow's decoder. That of JPEG also opens MPO: many phones append a second picture (depth, brightness).
DECODERS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIC": "HEIF"}
STORED_AS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIC": "JPEG"}
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"optimize": True},
    "PNG": {},
    "WEBP": {"quality": 88, "method": 2},
}
Image.MAX_IMAGE_PIXELS = None  # sizes are checked here, with a sentence
START_OF_SCAN, END_OF_JPEG = b"\xff\xda", b"\xff\xd9"
MORE_PIXELS = b"\x55" * 64  # read as pixels if some are missing, else passed over
FILLED = 2  # pixels at the end of a JPEG that have one colour if it is cut, also when it is reduced
JPEG_QUALITIES = (88, 70, 50)  # the first that keeps the file below the limit
# Chunks of a PNG that are read: pixels, transparency and colours. Texts may be larger than Pillow reads.
PNG_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf", b"acTL"}
# A picture of MAX_PIXELS takes up to 600 MB of memory, most less than 400: one at a time in each process.
_turn = threading.Lock()


class _TooLargeError(Exception):
    pass


class _Buffer(io.BytesIO):
    """A file that takes no more than the limit per file, so that nothing is encoded in vain."""

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > settings.ATTACHMENT_MAX_BYTES:
            raise _TooLargeError
        return super().write(content)


def clean(name: str, content: bytes, kind: str) -> tuple[str, bytes]:
    """Return the stored kind and content of a picture; ValidationError names the file."""
    with _one_at_a_time(name):
        try:
            picture = _ready(_decode(name, content, kind))
            return _encode(name, picture, STORED_AS[kind])
        except MemoryError:
            raise ValidationError(_too_large(name)) from None


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise ValidationError(f"现在上传图片的人很多，“{name}”没有处理，请稍后再试。")
    try:
        yield
    finally:
        _turn.release()


def _decode(name: str, content: bytes, kind: str) -> Image.Image:
    if kind == "PNG":
        content = _without_texts(content)
    try:
        picture = _load(name, content, kind)
        if kind == "JPEG" and _ends_plainly(picture) and _takes_more_pixels(name, picture, content):
            raise ValidationError(_damaged(name, kind))
        if kind == "PNG" and not (_has_last_line(picture) or pngs.has_all_lines(content)):
            raise ValidationError(_damaged(name, kind))
        return picture
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, zlib.error):
        if kind == "JPEG" and (whole := _without_end(name, content)):
            return whole
        raise ValidationError(_damaged(name, kind)) from None


def _load(name: str, content: bytes, kind: str) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that is dropped
        picture: Image.Image = Image.open(io.BytesIO(content), formats=[DECODERS[kind]])
        _check(name, picture, content, kind)
        picture.load()
    return picture


def _without_end(name: str, content: bytes) -> Image.Image | None:
    """Return a JPEG that lacks only its end mark."""
    content += END_OF_JPEG
    with suppress(OSError, SyntaxError, ValueError):
        picture = _load(name, content, "JPEG")
        return None if _takes_more_pixels(name, picture, content) else picture
    return None


def _ends_plainly(picture: Image.Image) -> bool:
    """Whether the last pixels of a JPEG have one colour, as those that its decoder fills in for missing ones."""
    corner = picture.crop((picture.width - FILLED, picture.height - FILLED, *picture.size))
    return len(corner.getcolors() or ()) == 1


def _has_last_line(picture: Image.Image) -> bool:
    """Whether the last line of a PNG has anything but zeros, which stand for missing lines too."""
    return picture.crop((0, picture.height - 1, *picture.size)).getbbox() is not None


def _takes_more_pixels(name: str, picture: Image.Image, content: bytes) -> bool:
    """Whether bytes before the end mark of a JPEG change the picture, because some of it is missing."""
    end = jpegs.end_of_picture(content)
    digest = hashlib.sha256(picture.tobytes()).digest()
    with suppress(OSError, SyntaxError, ValueError):
        longer = _load(name, content[:end] + MORE_PIXELS + END_OF_JPEG, "JPEG")
        return hashlib.sha256(longer.tobytes()).digest() != digest
    return True


def _without_texts(content: bytes) -> bytes:
    """Return a PNG without the chunks that are not needed."""
    return content[:8] + b"".join(chunk for name, chunk in pngs.chunks(content) if name in PNG_CHUNKS)


# --- What is refused -----------------------------------------------------------------------------------


def _check(name: str, picture: Image.Image, content: bytes, kind: str) -> None:
    """Raise ValidationError for what costs too much or cannot be kept; let the decoder reduce a large JPEG."""
    pixels = picture.width * picture.height
    size = f"{picture.width}×{picture.height} 像素"
    if pixels > _most_pixels(picture, content, kind):
        raise ValidationError(f"“{name}”有 {size}，太大了，请缩小到 {MAX_PIXELS // 10_000} 万像素以内后上传。")
    if max(picture.size) > MAX_LENGTH:
        raise ValidationError(f"“{name}”有 {size}，太长了，请截成几张图片，每边不超过 {MAX_LENGTH:,} 像素。")
    if kind == "JPEG" and content.count(START_OF_SCAN, 0, jpegs.end_of_picture(content)) > MAX_SCANS:
        raise ValidationError(f"“{name}”的编码太复杂，请重新拍照或截图后上传。")
    if kind in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise ValidationError(f"“{name}”是动图，只能显示一帧，请截图或另存为 JPG、PNG 后上传。")
    scale = next(scale for scale in (1, 2, 4, 8) if pixels <= MAX_PIXELS * scale * scale)
    if scale > 1:
        picture.draft("RGB", (picture.width // scale, picture.height // scale))


def _most_pixels(picture: Image.Image, content: bytes, kind: str) -> int:
    if kind != "JPEG":
        return MAX_PIXELS
    return MAX_BUFFERED_PIXELS if "progressive" in picture.info or jpegs.has_several_scans(content) else MAX_JPEG_PIXELS


def _too_large(name: str) -> str:
    return f"“{name}”的像素太多，请缩小后上传。"


def _damaged(name: str, kind: str) -> str:
    if kind == "HEIC":
        return f"“{name}”无法转换，iPhone 照片请在“设置→相机→格式”中选“兼容性最佳”重新拍摄，或另存为 JPG 后上传。"
    return f"“{name}”不完整或已损坏，请重新拍照或扫描后上传。"


def _ready(picture: Image.Image) -> Image.Image:
    """Return the picture as it is shown: upright, small enough, in the colours of screens."""
    _turn_upright(picture)
    picture = _in_eight_bits(picture)
    picture.thumbnail(_fitting_size(picture))
    return _in_srgb(picture)


def _encode(name: str, picture: Image.Image, kind: str) -> tuple[str, bytes]:
    """Return kind and content of a picture below the limit per file; ValidationError if it is above it in any kind."""
    if kind != "JPEG":
        shown = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert("RGBA")
        with suppress(_TooLargeError):
            return kind, _encode_as(shown, kind)
    picture = picture if picture.mode == "RGB" else _on_white(picture)
    for quality in JPEG_QUALITIES:
        with suppress(_TooLargeError):
            return "JPEG", _encode_as(picture, "JPEG", quality=quality)
    raise ValidationError(_too_large(name))


def _encode_as(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the pixels alone: without position, camera and comments. _TooLargeError if they exceed the limit."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    buffer = _Buffer()
    bare.save(buffer, format=kind, **{**SAVE_OPTIONS[kind], **options})
    return buffer.getvalue()


def _turn_upright(picture: Image.Image) -> None:
    """Turn the picture as its EXIF orientation says; leave it if the EXIF data cannot be read.

    Broken EXIF data fails in many ways, while the pixels are sound and the metadata is dropped anyway.
    """
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ImageOps.exif_transpose(picture, in_place=True)  # a second picture would double the memory


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture in eight bits per colour, which keeps letters readable when it is made smaller.

    Grey of 16 bits is scaled, because `convert` would clip almost all of it to white.
    """
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return picture.convert("RGBA" if "transparency" in picture.info else "RGB") if picture.mode == "P" else picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Return the picture in the colours of screens: the profile of wider ones is dropped with the metadata."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return (
                ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode) or picture
            )
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture without transparency, on white as a browser shows it."""
    if "A" not in picture.mode:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _fitting_size(picture: Image.Image) -> tuple[int, int]:
    """Return the size with a long side of MAX_SIDE, but a short side of MIN_WIDTH if the picture has that."""
    long, short = max(picture.size), min(picture.size)
    scale = min(1.0, max(MAX_SIDE / long, MIN_WIDTH / short))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
