"""Uploaded pictures, encoded again: upright, without metadata, in eight bits, small enough to show.

Large JPEG photographs are decoded at a half, a quarter or an eighth of their size; other pictures above MAX_PIXELS are
refused before they are decoded. What is refused is known from the head of the file, before it costs anything.
"""

from __future__ import annotations

import io
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pillow_heif
from django.core.exceptions import ValidationError
from PIL import Image, ImageCms, ImageOps

pillow_heif.register_heif_opener()

MAX_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 200_000_000  # before reduction
MAX_PROGRESSIVE_PIXELS = 50_000_000  # the decoder holds all of them, also when it reduces
MAX_SCANS = 100  # passes over a progressive JPEG; programs write about ten
MAX_LENGTH = 65_000  # of a side; browsers and JPEG know no longer ones
MAX_SIDE, MIN_WIDTH = 4000, 1080  # a long screenshot keeps its width readable
WAIT_SECONDS = 30
# Kind -> Pillow's decoder. That of JPEG also opens MPO: many phones append a second picture (depth, brightness).
DECODERS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIC": "HEIF"}
STORED_AS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIC": "JPEG"}
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "PNG": {},
    "WEBP": {"quality": 88, "method": 2},
}
Image.MAX_IMAGE_PIXELS = None  # sizes are checked here, with a sentence
START_OF_SCAN, END_OF_JPEG = b"\xff\xda", b"\xff\xd9"
# Chunks of a PNG that are read: pixels, transparency and colours. Texts may be larger than Pillow reads.
PNG_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf", b"acTL"}
# Encoding a picture of MAX_PIXELS takes some 300 MB of memory: one at a time in each process.
_turn = threading.Lock()


def clean(name: str, content: bytes, kind: str) -> tuple[str, bytes]:
    """Return the stored kind and content of a picture; ValidationError names the file."""
    with _one_at_a_time(name):
        picture = _decode(name, content, kind)
        return STORED_AS[kind], _encode(picture, STORED_AS[kind])


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
        return _load(name, content, kind)
    except MemoryError:
        raise ValidationError(f"“{name}”的像素太多，请缩小后上传。") from None
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, zlib.error):
        if kind == "JPEG" and (picture := _without_end(name, content)):
            return picture
        raise ValidationError(_damaged(name, kind)) from None


def _load(name: str, content: bytes, kind: str) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that is dropped
        picture: Image.Image = Image.open(io.BytesIO(content), formats=[DECODERS[kind]])
        _check(name, picture, content, kind)
        picture.load()
    return picture


def _without_end(name: str, content: bytes) -> Image.Image | None:
    """Return a JPEG that lacks only its end mark: bytes after the last line do not change it."""
    with suppress(OSError, SyntaxError, ValueError):
        picture = _load(name, content + END_OF_JPEG, "JPEG")
        if picture.tobytes() == _load(name, content + b"\x55" * 64 + END_OF_JPEG, "JPEG").tobytes():
            return picture
    return None


def _without_texts(content: bytes) -> bytes:
    """Return a PNG without the chunks that are not needed."""
    kept, place = [content[:8]], 8
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        if content[place + 4 : place + 8] in PNG_CHUNKS:
            kept.append(content[place:end])
        place = end
    return b"".join(kept)


# --- What is refused -----------------------------------------------------------------------------------


def _check(name: str, picture: Image.Image, content: bytes, kind: str) -> None:
    """Raise ValidationError for what costs too much or cannot be kept; let the decoder reduce a large JPEG."""
    pixels = picture.width * picture.height
    size = f"{picture.width}×{picture.height} 像素"
    if pixels > _most_pixels(picture, kind):
        raise ValidationError(f"“{name}”有 {size}，太大了，请缩小到 {MAX_PIXELS // 10_000} 万像素以内后上传。")
    if max(picture.size) > MAX_LENGTH:
        raise ValidationError(f"“{name}”有 {size}，太长了，请截成几张图片，每边不超过 {MAX_LENGTH:,} 像素。")
    if kind == "JPEG" and content.count(START_OF_SCAN) > MAX_SCANS:
        raise ValidationError(f"“{name}”的编码太复杂，请重新拍照或截图后上传。")
    if kind in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise ValidationError(f"“{name}”是动图，只能显示一帧，请截图或另存为 JPG、PNG 后上传。")
    scale = next(scale for scale in (1, 2, 4, 8) if pixels <= MAX_PIXELS * scale * scale)
    if scale > 1:
        picture.draft("RGB", (picture.width // scale, picture.height // scale))


def _most_pixels(picture: Image.Image, kind: str) -> int:
    if kind != "JPEG":
        return MAX_PIXELS
    return MAX_PROGRESSIVE_PIXELS if "progressive" in picture.info else MAX_JPEG_PIXELS


def _damaged(name: str, kind: str) -> str:
    if kind == "HEIC":
        return f"“{name}”无法转换，iPhone 照片请在“设置→相机→格式”中选“兼容性最佳”重新拍摄，或另存为 JPG 后上传。"
    return f"“{name}”不完整或已损坏，请重新拍照或扫描后上传。"


def _encode(picture: Image.Image, kind: str) -> bytes:
    """Return the pixels alone, upright: without position, camera and comments."""
    _turn_upright(picture)
    picture = _in_eight_bits(picture)
    picture.thumbnail(_fitting_size(picture))
    picture = _in_srgb(picture)
    if kind == "JPEG" and picture.mode != "RGB":
        picture = _on_white(picture)
    elif picture.mode not in ("RGB", "RGBA", "L"):
        picture = picture.convert("RGBA")
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    buffer = io.BytesIO()
    bare.save(buffer, format=kind, **SAVE_OPTIONS[kind])
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
