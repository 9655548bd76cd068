"""The statements door of xAPI for learning platforms (docs/api.md): POST, PUT, and what `about` says.

A request with the header X-Experience-API-Version is answered as the specification says: the ids of the statements, all
or nothing. Without it the statements are items of the plain API (api.py), each with its result.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from hours.completions import platforms, recording, xapi
from hours.completions.items import ItemError, Report, canonical_id, is_uuid
from hours.completions.plans import ItemOutcome, ItemResult
from hours.models import Platform

from .api import RequestError, body_of, json_of, platform_of, receive

VERSION_HEADER = "X-Experience-API-Version"
VERSION, ACCEPTED = "1.0.3", re.compile(r"1\.0(?:\.\d{1,3})?")
METHODS = "POST, PUT"
BOUNDARY = re.compile(r';\s{0,9}boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE | re.ASCII)


class ConflictError(RequestError):
    """A statement with a known id and other content."""

    def __init__(self, position: int) -> None:
        super().__init__(409, f"第 {position} 条语句的 id 已用于内容不同的语句，没有记录任何语句。")


@csrf_exempt  # a platform has a token and no cookie
@login_not_required
def about(request: HttpRequest) -> JsonResponse:
    """Return the version of xAPI; clients ask for them without a token."""
    return _respond({"version": [VERSION]})


@csrf_exempt
@login_not_required
@sensitive_variables()
def statements(request: HttpRequest) -> HttpResponse:
    """Record statements: POST answers with their ids, PUT with 204."""
    if request.method == "POST" and VERSION_HEADER not in request.headers:
        return receive(request)
    if request.method not in METHODS.split(", "):
        return _respond({"error": "请用 POST 或 PUT 发送语句；本接口只接收，不提供查询。"}, 405, {"Allow": METHODS})
    try:
        platform = platform_of(request)
        _check_version(request)
        ids = _record(platform, _sent_statements(request))
    except platforms.TokenProblem as problem:
        challenge = {"WWW-Authenticate": 'Basic realm="statements", charset="UTF-8"'}
        return _respond({"error": str(problem)}, 401, challenge)
    except RequestError as error:
        return _respond({"error": str(error)}, error.status)
    if request.method == "PUT":
        return HttpResponse(status=204, headers={VERSION_HEADER: VERSION})
    return _respond(ids)


def _respond(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    return JsonResponse(
        content,
        status=status,
        safe=False,
        headers={VERSION_HEADER: VERSION, **(headers or {})},
        json_dumps_params={"ensure_ascii": False},
    )


def _check_version(request: HttpRequest) -> None:
    version = request.headers.get(VERSION_HEADER, "")
    if not ACCEPTED.fullmatch(version):
        raise RequestError(400, f"请求头 {VERSION_HEADER} 应为 {VERSION}。")


# --- What was sent -----------------------------------------------------------------------------------


def _sent_statements(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the statements, each with its id: the client's or a new one."""
    content = json_of(_json_part(request))
    sent = content if isinstance(content, list) else [content]
    if len(sent) > settings.API_MAX_ITEMS:
        raise RequestError(413, f"一次最多 {settings.API_MAX_ITEMS} 条，现为 {len(sent)} 条，请分批发送。")
    for position, statement in enumerate(sent, start=1):
        if not isinstance(statement, dict) or not {"actor", "verb", "object"} <= statement.keys():
            raise RequestError(400, f"第 {position} 条不是 xAPI 语句：应有 actor、verb 和 object。")
        if statement.get("id") is not None and not is_uuid(statement["id"]):
            raise RequestError(400, f"第 {position} 条语句的 id 应为 UUID。")
    if request.method == "PUT":
        return [_with_id_of_address(request, sent)]
    found = [{**statement, "id": statement.get("id") or str(uuid.uuid4())} for statement in sent]
    if len({canonical_id(statement["id"]) for statement in found}) < len(found):
        raise RequestError(400, "同一请求中有两条语句的 id 相同。")
    return found


def _with_id_of_address(request: HttpRequest, sent: list[dict[str, Any]]) -> dict[str, Any]:
    key = request.GET.get("statementId", "")
    if not is_uuid(key):
        raise RequestError(400, "PUT 须在地址中给出 statementId（UUID）。")
    if len(sent) != 1 or str(sent[0].get("id") or key).lower() != key.lower():
        raise RequestError(400, "PUT 只能发送一条语句，其 id 须与 statementId 相同。")
    return {**sent[0], "id": key}


def _json_part(request: HttpRequest) -> bytes:
    """Return the body, or the first part of multipart/mixed: the statements; the attachments after it are not used."""
    body, kind = body_of(request), request.headers.get("Content-Type", "")
    if not kind.lower().startswith("multipart/mixed"):
        return body
    boundary = BOUNDARY.search(kind)
    delimiter = f"--{boundary[1] or boundary[2]}".encode() if boundary else b""
    _, found, rest = body.partition(delimiter) if delimiter else (b"", b"", b"")
    _, blank, content = rest.partition(b"\r\n\r\n")
    if not found or not blank:
        raise RequestError(400, "multipart/mixed 的第一部分应为 JSON 语句。")
    return content.partition(b"\r\n" + delimiter)[0]


# --- Recording ---------------------------------------------------------------------------------------


def _record(platform: Platform, sent: list[dict[str, Any]]) -> list[str]:
    """Record all statements or none; RequestError names the first wrong one. Return their ids."""
    reports = _parse(sent)
    with transaction.atomic():
        for result in recording.record(reports, platform.name, keeps_repeated=True):
            _check(result)
    platforms.record_use(platform)
    return [statement["id"] for statement in sent]


def _parse(sent: list[dict[str, Any]]) -> list[Report]:
    """Return the completions of our courses and what is voided, in their order. Others are of no interest."""
    reports: list[Report] = []
    today = timezone.localdate()
    for position, statement in enumerate(sent, start=1):
        try:
            xapi.check_parts(statement)
            if voided := xapi.parse_voided(statement):
                reports.append(voided)
            elif xapi.reports_completion(statement):
                reports.append(xapi.parse_statement(position, statement, today))
        except ItemError as problem:
            raise RequestError(400, f"第 {position} 条语句：{problem}") from None
    return reports


def _check(result: ItemResult) -> None:
    """Raise RequestError for a refused statement, and for one that changes what its id has reported before."""
    position = result.item.position
    if result.is_changed:
        raise ConflictError(position)
    if result.outcome is ItemOutcome.REFUSED:
        raise RequestError(400, f"第 {position} 条语句：{result.message}")
