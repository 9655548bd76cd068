"""manage.py rewrite_id_numbers after a change of keys."""

import base64

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db
NEW_KEY = "new:" + base64.b64encode(b"another-key-of-thirty-two-bytes!").decode()


def stored(person: User) -> str:
    """Return the stored text of the ID number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM accounts_user WHERE id = %s", [person.pk])
        return cursor.fetchone()[0]


def test_numbers_are_encrypted_with_first_key(settings, manage):
    person = factories.person("黄秋梦")
    number = person.id_number
    settings.FIELD_KEYS = f"{NEW_KEY},{settings.FIELD_KEYS}"
    manage("rewrite_id_numbers")
    assert stored(person).startswith("new:")
    settings.FIELD_KEYS = NEW_KEY
    assert User.objects.get(pk=person.pk).id_number == number


def test_digests_use_new_digest_key(settings, manage):
    person = factories.person("覃晓燕")
    settings.DIGEST_KEY = "another digest key"
    assert list(User.objects.by_identifier(person.id_number)) == []
    manage("rewrite_id_numbers")
    assert list(User.objects.by_identifier(person.id_number)) == [person]


def test_output_has_no_id_number(capsys):
    person = factories.person("莫志强")
    call_command("rewrite_id_numbers")
    printed = capsys.readouterr()
    assert "人员的证件号码: 100%" in printed.out
    assert " 1/1 " in printed.out
    assert person.id_number not in printed.out
    assert printed.err == ""
