"""The texts of the dialog 批量提交审核 about the ticked registrations."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from accounts.models import User
from hours.models import Registration, Submission
from hours.registrations import validation
from hours.wording import format_number
from hours.workflow.permissions import reviewers_of
from organizations.models import Region, Unit


def total_hours(registrations: Sequence[Registration]) -> Decimal:
    """Return the sum of the hours applied for."""
    return sum((registration.hours_applied for registration in registrations), Decimal())


def selectable_regions() -> list[Region]:
    """Return the regions that a person without a unit may choose: all below the root, in the order of the tree."""
    return list(Region.objects.filter(parent__isnull=False).order_by("tree_id", "lft"))


def warnings(owner: User, registrations: Sequence[Registration], unit: Unit) -> list[str]:
    """Return the warnings to read before submitting; two queries for any number of registrations."""
    found = []
    if unit.is_pending:
        found.append(f"“{unit.name}”待核实：登记会等到管理员确认该单位之后才进入初审。")
    elif unit.is_unaffiliated:
        found.append("以“其他单位”提交的登记不经初审，标记为“无单位直报”，由所选区域的人社部门终审。")
    elif is_unattended(unit, owner):
        found.append(f"“{unit.name}”目前没有能审核您的登记的审核员：初审由{unit.region.name}人社部门代为进行。")
    for registration in registrations:
        if notice := validation.year_notice(registration):
            found.append(notice)
    overlapping = Registration.objects.overlapping_each(registrations)
    return found + [
        validation.overlap_sentence(registration, overlapping[registration.pk])
        for registration in registrations
        if overlapping[registration.pk]
    ]


def is_unattended(unit: Unit, owner: User) -> bool:
    """Return whether nobody in the unit may review this person's registrations; one query."""
    return not (unit.is_pending or unit.is_unaffiliated or reviewers_of([unit.pk])[unit.pk] - {owner.pk})


def success_message(submission: Submission) -> str:
    """Return how many registrations were submitted and who reviews them next."""
    total = format_number(submission.hours)
    stage = "终审" if submission.unit.is_unaffiliated else "初审"
    if submission.unit.is_unaffiliated or is_unattended(submission.unit, submission.owner):
        where = f"{submission.region.name}人社部门"
    else:
        where = submission.unit_name
    waits = "，待单位核实后进行" if submission.unit.is_pending else ""
    return f"已提交 {submission.entries} 条登记，共 {total} 学时，由“{where}”{stage}{waits}。点击“+”可查看审核进度。"
