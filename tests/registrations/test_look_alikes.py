"""Registrations that only look different are duplicates: spacing, width, case, invisible characters do not matter."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from hours.models import Registration
from tests import factories

LOOK_ALIKES = [
    "ＪＡＶＡ培训（一）",
    "java培训(一)",
    "Java\u200d培训（一）",
    "Java\ufe0f培训（一）",
    "Java\u3164培训（一）",
    "J a v a培训（一）",
    "Java\u2800培训（一）",
]


@pytest.mark.django_db
@pytest.mark.parametrize("content", LOOK_ALIKES)
def test_same_content_in_disguise_is_refused(client, huang, typed, content):
    client.force_login(huang)
    client.post(reverse("hours:new"), typed(content="Java培训（一）"))
    response = client.post(reverse("hours:new"), typed(content=content))
    [sentence] = response.context["form"].errors["content"]
    assert sentence.startswith("您已登记过内容和起止时间都相同的“Java培训（一）”")


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["gx-2026-001", "ＧＸ－２０２６－００１", "GX-2026\u200d-001", "GX—2026—001"])
def test_same_certificate_number_in_disguise_is_refused(client, huang, typed, number):
    client.force_login(huang)
    client.post(reverse("hours:new"), typed(certificate_number="GX-2026-001"))
    response = client.post(reverse("hours:new"), typed(content="另一次培训", certificate_number=number))
    assert response.context["form"].errors["content"][0].startswith("证书编号 GX-2026-001 已用于您的登记")


@pytest.mark.django_db
def test_database_refuses_look_alikes(huang):
    first = factories.registration(huang, "Java培训（一）")
    facts = {"owner": huang, "starts_at": first.starts_at, "ends_at": first.ends_at}
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.registration(content=LOOK_ALIKES[0], **facts)


@pytest.mark.django_db
def test_other_content_is_another_registration(huang):
    first = factories.registration(huang, "Java培训（一）")
    facts = {"owner": huang, "starts_at": first.starts_at, "ends_at": first.ends_at}
    assert factories.registration(content="Java培训（二）", **facts).pk


@pytest.mark.django_db(transaction=True)
def test_migration_keeps_look_alikes_that_were_saved_before(huang):
    """Rows that were accepted as different stay so; every other row gets the key of its texts."""
    first = factories.registration(huang, "Java培训（一）", certificate_number="GX-1")
    other = factories.registration(huang, "Excel培训")
    before = MigrationExecutor(connection).migrate([("hours", "0005_course_codes")])
    try:
        rows = before.apps.get_model("hours", "Registration").objects
        rows.filter(pk=other.pk).update(content=LOOK_ALIKES[0], starts_at=first.starts_at, ends_at=first.ends_at)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    keys = dict(Registration.objects.values_list("pk", "content_key"))
    assert keys == {first.pk: first.content_key, other.pk: f"saved before, {other.pk}"}
    assert Registration.objects.get(pk=first.pk).certificate_key == first.certificate_key
