"""What recording reported completions would do: the result of each item, and the rows to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import models

from hours.models import Completion, CompletionVersion, Course, WaitingCompletion

from .items import CompletionItem, ItemError
from .waiting_rows import Place, State

DERIVED = "auto-"  # begins the numbers of completions whose source gives none


class ItemOutcome(models.TextChoices):
    SAVED = "saved", "新增"
    CORRECTED = "corrected", "更正"
    UNCHANGED = "unchanged", "未变"
    WAITING = "waiting", "待认领"
    REFUSED = "refused", "未采纳"


@dataclass(frozen=True)
class ItemResult:
    """The result of recording, or planning to record, one item; `previous` holds what a correction replaces.

    A refused or waiting item has a `message` and the `field` that it is about, and no values; `errors` are all reasons
    of a refusal, the first of which is the message. `is_changed` means that the source has used its number for other
    content, whatever became of the item. A report that does not count is `kept_as` a row of 待认领学时 in this state.
    """

    item: CompletionItem
    outcome: ItemOutcome
    field: str = ""
    message: str = ""
    errors: tuple[ItemError, ...] = ()
    person: int | None = None
    course: Course | None = None
    hours: Decimal | None = None
    day: date | None = None
    previous: tuple[Decimal, date] | None = None
    is_changed: bool = False
    kept_as: State | None = None


@dataclass
class BatchPlan:
    """The results of a batch and the rows to write."""

    results: list[ItemResult] = field(default_factory=list)
    new: list[Completion] = field(default_factory=list)
    corrected: dict[int, Completion] = field(default_factory=dict)
    versions: list[CompletionVersion] = field(default_factory=list)
    removed: list[Completion] = field(default_factory=list)  # also new ones that were not stored
    waiting: dict[Place, WaitingCompletion] = field(default_factory=dict)
    kept: dict[Place, WaitingCompletion] = field(default_factory=dict)  # rows that wait already
    claimed: list[int] = field(default_factory=list)  # the keys of those that wait no more

    @property
    def person_years(self) -> set[tuple[int, int]]:
        return {(row.person_id, row.course.year) for row in (*self.new, *self.corrected.values(), *self.removed)}

    def claim(self, place: Place) -> None:
        """Delete what waits at this place."""
        self.waiting.pop(place, None)
        if row := self.kept.pop(place, None):
            self.claimed.append(row.pk)


def plan_correction(plan: BatchPlan, row: Completion, hours: Decimal, day: date, by: str) -> None:
    """Add the former values as a version to the plan, then change the row."""
    plan.versions.append(
        CompletionVersion(
            completion=row,
            hours=row.hours,
            completed_on=row.completed_on,
            replaced_by=by[: Completion.SOURCE_LENGTH],
        )
    )
    row.hours, row.completed_on = hours, day
    if row.pk:
        plan.corrected[row.pk] = row


def derived_key(person: int, course: Course) -> str:
    """Return the number of a completion whose source gives none."""
    return f"{DERIVED}{person}-{course.pk}"
