"""CHANGE: proofs. A file is believed only after its content was read: pictures are encoded anew, upright and without
metadata; a PDF must look like a whole one. Files lie in a folder that no web server knows."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

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
# What a decoder may call a kind: many phones put a second picture (depth, brightness) behind the first of a JPEG.
DECODED_AS = {"JPEG": ("JPEG", "MPO"), "PNG": ("PNG",), "WEBP": ("WEBP",)}
EXTENSIONS = ("pdf", *PICTURES)
ACCEPT = ".pdf,.jpg,.jpeg,.png,.webp,application/pdf,image/jpeg,image/png,image/webp"
MAX_SIDE = 4000  # pixels; a photographed certificate stays readable, a page stays light
MAX_PIXELS = 60_000_000  # larger ones are not unpacked: a small file can hold a huge picture
# A picture of so many pixels takes most of a gigabyte while it is encoded anew: one at a time in each process.
_DECODING = threading.Lock()
SAVE_OPTIONS = {"JPEG": {"quality": 88, "optimize": True}, "PNG": {"optimize": True}, "WEBP": {"quality": 88}}


@dataclass(frozen=True)
class Proof:
    """A file that passed: its cleaned content, ready to be stored."""

    name: str
    content_type: str
    content: bytes


def inspect(upload: UploadedFile) -> Proof:
    """The cleaned file; ValidationError with a sentence that names the file otherwise."""
    name = _own_name(upload.name or "")
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if extension not in EXTENSIONS:
        raise ValidationError(f"“{name}”不是可以上传的类型，请上传 PDF、JPG、PNG 或 WebP 文件。")
    if upload.size > settings.ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        raise ValidationError(f"“{name}”有 {filesizeformat(upload.size)}，超过了每个文件 {limit} 的上限。")
    if not upload.size:
        raise ValidationError(f"“{name}”是空文件，请重新选择。")
    content = upload.read()
    if extension == "pdf":
        return Proof(name, "application/pdf", _whole_pdf(name, content))
    kind = PICTURES[extension]
    with _DECODING:
        return Proof(name, f"image/{kind.lower()}", _clean_picture(name, content, kind))


def inspect_all(uploads: Sequence[UploadedFile]) -> tuple[list[Proof], list[ValidationError]]:
    """Those that passed, and why each other one did not. No more are read than a registration can have: reading is
    work.
    """
    proofs, refused, most = [], [], settings.ATTACHMENT_MAX_COUNT
    for upload in uploads[:most]:
        try:
            proofs.append(inspect(upload))
        except ValidationError as error:
            refused.append(error)
    if rest := uploads[most:]:
        first = _own_name(rest[0].name or "")
        refused.append(ValidationError(f"一次最多选择 {most} 个文件，从“{first}”起的 {len(rest)} 个没有读取。"))
    return proofs, refused


def check_count(count: int) -> None:
    """ValidationError if a registration would have more files than allowed."""
    if count > settings.ATTACHMENT_MAX_COUNT:
        raise ValidationError(f"每条登记最多 {settings.ATTACHMENT_MAX_COUNT} 个附件，现有 {count} 个，请移除一些。")


def keep_for_form(owner: User, proofs: Iterable[Proof], draft_key) -> list[Attachment]:
    """Store files of a form that was refused, so that they need not be chosen again."""
    return [_stored(proof, owner, draft_key=draft_key) for proof in proofs]


@transaction.atomic
def attach(registration: Registration, proofs: Iterable[Proof], draft_key, removed: Iterable[Attachment]) -> None:
    """Give a registration its new files and those kept for its form, and take away the removed ones."""
    Attachment.objects.waiting_for_form(registration.owner, draft_key).update(registration=registration, draft_key=None)
    for proof in proofs:
        _stored(proof, registration.owner, registration=registration)
    discard(Attachment.objects.filter(pk__in=[attachment.pk for attachment in removed]))


@transaction.atomic
def discard(attachments: QuerySet[Attachment]) -> int:
    """Delete rows, and their files once the transaction is safe; return how many.

    Locked, no row can meanwhile be given to a registration, which would then miss its file.
    """
    files = [attachment.file for attachment in attachments.select_for_update()]
    attachments.delete()

    def delete_files() -> None:
        for file in files:
            file.storage.delete(file.name)

    transaction.on_commit(delete_files)
    return len(files)


def _stored(proof: Proof, owner: User, *, registration: Registration | None = None, draft_key=None) -> Attachment:
    return Attachment.objects.create(
        owner=owner,
        registration=registration,
        draft_key=draft_key,
        file=ContentFile(proof.content, name=proof.name),
        name=proof.name,
        content_type=proof.content_type,
        size=len(proof.content),
    )


def _own_name(name: str) -> str:
    """The last part of what the browser sent, without what cannot be seen, its end kept if it is long."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return texts.normalise_line(last)[-120:] or "未命名"


def _whole_pdf(name: str, content: bytes) -> bytes:
    if b"%PDF-" not in content[:1024]:
        raise ValidationError(f"“{name}”的内容不是 PDF，请确认没有改过扩展名。")
    if b"%%EOF" not in content[-2048:]:
        raise ValidationError(f"“{name}”不完整（可能下载或传输中断），请重新生成后上传。")
    return content


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
    return _encoded(picture, kind)


def _encoded(picture: Image.Image, kind: str) -> bytes:
    """The pixels alone: upright, without position, camera or comments."""
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
    """As it was held when it was taken; as it lies where the note about that cannot be read.

    Broken notes fail in a dozen ways; the pixels are sound, and the notes are dropped anyway.
    """
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ImageOps.exif_transpose(picture, in_place=True)  # a second picture would double the memory


def copy_to(originals: Iterable[Attachment], registrations: Iterable[Registration], made: list[str]) -> None:
    """Give each registration its own rows and files of these, so that deleting one never touches another.

    The disk holds the content once where it knows hard links. The names of new files are added to `made` as they come,
    for a caller whose transaction fails.
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
            row.file = _second_name(original, row)
            made.append(row.file.name)
            rows.append(row)
    Attachment.objects.bulk_create(rows, batch_size=500)


def _second_name(original: Attachment, row: Attachment) -> str:
    storage = original.file.storage
    name = Attachment._meta.get_field("file").generate_filename(row, original.name)
    try:
        target = Path(storage.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(storage.path(original.file.name))
    except (NotImplementedError, OSError):  # another kind of storage, or a file system without links
        with original.file.open("rb") as content:
            return storage.save(name, content)
    return name
