"""Uploaded files of registrations: checks, cleaning, storing, copying and deleting.

A file is judged by its content, not by its name: pictures are encoded again (pictures.py), a PDF is cleaned (pdfs.py).
Files lie in a folder that no web server serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from config import texts
from hours.models import Attachment, Registration

from . import pdfs, pictures

KINDS = " PDF、JPG、PNG、WebP 或 HEIC "
ACCEPT = (
    ".pdf,.jpg,.jpeg,.jfif,.png,.webp,.heic,.heif,application/pdf,image/jpeg,image/png,image/webp,image/heic,image/heif"
)
EXTENSIONS = {"PDF": ".pdf", "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
USUAL = {"JPEG": (".jpg", ".jpeg")}  # endings that stay; others get the one of the content
OFFICE, OLD_OFFICE, OFD = "Word、Excel 或压缩文件", "旧版 Word 或 Excel 文件", "OFD 文件"
_OFD_PART = re.compile(rb"PK\x03\x04.{22}\x07\x00.{2}OFD\.xml", re.DOTALL)  # in an archive, with its header
SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"II*\x00", "TIFF 图片"),
    (b"MM\x00*", "TIFF 图片"),
    (b"PK\x03\x04", OFFICE),
    (b"\xd0\xcf\x11\xe0", OLD_OFFICE),
    (b"Rar!", "压缩文件"),
    (b"7z\xbc\xaf", "压缩文件"),
    (b"MZ", "程序"),
)
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})


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
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        raise ValidationError(f"“{name}”有 {filesizeformat(size)}，超过了每个文件 {limit} 的上限。")
    if not size:
        raise ValidationError(f"“{name}”是空文件，请重新选择。")
    content = upload.read()
    kind = kind_of(content)
    _check_kind(name, kind)
    if kind == "PDF":
        return Proof(_named_as(name, kind), "application/pdf", pdfs.clean(name, content))
    kind, content = pictures.clean(name, content, kind)
    return Proof(_named_as(name, kind), f"image/{kind.lower()}", content)


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


def check_total(owner: User, proofs: Iterable[Proof]) -> None:
    """Raise ValidationError if the person's files would take more than ATTACHMENTS_PERSON_MAX_BYTES together."""
    new = sum(len(proof.content) for proof in proofs)
    if not new:
        return
    stored = Attachment.objects.filter(owner=owner).aggregate(total=Sum("size"))["total"] or 0
    if stored + new > settings.ATTACHMENTS_PERSON_MAX_BYTES:
        limit = filesizeformat(settings.ATTACHMENTS_PERSON_MAX_BYTES)
        raise ValidationError(
            f"您的附件共有 {filesizeformat(stored)}，加上这次的超过了每人 {limit} 的上限，请删去不需要的。"
        )


def keep_for_form(owner: User, proofs: Iterable[Proof], draft_key: UUID | str) -> list[Attachment]:
    """Store files under the key of their form, so that they need not be chosen again after a refusal.

    The files of the person's other unsaved forms make room, the oldest first, above WAITING_ATTACHMENTS_MAX_BYTES.
    """
    proofs = list(proofs)
    if not proofs:
        return []
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=owner.pk)
        _make_room(owner, sum(len(proof.content) for proof in proofs), draft_key)
        return [_store(proof, owner, draft_key=draft_key) for proof in proofs]


def _make_room(owner: User, size: int, draft_key: UUID | str) -> None:
    """Discard the oldest files of other unsaved forms until these bytes fit."""
    waiting = Attachment.objects.filter(owner=owner, registration=None)
    excess = size + sum(waiting.values_list("size", flat=True)) - settings.WAITING_ATTACHMENTS_MAX_BYTES
    crowded_out = []
    for key, bytes_of_key in waiting.exclude(draft_key=draft_key).order_by("pk").values_list("pk", "size"):
        if excess <= 0:
            break
        crowded_out.append(key)
        excess -= bytes_of_key
    if crowded_out:
        discard(Attachment.objects.filter(pk__in=crowded_out))


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


def _named_as(name: str, kind: str) -> str:
    """Return the name with the ending of its content."""
    stem, dot, ending = name.rpartition(".")
    if f".{ending.lower()}" in USUAL.get(kind, (EXTENSIONS[kind],)) and dot:
        return name
    is_ending = dot and stem and len(ending) <= 5 and ending.isascii() and ending.isalnum()
    return f"{stem if is_ending else name}{EXTENSIONS[kind]}"


def _clean_name(name: str) -> str:
    """The last part of the path that the browser sent, on one line; of a long name the end."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return texts.normalise_line(last)[-120:] or "未命名"


# --- The kind of a file ----------------------------------------------------------------------------


def kind_of(content: bytes) -> str:
    """Return the kind of a file by its first bytes: PDF, JPEG, PNG, WEBP, HEIC, another name, or empty if unknown."""
    if found := next((kind for start, kind in SIGNATURES if content.startswith(start)), ""):
        return OFD if found == OFFICE and _OFD_PART.search(content) else found
    if content[4:8] == b"ftyp":
        brands = {content[place : place + 4] for place in range(8, min(len(content), 64), 4)}
        return "AVIF 图片" if brands & AVIF_BRANDS else "HEIC" if brands & HEIC_BRANDS else "视频"
    if content[:4] == b"RIFF":
        return "WEBP" if content[8:12] == b"WEBP" else "音视频"
    return "PDF" if b"%PDF-" in content[:1024] else ""


def _check_kind(name: str, kind: str) -> None:
    """Raise ValidationError for a file that is neither PDF nor picture, with what to do."""
    if kind == "PDF" or kind in pictures.DECODERS:
        return
    what = f"是 {kind}，" if kind else "不是 PDF 或图片，"
    remedy = "请另存为 PDF 后上传。" if kind in (OFFICE, OLD_OFFICE, OFD) else f"请上传{KINDS}文件。"
    raise ValidationError(f"“{name}”{what}{remedy}")
