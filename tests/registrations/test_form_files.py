"""新登记培训 and 修改: the files of a form, kept while it is refused, and removed."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from hours.models import Attachment, Registration
from hours.registrations import attachments
from tests import factories, files

pytestmark = pytest.mark.django_db
NEW = reverse("hours:new")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


def errors_of(response) -> dict[str, list[str]]:
    return {field: list(errors) for field, errors in response.context["form"].errors.items()}


def test_files_are_stored_with_the_registration(client, typed):
    client.post(NEW, typed(proofs=[files.pdf(), files.upload("照片.jpg", files.picture())]))
    registration = Registration.objects.get()
    stored = list(registration.attachments.values_list("name", "content_type", "draft_key"))
    assert stored == [("结业证书.pdf", "application/pdf", None), ("照片.jpg", "image/jpeg", None)]


def test_files_of_refused_form_are_kept_for_next_try(client, typed):
    facts = typed()
    response = client.post(NEW, {**facts, "declared": "", "proofs": [files.pdf()]})
    assert "结业证书.pdf" in response.content.decode()
    client.post(NEW, facts)
    [attachment] = Registration.objects.get().attachments.all()
    assert attachment.name == "结业证书.pdf"


def test_bad_file_is_refused_and_good_one_kept(client, typed):
    response = client.post(NEW, typed(proofs=[files.pdf(), files.upload("木马.exe", b"MZ")]))
    assert errors_of(response) == {"proofs": ["“木马.exe”是 程序，请上传 PDF、JPG、PNG、WebP 或 HEIC 文件。"]}
    assert list(Attachment.objects.values_list("name", "registration")) == [("结业证书.pdf", None)]


def test_more_than_eight_files_are_refused(client, typed):
    facts = typed(proofs=[files.pdf(f"{number}.pdf") for number in range(9)])
    refused = client.post(NEW, facts)
    assert errors_of(refused) == {"proofs": ["一次最多选择 8 个文件，从“8.pdf”起的 1 个没有读取。"]}
    beside_those_kept = client.post(NEW, {**facts, "proofs": [files.pdf("8.pdf")]})
    assert errors_of(beside_those_kept) == {"proofs": ["每条登记最多 8 个附件，现有 9 个，请移除一些。"]}


def test_files_over_the_limit_are_listed_and_removable(client, typed):
    facts = typed(declared="", proofs=[files.pdf("一.pdf")])
    client.post(NEW, facts)
    [kept] = Attachment.objects.all()
    facts |= {"declared": "on", "proofs": [files.pdf(f"{number}.pdf") for number in range(8)]}
    page = client.post(NEW, facts)
    assert errors_of(page) == {"proofs": ["每条登记最多 8 个附件，现有 9 个，请移除一些。"]}
    assert [file.name for file in page.context["kept"]] == ["一.pdf", *(f"{number}.pdf" for number in range(8))]
    client.post(NEW, {**facts, "proofs": [], "removed": [kept.pk]})
    assert Registration.objects.get().attachments.count() == 8


def test_refused_forms_keep_no_more_than_twice_the_limit(client, typed):
    facts = typed()
    for number in range(4):
        client.post(NEW, {**facts, "proofs": [files.pdf(f"{number}{place}.pdf") for place in range(8)], "declared": ""})
    assert Attachment.objects.count() == 16


def test_form_whose_files_were_purged_says_so(client, typed):
    facts = typed()
    page = client.post(NEW, {**facts, "declared": "", "proofs": [files.pdf()]})
    [kept] = Attachment.objects.all()
    assert f'<input type="hidden" name="waiting" value="{kept.pk}">' in page.content.decode()
    Attachment.objects.all().delete()
    refused = client.post(NEW, {**facts, "waiting": [kept.pk]})
    assert errors_of(refused) == {"proofs": ["之前上传的 1 个附件已过期清理，请重新选择。"]}
    assert not Registration.objects.exists()
    client.post(NEW, facts)
    assert Registration.objects.get().attachments.count() == 0


def test_kept_file_of_another_person_is_not_attached(client, typed):
    facts = typed()
    other = factories.person("李工")
    client.force_login(other)
    client.post(NEW, {**facts, "declared": "", "proofs": [files.pdf("李工的证书.pdf")]})
    client.force_login(factories.User.objects.get(name="黄秋梦"))
    client.post(NEW, facts)
    assert Registration.objects.get().attachments.count() == 0
    assert Attachment.objects.get().owner == other


def test_edit_removes_only_ticked_files(client, huang, typed):
    client.post(NEW, typed(proofs=[files.pdf("一.pdf"), files.pdf("二.pdf")]))
    registration = Registration.objects.get()
    first = registration.attachments.get(name="一.pdf")
    client.post(reverse("hours:edit", args=[registration.pk]), typed(content="改过的内容", removed=[first.pk]))
    registration.refresh_from_db()
    names = list(registration.attachments.values_list("name", flat=True))
    assert (registration.content, names) == ("改过的内容", ["二.pdf"])


def test_removing_an_unknown_file_is_ignored(client, huang, typed):
    """Removed in another window, or the key of another person's file."""
    registration = factories.registration(huang)
    [foreign] = attachments.keep_for_form(factories.person("覃小明"), [attachments.inspect(files.pdf())], uuid.uuid4())
    sent = typed(content="改过的内容", removed=["999999", "x", "9" * 30, foreign.pk])
    response = client.post(reverse("hours:edit", args=[registration.pk]), sent)
    assert response.status_code == 302
    assert list(Attachment.objects.all()) == [foreign]
