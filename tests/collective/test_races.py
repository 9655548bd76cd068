"""Concurrent confirmations of one preview, and of two previews of the same training."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from hours.collective import drafts, saving
from hours.models import Attachment, Decision, Registration, Submission
from hours.registrations import attachments
from hours.totals import sums
from tests import factories, files
from tests.collective.previews import previewed_draft
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20


@pytest.fixture
def station(transactional_db):
    """A unit with its reviewer and twenty people."""
    factories.regions()
    factories.open_years()
    unit = factories.unit("宾阳县甘棠镇林业站")
    unit.reviewer = factories.unit_reviewer(unit)
    unit.workers = [factories.person(f"职工{number}", unit=unit) for number in range(PEOPLE)]
    return unit


def preview_all(reviewer, station, **facts) -> drafts.CollectiveDraft:
    """Return the previewed draft for all people of the station, with two files."""
    proofs = [attachments.inspect(files.pdf(name)) for name in ("甲.pdf", "乙.pdf")]
    return previewed_draft(station, reviewer, station.workers, proofs=proofs, **facts)


def totals_are_correct(year: int) -> bool:
    with transaction.atomic():
        return sums.recount(year) == {"people": 0, "places": 0}


@pytest.mark.parametrize("attempt", range(3))
def test_concurrent_confirmations_save_once(station, attempt):
    sealed = drafts.seal_draft(preview_all(station.reviewer, station))

    def confirm():
        return saving.save(station.reviewer, drafts.unseal_draft(sealed, station.reviewer))

    answers = at_once([confirm] * 4)
    batch = Submission.objects.get()
    assert answers == [batch] * 4
    assert Registration.objects.filter(status="final_review").count() == PEOPLE
    assert Decision.objects.filter(action="enter").count() == PEOPLE
    assert Attachment.objects.exclude(registration=None).count() == 2 * PEOPLE
    assert not Attachment.objects.filter(registration=None).exists()
    assert batch.hours == sum(Registration.objects.values_list("hours_applied", flat=True), Decimal())
    assert totals_are_correct(Registration.objects.first().year)


def test_concurrent_registration_only_first_wins(station):
    other = factories.unit_reviewer(station, "韦审核")
    days = {"starts_at": factories.moment(9), "ends_at": factories.moment(8, 18)}
    previews = [(reviewer, preview_all(reviewer, station, **days)) for reviewer in (station.reviewer, other)]
    answers = at_once(
        [lambda reviewer=reviewer, draft=draft: saving.save(reviewer, draft) for reviewer, draft in previews]
    )
    assert {type(answer) for answer in answers} == {Submission, saving.PreviewOutdated}
    assert Registration.objects.count() == PEOPLE
    assert totals_are_correct(Registration.objects.first().year)
