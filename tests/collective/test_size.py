"""A draft of the largest list fits into a form."""

from __future__ import annotations

from django.conf import settings

from hours.collective import drafts
from tests import factories


def test_largest_draft_fits_into_a_form():
    rows = [
        drafts.RosterRow(
            number,
            f"职工{number}",
            factories.resident_id(number=number % 999 + 1),
            "7.5",
            f"GX-2026-{number:06d}",
            "“姓名”列为空。" if number % 2 else "",
        )
        for number in range(2, 2002)
    ]
    fingerprint = [[[10**6 + row.number, "7.5", row.certificate_number] for row in rows], []]
    draft = drafts.CollectiveDraft(1, 1, {"content": "培训" * 150}, "key", rows=rows, fingerprint=fingerprint)
    assert len(drafts.seal_draft(draft)) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 4
