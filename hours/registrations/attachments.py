"""Uploaded files of registrations: checks, cleaning, storing, copying and deleting.

A file is accepted only after its content was read: pictures are encoded again, upright and without metadata; a PDF must
be complete. Files lie in a folder that no web server serves.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import User
from config.web import texts
from hours.models import Attachment, Registration

PICTURES = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
# Formats that Pillow reports for each kind: many phones append a second picture (depth, brightness) to a JPEG.
DECODED_AS = {"JPEG": ("JPEG", "MPO"), "PNG": ("PNG",), "WEBP": ("WEBP",)}
EXTENSIONS = ("pdf", *PICTURES)
ACCEPT = ".pdf,.jpg,.jpeg,.png,.webp,application/pdf,image/jpeg,image/png,image/webp"
MAX_SIDE = 4000  # pixels; a photographed certificate stays readable
MAX_PIXELS = 60_000_000  # a small file can hold a huge picture, so larger ones are not decoded
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 88},
}
# Encoding a picture of MAX_PIXELS takes most of a gigabyte of memory: one at a time in each process.
_encoding_lock = threading.Lock()


@dataclass(frozen=True)
class Proof:
    """An accepted upload: its cleaned content, ready to be stored."""

    name: str
    content_type: str
    content: bytes


def inspect(upload: UploadedFile) -> Proof:
    """Return the cleaned file. Raises ValidationError with a sentence that names the file."""
    name = _clean_name(upload.name or "")
    size = upload.size or 0
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if extension not in EXTENSIONS:
        raise ValidationError(f"“{name}”不是可以上传的类型，请上传 PDF、JPG、PNG 或 WebP 文件。")
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        raise ValidationError(f"“{name}”有 {filesizeformat(size)}，超过了每个文件 {limit} 的上限。")
    if not size:
        raise ValidationError(f"“{name}”是空文件，请重新选择。")
    content = upload.read()
    if extension == "pdf":
        _check_pdf(name, content)
        return Proof(name, "application/pdf", content)
    kind = PICTURES[extension]
    with _encoding_lock:
        return Proof(name, f"image/{kind.lower()}", _clean_picture(name, content, kind))


def inspect_all(uploads: Sequence[UploadedFile]) -> tuple[list[Proof], list[ValidationError]]:
    """Return the accepted files, and one error for each refused one.

    No more files are read than a registration can have, because reading is expensive.
    """
    proofs, refused, limit = [], [], settings.ATTACHMENT_MAX_COUNT
    for upload in uploads[:limit]:
        try:
            proofs.append(inspect(upload))
        except ValidationError as error:
            refused.append(error)
    if rest := uploads[limit:]:
        first = _clean_name(rest[0].name or "")
        refused.append(ValidationError(f"一次最多选择 {limit} 个文件，从“{first}”起的 {len(rest)} 个没有读取。"))
    return proofs, refused


def check_count(count: int) -> None:
    """Raise ValidationError if a registration would have more files than allowed."""
    if count > settings.ATTACHMENT_MAX_COUNT:
        raise ValidationError(f"每条登记最多 {settings.ATTACHMENT_MAX_COUNT} 个附件，现有 {count} 个，请移除一些。")


def keep_for_form(owner: User, proofs: Iterable[Proof], draft_key: UUID | str) -> list[Attachment]:
    """Store files under the key of their form, so that they need not be chosen again after a refusal."""
    return [_store(proof, owner, draft_key=draft_key) for proof in proofs]


@transaction.atomic
def attach(
    registration: Registration, proofs: Iterable[Proof], draft_key: UUID | None, removed: Iterable[Attachment]
) -> None:
    """Give a registration its new files and those kept for its form, and delete the removed ones."""
    Attachment.objects.waiting_for_form(registration.owner, draft_key).update(registration=registration, draft_key=None)
    for proof in proofs:
        _store(proof, registration.owner, registration=registration)
    discard(Attachment.objects.filter(pk__in=[attachment.pk for attachment in removed]))


@transaction.atomic
def discard(attachments: QuerySet[Attachment]) -> int:
    """Delete rows, and their files after the commit; return the number of rows.

    The rows are locked, so that none can meanwhile be given to a registration, which would then miss its file.
    """
    files = [attachment.file for attachment in attachments.select_for_update()]
    attachments.delete()

    def delete_files() -> None:
        for file in files:
            file.delete(save=False)

    transaction.on_commit(delete_files)
    return len(files)


def copy_to(originals: Iterable[Attachment], registrations: Iterable[Registration], created: list[str]) -> None:
    """Give each registration its own rows and files of the originals, so that deleting one never touches another.

    The content is on the disk once if the file system has hard links. The names of new files are added to `created` one
    by one, so that a caller whose transaction fails can delete them.
    """
    registrations, rows = list(registrations), []
    for original in originals:
        for registration in registrations:
            row = Attachment(
                owner_id=registration.owner_id,
                registration=registration,
                name=original.name,
                content_type=original.content_type,
                size=original.size,
            )
            name = _link_or_copy(original, row)
            row.file.name = name
            created.append(name)
            rows.append(row)
    Attachment.objects.bulk_create(rows, batch_size=500)


def _store(
    proof: Proof, owner: User, *, registration: Registration | None = None, draft_key: UUID | str | None = None
) -> Attachment:
    return Attachment.objects.create(
        owner=owner,
        registration=registration,
        draft_key=draft_key,
        file=ContentFile(proof.content, name=proof.name),
        name=proof.name,
        content_type=proof.content_type,
        size=len(proof.content),
    )


def _link_or_copy(original: Attachment, row: Attachment) -> str:
    """Create the file of a row with the content of the original; return its name in the storage."""
    storage = original.file.storage
    name = row.file.field.generate_filename(row, original.name)
    try:
        target = Path(storage.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(original.file.path)
    except (NotImplementedError, OSError):  # another kind of storage, or a file system without links
        with original.file.open("rb") as content:
            return storage.save(name, content)
    return name


def _clean_name(name: str) -> str:
    """The last part of the path that the browser sent, on one line; of a long name the end."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return texts.normalise_line(last)[-120:] or "未命名"


def _check_pdf(name: str, content: bytes) -> None:
    if b"%PDF-" not in content[:1024]:
        raise ValidationError(f"“{name}”的内容不是 PDF，请确认没有改过扩展名。")
    if b"%%EOF" not in content[-2048:]:
        raise ValidationError(f"“{name}”不完整（可能下载或传输中断），请重新生成后上传。")


def _clean_picture(name: str, content: bytes, kind: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content))
            if picture.format not in DECODED_AS[kind]:
                raise ValidationError(f"“{name}”的内容其实是 {picture.format} 图片，与扩展名不符，请改正后上传。")
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(f"“{name}”有 {picture.width}×{picture.height} 像素，太大了，请缩小后上传。")
            picture.load()
    except UnidentifiedImageError:
        raise ValidationError(f"“{name}”的内容不是图片，请确认没有改过扩展名。") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(f"“{name}”的像素太多，请缩小后上传。") from None
    except (OSError, SyntaxError, ValueError):
        raise ValidationError(f"“{name}”不完整或已损坏，请重新拍照或扫描后上传。") from None
    return _encode(picture, kind)


def _encode(picture: Image.Image, kind: str) -> bytes:
    """Return the pixels alone, upright: without position, camera and comments."""
    _turn_upright(picture)
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    if kind == "JPEG" and picture.mode != "RGB":
        picture = picture.convert("RGB")
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
