"""Three years of registrations and decisions, made through the same functions that the pages call."""

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

from .people import Office
from .proofs import proof

# Outcomes by how far they go; "reduced" is agreed with fewer hours; "corrected" and "resubmitted" were returned,
# changed and sent again.
STOPS_AT_FINAL = {"final_review", "returned_final"}
RECOGNISED = {"recognised", "reduced", "corrected", "revoked"}
REFUSED_AT_FINAL = {"refused_final", "reopened"}
AGREED_IN_FULL = (STOPS_AT_FINAL | RECOGNISED | REFUSED_AT_FINAL) - {"reduced"}

WORDS = {
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
class Plan:
    """One registration to be: what it is, how many days ago it ended, how long it took, and what shall become of it."""

    category: str
    content: str
    ended: int
    days: int
    outcome: str
    hours: int | None = None  # None: as computed from the dates
    certificate: str = ""
    note: str = ""
    proofs: int | None = None  # None: one with every third registration


class Narrator:
    """Plays plans. Reviewers follow a submission after two, five and seven days."""

    def __init__(self, administrator: User, stand_in: User, random: Random) -> None:
        self.administrator, self.stand_in, self.random = administrator, stand_in, random
        self.today = timezone.localdate()
        self.categories = {category.name: category for category in Category.objects.selectable()}
        self.reasons = {reason.name: reason for reason in Reason.objects.all()}
        self.saved: list[Registration] = []
        self.proofs = 0

    def play(self, owner: User, office: Office, plans: list[Plan], day: int) -> None:
        """Save these registrations, submit them `day` days ago and let every one come to its outcome.

        Whatever is to be decided by the unit needs 6 days, what goes further 9.
        """
        registrations = [(self._save(owner, plan), plan.outcome) for plan in plans]
        sent = [registration for registration, outcome in registrations if outcome != "draft"]
        if not sent:
            return

        def of(*outcomes: str) -> list[Registration]:
            return [registration for registration, outcome in registrations if outcome in outcomes]

        transitions.submit(owner, sent, office.unit, office.region, now=self.moment(day, 10))
        if not office.unit.is_unaffiliated:
            self._first_review(owner, office, of, day - 2)
        if office.unit.is_pending:
            return
        self._final_review(office, of, day - 7)
        self._afterwards(office, of, day - 9)

    def _first_review(self, owner: User, office: Office, of, day: int) -> None:
        """What the unit says; registrations sent to a unit that is 待核实 wait."""
        self.decide(owner, Action.ASK_RETURN, of("asked"), day, Verdict(words="附件传错了，请退回，我重新上传。"))
        reviewer = office.first_for(owner) or self.stand_in
        if office.unit.is_pending:
            return
        returned = of("returned", "corrected", "resubmitted")
        self.decide(reviewer, Action.RETURN, returned, day, self._verdict(Action.RETURN))
        self.decide(reviewer, Action.REFUSE, of("refused_first"), day, self._verdict(Action.REFUSE))
        if again := of("corrected", "resubmitted"):
            for registration in again:
                self._correct(registration)
            transitions.submit(owner, again, office.unit, office.region, now=self.moment(day - 1, 20))
        for registration in of("reduced"):
            fewer = max(registration.hours_applied - 4, Decimal("0.5"))
            reduced = Verdict(fewer, words="证书载明的学时少于申请学时，按证书认定。")
            self.decide(reviewer, Action.AGREE, [registration], day - 3, reduced)
        self.decide(reviewer, Action.AGREE, of(*AGREED_IN_FULL), day - 3, Verdict(words="属实。"))

    def _final_review(self, office: Office, of, day: int) -> None:
        final = office.final
        self.decide(final, Action.RETURN, of("returned_final"), day, self._verdict(Action.RETURN))
        self.decide(final, Action.REFUSE, of(*REFUSED_AT_FINAL), day, self._verdict(Action.REFUSE))
        self.decide(final, Action.RECOGNISE, of(*RECOGNISED), day, Verdict())

    def _afterwards(self, office: Office, of, day: int) -> None:
        revoked = Verdict(reason=self.reasons["重复登记"], words="经核查，该成果已由他人登记，撤销认定。")
        self.decide(self.administrator, Action.REVOKE, of("revoked"), day, revoked)
        reopened = Verdict(reason=self.reasons["其他"], words="申诉属实，重新审核。")
        self.decide(self.administrator, Action.REOPEN, of("reopened"), day + 1, reopened)
        self.decide(office.final, Action.RECOGNISE, of("reopened"), day, Verdict(words="经复核予以认定。"))

    def decide(
        self, actor: User, action: Action, registrations: list[Registration], day: int, verdict: Verdict
    ) -> None:
        if not registrations:
            return
        outcome = transitions.decide(
            actor, action, registrations, verdict, now=self.moment(day, self.random.randint(9, 17))
        )
        if outcome.refused:
            raise WorkflowError("".join(outcome.refused.values()))

    def _verdict(self, action: Action) -> Verdict:
        reason, text = self.random.choice(WORDS[action])
        return Verdict(reason=self.reasons[reason], words=text)

    def _save(self, owner: User, plan: Plan) -> Registration:
        start = local_moment(self.today - timedelta(days=plan.ended + plan.days - 1), DAY_STARTS)
        end = local_moment(self.today - timedelta(days=plan.ended), DAY_ENDS)
        registration = Registration(
            owner=owner,
            category=self.categories[plan.category],
            content=plan.content,
            starts_at=start,
            ends_at=end,
            hours_applied=half_day_hours(start, end) if plan.hours is None else Decimal(plan.hours),
            year=default_year(end),
            certificate_number=plan.certificate,
            note=plan.note,
        )
        count = plan.proofs if plan.proofs is not None else int(len(self.saved) % 3 == 0)
        self.saved.append(saving.save(registration, proofs=self._proofs(count)))
        return registration

    def _correct(self, registration: Registration) -> None:
        """What a reviewer finds marked as changed: hours, words and files."""
        if registration.hours_applied > 8:
            registration.hours_applied -= 4
        registration.note = f"{registration.note}已按退回意见核对学时，并重新上传证书。"
        saving.save(registration, proofs=self._proofs(1), removed=list(registration.attachments.all()))

    def _proofs(self, count: int) -> list[Proof]:
        """Pictures and PDFs in turn."""
        numbers = range(self.proofs, self.proofs + count)
        self.proofs += count
        return [proof(number) for number in numbers]

    def moment(self, day: int, hour: int) -> datetime:
        return local_moment(
            self.today - timedelta(days=day), DAY_STARTS.replace(hour=hour, minute=self.random.randrange(60))
        )

    @transaction.atomic
    def date_back(self) -> None:
        """Registrations were written on the evening after what they are about, not today."""
        for registration in self.saved:
            written = registration.ends_at + timedelta(hours=2, minutes=self.random.randrange(120))
            registration.created_at = registration.declared_at = written
            if registration.submission_id is None:
                registration.updated_at = written
        Registration.objects.bulk_update(self.saved, ["created_at", "declared_at", "updated_at"], batch_size=200)
