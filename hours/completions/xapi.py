"""xAPI statements (IEEE 9274.1.1, xAPI 1.0.3) as completions: "this account completed (or passed) this course".

Types are taken strictly: a `success` of "false" is no answer. Two differences from a plain item: hours come from
`result.duration` if it is there, and a duration longer than the course is no error. The course's external number takes
precedence over the activity's address, because Moodle's addresses hold Moodle's own course numbers.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from hours.counting import HOURS_STEP
from hours.models import Course

from .items import CompletionItem, ItemError, Withdrawal, canonical_id, is_moment, is_uuid, parse_code, parse_text
from .rules import FIRST_YEAR, can_name_course, course_code_problem

JsonObject = dict[str, Any]

VERB = re.compile(r"https?://(?:adlnet\.gov/expapi|w3id\.org/xapi/adl)/verbs/(?:completed|passed)")
VOIDED = re.compile(r"https?://(?:adlnet\.gov/expapi|w3id\.org/xapi/adl)/verbs/voided")
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
COURSE_NUMBER = "[1-9][0-9]{0,8}"
COURSE_AT_END = re.compile(
    rf"(?P<bare>{COURSE_NUMBER})|[a-z][a-z0-9+.-]*:(?!\S*/mod/)[^?\s]*(?:[/#:](?P<number>{COURSE_NUMBER})|/courses?/(?P<code>[\w.-]{{1,40}}))/?",
    re.IGNORECASE | re.ASCII,
)
NUMBER = r"\d{1,10}(?:\.\d{1,9})?"
DURATION = re.compile(
    rf"P(?=[\dT])(?:(?P<weeks>{NUMBER})W)?(?:(?P<days>{NUMBER})D)?"
    rf"(?:T(?=\d)(?:(?P<hours>{NUMBER})H)?(?:(?P<minutes>{NUMBER})M)?(?:(?P<seconds>{NUMBER})S)?)?",
    re.ASCII,
)
SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
MAX_LABELS = 100  # names of the course in different languages
COURSE_TYPE = re.compile(r"\S*[/#:]course/?", re.IGNORECASE)
IDENTIFIERS = ("account", "mbox", "mbox_sha1sum", "openid")  # of an actor


def is_statement(sent: Any) -> bool:
    """Whether an element of the request is a statement and not a plain item."""
    return isinstance(sent, dict) and ("actor" in sent or "verb" in sent or "object" in sent)


def parse_statement(position: int, statement: JsonObject, arrived_on: date | None = None) -> CompletionItem:
    """Return the completion of a statement; raise ItemError if it reports none.

    A statement without a time is of the day on which it arrived, if this is given.
    """
    check_types(statement)
    if not VERB.fullmatch(verb_of(statement)):
        raise ItemError("verb", "verb.id 应为 completed 或 passed（http://adlnet.gov/expapi/verbs/…）。")
    if not is_success(statement):
        raise ItemError("result", "result 表明尚未完成或未通过。")
    course = _course(statement)
    if course is None:
        raise ItemError("object", "object 应为课程，其 id 为科目编号，或以 /科目编号 结尾的地址。")
    course_id, course_code = course
    return CompletionItem(
        position=position,
        id_number=_account(statement),
        course_id=course_id,
        course_code=course_code,
        course_labels=_labels(statement),
        hours=_hours(statement),
        completed_on=statement.get("timestamp") or statement.get("stored"),
        arrived_on=arrived_on,
        key=canonical_id(_text(statement, "id")),
        caps_hours=True,
    )


def reports_completion(statement: JsonObject) -> bool:
    """Whether a statement with right types reports the completion of a course of ours; platforms send more."""
    return bool(VERB.fullmatch(verb_of(statement))) and is_success(statement) and _course(statement) is not None


def parse_voided(statement: JsonObject) -> Withdrawal | None:
    """Return the withdrawal of the statement that this one voids, or None if it voids none."""
    if not VOIDED.fullmatch(verb_of(statement)):
        return None
    target = _object(statement, "object")
    if target.get("objectType") != "StatementRef" or not is_uuid(target.get("id")):
        raise ItemError("object", "voided 语句的 object 应为 StatementRef，带被作废语句的 id。")
    return Withdrawal(canonical_id(target["id"]))


def check_parts(statement: JsonObject) -> None:
    """Raise ItemError if a statement lacks what each one has by the specification, or has a wrong type."""
    check_types(statement)
    if not verb_of(statement):
        raise ItemError("verb", "verb 缺少 id。")
    if not any(statement["actor"].get(name) for name in IDENTIFIERS):
        raise ItemError("actor", "actor 缺少 account：homePage 为平台地址，name 为证件号码。")
    activity = statement["object"]
    if activity.get("objectType", "Activity") == "Activity" and not activity.get("id"):
        raise ItemError("object", "object 缺少 id。")


def check_types(statement: JsonObject) -> None:
    """Raise ItemError if a part that we read has another type than xAPI gives it."""
    for part in ("actor", "verb", "object"):
        if part in statement and not isinstance(statement[part], dict):
            raise ItemError(part, f"{part} 应为 JSON 对象。")
    _check_actor(_object(statement, "actor"))
    verb_of(statement)
    for name in ("id", "objectType"):
        _text(_object(statement, "object"), name, field="object")
    result = _object(statement, "result")
    for name in ("completion", "success"):
        if name in result and not isinstance(result[name], bool):
            raise ItemError("result", f"result.{name} 应为 true 或 false，不能是文字或数字。")
    _object(result, "score", field="result")
    if "duration" in result and not isinstance(result["duration"], str):
        raise ItemError("result", "result.duration 应为 ISO 8601 时长，例如 PT9H。")
    for name in ("timestamp", "stored"):
        if statement.get(name) is not None and not is_moment(statement[name]):
            raise ItemError("timestamp", f"{name} 应为带时区的 ISO 8601 时间，例如 2026-05-12T08:30:00+08:00。")


def is_success(statement: JsonObject) -> bool:
    """Whether the result does not say that the course was left or failed."""
    result = _object(statement, "result")
    return result.get("completion") is not False and result.get("success") is not False


def verb_of(statement: JsonObject) -> str:
    return _text(_object(statement, "verb"), "id", field="verb")


def _check_actor(actor: JsonObject) -> None:
    if actor.get("objectType", "Agent") != "Agent" or "member" in actor:
        raise ItemError("actor", "actor 应为个人（Agent），不能是小组（Group）。")
    account = _object(actor, "account", field="actor")
    _text(account, "name", field="actor")
    _text(account, "homePage", field="actor")


def _account(statement: JsonObject) -> str:
    account = _object(_object(statement, "actor"), "account", field="actor")
    if not account:
        raise ItemError("actor", "actor 应有 account（homePage 和 name），name 为证件号码；邮箱不能识别人员。")
    if not _text(account, "homePage", field="actor"):
        raise ItemError("actor", "actor.account 缺少 homePage。")
    name = _text(account, "name", field="actor")
    if not name:
        raise ItemError("actor", "actor.account.name 应为证件号码。")
    return name


def _course(statement: JsonObject) -> tuple[int | None, str] | None:
    """Return the number or the code of the course, or None if the activity can be none of ours.

    Moodle reports its modules with their own ID numbers, so the type of the activity decides first.
    """
    activity = _object(statement, "object")
    definition = _object(activity, "definition", field="object")
    kind = _text(definition, "type", field="object")
    if (kind and not COURSE_TYPE.fullmatch(kind)) or activity.get("objectType", "Activity") != "Activity":
        return None
    external = _object(definition, "extensions", field="object").get(EXTERNAL_ID)
    if external not in (None, ""):
        text = parse_text(external, "object", "课程的 external-id（ID number）应为课程编号。")
    else:
        match = COURSE_AT_END.fullmatch(_text(activity, "id", field="object"))
        text = (match["bare"] or match["number"] or match["code"]) if match else ""
    if re.fullmatch(COURSE_NUMBER, text):
        return int(text), ""
    is_code = len(text) <= Course.CODE_LENGTH and not course_code_problem(code := parse_code(text, "object"))
    return (None, code) if is_code else None


def _labels(statement: JsonObject) -> tuple[str, ...]:
    """Return the names that the platform gives the course, without those that no course can have."""
    definition = _object(_object(statement, "object"), "definition", field="object")
    names = _object(definition, "name", field="object")
    if len(names) > MAX_LABELS:
        raise ItemError("object", f"object.definition.name 最多 {MAX_LABELS} 种语言。")
    number = _account(statement)
    labels = dict.fromkeys(parse_text(name, "object") for name in names.values())
    return tuple(label for label in labels if label and can_name_course(FIRST_YEAR, label, number))


def _hours(statement: JsonObject) -> Decimal | None:
    """Return `result.duration` rounded down to half hours, or None if there is no duration."""
    text = _text(_object(statement, "result"), "duration", field="result")
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


def _object(parent: JsonObject, name: str, field: str = "") -> JsonObject:
    child = parent.get(name)
    if child is None:
        return {}
    if not isinstance(child, dict):
        raise ItemError(field or name, f"{name} 应为 JSON 对象。")
    return child


def _text(parent: JsonObject, name: str, field: str = "") -> str:
    """Return a text, empty if it is missing; a number is none."""
    value = parent.get(name)
    if value is not None and not isinstance(value, str):
        raise ItemError(field or name, f"{name} 应为文字。")
    return parse_text(value, field or name)
