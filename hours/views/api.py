"""What learning platforms talk to: completions in, one answer per item out. Described in docs/api.md."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from hours.completions import platforms, recording, xapi
from hours.completions.items import Item, Refusal, quotable, text_of, whole_number_of
from hours.completions.recording import Outcome, Result

PLAIN = frozenset({"id", "id_number", "course_id", "year", "course", "hours", "completed_on"})
MOST_BYTES = 1024 * 1024
MOST_ITEMS = 1000
# What a value at fault is called where it stood.
IN_ITEMS = {"source_key": "id"}
IN_STATEMENTS = {
    "source_key": "id",
    "id_number": "actor",
    "course": "object",
    "hours": "result",
    "completed_on": "timestamp",
}


class BadRequest(Exception):
    """Why a request is answered as a whole, not item by item; `status` is the answer's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@csrf_exempt  # a platform has a token and no cookie
@login_not_required
@sensitive_variables()
def receive(request: HttpRequest) -> JsonResponse:
    if request.method != "POST":
        return _answer({"error": "请用 POST 发送。"}, 405, {"Allow": "POST"})
    try:
        platform = platforms.by_token(_token(request))
        registrations = _registrations(request)
    except platforms.TokenProblem as problem:
        challenge = {"WWW-Authenticate": 'Bearer realm="completions", error="invalid_token"'}
        return _answer({"error": str(problem)}, 401, challenge)
    except BadRequest as problem:
        return _answer({"error": str(problem)}, problem.status)
    platforms.note_use(platform)
    items = [_item(position, registration) for position, registration in enumerate(registrations, start=1)]
    results = recording.take(items, platform.name)
    counts = {outcome.value: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    shown = [_shown(result, registration) for result, registration in zip(results, registrations, strict=True)]
    return _answer({"counts": counts, "results": shown})


def _answer(content: dict, status: int = 200, headers: dict | None = None) -> JsonResponse:
    return JsonResponse(content, status=status, headers=headers, json_dumps_params={"ensure_ascii": False})


def _token(request: HttpRequest) -> str:
    """Of `Bearer TOKEN`, or the password of `Basic`, which is all that learning record clients know."""
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise platforms.TokenProblem("令牌不正确。") from None
    raise platforms.TokenProblem("请求缺少令牌：Authorization: Bearer <令牌>。")


def _registrations(request: HttpRequest) -> list:
    """What the body holds: a list, {"items": [...]}, or a single xAPI statement."""
    try:
        body = request.body
    except RequestDataTooBig:
        body = None
    if body is None or len(body) > MOST_BYTES:
        raise BadRequest(413, "请求超过 1 MB，请分批发送。")
    try:
        content = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRequest(400, "请求正文不是 JSON（UTF-8）。") from None
    if isinstance(content, dict):
        content = [content] if xapi.is_statement(content) else content.get("items")
    if not isinstance(content, list):
        raise BadRequest(400, '请求正文应为列表、{"items": [...]} 或 xAPI 语句。')
    if len(content) > MOST_ITEMS:
        raise BadRequest(413, f"一次最多 {MOST_ITEMS} 条，现为 {len(content)} 条，请分批发送。")
    return content


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@sensitive_variables()
def _item(position: int, registration: Any) -> Item:
    try:
        if not isinstance(registration, dict):
            raise Refusal("", "应为 JSON 对象。")
        return xapi.item(position, registration) if xapi.is_statement(registration) else _plain(position, registration)
    except Refusal as problem:
        return Item(position, problem=problem)


def _plain(position: int, registration: dict) -> Item:
    """A field by another name would else be passed over, and "hour": 4 be counted as the course's hours."""
    if unknown := registration.keys() - PLAIN:
        named = "、".join(sorted(quotable(name) for name in unknown)[:5])
        raise Refusal("", f"不认识的字段：{named}。")
    hours = registration.get("hours")
    if isinstance(hours, dict | list):
        raise Refusal("hours", "学时应为数字，例如 8 或 7.5。")
    return Item(
        position=position,
        id_number=text_of(registration.get("id_number"), "id_number"),
        course=text_of(registration.get("course"), "course"),
        course_id=whole_number_of(registration.get("course_id"), "course_id", "course_id "),
        year=whole_number_of(registration.get("year"), "year", "年度"),
        hours=hours,
        completed_on=registration.get("completed_on"),
        key=text_of(registration.get("id"), "id"),
    )


def _shown(result: Result, registration: Any) -> dict:
    """The item's own id and what became of it; nothing of what it says about a person."""
    answer = {"item": result.item.position, "id": _own_id(registration), "result": result.outcome.value}
    if result.outcome is not Outcome.REFUSED:
        return {**answer, "hours": float(result.hours), "completed_on": str(result.day)}
    names = IN_STATEMENTS if xapi.is_statement(registration) else IN_ITEMS
    return {**answer, "field": names.get(result.field, result.field), "message": result.words}


def _own_id(registration: Any) -> str | int | None:
    """As it was sent, unless it is no id or holds the person's ID number."""
    sent = registration.get("id") if isinstance(registration, dict) else None
    try:
        if sent is None or len(text_of(sent)) > recording.KEY_LENGTH:
            return None
    except Refusal:
        return None
    said = [registration.get("id_number"), _at(registration, "actor", "account", "name")]
    is_told = any(recording.holds_number(str(sent), str(number)) for number in said if number)
    return None if is_told else sent


def _at(whole: Any, *names: str) -> Any:
    for name in names:
        whole = whole.get(name) if isinstance(whole, dict) else None
    return whole
