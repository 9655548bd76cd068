"""xAPI statements (IEEE 9274.1.1) as completions: "this account completed (or passed) this course".

Where it differs from a plain item: hours come from `result.duration` if that is there, and longer than the course is no
error. Moodle's own course numbers stand in its addresses, so that the course's external number goes before the address.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hours.counting import HOURS_STEP

from .items import Item, Refusal, text_of, whole_number_of

VERB = re.compile(r"https?://(?:adlnet\.gov/expapi|w3id\.org/xapi/adl)/verbs/(?:completed|passed)")
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
COURSE_AT_THE_END = re.compile(r"[0-9]{1,9}|[a-z][a-z0-9+.-]*:[^?\s]*[/#:]([0-9]{1,9})/?", re.IGNORECASE)
DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4}(?:\.\d{1,9})?)W|(?:(?P<days>\d{1,4}(?:\.\d{1,9})?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6}(?:\.\d{1,9})?)H)?(?:(?P<minutes>\d{1,8}(?:\.\d{1,9})?)M)?"
    r"(?:(?P<seconds>\d{1,10}(?:\.\d{1,9})?)S)?)?)",
    re.ASCII,
)
SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def is_statement(registration: Any) -> bool:
    """Whether a registration is meant as a statement and not as a plain item."""
    return isinstance(registration, dict) and (
        "actor" in registration or "verb" in registration or "object" in registration
    )


def item(position: int, statement: dict) -> Item:
    """The completion that a statement tells; Refusal if it tells none."""
    _must_be_completed(statement)
    return Item(
        position=position,
        id_number=_account(statement),
        course_id=_course(statement),
        hours=_hours(statement),
        completed_on=statement.get("timestamp") or statement.get("stored"),
        key=text_of(statement.get("id"), "id"),
        caps_hours=True,
    )


def _must_be_completed(statement: dict) -> None:
    if not VERB.fullmatch(_text_at(statement, "verb", "id")):
        raise Refusal("verb", "verb.id 应为 completed 或 passed（http://adlnet.gov/expapi/verbs/…）。")
    result = _part(statement, "result")
    if result.get("completion") is False or result.get("success") is False:
        raise Refusal("result", "result 表明尚未完成或未通过。")


def _account(statement: dict) -> str:
    account = _part(_part(statement, "actor"), "account")
    if not _text_at(account, "homePage"):
        raise Refusal("actor", "actor.account 缺少 homePage。")
    name = _text_at(account, "name")
    if not name:
        raise Refusal("actor", "actor.account.name 应为证件号码。")
    return name


def _course(statement: dict) -> int:
    activity = _part(statement, "object")
    extensions = _part(_part(activity, "definition"), "extensions")
    external = whole_number_of(extensions.get(EXTERNAL_ID), "object", "课程的 external-id（ID number）")
    if external is not None:
        return external
    match = COURSE_AT_THE_END.fullmatch(_text_at(activity, "id"))
    if not match:
        raise Refusal("object", "object.id 应为科目编号，或以 /科目编号 结尾的地址。")
    return int(match[1] or match[0])


def _hours(statement: dict) -> Decimal | None:
    """The whole half hours of `result.duration`; None without one: then the course's hours count."""
    text = _text_at(statement, "result", "duration")
    if not text:
        return None
    match = DURATION.fullmatch(text)
    if not match or not any(match.groupdict().values()):
        raise Refusal("result", "result.duration 应为 ISO 8601 时长，例如 PT9H。")
    seconds = sum(Decimal(amount) * SECONDS[unit] for unit, amount in match.groupdict().items() if amount)
    hours = seconds / 3600 // HOURS_STEP * HOURS_STEP
    if hours == 0:
        raise Refusal("result", "result.duration 不足 0.5 学时。")
    return min(hours, Decimal(9999))


def _part(whole: dict, name: str) -> dict:
    part = whole.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise Refusal(name, f"{name} 应为 JSON 对象。")
    return part


def _text_at(whole: dict, *names: str) -> str:
    for name in names[:-1]:
        whole = _part(whole, name)
    return text_of(whole.get(names[-1]), names[0])
