"""The draft of a 单位集体登记: one training and its people, sealed into one text that travels between the pages.

Nothing is stored before the confirmation. The text is encrypted, so that no browser can read or change it.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidTag

from accounts.crypto import decrypt, encrypt
from accounts.models import User
from hours.errors import WorkflowError
from hours.models import Registration

FACTS = ("category_id", "content", "starts_at", "ends_at", "hours_applied", "year", "note", "certificate_number")


class InvalidDraft(WorkflowError):
    """The sealed text cannot be opened, or belongs to another reviewer."""


@dataclass(frozen=True)
class RosterRow:
    """One person as named in a file, and the problems of the row. `is_named` if name and ID number can be looked up."""

    number: int
    name: str
    id_number: str
    hours: str = ""
    certificate_number: str = ""
    problem: str = ""
    is_named: bool = True


@dataclass
class CollectiveDraft:
    """A training, and its people: either rows of a file or ticked keys.

    `fingerprint` is that of the preview shown last (see `preview.fingerprint`); `token` makes saving idempotent.
    """

    reviewer: int
    unit: int
    facts: dict[str, Any]
    files: str
    rows: list[RosterRow] = field(default_factory=list)
    ticked: list[int] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)  # columns of the file
    fingerprint: list[list] | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


def seal(value: object) -> str:
    """Compress and encrypt a JSON value; ID numbers stay unreadable outside the server."""
    packed = zlib.compress(json.dumps(value, ensure_ascii=False, default=str).encode())
    return encrypt(base64.b64encode(packed).decode())


def unseal(text: str) -> Any:
    """Return the value that `seal` was given; raise InvalidDraft for any other text."""
    try:
        return json.loads(zlib.decompress(base64.b64decode(decrypt(text))))
    except (ValueError, KeyError, InvalidTag, zlib.error):
        raise InvalidDraft("页面内容无法识别，请重新填写。") from None


def seal_draft(draft: CollectiveDraft) -> str:
    return seal(asdict(draft))


def unseal_draft(text: str, reviewer: User) -> CollectiveDraft:
    """Return the sealed draft; raise InvalidDraft if it is another reviewer's, or of a release with other fields."""
    content = unseal(text)
    if not isinstance(content, dict) or content.get("reviewer") != reviewer.pk:
        raise InvalidDraft("页面内容无法识别，请重新填写。")
    try:
        return CollectiveDraft(**{**content, "rows": [RosterRow(**row) for row in content["rows"]]})
    except (KeyError, TypeError):
        raise InvalidDraft("页面内容无法识别，请重新填写。") from None


def facts_of(registration: Registration) -> dict[str, Any]:
    """Return the facts that all registrations of a training share, as a draft keeps them."""
    return {name: getattr(registration, name) for name in FACTS}


def training(draft: CollectiveDraft) -> Registration:
    """Return the training as an unsaved registration without an owner."""
    facts = dict(draft.facts)
    for name in ("starts_at", "ends_at"):
        facts[name] = datetime.fromisoformat(str(facts[name]))
    facts["hours_applied"] = Decimal(str(facts["hours_applied"]))
    return Registration(**facts)
