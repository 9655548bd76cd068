"""Registrations, trainings and submissions as pairs of label and value, for description lists."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hours.models import Registration
from hours.states import Action
from hours.wording import format_minute, format_number
from organizations.models import Region, Unit

DescriptionList = list[tuple[str, str]]


def hours_with_unit(value: Decimal | None) -> str:
    """Return hours with their unit, as in 7.5 学时; empty for None."""
    return "" if value is None else f"{format_number(value)} 学时"


def of_registration(registration: Registration) -> DescriptionList:
    """Return all fields of a registration and, once it was submitted, the results of its review."""
    owner, category = registration.owner, registration.category
    pairs = [
        ("姓名", owner.name),
        ("证件号码", owner.masked_id),
        ("认定类型", category.full_name),
        ("认定内容", registration.content),
        ("开始时间", format_minute(registration.starts_at)),
        ("结束时间", format_minute(registration.ends_at)),
        ("申请学时", hours_with_unit(registration.hours_applied)),
        ("计入年度", str(registration.year)),
        ("认定内容说明", registration.note),
        ("证书编号", registration.certificate_number),
    ]
    if entered := entered_by(registration):
        pairs.append(("登记方式", entered))
    if registration.submitted_at is None or registration.region is None:
        return pairs
    return [
        *pairs,
        ("提交单位", registration.unit_name),
        ("单位属地", registration.region.name),
        ("提交时间", format_minute(registration.submitted_at)),
        ("初审学时", hours_with_unit(registration.hours_proposed)),
        ("认定学时", hours_with_unit(registration.hours_recognised)),
    ]


def entered_by(registration: Registration) -> str:
    """Return the unit and the person who registered it for its owner (单位集体登记); empty if the owner did.

    Prefetch the decisions.
    """
    if registration.entered_by_id is None:
        return ""
    first = next((row for row in registration.decisions.all() if row.action == Action.ENTER), None)
    return f"由“{first.office}”代为登记（经办人：{first.actor_name}）" if first else ""


def of_training(training: Registration, unit: Unit) -> DescriptionList:
    """Return the facts that all registrations of a 单位集体登记 share."""
    category = training.category
    return [
        ("登记单位", unit.name),
        ("认定类型", category.full_name),
        ("认定内容", training.content),
        ("开始时间", format_minute(training.starts_at)),
        ("结束时间", format_minute(training.ends_at)),
        ("每人学时", hours_with_unit(training.hours_applied)),
        ("计入年度", str(training.year)),
        ("认定内容说明", training.note),
        ("证书编号", training.certificate_number),
    ]


def of_submission(
    unit: Unit, region: Region | None, registrations: Sequence[Registration], total: Decimal
) -> DescriptionList:
    """Return unit, region, number of registrations and total hours of a submission."""
    region_name = region.name if region else "请在下方选择"
    return [
        ("单位名称", unit.name),
        ("统一社会信用代码", unit.credit_code or ""),
        ("所在区域" if unit.is_unaffiliated else "单位属地", region_name),
        ("登记条数", f"{len(registrations)} 条"),
        ("申请学时合计", hours_with_unit(total)),
    ]
