"""复制为新登记: a refused registration as the start of a new one."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from hours.states import Status
from hours.workflow import transitions
from tests import factories, files
from tests.pages import message_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def refused(huang, station):
    """A refused registration with all fields and a file."""
    registration = factories.registration(
        huang,
        "发明专利",
        starts_at=factories.moment(20, 9, 30),
        ends_at=factories.moment(19, 16, 45),
        hours_applied=Decimal("7.5"),
        category=factories.category("发明专利类", "成果类", by_half_day=False),
        note="第二发明人",
        certificate_number="ZL2026-1",
    )
    factories.attachment(registration, files.pdf("专利证书.pdf"))
    transitions.submit(huang, [registration], station, station.region)
    return factories.refuse(station.reviewer, registration, factories.verdict("不属于继续教育范围。"))


def address(registration) -> str:
    return reverse("hours:copy", args=[registration.pk])


def filled_in(form) -> dict[str, str]:
    """Return the data that the form would send unchanged."""
    data = {"first_level": form["first_level"].value(), "category": form["category"].value()}
    for name in ("content", "hours_applied", "year", "note", "certificate_number", "draft_key"):
        data[name] = form[name].value()
    for name in ("starts_at", "ends_at"):
        moment = timezone.localtime(form[name].value())
        data[f"{name}_0"], data[f"{name}_1"] = f"{moment:%Y-%m-%d}", f"{moment:%H:%M}"
    return data


def test_form_is_filled_in_without_the_declaration(client, refused):
    form = client.get(address(refused)).context["form"]
    assert filled_in(form) == {
        "first_level": refused.category.parent_id,
        "category": refused.category_id,
        "content": "发明专利",
        "hours_applied": "7.5",
        "year": refused.year,
        "note": "第二发明人",
        "certificate_number": "ZL2026-1",
        "draft_key": form["draft_key"].value(),
        "starts_at_0": f"{factories.moment(20):%Y-%m-%d}",
        "starts_at_1": "09:30",
        "ends_at_0": f"{factories.moment(19):%Y-%m-%d}",
        "ends_at_1": "16:45",
    }
    assert not form["declared"].value()


def test_files_are_not_copied(client, refused):
    response = client.get(address(refused))
    page = response.content.decode()
    assert "附件没有复制，请重新上传；原登记及其审核记录保持不变。" in page
    assert "专利证书.pdf" not in page
    assert response.context["kept"] == []


def test_saving_creates_a_second_registration(client, huang, refused):
    page = client.get(address(refused))
    sent_to = re.search(r'id="registration-form"[^>]* action="([^"]+)"', page.content.decode()).group(1)
    response = client.post(sent_to, {**filled_in(page.context["form"]), "declared": "on"})
    assert response.status_code == 302
    new = huang.registrations.get(status=Status.DRAFT)
    assert (new.content, new.hours_applied, new.round, new.unit, new.hours_proposed) == (
        "发明专利",
        Decimal("7.5"),
        0,
        None,
        None,
    )
    assert new.attachments.count() == 0
    refused.refresh_from_db()
    assert (refused.status, refused.attachments.count()) == (Status.REFUSED, 1)


def test_opening_the_copy_saves_nothing(client, huang, refused):
    client.get(address(refused))
    assert huang.registrations.count() == 1


def test_missing_declaration_keeps_the_input(client, huang, refused):
    page = client.get(address(refused))
    response = client.post(reverse("hours:new"), filled_in(page.context["form"]))
    assert list(response.context["form"].errors) == ["declared"]
    assert response.context["form"]["note"].value() == "第二发明人"
    assert huang.registrations.count() == 1


@pytest.mark.parametrize("status", ["draft", "submitted", "returned"])
def test_only_refused_registrations_can_be_copied(client, huang, station, status):
    registration = {
        "draft": lambda: factories.registration(huang),
        "submitted": lambda: factories.submitted(huang, station),
        "returned": lambda: factories.returned(huang, station, station.reviewer),
    }[status]()
    response = client.get(address(registration), follow=True)
    assert message_texts(response) == [f"该登记目前为“{registration.get_status_display()}”，不能复制为新登记。"]


def test_copying_is_404_for_other_people(client, refused, station):
    for person in (factories.person("李工"), station.reviewer):
        client.force_login(person)
        assert client.get(address(refused)).status_code == 404


def test_copy_button_is_on_own_refused_registrations(client, huang, refused, station):
    submitted = factories.submitted(huang, station, content="审核中的")
    pages = [reverse("hours:detail", args=[registration.pk]) for registration in (refused, submitted)]
    assert [address(refused) in client.get(page).content.decode() for page in pages] == [True, False]
    lookup = client.get(reverse("hours:lookup_registrations")).content.decode()
    assert (address(refused) in lookup, address(submitted) in lookup) == (True, False)
    client.force_login(station.reviewer)
    assert address(refused) not in client.get(pages[0]).content.decode()
