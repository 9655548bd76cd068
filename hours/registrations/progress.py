"""The steps of a registration so far and the next one, for 培训登记详情 and the detail pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hours.models import Decision, Registration
from hours.states import IN_REVIEW, STAGE_OF, Action, Stage, Status


@dataclass(frozen=True)
class Step:
    """One step of the progress. `when` is None for the step that the registration waits for."""

    stage: str
    office: str
    decision: str
    status: str
    when: datetime | None = None
    hours: Decimal | None = None
    reason: str = ""
    words: str = ""


def steps(registration: Registration, *, is_unattended: bool) -> list[Step]:
    """Return all steps in order, then the next one. Prefetch decisions and unit.

    An unattended registration (无人初审) waits at the bureau of its region, although its stage is the 初审.
    """
    done = [_done(decision) for decision in registration.decisions.all()]
    return [*done, *_next(registration, is_unattended)]


def _done(decision: Decision) -> Step:
    return Step(
        stage=decision.get_stage_display(),
        office=decision.actor_name if _by_owner(decision) else decision.office,
        decision=decision.get_action_display(),
        status=decision.status if decision.action != Action.ASK_RETURN else "",
        when=decision.created_at,
        hours=decision.hours,
        reason=decision.reason_name,
        words=decision.words,
    )


def _by_owner(decision: Decision) -> bool:
    return decision.stage == Stage.OWNER or decision.action == Action.ASK_RETURN


def _next(registration: Registration, is_unattended: bool) -> list[Step]:
    unit, region = registration.unit, registration.region
    if registration.status not in IN_REVIEW or unit is None or region is None:
        return []
    stage = STAGE_OF[Status(registration.status)]
    at_unit = stage is Stage.FIRST and not is_unattended
    office = registration.unit_name if at_unit else f"{region.name}人社部门"
    words = ""
    if at_unit and unit.is_pending:
        words = "该单位待核实，管理员确认单位后进入初审。"
    if is_unattended:
        words = f"“{registration.unit_name}”目前没有能审核该登记的审核员，由人社部门代为初审，再由另一人终审。"
    return [Step(stage.label, office, Status(registration.status).label, registration.status, words=words)]
