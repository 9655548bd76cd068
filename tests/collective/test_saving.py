"""Saving a 单位集体登记: registrations, decisions, totals, files and permissions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import appointments
from accounts.permissions import Denied
from hours.collective import choices, saving
from hours.errors import WorkflowError
from hours.models import Attachment, Decision, Notice, PersonTotal, PlaceTotal, Registration, Submission
from hours.registrations import attachments
from hours.states import Action
from hours.totals import sums
from hours.workflow import transitions
from hours.workflow.permissions import may
from organizations import units
from tests import factories, files

pytestmark = pytest.mark.django_db


def registrations():
    return Registration.objects.order_by("owner_id")


def content_of(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return file.read()


def test_registrations_wait_for_final_review(station, draft):
    submission = saving.save(station.reviewer, draft(station.workers))
    saved = registrations().values_list(
        "owner__name", "status", "hours_applied", "hours_proposed", "entered_by__name", "round"
    )
    assert list(saved) == [
        (name, "final_review", Decimal(16), Decimal(16), "覃审核", 1) for name in ("黄秋梦", "李工", "韦工")
    ]
    assert (submission.owner, submission.entries, submission.hours) == (station.reviewer, 3, 48)
    assert set(
        registrations().values_list("unit_name", "region__name", "city__name", "province__name", "submission")
    ) == {("宾阳县甘棠镇林业站", "宾阳县", "南宁市", "广西壮族自治区", submission.pk)}


def test_decision_and_notice_for_each_owner(station, draft):
    saving.save(station.reviewer, draft(station.workers))
    decisions = Decision.objects.values_list("stage", "action", "status", "actor_name", "office", "hours", "words")
    words = "由单位审核员覃审核代为登记，单位承诺以上信息属实。"
    assert (
        list(decisions) == [("first", "enter", "final_review", "覃审核", "宾阳县甘棠镇林业站", Decimal(16), words)] * 3
    )
    assert set(Notice.objects.values_list("person__name", flat=True)) == {"黄秋梦", "李工", "韦工"}


def test_totals_are_updated(station, draft):
    previewed = draft(station.workers)
    saving.save(station.reviewer, previewed)
    year = previewed.facts["year"]
    assert PersonTotal.objects.filter(year=year, unit=station, professional=0).count() == 3
    assert PlaceTotal.objects.get(kind="unit", place=station.pk, year=year).final_review == 3
    assert sums.recount(year) == {"people": 0, "places": 0}


def test_registering_reviewer_is_denied_final_review(station, draft, guangxi):
    """A unit's reviewer may be the region's reviewer too, and yet not decide what the unit has entered."""
    appointments.appoint(station.reviewer, "region_reviewer", region=guangxi)
    saving.save(station.reviewer, draft(station.workers[:1]))
    registration = registrations().get()
    reason = "您已对该登记作出初审决定，终审须由另一人进行。"
    assert may(station.reviewer, Action.RECOGNISE, registration) == Denied(reason)
    factories.recognise(factories.region_reviewer(guangxi, "另一人"), registration)
    assert (registration.status, registration.hours_recognised) == ("recognised", 16)


def test_denial_holds_after_return_and_resubmission(station, draft, guangxi, bureau):
    appointments.appoint(station.reviewer, "region_reviewer", region=guangxi)
    saving.save(station.reviewer, draft(station.workers[:1]))
    registration, owner = registrations().get(), station.workers[0]
    factories.return_(bureau, registration, factories.verdict())
    assert (registration.status, bool(may(owner, Action.EDIT, registration))) == ("returned", True)
    transitions.submit(owner, [registration], station, station.region)
    assert registration.status == "first_review"
    other = factories.unit_reviewer(station, "梁审核")
    factories.agree(other, registration)
    assert isinstance(may(station.reviewer, Action.RECOGNISE, registration), Denied)


def test_owner_is_denied_final_review(station, draft, guangxi):
    saving.save(station.reviewer, draft(station.workers[:1]))
    appointments.appoint(station.workers[0], "region_reviewer", region=guangxi)
    assert may(station.workers[0], Action.RECOGNISE, registrations().get()) == Denied("不能审核本人的登记。")


def test_save_is_idempotent(station, draft):
    previewed = draft(station.workers)
    first = saving.save(station.reviewer, previewed)
    assert saving.save(station.reviewer, previewed) == first
    assert (registrations().count(), Submission.objects.count()) == (3, 1)


def test_outdated_preview_saves_nothing(station, draft):
    previewed = draft(station.workers)
    station.workers[2].unit = None
    station.workers[2].save()
    with pytest.raises(saving.PreviewOutdated):
        saving.save(station.reviewer, previewed)
    assert not registrations().exists()


def test_bad_lines_are_not_saved(station, draft, roster_row):
    stranger = factories.person("外人")
    rows = [
        roster_row(station.workers[0]),
        roster_row(stranger, 3),
        roster_row(station.workers[1], 4, hours="7.5", certificate_number="A1"),
    ]
    saving.save(station.reviewer, draft(rows=rows))
    saved = registrations().values_list("owner__name", "hours_applied", "certificate_number")
    assert list(saved) == [("黄秋梦", Decimal(16), ""), ("李工", Decimal("7.5"), "A1")]


@pytest.mark.parametrize("end", ["appointment", "unit"])
def test_lost_permission_saves_nothing(station, draft, end):
    previewed = draft(station.workers)
    if end == "unit":
        units.disable(station)
    else:
        station.reviewer.appointments.update(valid_until=timezone.localdate() - timedelta(1), valid_from="2020-01-01")
    with pytest.raises(WorkflowError, match="不能为该单位集体登记"):
        saving.save(station.reviewer, previewed)
    assert not registrations().exists()


def test_pending_unit_is_not_offered(station):
    station.state = "pending"
    station.save()
    assert list(choices.selectable_units(station.reviewer)) == []


def test_files_are_copied_to_each_registration(station, draft):
    previewed = draft(station.workers, proofs=[attachments.inspect(files.pdf("通知.pdf"))])
    saving.save(station.reviewer, previewed)
    saved = list(Attachment.objects.order_by("owner_id"))
    assert [(row.owner.name, row.name, row.registration.owner_id) for row in saved] == [
        (person.name, "通知.pdf", person.pk) for person in station.workers
    ]
    assert len({row.file.name for row in saved}) == 3
    attachments.discard(Attachment.objects.filter(pk=saved[0].pk))
    assert [content_of(row) for row in saved[1:]] == [files.PDF] * 2


def test_files_changed_since_preview_save_nothing(station, draft):
    """Another page of the same form added one, or they were purged while this page stood open."""
    previewed = draft(station.workers, proofs=[attachments.inspect(files.pdf())])
    attachments.keep_for_form(station.reviewer, [attachments.inspect(files.pdf("另一份.pdf"))], previewed.files)
    with pytest.raises(saving.PreviewOutdated):
        saving.save(station.reviewer, previewed)
    assert not registrations().exists()


def test_failure_leaves_no_rows_and_files(station, draft, monkeypatch):
    previewed = draft(station.workers, proofs=[attachments.inspect(files.pdf())])
    [original] = Attachment.objects.all()

    def fail(*args):
        raise OSError("disk")

    monkeypatch.setattr(attachments, "discard", fail)
    with pytest.raises(OSError, match="disk"):
        saving.save(station.reviewer, previewed)
    root = original.file.storage.base_location
    assert [str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file()] == [original.file.name]
    assert not registrations().exists()


def test_files_are_copied_without_hard_links(station, draft, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", lambda *args: (_ for _ in ()).throw(OSError("no links")))
    previewed = draft(station.workers[:2], proofs=[attachments.inspect(files.pdf())])
    saving.save(station.reviewer, previewed)
    assert [content_of(row) for row in Attachment.objects.all()] == [files.PDF] * 2


@pytest.mark.parametrize("count", [1, 30])
def test_query_count_is_constant(station, draft, count, django_assert_num_queries):
    people = [factories.person(f"职工{number}", unit=station) for number in range(count)]
    previewed = draft(people)
    with django_assert_num_queries(29):
        saving.save(station.reviewer, previewed)
    assert registrations().count() == count
