"""The rest of the demonstration: completions, 集体登记, certificates, notices, deputies and a reopened year."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import appointments
from accounts.models import User
from accounts.positions import PlannedAppointment, Position
from hours.certificates import issuing
from hours.collective import drafts, preview, saving
from hours.completions import recording
from hours.completions.items import CompletionItem
from hours.completions.plans import ItemOutcome
from hours.counting import DAY_ENDS, DAY_STARTS, default_year, half_day_hours, local_moment
from hours.models import Certificate, Course, Notice, Opening, Platform, Registration
from hours.registrations import attachments
from hours.states import Action, Status
from hours.workflow.moves import Verdict

from . import this_year
from .histories import HistoryWriter
from .people import DemoPeople
from .proofs import sample_proof

PLATFORM = "学习平台（示例）"
UNREAD = 3
COLLECTIVE_COLLEAGUES = 5  # in the 集体登记, besides the trainee


def complete_courses(people: DemoPeople, random: Random) -> None:
    """Record completions: one of this year for the trainee, as in the manual's pictures, and others at random."""
    Platform.objects.create(name=PLATFORM)  # without a token: an administrator creates it
    courses = list(Course.objects.order_by("year", "pk"))
    latest = max((course.year for course in courses), default=0)
    _, *others = [person for person, _ in people.trainees] + people.colleagues
    complete_all = {person for number, person in enumerate(people.colleagues) if this_year.reaches_target(number)}
    chosen = [(people.trainee, course) for course in courses if latest - 3 < course.year < latest]
    chosen += [(people.trainee, course) for course in courses if course.year == latest and course.hours == 9][:1]
    chosen += [
        (person, course) for person in others for course in courses if person in complete_all or random.random() < 0.7
    ]
    items = [_item(position, person, course, random) for position, (person, course) in enumerate(chosen, 1)]
    _record(items)
    _record([replace(items[0], completed_on=items[0].completed_on - timedelta(days=1))])  # a correction


def _item(position: int, person: User, course: Course, random: Random) -> CompletionItem:
    day = min(date(course.year, random.randint(3, 12), random.randint(2, 28)), timezone.localdate())
    key = f"demo-{person.username}-{course.pk}"
    return CompletionItem(position, person.id_number, course_id=course.pk, completed_on=day, key=key)


def _record(items: list[CompletionItem]) -> None:
    for results in recording.record_all(items, PLATFORM):
        if refused := next((result for result in results if result.outcome is ItemOutcome.REFUSED), None):
            raise ValueError(refused.message)


def register_collectively(people: DemoPeople, writer: HistoryWriter) -> None:
    """Create a 集体登记 by the unit's reviewer; the city recognises two of its registrations, the others wait."""
    reviewer, now = people.station_reviewer, writer.moment(5, 16)
    participants = [*people.colleagues[:COLLECTIVE_COLLEAGUES], people.trainee]
    draft = _collective_draft(people, writer, participants)
    files = attachments.keep_for_form(reviewer, [sample_proof(0), sample_proof(1)], draft.files)
    draft.fingerprint = preview.fingerprint(preview.lines_of(draft, people.station.unit, now), files)
    submission = saving.save(reviewer, draft, now=now)
    registrations = submission.registrations
    registrations.update(created_at=now)
    first_two = list(registrations.filter(owner__in=participants[:2]).order_by("pk"))
    writer.decide(people.city_reviewer, Action.RECOGNISE, first_two, 3, Verdict())


def _collective_draft(people: DemoPeople, writer: HistoryWriter, participants: list[User]) -> drafts.CollectiveDraft:
    start = local_moment(writer.today - timedelta(days=8), DAY_STARTS)
    end = local_moment(writer.today - timedelta(days=7), DAY_ENDS)
    training = Registration(
        category=writer.categories["培训班、研修班"],
        content="甘棠镇林业站岗位技能集中培训",
        starts_at=start,
        ends_at=end,
        hours_applied=half_day_hours(start, end),
        year=default_year(start, end),
    )
    return drafts.CollectiveDraft(
        reviewer=people.station_reviewer.pk,
        unit=people.station.unit.pk,
        facts=drafts.facts_of(training),
        files=str(uuid.uuid4()),
        ticked=[person.pk for person in participants],
    )


def issue_certificates(people: DemoPeople, writer: HistoryWriter) -> None:
    """Issue a valid, a superseded and a revoked certificate to the trainee, and to a colleague."""
    _issue_three(people.trainee, people.trainee, people, writer)
    colleague = next(person for person in _station_people(people) if _has_three_years(person))
    _issue_three(colleague, people.station_reviewer, people, writer)


def _station_people(people: DemoPeople) -> list[User]:
    """Return people of the station with histories, without the trainee and the reviewer."""
    return [person for person, workplace in people.trainees if workplace is people.station][2:]


def _revocable(person: User) -> QuerySet[Registration]:
    """Return recognised registrations, the latest first; without the large ones, so that their year keeps hours."""
    latest_first = Registration.objects.filter(owner=person, status=Status.RECOGNISED).order_by("-ends_at", "-pk")
    return latest_first.exclude(hours_recognised__gt=Decimal(8))


def _has_three_years(person: User) -> bool:
    return _revocable(person).exists() and len(issuing.certifiable_years(person)) >= 3


def _issue_three(person: User, issuer: User, people: DemoPeople, writer: HistoryWriter) -> None:
    revoked = _revocable(person)[0]
    years = sorted({facts["year"] for facts in issuing.certifiable_years(person)} - {revoked.year})
    for covered, days in ((years[:1], 30), (years[:2], 16), ([revoked.year], 12)):
        certificate = issuing.issue(issuer, person, covered)
        Certificate.objects.filter(pk=certificate.pk).update(issued_at=writer.moment(days, 10))
    reason = writer.reasons["重复登记"]
    verdict = Verdict(reason=reason, words="经核查，该活动已由主办单位统一登记，撤销认定。")
    writer.decide(people.admin, Action.REVOKE, [revoked], 1, verdict)


def read_notices(trainee: User) -> None:
    """Mark notices as read: those older than three weeks, and all but the latest of the trainee."""
    latest = Notice.objects.filter(person=trainee).order_by("-created_at", "-pk").values_list("pk", flat=True)[:UNREAD]
    unread = Notice.objects.exclude(pk__in=list(latest))
    before = timezone.now() - timedelta(days=21)
    next_morning = F("created_at") + timedelta(hours=15)
    unread.filter(created_at__lt=before).update(read_at=next_morning)
    unread.filter(person=trainee, read_at=None).update(read_at=next_morning)


def appoint_deputies(people: DemoPeople) -> None:
    """Appoint deputies of the unit's and the city's reviewers for some days."""
    today = timezone.localdate()
    unit_appointment = people.station_reviewer.appointments.get(unit=people.station.unit)
    for actor, held, deputy, days in (
        (people.station_reviewer, unit_appointment, people.trainees[3][0], 13),
        (people.city_reviewer, people.city_appointment, people.deputy, 20),
    ):
        until = today + timedelta(days=days)
        appointments.make(actor, PlannedAppointment(Position.deputy_for(held), deputy, today, until))


def reopen_last_year(people: DemoPeople) -> None:
    """Reopen the last year for the station's people."""
    today = timezone.localdate()
    Opening.objects.create(
        year=today.year - 1,
        unit=people.station.unit,
        until=today + timedelta(days=30),
        reason="上年度集中培训的证书补发较晚，经市人社部门同意补登记。",
    )
