"""Drafts of a 单位集体登记 as a preview leaves them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from hours.collective import drafts, preview
from hours.models import Registration
from hours.registrations import attachments
from tests import factories

CONTENT = "林业有害生物防治培训班"


def previewed_draft(unit, reviewer, people=(), *, rows=(), proofs: Iterable = (), **facts) -> drafts.CollectiveDraft:
    """Return a previewed draft of a training for ticked people or rows; `facts` override."""
    training = factories.registration(factories.person("样本"), **{"content": CONTENT, **facts})
    Registration.objects.filter(pk=training.pk).delete()
    training.hours_applied = str(training.hours_applied)
    shared = drafts.facts_of(training)
    moments = {name: shared[name].isoformat() for name in ("starts_at", "ends_at")}
    draft = drafts.CollectiveDraft(
        reviewer=reviewer.pk,
        unit=unit.pk,
        facts={**shared, **moments},
        files=str(uuid.uuid4()),
        rows=list(rows),
        ticked=[person.pk for person in people],
    )
    kept = attachments.keep_for_form(reviewer, proofs, draft.files)
    draft.fingerprint = preview.fingerprint(preview.lines_of(draft, unit), kept)
    return draft
