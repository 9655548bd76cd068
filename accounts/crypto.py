"""Encryption of single columns: AES-256-GCM with a key id, and a keyed digest for look-up and uniqueness.

Stored text: "<key id>:<base64 of 12 byte nonce and ciphertext>". The first key of FIELD_KEYS encrypts, and all of
them decrypt, so keys can be rotated without downtime.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

NONCE_BYTES = 12


@lru_cache(maxsize=4)
def _ciphers(field_keys: str) -> dict[str, AESGCM]:
    try:
        pairs = [pair.split(":", 1) for pair in field_keys.split(",")]
        return {key_id.strip(): AESGCM(base64.b64decode(key, validate=True)) for key_id, key in pairs}
    except ValueError as error:
        raise ImproperlyConfigured(
            f"FIELD_KEYS must be id:base64 pairs of 32 byte keys, apart by commas ({error})"
        ) from None


def encrypt(text: str) -> str:
    """Return the stored form of a text; a random nonce makes every encryption different."""
    key_id, cipher = next(iter(_ciphers(settings.FIELD_KEYS).items()))
    nonce = os.urandom(NONCE_BYTES)
    return f"{key_id}:{base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), None)).decode()}"


def decrypt(stored: str) -> str:
    """Return the text. KeyError if its key is missing, cryptography's InvalidTag if the stored form was changed."""
    key_id, encoded = stored.split(":", 1)
    raw = base64.b64decode(encoded)
    return _ciphers(settings.FIELD_KEYS)[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def digest(text: str) -> str:
    """Return a keyed digest, 64 hexadecimal characters, to find a text without storing it readable."""
    return hmac.new(settings.DIGEST_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """A text encrypted in the database. Filtering on it raises FieldError; filter on a digest column instead."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> type[models.Lookup[Any]] | None:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted and cannot be filtered on; use its digest column")


class DerivedField(models.CharField):
    """A column computed from another attribute at every save, so both always agree."""

    def __init__(self, *args: Any, source: str = "", compute: Callable[[str], str] = str, **kwargs: Any) -> None:
        self.source, self.compute = source, compute
        super().__init__(*args, **{**kwargs, "editable": False})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        # Migrations need the column only.
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        setattr(model_instance, self.attname, self.compute(getattr(model_instance, self.source)))
        return super().pre_save(model_instance, add)
