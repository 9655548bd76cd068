"""manage.py purge_uploads: deletes uploads of forms that were never completed."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hours.models import Attachment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(guangxi):
    """Return a function that stores a file of an age in hours, for a form or a registration."""
    owner = factories.person()

    def make(name: str, age: int, registration=None) -> Attachment:
        attachment = Attachment.objects.create(
            owner=owner,
            registration=registration,
            draft_key=None if registration else uuid.uuid4(),
            file=ContentFile(b"%PDF-1.4 %%EOF", name=name),
            name=name,
            content_type="application/pdf",
            size=14,
        )
        Attachment.objects.filter(pk=attachment.pk).update(created_at=timezone.now() - timedelta(hours=age))
        return attachment

    make.owner = owner
    return make


def test_old_upload_is_deleted_with_its_file(upload, manage, django_capture_on_commit_callbacks):
    old = upload("昨天的证书.pdf", age=25)
    with django_capture_on_commit_callbacks(execute=True):
        assert "附件 1 个" in manage("purge_uploads")
    assert not Attachment.objects.exists()
    assert not old.file.storage.exists(old.file.name)


def test_recent_upload_is_kept(upload, manage):
    young = upload("刚上传的证书.pdf", age=23)
    manage("purge_uploads")
    assert list(Attachment.objects.all()) == [young]
    assert young.file.storage.exists(young.file.name)


def test_file_of_registration_is_kept_at_any_age(upload, manage):
    proof = upload("三年前的证书.pdf", age=26_000, registration=factories.registration(upload.owner))
    manage("purge_uploads")
    assert list(Attachment.objects.all()) == [proof]
    assert proof.file.storage.exists(proof.file.name)


def test_age_is_an_option(upload, manage, django_capture_on_commit_callbacks):
    upload("两小时前的证书.pdf", age=2)
    with django_capture_on_commit_callbacks(execute=True):
        manage("purge_uploads", hours=1)
    assert not Attachment.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no locks of rows")
def test_purged_rows_are_locked(upload, manage):
    upload("昨天的证书.pdf", age=25)
    with CaptureQueriesContext(connection) as queries:
        manage("purge_uploads")
    chosen = next(query["sql"] for query in queries if query["sql"].startswith("SELECT"))
    assert chosen.endswith("FOR UPDATE")
