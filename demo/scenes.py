"""What happens beside single registrations: courses, 集体登记, certificates, notices, deputies, a year opened again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db.models import F
from django.utils import timezone

from accounts import appointments
from accounts.appointments import Position
from accounts.models import User
from hours.certificates import issuing
from hours.collective import drafts, preview, saving
from hours.completions import recording
from hours.completions.items import CompletionItem
from hours.completions.recording import ItemOutcome
from hours.counting import DAY_ENDS, DAY_STARTS, default_year, half_day_hours, local_moment
from hours.models import Certificate, Course, Notice, Opening, Platform, Registration
from hours.registrations import attachments
from hours.states import Action, Status
from hours.workflow.moves import Verdict

from .histories import Narrator
from .people import Cast
from .proofs import proof

PLATFORM = "学习平台（示例）"
UNREAD = 3
ENTERED = 5  # colleagues whom 集体登记 names beside the trainee


def complete_courses(people: list[User], keen: Iterable[User], random: Random) -> None:
    """The trainee (first) has completed one course this year, as in the manual's picture; keen people all."""
    Platform.objects.create(name=PLATFORM)  # an administrator makes its token
    courses = list(Course.objects.order_by("year", "pk"))
    latest = max((course.year for course in courses), default=0)
    keen = set(keen)
    chosen = [(people[0], course) for course in courses if latest - 3 < course.year < latest]
    chosen += [(people[0], course) for course in courses if course.year == latest and course.hours == 9][:1]
    chosen += [
        (person, course) for person in people[1:] for course in courses if person in keen or random.random() < 0.7
    ]
    items = [_item(place, person, course, random) for place, (person, course) in enumerate(chosen, 1)]
    _take(items)
    _take([replace(items[0], completed_on=items[0].completed_on - timedelta(days=1))])  # the platform corrects a day


def _item(place: int, person: User, course: Course, random: Random) -> CompletionItem:
    day = min(date(course.year, random.randint(3, 12), random.randint(2, 28)), timezone.localdate())
    key = f"demo-{person.username}-{course.pk}"
    return CompletionItem(place, person.id_number, course_id=course.pk, completed_on=day, key=key)


def _take(items: list[CompletionItem]) -> None:
    for results in recording.record_all(items, PLATFORM):
        if refused := next((result for result in results if result.outcome is ItemOutcome.REFUSED), None):
            raise ValueError(refused.message)


def enter_together(cast: Cast, narrator: Narrator) -> None:
    """集体登记 by the unit's reviewer; the bureau has recognised the first two, the others wait."""
    reviewer, now = cast.station.reviewer, narrator.moment(5, 16)
    people = [*cast.colleagues[:ENTERED], cast.trainees[0][0]]
    draft = _draft(cast, narrator, people)
    files = attachments.keep_for_form(reviewer, [proof(0), proof(1)], draft.files)
    draft.fingerprint = preview.fingerprint(preview.lines_of(draft, cast.station.unit, now), files)
    submission = saving.save(reviewer, draft, now=now)
    registrations = submission.registrations
    registrations.update(created_at=now)
    first_two = list(registrations.filter(owner__in=people[:2]).order_by("pk"))
    narrator.decide(cast.city_final, Action.RECOGNISE, first_two, 3, Verdict())


def _draft(cast: Cast, narrator: Narrator, people: list[User]) -> drafts.CollectiveDraft:
    start, end = (
        local_moment(narrator.today - timedelta(days=days), clock) for days, clock in ((8, DAY_STARTS), (7, DAY_ENDS))
    )
    training = Registration(
        category=narrator.categories["培训班、研修班"],
        content="甘棠镇林业站岗位技能集中培训",
        starts_at=start,
        ends_at=end,
        hours_applied=half_day_hours(start, end),
        year=default_year(end),
    )
    return drafts.CollectiveDraft(
        reviewer=cast.station.reviewer.pk,
        unit=cast.station.unit.pk,
        facts=drafts.facts_of(training),
        files=str(uuid.uuid4()),
        ticked=[person.pk for person in people],
    )


def issue_certificates(cast: Cast, narrator: Narrator) -> None:
    """The trainee and a colleague each hold a valid one, one superseded by it, and one that a revocation ended."""
    trainee, reviewer = cast.trainees[0][0], cast.station.reviewer
    _three(trainee, trainee, cast, narrator)
    _three(next(person for person in _of_station(cast) if _has_three_years(person)), reviewer, cast, narrator)


def _of_station(cast: Cast) -> list[User]:
    """People with histories at the trainee's unit, but neither the trainee nor the reviewer who issues."""
    return [person for person, office in cast.trainees if office is cast.station][2:]


def _recognised(person: User):
    latest_first = Registration.objects.filter(owner=person, status=Status.RECOGNISED).order_by("-ends_at", "-pk")
    return latest_first.exclude(hours_recognised__gt=Decimal(8))  # so that its year keeps other hours


def _has_three_years(person: User) -> bool:
    return _recognised(person).exists() and len(issuing.certifiable_years(person)) >= 3


def _three(person: User, issuer: User, cast: Cast, narrator: Narrator) -> None:
    mistaken = _recognised(person).first()
    years = sorted({facts["year"] for facts in issuing.certifiable_years(person)} - {mistaken.year})
    for covered, days in ((years[:1], 30), (years[:2], 16), ([mistaken.year], 12)):
        certificate = issuing.issue(issuer, person, covered)
        Certificate.objects.filter(pk=certificate.pk).update(issued_at=narrator.moment(days, 10))
    reason = narrator.reasons["重复登记"]
    verdict = Verdict(reason=reason, words="经核查，该活动已由主办单位统一登记，撤销认定。")
    narrator.decide(cast.admin, Action.REVOKE, [mistaken], 1, verdict)


def read_notices(trainee: User) -> None:
    """Everybody has read what is older than three weeks, the trainee all but the latest."""
    latest = Notice.objects.filter(person=trainee).order_by("-created_at", "-pk").values_list("pk", flat=True)[:UNREAD]
    unread = Notice.objects.exclude(pk__in=list(latest))
    before = timezone.now() - timedelta(days=21)
    next_morning = F("created_at") + timedelta(hours=15)
    unread.filter(created_at__lt=before).update(read_at=next_morning)
    unread.filter(person=trainee, read_at=None).update(read_at=next_morning)


def appoint_deputies(cast: Cast) -> None:
    """The reviewers of the unit and of the city are away for some days."""
    today = timezone.localdate()
    of_unit = cast.station.reviewer.appointments.get(unit=cast.station.unit)
    for actor, held, person, days in (
        (cast.station.reviewer, of_unit, cast.trainees[3][0], 13),
        (cast.city_final, cast.of_city, cast.stand_in, 20),
    ):
        until = today + timedelta(days=days)
        appointments.make(actor, appointments.PlannedAppointment(Position.deputy_for(held), person, today, until))


def open_last_year(cast: Cast) -> None:
    """The station may still send in what it forgot."""
    today = timezone.localdate()
    Opening.objects.create(
        year=today.year - 1,
        unit=cast.station.unit,
        until=today + timedelta(days=30),
        reason="上年度集中培训的证书补发较晚，经市人社部门同意补登记。",
    )
