"""Encryption of single columns: AES-256-GCM with a key id, and a keyed digest for look-up and uniqueness.

Stored text: "<key id>:<base64 of 12 byte nonce and ciphertext>". The first key of FIELD_KEYS encrypts; the others
still decrypt what they encrypted, so that keys can be changed without a stop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

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
    """The stored form of a text; two encryptions of one text differ."""
    key_id, cipher = next(iter(_ciphers(settings.FIELD_KEYS).items()))
    nonce = os.urandom(NONCE_BYTES)
    return f"{key_id}:{base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), None)).decode()}"


def decrypt(stored: str) -> str:
    """The text again. KeyError for a key that is gone, cryptography's InvalidTag for a stored form that was changed."""
    key_id, encoded = stored.split(":", 1)
    raw = base64.b64decode(encoded)
    return _ciphers(settings.FIELD_KEYS)[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def digest(text: str) -> str:
    """A keyed digest (64 hexadecimal characters) under which a text can be found without being readable."""
    return hmac.new(settings.DIGEST_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """A text that the database never sees in clear. Find rows by a digest column: filtering on this one raises."""

    def get_prep_value(self, value):
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value, expression, connection):
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name):
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted and cannot be filtered on; use its digest column")


class DerivedField(models.CharField):
    """A column computed, whenever the row is saved, from another attribute: the two cannot part."""

    def __init__(self, *args, source: str = "", compute=None, **kwargs):
        self.source, self.compute = source, compute
        super().__init__(*args, editable=False, **kwargs)

    def deconstruct(self):
        # Migrations need the column only.
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, instance, add):
        setattr(instance, self.attname, self.compute(getattr(instance, self.source)))
        return super().pre_save(instance, add)
