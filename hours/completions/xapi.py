"""xAPI statements (IEEE 9274.1.1) as completions: "this account completed (or passed) this course".

Two differences from a plain item: hours come from `result.duration` if it is there, and a duration longer than the
course is no error. The course's external number takes precedence over the activity's address, because Moodle's
addresses hold Moodle's own course numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hours.counting import HOURS_STEP

from .items import CompletionItem, ItemError, parse_text, parse_whole_number

JsonObject = dict[str, Any]

VERB = re.compile(r"https?://(?:adlnet\.gov/expapi|w3id\.org/xapi/adl)/verbs/(?:completed|passed)")
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
COURSE_ID_AT_END = re.compile(r"[0-9]{1,9}|[a-z][a-z0-9+.-]*:[^?\s]*[/#:]([0-9]{1,9})/?", re.IGNORECASE)
DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4}(?:\.\d{1,9})?)W|(?:(?P<days>\d{1,4}(?:\.\d{1,9})?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6}(?:\.\d{1,9})?)H)?(?:(?P<minutes>\d{1,8}(?:\.\d{1,9})?)M)?"
    r"(?:(?P<seconds>\d{1,10}(?:\.\d{1,9})?)S)?)?)",
    re.ASCII,
)
SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def is_statement(sent: Any) -> bool:
    """Whether an element of the request is a statement and not a plain item."""
    return isinstance(sent, dict) and ("actor" in sent or "verb" in sent or "object" in sent)


def parse_statement(position: int, statement: JsonObject) -> CompletionItem:
    """Return the completion of a statement; raise ItemError if it reports none."""
    _require_completion(statement)
    return CompletionItem(
        position=position,
        id_number=_account(statement),
        course_id=_course(statement),
        hours=_hours(statement),
        completed_on=statement.get("timestamp") or statement.get("stored"),
        key=parse_text(statement.get("id"), "id"),
        caps_hours=True,
    )


def _require_completion(statement: JsonObject) -> None:
    if not VERB.fullmatch(_text_at(statement, "verb", "id")):
        raise ItemError("verb", "verb.id 应为 completed 或 passed（http://adlnet.gov/expapi/verbs/…）。")
    result = _object_at(statement, "result")
    if result.get("completion") is False or result.get("success") is False:
        raise ItemError("result", "result 表明尚未完成或未通过。")


def _account(statement: JsonObject) -> str:
    account = _object_at(_object_at(statement, "actor"), "account")
    if not _text_at(account, "homePage"):
        raise ItemError("actor", "actor.account 缺少 homePage。")
    name = _text_at(account, "name")
    if not name:
        raise ItemError("actor", "actor.account.name 应为证件号码。")
    return name


def _course(statement: JsonObject) -> int:
    activity = _object_at(statement, "object")
    extensions = _object_at(_object_at(activity, "definition"), "extensions")
    external = parse_whole_number(extensions.get(EXTERNAL_ID), "object", "课程的 external-id（ID number）")
    if external is not None:
        return external
    match = COURSE_ID_AT_END.fullmatch(_text_at(activity, "id"))
    if not match:
        raise ItemError("object", "object.id 应为科目编号，或以 /科目编号 结尾的地址。")
    return int(match[1] or match[0])


def _hours(statement: JsonObject) -> Decimal | None:
    """Return `result.duration` rounded down to half hours, or None if there is no duration."""
    text = _text_at(statement, "result", "duration")
    if not text:
        return None
    match = DURATION.fullmatch(text)
    if not match or not any(match.groupdict().values()):
        raise ItemError("result", "result.duration 应为 ISO 8601 时长，例如 PT9H。")
    amounts = [Decimal(amount) * SECONDS[unit] for unit, amount in match.groupdict().items() if amount]
    hours = sum(amounts, Decimal()) / 3600 // HOURS_STEP * HOURS_STEP
    if hours == 0:
        raise ItemError("result", "result.duration 不足 0.5 学时。")
    return min(hours, Decimal(9999))


def _object_at(parent: JsonObject, name: str) -> JsonObject:
    child = parent.get(name)
    if child is None:
        return {}
    if not isinstance(child, dict):
        raise ItemError(name, f"{name} 应为 JSON 对象。")
    return child


def _text_at(parent: JsonObject, *names: str) -> str:
    for name in names[:-1]:
        parent = _object_at(parent, name)
    return parse_text(parent.get(names[-1]), names[0])
