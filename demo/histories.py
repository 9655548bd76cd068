"""Three years of registrations and decisions, created through the same functions that the pages call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from hours.counting import DAY_ENDS, DAY_STARTS, default_year, half_day_hours, local_moment
from hours.errors import WorkflowError
from hours.models import Category, Reason, Registration
from hours.registrations import saving
from hours.registrations.attachments import Proof
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict

from .people import Workplace
from .proofs import sample_proof

# Outcomes by the stage they reach. "reduced" is agreed with fewer hours; "corrected" and "resubmitted" were returned,
# changed and submitted again.
STOPS_AT_FINAL = {"final_review", "returned_final"}
RECOGNISED = {"recognised", "reduced", "corrected", "revoked"}
REFUSED_AT_FINAL = {"refused_final", "reopened"}
AGREED_IN_FULL = (STOPS_AT_FINAL | RECOGNISED | REFUSED_AT_FINAL) - {"reduced"}

# (reason, comment)
COMMENTS = {
    Action.RETURN: [
        ("材料不清晰", "证书照片反光，看不清编号和学时，请重新拍照上传。"),
        ("缺少证明材料", "请补充结业证书或主办单位出具的学时证明。"),
        ("学时与证明不符", "证书载明的学时与申请学时不一致，请核对。"),
    ],
    Action.REFUSE: [
        ("不属于继续教育", "该活动为单位日常会议，不属于继续教育。"),
        ("重复登记", "该培训已在上一年度认定。"),
        ("缺少证明材料", "未能提供参加培训的证明，不予认定。"),
    ],
}


@dataclass(frozen=True)
class PlannedRegistration:
    """A registration to create, and the outcome it is to have.

    `ended`: days since the activity ended; `days`: its duration. `hours` None: computed from the dates. `proofs` None:
    one with every third registration.
    """

    category: str
    content: str
    ended: int
    days: int
    outcome: str
    hours: int | None = None
    certificate: str = ""
    note: str = ""
    proofs: int | None = None


@dataclass(frozen=True)
class PlannedSubmission:
    """Registrations that a person submits together, this many days ago."""

    days_ago: int
    registrations: list[PlannedRegistration]


@dataclass(frozen=True)
class SavedSubmission:
    """The saved registrations of a planned submission, each with its outcome."""

    owner: User
    workplace: Workplace
    registrations: list[tuple[Registration, str]]

    def with_outcome(self, *outcomes: str) -> list[Registration]:
        return [registration for registration, outcome in self.registrations if outcome in outcomes]

    def without_drafts(self) -> list[Registration]:
        return [registration for registration, outcome in self.registrations if outcome != "draft"]


class HistoryWriter:
    """Creates planned submissions and takes them through the workflow.

    Reviewers decide two, five and seven days after the submission, administrators after nine.
    """

    def __init__(self, administrator: User, deputy: User, random: Random) -> None:
        self.administrator, self.deputy, self.random = administrator, deputy, random
        self.today = timezone.localdate()
        self.categories = {category.name: category for category in Category.objects.selectable()}
        self.reasons = {reason.name: reason for reason in Reason.objects.all()}
        self.saved: list[Registration] = []
        self.proof_count = 0

    def write(self, owner: User, workplace: Workplace, plan: PlannedSubmission) -> None:
        """Save, submit and decide the registrations.

        A decision of the unit needs `days_ago` of at least 6, a later one 9.
        """
        saved = SavedSubmission(
            owner, workplace, [(self._save(owner, planned), planned.outcome) for planned in plan.registrations]
        )
        submitted = saved.without_drafts()
        if not submitted:
            return
        submitted_at = self.moment(plan.days_ago, 10)
        transitions.submit(owner, submitted, workplace.unit, workplace.region, now=submitted_at)
        if not workplace.unit.is_unaffiliated:
            self._first_review(saved, plan.days_ago - 2)
        if workplace.unit.is_pending:
            return
        self._final_review(saved, plan.days_ago - 7)
        self._administrate(saved, plan.days_ago - 9)

    def _first_review(self, saved: SavedSubmission, day: int) -> None:
        """Decide for the unit; a 待核实 unit has no reviewer yet."""
        owner, workplace = saved.owner, saved.workplace
        asked = Verdict(words="附件传错了，请退回，我重新上传。")
        self.decide(owner, Action.ASK_RETURN, saved.with_outcome("asked"), day, asked)
        reviewer = workplace.first_reviewer_for(owner) or self.deputy
        if workplace.unit.is_pending:
            return
        returned = saved.with_outcome("returned", "corrected", "resubmitted")
        self.decide(reviewer, Action.RETURN, returned, day, self._random_verdict(Action.RETURN))
        refused = saved.with_outcome("refused_first")
        self.decide(reviewer, Action.REFUSE, refused, day, self._random_verdict(Action.REFUSE))
        if again := saved.with_outcome("corrected", "resubmitted"):
            for registration in again:
                self._correct(registration)
            transitions.submit(owner, again, workplace.unit, workplace.region, now=self.moment(day - 1, 20))
        for registration in saved.with_outcome("reduced"):
            fewer = max(registration.hours_applied - 4, Decimal("0.5"))
            reduced = Verdict(fewer, words="证书载明的学时少于申请学时，按证书认定。")
            self.decide(reviewer, Action.AGREE, [registration], day - 3, reduced)
        agreed = saved.with_outcome(*AGREED_IN_FULL)
        self.decide(reviewer, Action.AGREE, agreed, day - 3, Verdict(words="属实。"))

    def _final_review(self, saved: SavedSubmission, day: int) -> None:
        reviewer = saved.workplace.final_reviewer
        returned, refused = saved.with_outcome("returned_final"), saved.with_outcome(*REFUSED_AT_FINAL)
        self.decide(reviewer, Action.RETURN, returned, day, self._random_verdict(Action.RETURN))
        self.decide(reviewer, Action.REFUSE, refused, day, self._random_verdict(Action.REFUSE))
        self.decide(reviewer, Action.RECOGNISE, saved.with_outcome(*RECOGNISED), day, Verdict())

    def _administrate(self, saved: SavedSubmission, day: int) -> None:
        """Revoke and reopen; a reopened registration is recognised afterwards."""
        revoke = Verdict(reason=self.reasons["重复登记"], words="经核查，该成果已由他人登记，撤销认定。")
        self.decide(self.administrator, Action.REVOKE, saved.with_outcome("revoked"), day, revoke)
        reopened = saved.with_outcome("reopened")
        reopen = Verdict(reason=self.reasons["其他"], words="申诉属实，重新审核。")
        self.decide(self.administrator, Action.REOPEN, reopened, day + 1, reopen)
        recognise = Verdict(words="经复核予以认定。")
        self.decide(saved.workplace.final_reviewer, Action.RECOGNISE, reopened, day, recognise)

    def decide(
        self, actor: User, action: Action, registrations: list[Registration], day: int, verdict: Verdict
    ) -> None:
        """Decide `day` days ago. WorkflowError if a registration is refused."""
        if not registrations:
            return
        outcome = transitions.decide(
            actor, action, registrations, verdict, now=self.moment(day, self.random.randint(9, 17))
        )
        if outcome.refused:
            raise WorkflowError("".join(outcome.refused.values()))

    def _random_verdict(self, action: Action) -> Verdict:
        reason, comment = self.random.choice(COMMENTS[action])
        return Verdict(reason=self.reasons[reason], words=comment)

    def _save(self, owner: User, planned: PlannedRegistration) -> Registration:
        start = local_moment(self.today - timedelta(days=planned.ended + planned.days - 1), DAY_STARTS)
        end = local_moment(self.today - timedelta(days=planned.ended), DAY_ENDS)
        registration = Registration(
            owner=owner,
            category=self.categories[planned.category],
            content=planned.content,
            starts_at=start,
            ends_at=end,
            hours_applied=half_day_hours(start, end) if planned.hours is None else Decimal(planned.hours),
            year=default_year(start, end),
            certificate_number=planned.certificate,
            note=planned.note,
        )
        count = planned.proofs if planned.proofs is not None else int(len(self.saved) % 3 == 0)
        self.saved.append(saving.save(registration, proofs=self._proofs(count)))
        return registration

    def _correct(self, registration: Registration) -> None:
        """Change hours, note and files, so that the reviewer sees all three marked."""
        if registration.hours_applied > 8:
            registration.hours_applied -= 4
        registration.note = f"{registration.note}已按退回意见核对学时，并重新上传证书。"
        saving.save(registration, proofs=self._proofs(1), removed=list(registration.attachments.all()))

    def _proofs(self, count: int) -> list[Proof]:
        """Return the next sample files, pictures and PDFs alternating."""
        numbers = range(self.proof_count, self.proof_count + count)
        self.proof_count += count
        return [sample_proof(number) for number in numbers]

    def moment(self, days_ago: int, hour: int) -> datetime:
        """Return a random minute of this hour."""
        clock = DAY_STARTS.replace(hour=hour, minute=self.random.randrange(60))
        return local_moment(self.today - timedelta(days=days_ago), clock)

    @transaction.atomic
    def backdate(self) -> None:
        """Set the times of writing to the evening after each activity."""
        for registration in self.saved:
            written = registration.ends_at + timedelta(hours=2, minutes=self.random.randrange(120))
            registration.created_at = registration.declared_at = written
            if registration.submission_id is None:
                registration.updated_at = written
        Registration.objects.bulk_update(self.saved, ["created_at", "declared_at", "updated_at"], batch_size=200)
