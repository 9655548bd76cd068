"""The HTTP API for learning platforms: completions in, one result per item out. Described in docs/api.md."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from hours.completions import platforms, recording, rules, xapi
from hours.completions.items import (
    CompletionItem,
    ItemError,
    canonical_id,
    parse_code,
    parse_text,
    parse_year_or_id,
    quotable,
)
from hours.completions.plans import ItemOutcome, ItemResult
from hours.models import Completion, Platform

ITEM_FIELDS = frozenset({"id", "id_number", "course_id", "course_code", "year", "course", "hours", "completed_on"})
# Field of an ItemError -> name of the value in the request
NAMES_IN_ITEMS = {"source_key": "id"}
NAMES_IN_STATEMENTS = {
    "source_key": "id",
    "id_number": "actor",
    "course": "object",
    "hours": "result",
    "completed_on": "timestamp",
}


class RequestError(Exception):
    """The request as a whole cannot be processed; `status` is that of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@csrf_exempt  # a platform has a token and no cookie
@login_not_required
@sensitive_variables()
def receive(request: HttpRequest) -> JsonResponse:
    """Record the items of the request and return a result for each."""
    if request.method != "POST":
        return _respond({"error": "请用 POST 发送。"}, 405, {"Allow": "POST"})
    try:
        platform = platform_of(request)
        sent_items = _read_items(request)
    except platforms.TokenProblem as problem:
        challenge = {"WWW-Authenticate": 'Bearer realm="completions", error="invalid_token"'}
        return _respond({"error": str(problem)}, 401, challenge)
    except RequestError as error:
        return _respond({"error": str(error)}, error.status)
    platforms.record_use(platform)
    items = [_parse(position, sent) for position, sent in enumerate(sent_items, start=1)]
    results = recording.record(items, platform.name)
    counts = {outcome.value: sum(result.outcome is outcome for result in results) for outcome in ItemOutcome}
    answers = [_answer(result, sent) for result, sent in zip(results, sent_items, strict=True)]
    return _respond({"counts": counts, "results": answers})


def _respond(
    content: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    return JsonResponse(content, status=status, headers=headers, json_dumps_params={"ensure_ascii": False})


def _token(request: HttpRequest) -> str:
    """Return the token of `Bearer TOKEN` or the password of `Basic`, the only scheme of learning record clients."""
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except ValueError:  # no Base64, no UTF-8, or not even ASCII
            raise platforms.TokenProblem("令牌不正确。") from None
    raise platforms.TokenProblem("请求缺少令牌：Authorization: Bearer <令牌>。")


def platform_of(request: HttpRequest) -> Platform:
    """Return the platform whose token the request has; raise TokenProblem otherwise."""
    return platforms.authenticate(_token(request))


def body_of(request: HttpRequest) -> bytes:
    """Return the body; raise RequestError if it is larger than API_MAX_BYTES."""
    try:
        body: bytes | None = request.body
    except RequestDataTooBig:
        body = None
    if body is None or len(body) > settings.API_MAX_BYTES:
        raise RequestError(413, f"请求超过 {settings.API_MAX_BYTES // settings.MEGABYTE} MB，请分批发送。")
    return body


def json_of(body: bytes) -> Any:
    """Return the JSON value of a body; raise RequestError if it is none, or not clear because a name is there twice."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_unique_names)
    except (ValueError, RecursionError):
        raise RequestError(400, "请求正文不是 JSON（UTF-8）。") from None


def _read_items(request: HttpRequest) -> list[Any]:
    """Return the elements of the body: a list, {"items": [...]}, or a single xAPI statement."""
    content = json_of(body_of(request))
    if isinstance(content, dict):
        content = [content] if xapi.is_statement(content) else content.get("items")
    if not isinstance(content, list):
        raise RequestError(400, '请求正文应为列表、{"items": [...]} 或 xAPI 语句。')
    if len(content) > settings.API_MAX_ITEMS:
        raise RequestError(413, f"一次最多 {settings.API_MAX_ITEMS} 条，现为 {len(content)} 条，请分批发送。")
    return content


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which `json` accepts."""
    raise ValueError(f"{name} is not JSON")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse one with a name twice, because only one of the values would count."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError(400, "请求正文的一个 JSON 对象中，同一字段名出现了两次。")
    return found


@sensitive_variables()
def _parse(position: int, sent: Any) -> CompletionItem:
    try:
        if not isinstance(sent, dict):
            raise ItemError("", "应为 JSON 对象。")
        return xapi.parse_statement(position, sent) if xapi.is_statement(sent) else _parse_plain(position, sent)
    except ItemError as problem:
        return CompletionItem(position, problems=(problem,))


def _parse_plain(position: int, sent: dict[str, Any]) -> CompletionItem:
    """Return a plain item; raise ItemError for unknown fields, because a mistyped "hours" would count as left out."""
    if unknown := sent.keys() - ITEM_FIELDS:
        named = "、".join(sorted(quotable(name) for name in unknown)[:5])
        raise ItemError("", f"不认识的字段：{named}。")
    hours = sent.get("hours")
    if isinstance(hours, dict | list):
        raise ItemError("hours", "学时应为数字，例如 8 或 7.5。")
    return CompletionItem(
        position=position,
        id_number=parse_text(sent.get("id_number"), "id_number"),
        course=parse_text(sent.get("course"), "course"),
        course_id=parse_year_or_id(sent.get("course_id"), "course_id", "course_id "),
        course_code=parse_code(sent.get("course_code"), "course_code"),
        year=parse_year_or_id(sent.get("year"), "year", "年度"),
        hours=hours,
        completed_on=sent.get("completed_on"),
        key=canonical_id(parse_text(sent.get("id"), "id")),
    )


def _answer(result: ItemResult, sent: Any) -> dict[str, object]:
    """Return the item's own id and its result, without any of its facts about a person."""
    answer = {"item": result.item.position, "id": _own_id(sent), "result": result.outcome.value}
    if result.hours is not None:
        return {**answer, "hours": float(result.hours), "completed_on": str(result.day)}
    names = NAMES_IN_STATEMENTS if xapi.is_statement(sent) else NAMES_IN_ITEMS
    return {**answer, "field": names.get(result.field, result.field), "message": result.message}


def _own_id(sent: Any) -> str | int | None:
    """Return the id as it was sent, or None if it is not valid or contains the person's ID number."""
    own_id = sent.get("id") if isinstance(sent, dict) else None
    try:
        if own_id is None or len(parse_text(own_id)) > Completion.SOURCE_KEY_LENGTH:
            return None
    except ItemError:
        return None
    id_numbers = [sent.get("id_number"), _value_at(sent, "actor", "account", "name")]
    is_revealing = any(rules.contains_id_number(str(own_id), str(number or "")) for number in id_numbers)
    return None if is_revealing else own_id


def _value_at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
