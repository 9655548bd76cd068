"""ID numbers in the database: encrypted, authenticated, with rotating keys, and found by a keyed digest."""

import base64
from datetime import date

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection

from accounts import crypto
from accounts.models import User, identity_digest
from tests import factories

NUMBER = factories.resident_id(date(1979, 1, 2), 543)
OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def raw_row(person: User) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_user WHERE id = %s", [person.pk])
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


@pytest.mark.django_db
def test_database_holds_no_readable_number():
    person = factories.person(id_number=NUMBER)
    row = raw_row(person)
    assert not [column for column, value in row.items() if NUMBER in str(value) or NUMBER[:14] in str(value)]
    assert (row["id_digest"], row["id_tail"]) == (identity_digest(NUMBER), NUMBER[-4:])
    assert User.objects.get(pk=person.pk).id_number == NUMBER


@pytest.mark.django_db
def test_digest_and_tail_change_with_number():
    person = factories.person(id_number=NUMBER)
    person.id_number = other = factories.resident_id(date(1979, 1, 2), 544)
    person.save()
    row = raw_row(person)
    assert (row["id_digest"], row["id_tail"]) == (identity_digest(other), other[-4:])


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["id_number", "id_number__contains", "id_number__in", "id_number__gt"])
def test_filter_on_encrypted_column_raises(lookup):
    with pytest.raises(FieldError, match="id_number is encrypted"):
        User.objects.filter(**{lookup: NUMBER}).exists()


@pytest.mark.django_db
def test_digest_finds_number_in_any_notation():
    person = factories.person(id_number=NUMBER)
    factories.person("覃小明")
    typed = f" {NUMBER[:6]}-{NUMBER[6:]} ".lower()
    assert list(User.objects.filter(id_digest=identity_digest(typed))) == [person]


def test_encryptions_of_same_text_differ():
    first, second = crypto.encrypt(NUMBER), crypto.encrypt(NUMBER)
    assert first != second
    assert crypto.decrypt(first) == crypto.decrypt(second) == NUMBER


def test_first_key_encrypts_and_old_key_decrypts(settings):
    settings.FIELD_KEYS = OLD
    stored = crypto.encrypt(NUMBER)
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    assert crypto.decrypt(stored) == NUMBER
    assert crypto.encrypt(NUMBER).startswith("new:")


@pytest.mark.django_db
def test_saving_encrypts_with_new_key(settings):
    settings.FIELD_KEYS = OLD
    person = factories.person(id_number=NUMBER)
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    User.objects.get(pk=person.pk).save()
    settings.FIELD_KEYS = NEW
    assert User.objects.get(pk=person.pk).id_number == NUMBER


def test_missing_key_raises(settings):
    settings.FIELD_KEYS = OLD
    stored = crypto.encrypt(NUMBER)
    settings.FIELD_KEYS = NEW
    with pytest.raises(KeyError):
        crypto.decrypt(stored)


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_changed_ciphertext_raises(place):
    key_id, encoded = crypto.encrypt(NUMBER).split(":")
    raw = bytearray(base64.b64decode(encoded))
    raw[place] ^= 1
    with pytest.raises(InvalidTag):
        crypto.decrypt(f"{key_id}:{base64.b64encode(bytes(raw)).decode()}")


def test_other_key_of_same_id_raises(settings):
    settings.FIELD_KEYS = OLD
    stored = crypto.encrypt(NUMBER)
    settings.FIELD_KEYS = NEW.replace("new:", "old:")
    with pytest.raises(InvalidTag):
        crypto.decrypt(stored)


@pytest.mark.parametrize("keys", ["", "nonsense", "a:short", "a:" + base64.b64encode(b"x" * 5).decode()])
def test_malformed_field_keys_raise(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        crypto.encrypt(NUMBER)


def test_digest_depends_on_key(settings):
    before = crypto.digest(NUMBER)
    settings.DIGEST_KEY = "another"
    assert crypto.digest(NUMBER) != before
